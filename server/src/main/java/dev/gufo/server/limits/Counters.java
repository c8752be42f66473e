package dev.gufo.server.limits;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Where is counted: {@link LocalCounters in this process} or {@link RedisCounters on Redis}. Safe for any thread. Every
 * method may throw {@link CountersUnavailable}.
 *
 * <p>A tally has what was used up for good and what is held by requests that run. Holding checks used + held + amount
 * against a limit in one step, so two requests can't both take the last piece.
 */
interface Counters extends AutoCloseable {
    /** Does something with the bucket of this name, which is a full one if there is none yet. */
    <T> T bucket(String name, BucketConfiguration configuration, Function<Bucket, T> use);

    /**
     * Holds an amount.
     *
     * @param hold tells this hold apart from all others, everywhere
     * @param used what was used up before, asked if the tally is not known here
     */
    Held hold(Tally tally, String hold, long amount, long limit, LongSupplier used);

    /**
     * Ends a hold, and adds what was really used up.
     *
     * @param amount what was held; 0 if nothing was, and only the use is to be added
     */
    void release(Tally tally, String hold, long amount, long used);

    /** Makes what was used up at least this much. */
    void raise(Tally tally, long used);

    @Override
    void close();

    /**
     * A tally's name.
     *
     * @param caller whose
     * @param what of what, for instance {@code tokens:2026-01}
     */
    record Tally(String caller, String what) {}

    /**
     * What came of holding.
     *
     * @param taken used and held together, without this amount
     */
    record Held(boolean granted, long taken) {}
}
