package io.github.smtpproxy.examples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.route.DestinationStatus.State;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/** How a gateway stands at the moment at which this is made. */
final class Health {

    private static final JsonFactory JSON_FACTORY = new JsonFactory();
    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;

    private final List<DestinationStatus> destinations;
    private final int sessions;
    private final String word;

    private Health(List<DestinationStatus> destinations, int sessions, String word) {
        this.destinations = destinations;
        this.sessions = sessions;
        this.word = word;
    }

    /** @param ownServers whether a gateway none of whose destinations can be reached is down */
    static Health of(GatewayService service, boolean ownServers) {
        List<DestinationStatus> destinations = service.proxy().destinations();
        return new Health(
                destinations, service.proxy().activeSessions(), word(destinations, service.isReady(), ownServers));
    }

    /** Of HTTP: a gateway that can relay to none of its own servers is no use. */
    int status() {
        return word.equals("down") ? UNAVAILABLE : OK;
    }

    /** For people and for programs. */
    String toJson() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON_FACTORY.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("status", word);
            json.writeNumberField("sessions", sessions);
            json.writeArrayFieldStart("destinations");
            for (DestinationStatus one : destinations) {
                write(one, json);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it is written to memory
        }
        return text + "\n";
    }

    private static void write(DestinationStatus one, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("destination", one.destination().toString());
        json.writeStringField("state", one.state().toString());
        json.writeBooleanField("reachable", one.isReachable());
        json.writeNumberField("connections", one.connections());
        json.writeNumberField("greeted", one.greeted());
        json.writeNumberField("failed", one.failed());
        json.writeEndObject();
    }

    private static String word(List<DestinationStatus> destinations, boolean ready, boolean ownServers) {
        long dead = destinations.stream().filter(Health::isDead).count();
        if (dead > 0 && dead == destinations.size() && ownServers) {
            return "down";
        }
        return dead > 0 ? "degraded" : ready ? "up" : "draining";
    }

    private static boolean isDead(DestinationStatus one) {
        return !one.isReachable() || one.state() == State.EJECTED;
    }
}
