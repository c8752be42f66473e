package dev.gufo.chat;

/**
 * Reads calls from where their opening mark stands. It takes text only when it is sure that this is part of a call:
 * what it leaves is read again as ordinary text, so nothing is lost. One per occurrence of a mark.
 */
interface CallParser {
    /**
     * Most characters before the name and the arguments of a call are known; more are no call. Bounds what is read
     * again and again.
     */
    int LONGEST_HEAD = 16_384;

    /** What became of a step. */
    enum Turn {
        /** Something was taken, or the state changed. */
        ON,
        /** It takes more text to decide; at the end of the text this is {@link #STOP}. */
        WAIT,
        /** What stands at {@link ReplyText#at} is no part of a call. */
        STOP
    }

    Turn step(ReplyText text);
}
