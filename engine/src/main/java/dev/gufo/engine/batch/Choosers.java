package dev.gufo.engine.batch;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.llama.Chooser;
import dev.gufo.engine.llama.Logits;
import dev.gufo.engine.llama.SamplerChain;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Chooses the tokens of a step. Those of several sequences have nothing to do with each other, so where the vocabulary
 * is large they are chosen by several threads at once: a device waits meanwhile, and so do the cores that compute.
 *
 * <p>The engine thread alone calls this. While it is in {@link #choose}, the other threads use a chooser each and the
 * sampler chains of the sequences that they were given; before and after they use nothing.
 */
final class Choosers implements AutoCloseable {
    private static final int MOST_THREADS = 8;

    /** Logits that one thread reads in about the time in which another one wakes up. */
    private static final long LEAST_LOGITS = 1 << 18;

    private final int vocabulary;
    private final List<Chooser> choosers = new ArrayList<>();
    private final ExecutorService threads;

    /**
     * @param vocabulary number of tokens
     * @param sequences most that have a token chosen in a step
     * @param cores that this process may use
     */
    Choosers(int vocabulary, int sequences, int cores) {
        this.vocabulary = vocabulary;
        int useful = Math.clamp((long) sequences * vocabulary / LEAST_LOGITS, 1, MOST_THREADS);
        for (int i = 0; i < Math.clamp(cores, 1, useful); i++) {
            choosers.add(new Chooser(vocabulary));
        }
        threads = Executors.newFixedThreadPool(
                choosers.size(),
                Thread.ofPlatform().name("choosers-", 0).daemon().factory());
    }

    /** The engine thread's own. */
    Chooser own() {
        return choosers.getFirst();
    }

    /**
     * Chooses a token of each, and has its sampler remember it.
     *
     * @return the tokens, in the same order
     * @throws dev.gufo.engine.llama.DecodeFailed if logits are not finite
     */
    int[] choose(List<Pick> picks) {
        int[] chosen = new int[picks.size()];
        int most = Math.max(1, Math.min(picks.size(), choosers.size()));
        int parts = Math.clamp(picks.size() * (long) vocabulary / LEAST_LOGITS, 1, most);
        List<Future<?>> others = new ArrayList<>();
        for (int part = 1; part < parts; part++) {
            int number = part;
            others.add(threads.submit(() -> choose(picks, number, parts, chosen)));
        }
        try {
            choose(picks, 0, parts, chosen);
        } finally {
            others.forEach(Choosers::await);
        }
        return chosen;
    }

    /** Every {@code parts}th, with the chooser of this part. */
    private void choose(List<Pick> picks, int part, int parts, int[] chosen) {
        Chooser chooser = choosers.get(part);
        for (int i = part; i < picks.size(); i += parts) {
            Pick pick = picks.get(i);
            var choice = new TokenChoice(chooser, pick.sampler(), pick.logits());
            chosen[i] = choice.free();
            choice.remember(chosen[i]);
        }
    }

    private static void await(Future<?> other) {
        try {
            other.get();
        } catch (ExecutionException e) {
            switch (requireNonNull(e.getCause())) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default -> throw new AssertionError(e);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the engine thread", e);
        }
    }

    /**
     * What a token is chosen from.
     *
     * @param sampler empty to take the most likely token
     */
    record Pick(Logits logits, Optional<SamplerChain> sampler) {}

    @Override
    public void close() {
        threads.close();
        choosers.forEach(Chooser::close);
    }
}
