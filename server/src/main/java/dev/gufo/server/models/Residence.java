package dev.gufo.server.models;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.pool.Lease;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.engine.pool.Residency;
import dev.gufo.engine.pool.Ticket;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Where a model's engine comes from: it is there all the time, or a pool brings it into memory when it is wanted. Any
 * thread.
 */
public sealed interface Residence {
    /** A place in the line for the model, to be closed by the caller. */
    Ticket request();

    /** Where the model is. Never blocks. */
    Residency residency();

    /** The engine, if it is loaded or being loaded, to look at and not to use. */
    Optional<Engine> engine();

    /** As {@link ModelPool#onChange}: where the model is may have changed. */
    Subscription onChange(Runnable listener);

    /** Has it leave memory as soon as nobody uses it, if it can. */
    void unload();

    /** What the engine says, if there is one and it takes requests. */
    default Optional<EngineStatus.Ready> ready() {
        return engine().map(Engine::status)
                .filter(EngineStatus.Ready.class::isInstance)
                .map(EngineStatus.Ready.class::cast);
    }

    /** One that was brought up before and is taken down by someone else. */
    record Permanent(Engine held) implements Residence {
        @Override
        public Ticket request() {
            return new Ticket() {
                @Override
                public Optional<Lease> await(Duration timeout) {
                    return Optional.of(new Lease() {
                        @Override
                        public Engine engine() {
                            return held;
                        }

                        @Override
                        public void close() {
                            // nobody counts
                        }
                    });
                }

                @Override
                public Residency residency() {
                    return Permanent.this.residency();
                }

                @Override
                public void close() {
                    // there is no line
                }
            };
        }

        @Override
        public Residency residency() {
            return switch (held.status()) {
                case EngineStatus.Loading(int percent) -> new Residency.Loading(percent);
                case EngineStatus.Failed(String reason) -> new Residency.Failed(reason);
                case EngineStatus status -> new Residency.Loaded(status, 0, Footprint.NONE, true, Instant.EPOCH);
            };
        }

        @Override
        public Optional<Engine> engine() {
            return Optional.of(held);
        }

        @Override
        public Subscription onChange(Runnable listener) {
            return () -> {}; // it stays
        }

        @Override
        public void unload() {
            // it stays
        }
    }

    /** One of a pool, by the id of its file. */
    record Pooled(ModelPool pool, String file) implements Residence {
        @Override
        public Ticket request() {
            return pool.request(file);
        }

        @Override
        public Residency residency() {
            return pool.residency(file);
        }

        @Override
        public Optional<Engine> engine() {
            return pool.engine(file);
        }

        @Override
        public Subscription onChange(Runnable listener) {
            return pool.onChange(listener);
        }

        @Override
        public void unload() {
            pool.unload(file);
        }
    }
}
