package dev.gufo.server.usage;

import dev.gufo.engine.Drafts;
import java.time.Duration;

/** Hears what accepted requests do, on the thread of each request; must not block. */
public interface RequestObserver {
    /** It was accepted: its row is in the ledger, and the engine is about to get it. */
    default void accepted(Intent intent) {}

    /** A prompt of it left the queue. */
    void started(Intent intent, int promptTokens, int cachedTokens);

    /** So many more tokens of its inputs were computed; it generates nothing. */
    void computed(Intent intent, int tokens);

    /** Its first token was there this long after it arrived. */
    void firstToken(Intent intent, Duration sinceArrival);

    /**
     * Further tokens were there.
     *
     * @param tokens how many, at least 1
     * @param gap since those before; each of them took its share of it
     */
    void moreTokens(Intent intent, int tokens, Duration gap);

    /** All guesses of its tokens are known; once, before it ends, of a request that generates. */
    void guessed(Intent intent, Drafts drafts);

    /**
     * It ended.
     *
     * @param sinceArrival from its arrival to now
     */
    void settled(Intent intent, Outcome outcome, Duration sinceArrival);
}
