package dev.gufo.server.answer;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Reuse;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.exchange.AnswerCache;
import dev.gufo.server.exchange.Client;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Generations;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns generations into a response, whole or streamed. Belongs to the request's thread.
 *
 * <p>What is done for each token has plain loops: a stream over the choices, of which there is mostly one, costs more
 * than all the rest, with the one quick compiler that a server has.
 */
final class Answering {
    private static final Logger LOG = LoggerFactory.getLogger(Answering.class);

    /** What a token, and each candidate beside it, takes of the heap while an answer is kept to be sent whole. */
    private static final int TOKEN_BYTES = 160;

    private static final int CANDIDATE_BYTES = 96;

    /** Memory is taken in steps of this. */
    private static final int ROOM_STEP_BYTES = 64 << 10;

    private final Exchange exchange;
    private final Client client; // the exchange's
    private final Answers.Prepared prepared;
    private final List<Choice> choices; // those of prepared
    private final AnswerWriter writer; // likewise
    private final Duration heartbeat;
    private final Account account;
    private final Optional<AnswerCache.Place> place;
    private final AnswerTimes times = new AnswerTimes();
    private final JsonBytes json = new JsonBytes();
    private final List<Choice> finished = new ArrayList<>();
    private final Set<int[]> startedPrompts =
            Collections.newSetFromMap(new IdentityHashMap<>()); // of several choices one
    private @Nullable Generations generations; // from the start of run on
    private Optional<FirstPrompt> first = Optional.empty();
    private boolean cut; // for want of memory
    private int promptTokens;
    private int cachedTokens;
    private long bytesWithoutRoom; // of an answer that is kept, not taken yet
    private long lastWritten = System.nanoTime(); // to a stream

    /** The prompt that was begun first, and what was reused of it. */
    private record FirstPrompt(int[] prompt, int cached, Reuse reuse) {}

    /**
     * @param heartbeat after this much silence a stream gets one, and a client is checked for being there
     * @param account is told what happens, and settled at the end
     * @param place where the answer is kept, if it is to be
     */
    Answering(
            Exchange exchange,
            Answers.Prepared prepared,
            Duration heartbeat,
            Account account,
            Optional<AnswerCache.Place> place) {
        this.exchange = exchange;
        this.client = exchange.client();
        this.prepared = prepared;
        this.choices = prepared.choices();
        this.writer = prepared.writer();
        this.heartbeat = heartbeat;
        this.account = account;
        this.place = place;
    }

    /**
     * Has the answer generated and sends it.
     *
     * @throws EngineException if the engine refuses or loses it
     * @throws IOException if the answer can't be sent
     */
    void run() throws IOException, InterruptedException {
        Status status = Status.FAILED;
        try (Generations started = Generations.start(prepared.model().engine(), prepared.jobs())) {
            generations = started;
            boolean read = prepared.stream() ? stream() : whole();
            status = read ? Status.COMPLETED : Status.CANCELLED;
            if (!read) {
                cutOff();
            }
        } catch (EngineException.Refused e) {
            status = Status.REFUSED;
            throw e;
        } catch (IOException gone) {
            status = Status.CANCELLED;
            cutOff();
            throw gone;
        } finally {
            Usage used = usage();
            account.guessed(used.drafts());
            Outcome outcome = times.outcome(status, choices.getFirst().finishReason(), used);
            account.settle(outcome);
            if (status == Status.COMPLETED && !cut) {
                place.ifPresent(at -> at.keep(outcome.withoutTimes()));
            }
        }
    }

    /**
     * Answers with one JSON object when all choices have ended.
     *
     * @return false if the client went away before
     * @throws dev.gufo.engine.EngineException what ended a generation, if that was a failure
     */
    private boolean whole() throws IOException, InterruptedException {
        long checkAgain = System.nanoTime() + heartbeat.toNanos();
        while (!ended()) {
            Optional<Generations.Event> event = requireNonNull(generations).next(heartbeat);
            if (event.isPresent()) {
                accept(event.get());
                keep(event.get().event());
            }
            account.progress(completionTokens());
            if (System.nanoTime() - checkAgain >= 0) {
                if (client.isGone()) {
                    return false;
                }
                checkAgain = System.nanoTime() + heartbeat.toNanos();
            }
        }
        choices.forEach(Choice::requireSuccess);
        timings(false).ifPresent(timings -> client.header("Server-Timing", timings.header()));
        OutputStream object = client.object();
        OutputStream out = place.map(at -> at.recording(object)).orElse(object);
        writer.whole(json, prepared.told().of(choices), finalUsage(), out);
        json.drainTo(out);
        return true;
    }

    /**
     * Takes memory for what an event adds to an answer that is sent whole; where there is none, the answer ends here.
     */
    private void keep(GenerationEvent event) {
        bytesWithoutRoom += switch (event) {
            case GenerationEvent.Token token -> bytes(token);
            case GenerationEvent.Prompt(List<GenerationEvent.Token> tokens) ->
                tokens.stream().mapToLong(Answering::bytes).sum();
            default -> 0;
        };
        if (bytesWithoutRoom < ROOM_STEP_BYTES) {
            return;
        }
        if (exchange.hasRoom(bytesWithoutRoom)) {
            bytesWithoutRoom = 0;
            return;
        }
        cut = true;
        LOG.warn("an answer of {} tokens was ended: it has no more room in memory", completionTokens());
        for (Choice choice : choices) {
            if (!choice.ended()) {
                choice.cut();
                requireNonNull(generations).cancel(choice.index());
            }
        }
    }

    private static long bytes(GenerationEvent.Token token) {
        return token.piece().length * 4L
                + token.logprobs()
                        .map(logprobs -> TOKEN_BYTES
                                + (long) CANDIDATE_BYTES * logprobs.top().size())
                        .orElse(0L);
    }

    /** Picks the choices that are told. */
    public interface Selection {
        List<Choice> of(List<Choice> all);
    }

    /**
     * Sends the answer as it comes. Until the first token, or the first heartbeat if that takes long, no header goes
     * out, so that an early failure still has its own status.
     *
     * @return false if the client went away before the end
     * @throws dev.gufo.engine.EngineException what ended a generation, if that was a failure
     */
    private boolean stream() throws IOException, InterruptedException {
        boolean silent = false;
        while (!silent && choices.stream().noneMatch(Choice::begun)) {
            Optional<Generations.Event> event = requireNonNull(generations).next(heartbeat);
            silent = event.isEmpty();
            event.ifPresent(this::accept);
        }
        choices.forEach(Choice::requireSuccess);
        OutputStream out = client.events();
        exchange.endsWith(writer);
        Usage soFar = startedPrompts.isEmpty() ? new Usage(prepared.promptTokens(), 0, 0, 0) : usage();
        choices.forEach(choice -> writer.begin(json, choice, soFar));
        try {
            send(out);
            writer.end(json, choices, finalUsage());
            flush(out);
            return true;
        } catch (IOException gone) {
            LOG.debug("the client is gone", gone);
            return false;
        }
    }

    /** Every batch of events that are there goes out in one write. */
    private void send(OutputStream out) throws IOException, InterruptedException {
        while (true) {
            takeWhatIsThere();
            account.progress(completionTokens());
            for (Choice choice : choices) {
                write(choice);
            }
            if (System.nanoTime() - lastWritten >= heartbeat.toNanos()) {
                beat(); // what comes is held back, or is not for the client
            }
            flush(out);
            for (Choice choice : choices) {
                choice.requireSuccess();
            }
            if (ended()) {
                return;
            }
            Optional<Generations.Event> next = requireNonNull(generations).next(heartbeat);
            if (next.isPresent()) {
                accept(next.get());
            } else {
                if (client.isGone()) {
                    throw new IOException("closed by the client");
                }
                beat();
                flush(out);
            }
        }
    }

    private void beat() {
        if (json.length() == 0) {
            writer.writeTo(json);
        }
    }

    private void write(Choice choice) {
        if (choice.finishReason().isEmpty()) {
            writer.progress(json, choice);
        } else if (!finished.contains(choice)) {
            finished.add(choice);
            writer.finish(json, choice);
        }
    }

    /** Takes in what was sampled while the client did not read. */
    private void cutOff() throws InterruptedException {
        takeWhatIsThere();
        if (prepared.stream()) {
            writer.cutOff(choices, usage());
        }
    }

    private void takeWhatIsThere() throws InterruptedException {
        while (!ended()) {
            Optional<Generations.Event> event = requireNonNull(generations).next(Duration.ZERO);
            if (event.isEmpty()) {
                return;
            }
            accept(event.get());
        }
    }

    private void accept(Generations.Event event) {
        Choice choice = choices.get(event.choice());
        if (choice.ended()) {
            return;
        }
        switch (event.event()) {
            case GenerationEvent.Started(int cached, Duration queued, Reuse reuse) -> {
                times.started(queued);
                int[] prompt = prepared.jobs().get(event.choice()).prompt();
                first = first.or(() -> Optional.of(new FirstPrompt(prompt, cached, reuse)));
                started(prompt, cached);
            }
            case GenerationEvent.Prefilled(Duration prefill) -> times.prefilled(prefill);
            case GenerationEvent.Token token -> {
                times.token();
                account.text(token.piece());
            }
            default -> {}
        }
        choice.accept(event.event());
        if (prepared.stream() && writer.keepsText()) {
            keep(event.event());
        }
        if (choice.ended()) {
            requireNonNull(generations).cancel(event.choice()); // a stop text ends a choice before its generation
        }
    }

    /** A prompt that several choices share is computed, and counted, once. */
    private void started(int[] prompt, int cached) {
        if (startedPrompts.add(prompt)) {
            promptTokens += prompt.length;
            cachedTokens += cached;
            account.started(times.queued(), prompt.length, cached);
        }
    }

    private boolean ended() {
        boolean all = true;
        for (Choice choice : choices) {
            if (choice.failed()) {
                return true;
            }
            all &= choice.ended();
        }
        return all;
    }

    /** What has been used so far. */
    private Usage usage() {
        return new Usage(
                promptTokens,
                completionTokens(),
                Math.min(cachedTokens, promptTokens),
                choices.stream().mapToInt(Choice::reasoningTokens).sum(),
                choices.stream().map(Choice::drafts).reduce(Drafts.NONE, Drafts::plus),
                Optional.empty());
    }

    /** The same when all has ended, with what the request wants to know besides. */
    private Usage finalUsage() {
        Usage used = usage();
        return prepared.timings()
                ? new Usage(
                        used.promptTokens(),
                        used.completionTokens(),
                        used.cachedTokens(),
                        used.reasoningTokens(),
                        used.drafts(),
                        timings(true))
                : used;
    }

    /** @param whole whether to find out in which message the reuse ended, for which the worker is asked */
    private Optional<AnswerTimings> timings(boolean whole) {
        return first.map(prompt -> new AnswerTimings(
                times.queued(),
                exchange.loading(),
                times.prefill(),
                times.decode(),
                prompt.prompt().length,
                prompt.cached(),
                prompt.reuse(),
                whole ? messageBehind(prompt) : OptionalInt.empty()));
    }

    private OptionalInt messageBehind(FirstPrompt first) {
        if (prepared.messages().isEmpty() || first.reuse().stop() == Reuse.Stop.END) {
            return OptionalInt.empty();
        }
        int[] rest = Arrays.copyOfRange(first.prompt(), first.cached(), first.prompt().length);
        long bytes = 0;
        try {
            for (byte[] piece : prepared.model().engine().pieces(rest)) {
                bytes += piece.length;
            }
        } catch (EngineException e) {
            LOG.debug("the message that was computed anew is not told", e);
            return OptionalInt.empty();
        }
        return prepared.messages().get().messageAt(bytes);
    }

    private int completionTokens() {
        int tokens = 0;
        for (Choice choice : choices) {
            tokens += choice.completionTokens();
        }
        return tokens;
    }

    private void flush(OutputStream out) throws IOException {
        if (json.length() > 0) {
            json.drainTo(out);
            out.flush();
            lastWritten = System.nanoTime();
        }
    }
}
