package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;

/** Makes the fault of one rule. */
interface Making {

    /** @param chance between 0 and 1 */
    Fault fault(FaultPoint point, double chance);
}
