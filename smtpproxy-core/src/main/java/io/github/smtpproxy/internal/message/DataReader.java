package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.wire.DataScanner;
import io.github.smtpproxy.internal.wire.Wire;
import java.io.IOException;

/** The message of DATA: dot-stuffed, up to CRLF.CRLF (RFC 5321 §4.1.1.4), in the blocks in which it arrives. */
final class DataReader extends MessageReader {

    private final Wire client;
    private final DataScanner scanner = new DataScanner();
    /** Octets that the scanner has seen, and which the next block begins with. */
    private int heldBack;

    DataReader(MessageScope scope) {
        super(scope.progress(), scope.control(), scope.endpoint().bareNewlines());
        this.client = scope.client();
    }

    @Override
    Block read(Progress within) throws IOException {
        if (unseen() == 0) {
            client.readBlock(within.timeLeft());
        }
        int to = client.position() + heldBack + Math.min(unseen(), portion());
        scanner.scan(client.buffer(), client.position(), to);
        heldBack = to - scanner.next();
        return new Block(client.buffer(), client.position(), scanner.contentEnd(), scanner.next());
    }

    private int unseen() {
        return client.limit() - client.position() - heldBack;
    }

    @Override
    void consume(int index) {
        client.consume(index);
    }

    @Override
    boolean isPartRead() {
        return scanner.done();
    }

    @Override
    boolean hasBareLineEnd() {
        return scanner.bare();
    }

    @Override
    long stuffedDots() {
        return scanner.dots();
    }
}
