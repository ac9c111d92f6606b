package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.wire.DataScanner;
import io.github.smtpproxy.internal.wire.Wire;
import java.io.IOException;

/** The message of DATA: dot-stuffed, up to CRLF.CRLF (RFC 5321 §4.1.1.4), in the blocks in which it arrives. */
final class DataReader extends MessageReader {

    private final Wire client;
    private final DataScanner scanner = new DataScanner();
    private boolean begun;

    DataReader(MessageScope scope) {
        super(scope.timeouts().dataBlock(), scope.pace(), scope.endpoint().bareNewlines());
        this.client = scope.client();
    }

    @Override
    Block read(Progress within) throws IOException {
        // what is buffered later is what the scanner has held back
        if (begun || !client.hasBuffered()) {
            client.readBlock(within.timeLeft());
        }
        begun = true;
        scanner.scan(client.buffer(), client.position(), client.limit());
        return new Block(client.buffer(), client.position(), scanner.contentEnd(), scanner.next());
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
