package dev.gufo.server.answer;

import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.IdSource;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.exchange.AnswerCache;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.policy.ContentChecks;
import dev.gufo.server.usage.Outcome;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Answers requests for text, whatever API they came through. Safe for any thread.
 *
 * @param requests makes the engine's requests
 * @param prompts renders conversations
 * @param constraints makes grammars of what requests want
 * @param checks keeps requests and answers to the operator's policies
 * @param heartbeat after this much silence a stream gets a comment, and a client is checked for being there
 * @param clock for {@code created}
 * @param random a generator that the calling thread may use: for ids
 */
public record Answers(
        Requests requests,
        Prompts prompts,
        AnswerConstraint constraints,
        ContentChecks checks,
        Duration heartbeat,
        Clock clock,
        Supplier<RandomGenerator> random) {
    /**
     * What is left of a request when its prompts are tokens: nothing here holds its text.
     *
     * @param jobs one for each choice
     * @param promptTokens of all prompts together, each counted once
     * @param stream whether the answer is sent as events
     * @param shape and {@code tools} name the fields that a refusal is about
     * @param timings whether the answer tells how it came about
     * @param messages where they end in the prompt, if that is to be told
     * @param told which of the choices, best first, are in an answer that is not streamed
     */
    public record Prepared(
            ModelInUse model,
            List<GenerationRequest> jobs,
            int promptTokens,
            List<Choice> choices,
            AnswerWriter writer,
            boolean stream,
            AnswerShape shape,
            ToolUse tools,
            boolean timings,
            Optional<MessageEnds> messages,
            Answering.Selection told) {}

    /**
     * With what the operator sets.
     *
     * @param strictContext refuses a {@code max_tokens} that the context has no room for, instead of stopping early
     * @param volatileLines whether lines that clients change with each request stay as they are
     * @param checks keeps requests and answers to the operator's policies
     */
    public static Answers of(
            boolean strictContext,
            boolean volatileLines,
            ContentChecks checks,
            Duration heartbeat,
            Clock clock,
            Supplier<RandomGenerator> random) {
        return new Answers(
                new Requests(strictContext, random),
                new Prompts(clock, volatileLines),
                new AnswerConstraint(),
                checks,
                heartbeat,
                clock,
                random);
    }

    /**
     * The same, for an API where a {@code max_tokens} that the context has no room for is always cut to what is left.
     */
    public Answers cuttingToFit() {
        return new Answers(new Requests(false, random), prompts, constraints, checks, heartbeat, clock, random);
    }

    /**
     * Has an answer generated and sends it.
     *
     * @throws EngineException if the engine refuses or loses it, also after the first events are out
     * @throws IOException if the answer can't be sent
     */
    public void send(Exchange exchange, Prepared prepared) throws IOException, InterruptedException {
        List<GenerationRequest> jobs = prepared.jobs();
        Optional<AnswerCache.Place> place = place(exchange, prepared);
        exchange.forgetBody(bytesOf(jobs) + prepared.writer().bytesHeld());
        long output = jobs.stream().mapToLong(GenerationRequest::maxTokens).sum();
        var work = new Work(prepared.model().id(), prepared.stream(), prepared.promptTokens(), output);
        try (Account account = exchange.open(work)) {
            place.ifPresent(at -> exchange.client().header("x-cache", at.kept().isPresent() ? "hit" : "miss"));
            Optional<AnswerCache.Kept> kept = place.flatMap(AnswerCache.Place::kept);
            if (kept.isPresent()) {
                repeat(exchange, kept.get(), account);
            } else {
                new Answering(exchange, prepared, heartbeat, account, place).run();
            }
        } catch (EngineException.Refused e) {
            throw AnswerConstraint.named(e, prepared.shape(), prepared.tools());
        }
    }

    /**
     * What checks each of the answers to a request before any of it is sent.
     *
     * @param asked what the user said last
     * @return makes one for each answer, given what it goes on with
     */
    public Function<String, Optional<Screen>> screens(Exchange exchange, Supplier<String> asked) {
        return begun -> checks.output(exchange, asked).map(check -> new Screen(check, begun));
    }

    /** Where the answer is kept, if it is one that the model would give again. */
    private static Optional<AnswerCache.Place> place(Exchange exchange, Prepared prepared) {
        boolean whole =
                !prepared.stream() && !prepared.timings() && prepared.writer().canBeRepeated();
        boolean seeded = exchange.fields().any("seed").isPresent();
        return whole && prepared.jobs().stream().allMatch(job -> seeded || isFixed(job))
                ? exchange.place(
                        prepared.jobs().stream().map(GenerationRequest::prompt).toList(),
                        prepared.jobs().stream()
                                .map(GenerationRequest::maxTokens)
                                .toList())
                : Optional.empty();
    }

    private static boolean isFixed(GenerationRequest job) {
        return job.forced().length > 0 || !job.sampling().uses(SamplingParameter.TEMPERATURE);
    }

    /** The answer that was given before; it costs what it did. */
    private static void repeat(Exchange exchange, AnswerCache.Kept kept, Account account) throws IOException {
        Outcome outcome = kept.outcome();
        account.started(Duration.ZERO, outcome.promptTokens(), outcome.cachedTokens());
        account.progress(outcome.completionTokens());
        account.settle(outcome);
        exchange.client().object().write(kept.json());
    }

    /** What generations hold because of their request: its tokens, and its grammar while it is followed. */
    private static long bytesOf(List<GenerationRequest> jobs) {
        long tokens = jobs.stream()
                .map(GenerationRequest::prompt)
                .distinct()
                .mapToLong(prompt -> prompt.length)
                .sum();
        long grammar = jobs.getFirst()
                .constraint()
                .map(made -> 2L * made.grammar().length())
                .orElse(0L);
        return tokens * Integer.BYTES + grammar;
    }

    /** The head of a new answer, whose id begins with {@code prefix}. */
    public AnswerHead head(String prefix, ModelInUse model, ModelInfo info) {
        return new AnswerHead(id(prefix), clock.instant().getEpochSecond(), model.id(), info.fingerprint());
    }

    /** A new id: {@code prefix} and 128 random bits. */
    public String id(String prefix) {
        RandomGenerator generator = random.get();
        HexFormat hex = HexFormat.of();
        return prefix + hex.toHexDigits(generator.nextLong()) + hex.toHexDigits(generator.nextLong());
    }

    /** Ids for the calls of one choice. */
    public IdSource callIds(ChatFormat format) {
        return IdSource.random(format, random.get());
    }
}
