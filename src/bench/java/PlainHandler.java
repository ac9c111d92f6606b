import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.client.SMTPException;
import org.subethamail.smtp.client.SmartClient;
import org.subethamail.smtp.server.SMTPServer;

/**
 * A relay as one writes it with SubEtha alone: a message handler that passes each step on with SubEtha's own client.
 * Arguments: the port to listen on, the port of the destination.
 */
public final class PlainHandler implements MessageHandler {

    private static final String HOST = "127.0.0.1";

    private final SmartClient destination;

    private PlainHandler(int port) throws IOException {
        destination = SmartClient.createAndConnect(HOST, port, "relay.example");
    }

    /** Runs it until it is ended. */
    public static void main(String[] args) throws IOException {
        int destination = Integer.parseInt(args[1]);
        SMTPServer.port(Integer.parseInt(args[0]))
                .bindAddress(InetAddress.getByName(HOST))
                .hostName("relay.example")
                .maxConnections(10_000)
                .backlog(8192)
                .insertReceivedHeaders(false)
                .messageHandlerFactory(context -> connected(destination))
                .build()
                .start();
    }

    private static MessageHandler connected(int destination) {
        try {
            return new PlainHandler(destination);
        } catch (IOException unreachable) {
            throw new IllegalStateException("destination is unreachable", unreachable);
        }
    }

    @Override
    public void from(String from) throws RejectException {
        relay(() -> destination.from(from));
    }

    @Override
    public void recipient(String recipient) throws RejectException {
        relay(() -> destination.to(recipient));
    }

    @Override
    public String data(InputStream data) throws RejectException {
        relay(() -> {
            destination.dataStart();
            byte[] block = new byte[8192];
            for (int n = data.read(block); n >= 0; n = data.read(block)) {
                destination.dataWrite(block, n);
            }
            destination.dataEnd();
        });
        return null;
    }

    @Override
    public void done() {
        destination.quit();
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void relay(Step step) throws RejectException {
        try {
            step.run();
        } catch (SMTPException refused) {
            throw new RejectException(
                    refused.getResponse().getCode(), refused.getResponse().getMessage());
        } catch (IOException lost) {
            throw new RejectException(451, "4.4.2 Destination lost");
        }
    }
}
