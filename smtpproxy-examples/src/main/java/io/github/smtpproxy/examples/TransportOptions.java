package io.github.smtpproxy.examples;

import io.github.smtpproxy.Transport;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What carries the gateway's sessions. */
final class TransportOptions {

    @Option(
            names = "--transport",
            defaultValue = "automatic",
            paramLabel = "automatic|event-loops|plain",
            converter = CarrierConverter.class,
            description = "What carries sessions: event loops on JDK 21 and later, or plain sockets "
                    + "(default: ${DEFAULT-VALUE}).")
    private Carrier carrier;

    Transport transport() {
        return carrier.transport();
    }

    enum Carrier {
        AUTOMATIC {
            @Override
            Transport transport() {
                return Transport.automatic();
            }
        },
        EVENT_LOOPS {
            @Override
            Transport transport() {
                return Transport.eventLoops();
            }
        },
        PLAIN {
            @Override
            Transport transport() {
                return Transport.plain();
            }
        };

        abstract Transport transport();
    }

    static final class CarrierConverter implements ITypeConverter<Carrier> {
        @Override
        public Carrier convert(String value) {
            try {
                return Carrier.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
            } catch (IllegalArgumentException another) {
                throw new TypeConversionException("must be automatic, event-loops or plain, was '" + value + "'");
            }
        }
    }
}
