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

    private final GatewayService service;
    private final boolean ownServers;

    Health(GatewayService service, boolean ownServers) {
        this.service = service;
        this.ownServers = ownServers;
    }

    /** Of HTTP: a gateway that can relay to none of its own servers is no use. */
    int status() {
        return word(destinations()).equals("down") ? UNAVAILABLE : OK;
    }

    /** For people and for programs. */
    String toJson() {
        List<DestinationStatus> destinations = destinations();
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON_FACTORY.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("status", word(destinations));
            json.writeNumberField("sessions", service.proxy().activeSessions());
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

    private List<DestinationStatus> destinations() {
        return service.proxy().destinations();
    }

    private String word(List<DestinationStatus> destinations) {
        long dead = destinations.stream().filter(Health::isDead).count();
        if (dead > 0 && dead == destinations.size() && ownServers) {
            return "down";
        }
        return dead > 0 ? "degraded" : service.isReady() ? "up" : "draining";
    }

    private static boolean isDead(DestinationStatus one) {
        return !one.isReachable() || one.state() == State.EJECTED;
    }
}
