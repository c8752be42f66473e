package dev.gufo.server.answer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Makes text of the pieces that a model generates. What it hands out is whole code points of valid UTF-8, whatever the
 * pieces are: a sequence that is cut by a piece's end waits for its rest, and bytes that can't be UTF-8 become U+FFFD,
 * one for each longest beginning of a sequence. Text ends before the first stop text, and what may become one is held
 * back.
 *
 * @see <a href="https://encoding.spec.whatwg.org/#utf-8-decoder">the decoder of the Encoding standard</a>
 */
final class TextAssembler {
    private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

    private final StopMatcher stops;
    private byte[] text = new byte[256];
    private int length;
    private long accepted;
    private long stopStart;
    private boolean stopped;
    private boolean finished;

    private final byte[] sequence = new byte[4];
    private int present;
    private int needed;
    private int lowest = 0x80;
    private int highest = 0xBF;

    TextAssembler(List<String> stops) {
        this.stops = new StopMatcher(stops);
    }

    /** Takes the bytes of the next token. After a stop text they are ignored. */
    void accept(byte[] piece) {
        for (int i = 0; i < piece.length && !stopped; i++) {
            accepted++;
            decode(piece[i]);
        }
    }

    /** No more pieces come: what was held back is text now. */
    void finish() {
        if (present > 0 && !stopped) {
            present = 0;
            append(REPLACEMENT, REPLACEMENT.length);
        }
        finished = true;
    }

    /** Whether a stop text ended the text. */
    boolean stopped() {
        return stopped;
    }

    /** The stop text that ended the text; {@code ""} if none did. */
    String stopText() {
        return stopped ? stops.last() : "";
    }

    /** Number of bytes that are ready to be handed out. */
    int ready() {
        return finished || stopped ? length : length - stops.held();
    }

    /** Hands out what is {@link #ready}. */
    String take() {
        int taken = ready();
        if (taken == 0) {
            return "";
        }
        String out = new String(text, 0, taken, StandardCharsets.UTF_8);
        System.arraycopy(text, taken, text, 0, length - taken);
        length -= taken;
        return out;
    }

    /**
     * How many bytes of the pieces are decided to be text, from the first one on: none of a stop text and behind, or
     * held back.
     */
    long decidedBytes() {
        return stopped ? stopStart : accepted - present - (finished ? 0 : stops.held());
    }

    private void decode(byte next) {
        int value = next & 0xFF;
        if (present == 0) {
            begin(next, value);
            return;
        }
        if (value < lowest || value > highest) {
            present = 0;
            append(REPLACEMENT, REPLACEMENT.length);
            if (!stopped) {
                begin(next, value);
            }
            return;
        }
        lowest = 0x80;
        highest = 0xBF;
        sequence[present++] = next;
        if (present == needed) {
            present = 0;
            append(sequence, needed);
        }
    }

    /**
     * The first byte of a sequence says its length, and for some what the second may be: no overlong forms, no
     * surrogates.
     */
    private void begin(byte next, int value) {
        sequence[0] = next;
        lowest = 0x80;
        highest = 0xBF;
        if (value < 0x80) {
            append(sequence, 1);
        } else if (value < 0xC2 || value > 0xF4) {
            append(REPLACEMENT, REPLACEMENT.length);
        } else {
            present = 1;
            needed = value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
            switch (value) {
                case 0xE0 -> lowest = 0xA0;
                case 0xED -> highest = 0x9F;
                case 0xF0 -> lowest = 0x90;
                case 0xF4 -> highest = 0x8F;
                default -> {}
            }
        }
    }

    private void append(byte[] codePoint, int count) {
        if (length + count > text.length) {
            text = Arrays.copyOf(text, text.length * 2);
        }
        for (int i = 0; i < count; i++) {
            text[length++] = codePoint[i];
            int found = stops.isEmpty() ? 0 : stops.accept(codePoint[i]);
            if (found > 0) {
                length -= found;
                stopped = true;
                stopStart = accepted - found;
                return;
            }
        }
    }
}
