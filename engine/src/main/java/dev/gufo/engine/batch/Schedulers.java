package dev.gufo.engine.batch;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.EngineException;
import java.util.Optional;

/**
 * What an engine thread schedules: text, vectors, or both by turns.
 *
 * @param text for a model that generates
 * @param vectors for one that embeds
 */
record Schedulers(Optional<Scheduler> text, Optional<EmbeddingScheduler> vectors) {
    boolean isIdle() {
        return text.stream().allMatch(Scheduler::isIdle) && vectors.stream().allMatch(EmbeddingScheduler::isIdle);
    }

    int running() {
        return text.map(Scheduler::running).orElse(0)
                + vectors.map(EmbeddingScheduler::running).orElse(0);
    }

    /** The part of KV memory that running sequences have, 0 to 1. */
    double kvUsage() {
        return text.map(Scheduler::kvUsage).orElse(0d);
    }

    /** What is kept of computed prompts, as {@link StateTiers#use} tells it. */
    CacheUse caches(long kvBytes) {
        return text.map(scheduler -> scheduler.caches(kvBytes)).orElse(CacheUse.NONE);
    }

    /** How often a sequence was preempted. */
    long preemptions() {
        return text.map(Scheduler::preemptions).orElse(0L);
    }

    /** One turn of each that has something to do. */
    void step() {
        text.filter(scheduler -> !scheduler.isIdle()).ifPresent(Scheduler::step);
        vectors.filter(scheduler -> !scheduler.isIdle()).ifPresent(EmbeddingScheduler::step);
    }

    void enqueue(Sequence sequence) {
        text.orElseThrow().enqueue(sequence);
    }

    void cancel(Sequence sequence) {
        text.orElseThrow().cancel(sequence);
    }

    void enqueue(EmbeddingJob job) {
        vectors.orElseThrow().enqueue(job);
    }

    void cancel(EmbeddingJob job) {
        vectors.orElseThrow().cancel(job);
    }

    void failAll(EngineException cause) {
        text.ifPresent(scheduler -> scheduler.failAll(cause));
        vectors.ifPresent(scheduler -> scheduler.failAll(cause));
    }

    /** Puts computed prompts where they outlast the engine, if they are to. */
    void putAway() {
        text.ifPresent(Scheduler::putAway);
    }

    void close() {
        text.ifPresent(Scheduler::close);
        vectors.ifPresent(EmbeddingScheduler::close);
    }
}
