package io.github.smtpproxy.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.internal.relay.Verb;
import io.github.smtpproxy.internal.wire.Redaction;
import org.junit.jupiter.api.Test;

/** The table of verbs beside that of the log. */
class CommandsTest {

    @Test
    void each_verb_that_is_carried_is_named_in_the_log() {
        assertThat(Commands.LIST)
                .filteredOn(verb -> !(verb.command() instanceof NotCarriedCommand))
                .extracting(Verb::name)
                .allSatisfy(name -> assertThat(Redaction.knownVerb(name)).contains(name));
    }
}
