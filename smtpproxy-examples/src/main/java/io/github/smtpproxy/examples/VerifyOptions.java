package io.github.smtpproxy.examples;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.sender.VerifySender;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Whether the gateway verifies who sent a message. */
final class VerifyOptions {

    enum Mode {
        REPORT,
        ENFORCE
    }

    @Option(
            names = "--verify-sender",
            paramLabel = "report|enforce",
            description =
                    "Verify senders by SPF, DKIM and DMARC, and report it in Authentication-Results; or also refuse "
                            + "what their domains want to be refused.")
    private Mode mode;

    @Option(
            names = "--authserv-id",
            paramLabel = "NAME",
            description =
                    "Our name in Authentication-Results, such as mx.example.org; incoming fields of that name go.")
    private String authservId;

    @Option(
            names = "--forwarder",
            paramLabel = "CIDR",
            split = ",",
            description = "Clients that forward mail of others: --verify-sender enforce does not refuse it.")
    private List<String> forwarders = List.of();

    /** @throws IllegalArgumentException if an option has an invalid value */
    Optional<VerifySender> filter() {
        if (mode == null) {
            if (authservId != null || !forwarders.isEmpty()) {
                throw new IllegalArgumentException("--authserv-id and --forwarder need --verify-sender");
            }
            return Optional.empty();
        }
        if (authservId == null) {
            throw new IllegalArgumentException("--verify-sender needs --authserv-id");
        }
        List<AddressRange> ranges = OptionValue.of(
                "--forwarder",
                () -> forwarders.stream().map(AddressRange::parse).toList());
        VerifySender filter = OptionValue.of("--authserv-id", () -> VerifySender.as(authservId))
                .forwarders(Clients.in(ranges));
        return Optional.of(mode == Mode.ENFORCE ? filter.enforce() : filter);
    }
}
