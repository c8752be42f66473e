package dev.gufo.server.boot;

import dev.gufo.engine.pool.Footprint;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What others than models have taken since the start of the memory that was free for models. Any thread.
 *
 * <p>Models that are being loaded have not touched all that they were given, so this errs on the side of less.
 */
public final class MemoryOfOthers {
    /** Asking a GPU takes a process of its own; a decision asks for several plans. */
    private static final Duration GOOD_FOR = Duration.ofSeconds(5);

    private final Footprint budget;
    private final Supplier<Optional<Footprint>> free;
    private Supplier<Footprint> used = () -> Footprint.NONE;
    private Footprint taken = Footprint.NONE;
    private long looked;

    /**
     * @param budget what was free at the start
     * @param free asks what is free now; empty if that can't be told
     */
    public MemoryOfOthers(Footprint budget, Supplier<Optional<Footprint>> free) {
        this.budget = budget;
        this.free = free;
        looked = System.nanoTime();
    }

    /** Begins to take account of what models were given of what is not counted as free. */
    synchronized void follow(Supplier<Footprint> given) {
        used = given;
    }

    synchronized Footprint takenByOthers() {
        if (System.nanoTime() - looked > GOOD_FOR.toNanos()) {
            Footprint left = budget.minus(used.get());
            free.get().ifPresent(now -> taken = left.minus(now));
            looked = System.nanoTime();
        }
        return taken;
    }
}
