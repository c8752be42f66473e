package dev.gufo.server.answer;

import dev.gufo.chat.ReplyDelta;
import dev.gufo.chat.ReplyReader;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Timings;
import dev.gufo.engine.GenerationEvent.Token;
import dev.gufo.server.http.Utf8;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One choice of an answer in the making: what the events of its generation add up to. Belongs to the request's thread.
 */
public final class Choice {
    private final int index;
    private final TextAssembler text;
    private final Optional<ReplyReader> reader;
    private final ContentStops stops;
    private final PendingDeltas deltas = new PendingDeltas();
    private final ScoredTokens scored;
    private final List<Token> prompt = new ArrayList<>();
    private final boolean promptOnly;
    private final Optional<Screen> screen;
    private boolean echoTaken;
    private boolean reasoning;
    private int openCalls;
    private int completeCalls;
    /** Of the text that the reader has got. */
    private long readBytes;
    /** Where the stop text begins in it; -1 if there is none. */
    private long stopAt = -1;

    /** Of the text, what the screen has got; at least, while it gets more. */
    private long passedOn;

    private int completionTokens;
    private int reasoningTokens;
    private Drafts drafts = Drafts.NONE; // until it has finished
    private double logprobSum;
    private double probabilitySum; // of those behind the reasoning
    private int scoredTokens; // likewise
    private String finishReason = "";
    private @Nullable EngineException failure;

    /**
     * @param stops texts that end the answer where they stand in its content
     * @param reader tells content, reasoning and calls apart; if empty, all is content and control tokens are left out
     * @param startsInReasoning whether the prompt ended within reasoning
     */
    public Choice(int index, List<String> stops, Optional<ReplyReader> reader, boolean startsInReasoning) {
        this(index, stops, reader, startsInReasoning, Optional.empty());
    }

    /**
     * The same.
     *
     * @param screen checks what is said before it can be taken; empty if nothing does
     */
    public Choice(
            int index,
            List<String> stops,
            Optional<ReplyReader> reader,
            boolean startsInReasoning,
            Optional<Screen> screen) {
        this(index, stops, reader, startsInReasoning, screen, false);
    }

    private Choice(
            int index,
            List<String> stops,
            Optional<ReplyReader> reader,
            boolean startsInReasoning,
            Optional<Screen> screen,
            boolean promptOnly) {
        this.index = index;
        this.screen = screen;
        this.promptOnly = promptOnly;
        this.text = new TextAssembler(reader.isPresent() ? List.of() : stops);
        this.stops = new ContentStops(reader.isPresent() ? stops : List.of());
        this.reader = reader;
        this.reasoning = startsInReasoning;
        this.scored = new ScoredTokens(this::decidedBytes);
    }

    /** A choice that is no answer: only the prompt's tokens are of interest. */
    public static Choice promptOnly(int index) {
        return new Choice(index, List.of(), Optional.empty(), false, Optional.empty(), true);
    }

    /** Takes the next event in; only while not {@link #ended}. */
    public void accept(GenerationEvent event) {
        switch (event) {
            case GenerationEvent.Started _, GenerationEvent.Prefilled _ -> {}
            case GenerationEvent.Prompt(List<Token> tokens) -> prompt.addAll(tokens);
            case Token token -> accept(token);
            case GenerationEvent.Finished(FinishReason reason, Timings _, Drafts told) -> {
                drafts = told;
                text.finish();
                // What was cut off at the end of the last piece may complete a stop text.
                end(reason == FinishReason.STOP || text.stopped() ? "stop" : "length");
            }
            case GenerationEvent.Failed(EngineException cause) -> failure = cause;
        }
    }

    private void accept(Token token) {
        if (promptOnly) {
            finishReason = "length";
            return;
        }
        completionTokens++;
        boolean isText = !token.control() || (reader.isPresent() && token.piece().length > 0);
        if (isText) {
            text.accept(token.piece());
            scored.add(token);
        }
        if (text.stopped()) {
            end("stop");
        } else {
            read(text.take());
            if (stops.stopped() || isBlocked()) {
                end("stop");
            }
        }
        // Not before: this token may be the first behind the reasoning.
        reasoningTokens += reasoning ? 1 : 0;
        token.logprobs().ifPresent(logprobs -> score(logprobs.chosen()));
    }

    private void score(float logprob) {
        logprobSum += logprob;
        probabilitySum = reasoning ? 0 : probabilitySum + Math.exp(logprob);
        scoredTokens = reasoning ? 0 : scoredTokens + 1;
    }

    /** Ends it here, as if it had reached its last token. */
    void cut() {
        text.finish();
        end(text.stopped() ? "stop" : "length");
    }

    private void end(String reason) {
        read(text.take());
        if (reader.isPresent() && !stops.stopped()) {
            add(reason.equals("length") ? reader.get().cutOff() : reader.get().finish());
            stops.finish().forEach(this::pass);
        }
        screen.ifPresent(check -> check.finish().forEach(deltas::add));
        String told = stops.stopped() ? "stop" : reason;
        boolean called = completeCalls > 0 && openCalls == 0;
        finishReason = isBlocked() ? "content_filter" : told.equals("stop") && called ? "tool_calls" : told;
    }

    private boolean isBlocked() {
        return screen.isPresent() && screen.get().blocked();
    }

    private void pass(ReplyDelta delta) {
        if (screen.isPresent()) {
            screen.get().accept(delta, passedOn).forEach(deltas::add);
        } else {
            deltas.add(delta);
        }
    }

    private void read(String more) {
        if (more.isEmpty()) {
            return;
        }
        if (reader.isEmpty()) {
            pass(new ReplyDelta.Content(more));
        } else if (stops.isEmpty()) {
            add(reader.get().accept(more));
        } else {
            // One by one, so that it is known where a stop text begins.
            more.codePoints().takeWhile(_ -> !stops.stopped()).forEach(this::read);
        }
        if (screen.isPresent()) {
            passedOn = text.decidedBytes() - withheldBytes();
        }
    }

    private void read(int codePoint) {
        readBytes += Utf8.length(codePoint);
        add(reader.orElseThrow().accept(Character.toString(codePoint)));
        if (stops.stopped()) {
            stopAt = readBytes - withheldBytes();
        }
    }

    private int withheldBytes() {
        return stops.withheldBytes()
                + reader.map(parts -> Utf8.length(parts.undecided())).orElse(0);
    }

    private void add(List<ReplyDelta> more) {
        for (ReplyDelta delta : more) {
            reasoning = delta instanceof ReplyDelta.Reasoning;
            switch (delta) {
                case ReplyDelta.CallBegin _ -> openCalls++;
                case ReplyDelta.CallEnd _ -> {
                    openCalls--;
                    completeCalls++;
                }
                default -> {}
            }
        }
        stops.accept(more).forEach(this::pass);
    }

    private long decidedBytes() {
        return screen.isEmpty()
                ? saidBytes()
                : Math.min(saidBytes(), screen.get().passedBytes());
    }

    private long saidBytes() {
        if (stopAt >= 0) {
            return stopAt;
        }
        boolean holds = !ended() && stops.withheldBytes() > 0;
        return text.decidedBytes() - (holds ? withheldBytes() : 0);
    }

    public int index() {
        return index;
    }

    /** Whether nothing more is to come. */
    public boolean ended() {
        return failure != null || !finishReason.isEmpty();
    }

    /** Whether it ended without a reason that an answer can tell. */
    boolean failed() {
        return failure != null && finishReason.isEmpty();
    }

    /** Whether a token has been sampled, or it ended. */
    boolean begun() {
        return completionTokens > 0 || ended();
    }

    /**
     * Throws what ended it, if that was a failure.
     *
     * @throws EngineException the engine's own
     */
    void requireSuccess() {
        if (failure != null) {
            throw failure;
        }
    }

    /** {@code stop}, {@code tool_calls} or {@code length}; {@code ""} while it goes on. */
    public String finishReason() {
        return finishReason;
    }

    /** The stop text that ended it; {@code ""} if none did. */
    public String stopText() {
        return stops.stopped() ? stops.stopText() : text.stopText();
    }

    /** The parts that came since the last call, neighbours of one kind joined. */
    public List<ReplyDelta> takeDeltas() {
        return deltas.take();
    }

    /** The tokens of the text that came since the last call, if they have logprobs; not those of a stop text. */
    public List<Token> takeScored() {
        return scored.take();
    }

    /** Whether it is the first call: a prompt is echoed once. */
    public boolean takeEcho() {
        boolean first = !echoTaken;
        echoTaken = true;
        return first;
    }

    /** The tokens of the prompt, if their logprobs were asked for. */
    public List<Token> prompt() {
        return prompt;
    }

    /** Mean logprob of its tokens, which says which of several choices is best; 0 if logprobs were not asked for. */
    public double meanLogprob() {
        return completionTokens == 0 ? 0 : logprobSum / completionTokens;
    }

    /** Sum of the logprobs of its tokens: the logarithm of the probability of the whole. Needs logprobs. */
    public double logprob() {
        return logprobSum;
    }

    /** Mean probability of its tokens behind the reasoning; 0 if there are none, or logprobs were not asked for. */
    public double meanProbability() {
        return scoredTokens == 0 ? 0 : probabilitySum / scoredTokens;
    }

    int completionTokens() {
        return completionTokens;
    }

    Drafts drafts() {
        return drafts;
    }

    int reasoningTokens() {
        return reasoningTokens;
    }
}
