/** Events of what a proxy does, for the JDK's Flight Recorder. Needs the JDK's module jdk.jfr. */
package io.github.smtpproxy.jfr;
