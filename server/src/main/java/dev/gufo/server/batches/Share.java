package dev.gufo.server.batches;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import dev.gufo.server.models.Residence;
import dev.gufo.server.models.ServedModel;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * How many lines of batches a model has at once: a share of its sequences, and a further one only where a sequence is
 * free, so that a request which comes finds the others free. In its hours the share is all of them. Batches that wait
 * for one model take turns. Safe for any thread.
 */
final class Share {
    /** How soon is seen what no one tells: the time, and what has become free in an engine of this process. */
    private static final Duration LOOK = Duration.ofMillis(100);

    private final double share;
    private final Optional<BatchHours> hours;
    private final Supplier<LocalTime> time;

    // By the model's file; behind this object's monitor.
    private final Map<String, Integer> running = new HashMap<>();
    private final Map<String, Deque<WakeUp>> waiting = new HashMap<>();

    /**
     * @param share of a model's sequences, up to 1; at least one is taken, unless it is 0
     * @param hours in which it is 1
     * @param time of the day, where the server is
     */
    Share(double share, Optional<BatchHours> hours, Supplier<LocalTime> time) {
        this.share = share;
        this.hours = hours;
        this.time = time;
    }

    /** The place of a line that runs; to be given back on any thread. */
    @FunctionalInterface
    interface Place {
        void giveBack();
    }

    /**
     * Waits for a place.
     *
     * @param over asked again and again; {@link #look} has it asked soon
     * @return empty if it is over before there is one
     */
    Optional<Place> take(ServedModel model, BooleanSupplier over) throws InterruptedException {
        Residence residence = model.residence();
        String file = residence.file();
        var news = new WakeUp();
        join(file, news);
        try (var listening = new Listening(residence, news)) {
            while (!over.getAsBoolean()) {
                listening.follow();
                if (taken(residence, news)) {
                    return Optional.of(() -> giveBack(file));
                }
                news.await(LOOK);
            }
            return Optional.empty();
        } finally {
            leave(file, news);
        }
    }

    /** Has all who wait look whether it is over. */
    synchronized void look() {
        waiting.values().forEach(line -> line.forEach(WakeUp::wake));
    }

    private synchronized void join(String file, WakeUp news) {
        waiting.computeIfAbsent(file, _ -> new ArrayDeque<>()).add(news);
    }

    private synchronized void leave(String file, WakeUp news) {
        Deque<WakeUp> line = waiting.get(file);
        if (line != null) {
            line.remove(news);
            wakeFirst(file);
            if (line.isEmpty()) {
                waiting.remove(file);
            }
        }
    }

    private void wakeFirst(String file) {
        Deque<WakeUp> line = waiting.get(file);
        if (line != null && !line.isEmpty()) {
            line.getFirst().wake();
        }
    }

    private synchronized boolean taken(Residence residence, WakeUp news) {
        Deque<WakeUp> line = waiting.get(residence.file());
        int own = running.getOrDefault(residence.file(), 0);
        boolean taken = line != null && line.peekFirst() == news && hasRoom(residence, own);
        if (taken) {
            running.put(residence.file(), own + 1);
        }
        return taken;
    }

    private boolean hasRoom(Residence residence, int own) {
        double now = hours.isPresent() && hours.get().contain(time.get()) ? 1 : share;
        if (now == 0) {
            return false;
        }
        Optional<Engine> engine = residence.engine();
        Optional<EngineStatus.Ready> ready = residence.ready();
        if (engine.isEmpty() || ready.isEmpty()) {
            return own == 0; // one line has it loaded
        }
        int sequences = engine.get().model().sequences();
        int most = Math.max(1, (int) (now * sequences));
        return own < most && ready.get().running() + ready.get().waiting() < sequences;
    }

    private synchronized void giveBack(String file) {
        running.merge(file, -1, (before, less) -> before + less == 0 ? null : before + less);
        wakeFirst(file);
    }

    /** Hears of what a model's engine does, and of another one if that is loaded instead. Belongs to who waits. */
    private static final class Listening implements AutoCloseable {
        private final Residence residence;
        private final WakeUp news;
        private final Subscription pool;
        private Optional<Engine> engine = Optional.empty();
        private Subscription status = () -> {};

        Listening(Residence residence, WakeUp news) {
            this.residence = residence;
            this.news = news;
            this.pool = residence.onChange(news::wake);
        }

        void follow() {
            Optional<Engine> now = residence.engine();
            if (!now.equals(engine)) {
                status.close();
                status = now.<Subscription>map(loaded -> loaded.onStatus(_ -> news.wake()))
                        .orElse(() -> {});
                engine = now;
            }
        }

        @Override
        public void close() {
            status.close();
            pool.close();
        }
    }
}
