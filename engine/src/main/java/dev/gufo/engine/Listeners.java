package dev.gufo.engine;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Who is told of something, in the order of their coming. Any thread.
 *
 * @param <L> what is told
 */
public final class Listeners<L> {
    private final List<Held> all = new CopyOnWriteArrayList<>();

    /** A listener that subscribes twice has two of these. */
    private final class Held implements Subscription {
        private final L listener;

        Held(L listener) {
            this.listener = listener;
        }

        @Override
        public void close() {
            all.remove(this);
        }
    }

    /** Adds one; one that is being told meanwhile may be told once more after its subscription was closed. */
    public Subscription add(L listener) {
        var held = new Held(listener);
        all.add(held);
        return held;
    }

    /** Tells them all on this thread. */
    public void tell(Consumer<L> what) {
        all.forEach(held -> what.accept(held.listener));
    }
}
