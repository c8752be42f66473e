package dev.gufo.store.pull;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Closes bodies from which nothing comes any more: the JDK's client would wait for them for ever. Any thread. */
final class Stalls implements AutoCloseable {
    private final long patienceNanos;
    private final Set<Body> open = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("stalls").factory());

    Stalls(Duration patience) {
        patienceNanos = patience.toNanos();
        var _ = watch.scheduleAtFixedRate(this::look, patienceNanos / 4, patienceNanos / 4, TimeUnit.NANOSECONDS);
    }

    InputStream watch(InputStream body) {
        var watched = new Body(body);
        open.add(watched);
        return watched;
    }

    private void look() {
        long now = System.nanoTime();
        for (Body body : open) {
            if (now - body.lastRead > patienceNanos) {
                body.giveUp();
            }
        }
    }

    @Override
    public void close() {
        watch.shutdownNow();
    }

    private final class Body extends FilterInputStream {
        private volatile long lastRead = System.nanoTime();
        private volatile boolean givenUp;

        Body(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            int count = read(one, 0, 1);
            return count < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            lastRead = System.nanoTime();
            int count;
            try {
                count = super.read(bytes, from, length);
            } catch (IOException e) {
                throw givenUp ? stalled() : e;
            }
            if (count < 0 && givenUp) {
                throw stalled();
            }
            lastRead = System.nanoTime();
            return count;
        }

        private IOException stalled() {
            return new Hiccup("nothing came any more", Duration.ZERO);
        }

        private void giveUp() {
            givenUp = true;
            try {
                close();
            } catch (IOException e) {
                open.remove(this); // its reader finds out
            }
        }

        @Override
        public void close() throws IOException {
            open.remove(this);
            super.close();
        }
    }
}
