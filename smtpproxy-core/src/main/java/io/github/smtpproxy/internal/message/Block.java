package io.github.smtpproxy.internal.message;

import java.util.Arrays;

/**
 * Octets of a message in a buffer that belongs to whoever read them: they are good until the next block is read.
 *
 * @param to where the content ends
 * @param end where the end of data behind it ends, which is part of DATA's framing; {@code to} if none stands there
 */
record Block(byte[] bytes, int from, int to, int end) {

    /** RFC 5321 §4.1.1.4; the CRLF before it is content. */
    private static final byte[] END_OF_DATA = {'.', '\r', '\n'};

    /** No content. */
    static final Block EMPTY = of(new byte[0]);

    /** The last block of a message whose content has been written. */
    static final Block END = last(new byte[0]);

    static Block of(byte[] content) {
        return new Block(content, 0, content.length, content.length);
    }

    /** The last block of a message, with an end of data. */
    static Block last(byte[] content) {
        byte[] all = Arrays.copyOf(content, content.length + END_OF_DATA.length);
        System.arraycopy(END_OF_DATA, 0, all, content.length, END_OF_DATA.length);
        return new Block(all, 0, content.length, all.length);
    }

    /** What of it stands at this index and behind. */
    Block from(int index) {
        return new Block(bytes, index, to, end);
    }

    int length() {
        return to - from;
    }
}
