/** Whether who is named as the sender of a message has sent it. Needs the optional library dnsjava. */
package io.github.smtpproxy.filters.sender;
