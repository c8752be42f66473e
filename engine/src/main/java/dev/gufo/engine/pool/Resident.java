package dev.gufo.engine.pool;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One model on its way through memory, and who waits for it. {@link Residents} decide when it takes a step; guarded by
 * the pool's lock.
 *
 * <p>Invariant: it has a footprint in every stage but {@link Stage#ABSENT}, leases in {@link Stage#LOADED} and
 * {@link Stage#DRAINING} alone (until the pool shuts), and no request waits for it in {@link Stage#LOADED}.
 */
final class Resident {
    /** Where it is. */
    enum Stage {
        ABSENT,
        LOADING,
        LOADED,
        /** In use, and closed to newcomers. */
        DRAINING,
        /** Its engine is being closed. */
        CLOSING
    }

    /** Who was used this moment is not infinitely valuable. */
    private static final Duration LEAST_AGE = Duration.ofMillis(1);

    private final String id;
    private final Set<Claim> waiting = new LinkedHashSet<>();

    private Stage stage = Stage.ABSENT;
    private @Nullable Engine engine; // null while absent, and until its loader has started it
    private Footprint footprint = Footprint.NONE;
    private int leases;
    private Instant loadBegan = Instant.EPOCH;
    private Duration loadTook = Duration.ZERO;
    private Instant lastUsed = Instant.EPOCH;
    private Optional<Eviction> eviction = Optional.empty();
    private Optional<String> failure = Optional.empty(); // of the last attempt to load it
    private String told = ""; // of it, to requests that want the model
    private Instant failed = Instant.EPOCH;
    private Optional<Instant> atHead = Optional.empty(); // since when its load is the next to be decided
    private boolean impatient;

    Resident(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }

    Stage stage() {
        return stage;
    }

    Footprint footprint() {
        return footprint;
    }

    Optional<Engine> engine() {
        return Optional.ofNullable(engine);
    }

    Instant lastUsed() {
        return lastUsed;
    }

    Optional<Eviction> eviction() {
        return eviction;
    }

    /** Whose turn it is and who waits for its room; empty unless it is closed to newcomers for that reason alone. */
    Optional<Resident> drainingFor() {
        return stage == Stage.DRAINING ? eviction.flatMap(Eviction::beneficiary) : Optional.empty();
    }

    boolean isBusy() {
        return leases > 0;
    }

    boolean isWanted() {
        return !waiting.isEmpty();
    }

    /** Whether there is nothing to remember of it. */
    boolean isForgettable() {
        return stage == Stage.ABSENT && waiting.isEmpty() && failure.isEmpty();
    }

    // Claims.

    void await(Claim claim) {
        waiting.add(claim);
    }

    boolean forget(Claim claim) {
        return waiting.remove(claim);
    }

    void grant(Claim claim, Instant now) {
        leases++;
        lastUsed = now;
        claim.decide(new Claim.Answer.Granted(requireNonNull(engine)));
    }

    void takeBack(Instant now) {
        leases--;
        lastUsed = now;
    }

    /** Gives all who wait the same answer. */
    void dismiss(Claim.Answer answer) {
        List<Claim> all = List.copyOf(waiting);
        waiting.clear();
        all.forEach(claim -> claim.decide(answer));
    }

    // The line.

    /** Its load is the next to be decided; whether that is news. */
    boolean comesToHead(Instant now) {
        boolean news = atHead.isEmpty();
        if (news) {
            atHead = Optional.of(now);
        }
        return news;
    }

    void leavesLine() {
        atHead = Optional.empty();
        impatient = false;
    }

    boolean isImpatient() {
        return impatient;
    }

    /** When it will not wait for busy ones any more; empty if it does not wait at all, or has become impatient. */
    Optional<Instant> patientUntil(Duration patience) {
        return impatient ? Optional.empty() : atHead.map(since -> since.plus(patience));
    }

    void becomeImpatient() {
        impatient = true;
    }

    // Stages.

    void load(Footprint reserved, Instant now) {
        expect(Stage.ABSENT);
        stage = Stage.LOADING;
        footprint = reserved;
        loadBegan = now;
        failure = Optional.empty();
    }

    void start(Engine started) {
        expect(Stage.LOADING);
        engine = started;
    }

    /** Loaded: all who wait have it. */
    void serve(Instant now) {
        expect(Stage.LOADING);
        stage = Stage.LOADED;
        loadTook = Duration.between(loadBegan, now);
        lastUsed = now;
        admit(now);
    }

    private void admit(Instant now) {
        List<Claim> all = List.copyOf(waiting);
        waiting.clear();
        all.forEach(claim -> grant(claim, now));
    }

    /**
     * It is evicted: it drains; if it is being loaded, after those who wait for it now. The first reason counts, but
     * one that holds in any case takes the place of one that does not.
     */
    void drain(Eviction reason) {
        if (eviction.isEmpty() || drainingFor().isPresent()) {
            eviction = Optional.of(reason);
        }
        stage = stage == Stage.LOADED ? Stage.DRAINING : stage;
    }

    /** It may stay after all: all who wait have it. */
    void stopDraining(Instant now) {
        expect(Stage.DRAINING);
        stage = Stage.LOADED;
        eviction = Optional.empty();
        admit(now);
    }

    void close() {
        stage = Stage.CLOSING;
    }

    void fail(String reason, Instant now) {
        fail(reason, reason, now);
    }

    /**
     * The same, with a reason for the operator that clients are not told.
     *
     * @param toClients what they are told instead
     */
    void fail(String reason, String toClients, Instant now) {
        failure = Optional.of(reason);
        told = toClients;
        failed = now;
        dismiss(new Claim.Answer.Failed(toClients));
    }

    /** What clients are told of the last failure. */
    String told() {
        return told;
    }

    void vanish() {
        stage = Stage.ABSENT;
        engine = null;
        footprint = Footprint.NONE;
        leases = 0;
        eviction = Optional.empty();
    }

    private void expect(Stage expected) {
        if (stage != expected) {
            throw new AssertionError("%s is %s, not %s".formatted(id, stage, expected));
        }
    }

    // What others want to know.

    /** Why the last attempt failed, if that was less than {@code since} ago. */
    Optional<String> failure(Instant now, Duration since) {
        return failure.filter(_ -> now.isBefore(failed.plus(since)));
    }

    /**
     * What it would cost to have it again, the less the longer it was not used: reload time by time since the last use.
     */
    double value(Instant now) {
        Duration unused = Duration.between(lastUsed, now);
        Duration age = unused.compareTo(LEAST_AGE) < 0 ? LEAST_AGE : unused;
        return (double) loadTook.toNanos() / age.toNanos();
    }

    /**
     * As the pool shows it.
     *
     * @param position models before it in the line
     */
    Residency residency(int position, boolean pinned) {
        return switch (stage) {
            case ABSENT ->
                isWanted()
                        ? new Residency.Waiting(position)
                        : failure.<Residency>map(Residency.Failed::new).orElseGet(Residency.Unloaded::new);
            case LOADING -> new Residency.Loading(percent());
            case LOADED -> new Residency.Loaded(requireNonNull(engine).status(), leases, footprint, pinned, lastUsed);
            case DRAINING, CLOSING -> new Residency.Unloading(leases);
        };
    }

    private int percent() {
        if (engine == null) {
            return 0;
        }
        return switch (engine.status()) {
            case EngineStatus.Loading(int percent) -> percent;
            case EngineStatus.Ready _ -> 100;
            case EngineStatus.Restarting _, EngineStatus.Failed _, EngineStatus.Closed _ -> 0;
        };
    }
}
