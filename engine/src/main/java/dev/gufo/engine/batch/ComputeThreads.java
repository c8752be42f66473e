package dev.gufo.engine.batch;

import dev.gufo.engine.cores.Cores;
import dev.gufo.engine.cores.CpuTimes;
import dev.gufo.engine.cores.StepThreads;
import dev.gufo.engine.llama.Threadpool;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CPU threads of an engine: how many of them the next step uses. As many as its share of the cores, and fewer while
 * other programs want the cores too, where the system tells of that. Belongs to the engine thread, but for
 * {@link #share}.
 */
final class ComputeThreads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ComputeThreads.class);

    private final List<Threadpool> pools; // one for each context; they compute by turns
    private final Cores cores;
    private final int most;
    private final Optional<CpuTimes> times;
    private final Optional<StepThreads> adapted;
    private volatile int share;
    private int used;
    private long computed;

    /** @param most threads of each pool */
    ComputeThreads(List<Threadpool> pools, Cores cores, int most) {
        this.pools = List.copyOf(pools);
        this.cores = cores;
        this.most = most;
        share = most;
        times = most == 1 || pools.stream().anyMatch(pool -> pool.tasks().isEmpty())
                ? Optional.empty()
                : CpuTimes.of(
                        Path.of("/proc"),
                        pools.stream()
                                .flatMap(pool -> pool.tasks().stream())
                                .distinct()
                                .toList(),
                        cores.allowed());
        adapted = times.map(of -> new StepThreads(most, of::waitedNanos, of::idleNanos, System::nanoTime));
    }

    /** Lets the next steps use so many; any thread. */
    void share(int threads) {
        share = Math.min(threads, most);
    }

    /** Threads of the step that is computed now, or was last. */
    int used() {
        return used;
    }

    /** Before a step. */
    void prepare() {
        adapted.ifPresent(threads -> threads.share(share));
        use(adapted.map(StepThreads::threads).orElse(share));
    }

    /**
     * Before a step whose numbers must not depend on how busy the machine is: threads share out sums, and so round them
     * differently.
     */
    void prepareExact() {
        use(most);
    }

    private void use(int wanted) {
        if (wanted == used) {
            return;
        }
        LOG.debug("{} CPU threads from now on, of {}", wanted, most);
        used = wanted;
        for (Threadpool pool : pools) {
            if (wanted == most && wanted == cores.cores().size()) {
                pool.useApart(cores.cores(), cores.allowed());
            } else {
                pool.use(wanted);
            }
        }
    }

    /** After a step. */
    void observe() {
        if (adapted.isPresent()) {
            long now = pools.stream().mapToLong(Threadpool::computedNanos).sum();
            adapted.get().stepped(now - computed);
            computed = now;
        }
    }

    @Override
    public void close() {
        times.ifPresent(CpuTimes::close);
    }
}
