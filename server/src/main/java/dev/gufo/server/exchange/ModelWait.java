package dev.gufo.server.exchange;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import dev.gufo.engine.pool.Lease;
import dev.gufo.engine.pool.Residency;
import dev.gufo.engine.pool.Ticket;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.BodyRoom;
import dev.gufo.server.http.Heartbeat;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;

/**
 * Waits for models on behalf of requests. Safe for any thread.
 *
 * @param most how long a request waits for a model to be loaded
 * @param heartbeat after this much silence a stream gets a comment, and a client is checked for being there
 */
public record ModelWait(Duration most, Duration heartbeat) {
    /**
     * The model, loaded and ready. One that is not loaded is loaded first; one whose worker is being restarted is
     * waited for.
     *
     * @param beat if the answer is a stream, what it says while the wait is long
     * @param room what the request's body took; a part of it is given back meanwhile
     * @return to be closed by the caller
     * @throws ApiException with {@link Problem.StillLoading}, {@link Problem.LoadFailed} or {@link Problem.NotReady}
     * @throws IOException if the client has gone
     */
    ModelInUse await(Client client, ServedModel model, Optional<Heartbeat> beat, BodyRoom.Hold room)
            throws IOException, InterruptedException {
        var used = new ModelInUse(model, lease(client, model, beat, room));
        boolean ready = false;
        try {
            awaitReady(client, used.engine(), beat, room);
            ready = true;
            return used;
        } finally {
            if (!ready) {
                used.close();
            }
        }
    }

    private void awaitReady(Client client, Engine engine, Optional<Heartbeat> beat, BodyRoom.Hold room)
            throws IOException, InterruptedException {
        if (engine.status() instanceof EngineStatus.Restarting) {
            room.rest();
            awaitRestart(client, engine, beat);
            room.goOn();
        }
        EngineStatus status = engine.status();
        if (!(status instanceof EngineStatus.Ready)) {
            throw new ApiException(new Problem.NotReady(status));
        }
    }

    private void awaitRestart(Client client, Engine engine, Optional<Heartbeat> beat)
            throws IOException, InterruptedException {
        var changed = new WakeUp();
        long end = System.nanoTime() + most.toNanos();
        long nextBeat = System.nanoTime() + heartbeat.toNanos();
        try (Subscription _ = engine.onStatus(_ -> changed.wake())) {
            while (engine.status() instanceof EngineStatus.Restarting && System.nanoTime() < end) {
                changed.await(Duration.ofNanos(Math.min(nextBeat, end) - System.nanoTime()));
                if (System.nanoTime() >= nextBeat) {
                    beat(client, beat, "closed by the client while the model was restarted");
                    nextBeat = System.nanoTime() + heartbeat.toNanos();
                }
            }
        }
    }

    private Lease lease(Client client, ServedModel model, Optional<Heartbeat> beat, BodyRoom.Hold room)
            throws IOException, InterruptedException {
        if (model.residence().residency() instanceof Residency.Loaded) {
            return lease(client, model, beat);
        }
        room.rest();
        Lease lease = lease(client, model, beat);
        try {
            room.goOn();
            return lease;
        } catch (ApiException e) {
            lease.close();
            throw e;
        }
    }

    private Lease lease(Client client, ServedModel model, Optional<Heartbeat> beat)
            throws IOException, InterruptedException {
        try (Ticket ticket = model.residence().request()) {
            Optional<Lease> lease = ticket.await(Duration.ZERO);
            if (lease.isPresent()) {
                return lease.get();
            }
            long end = System.nanoTime() + most.toNanos();
            while (true) {
                Duration left = Duration.ofNanos(end - System.nanoTime());
                if (!left.isPositive()) {
                    throw new ApiException(new Problem.StillLoading(model.id(), ticket.residency(), most));
                }
                lease = ticket.await(left.compareTo(heartbeat) < 0 ? left : heartbeat);
                if (lease.isPresent()) {
                    return lease.get();
                }
                beat(client, beat, "closed by the client while the model was loaded");
            }
        } catch (EngineException.Broken e) {
            throw new ApiException(new Problem.LoadFailed(model.id(), e.forClients()));
        }
    }

    /** @param gone what is said if the client has gone */
    private static void beat(Client client, Optional<Heartbeat> beat, String gone) throws IOException {
        if (client.isGone()) {
            client.leftEarly();
            throw new IOException(gone);
        }
        if (beat.isPresent()) {
            send(client, beat.get());
        }
    }

    private static void send(Client client, Heartbeat beat) throws IOException {
        var json = new JsonBytes();
        beat.writeTo(json);
        OutputStream out = client.events();
        json.drainTo(out);
        out.flush();
    }
}
