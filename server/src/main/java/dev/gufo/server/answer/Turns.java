package dev.gufo.server.answer;

import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.ReplyReader;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelInfo;
import dev.gufo.server.answer.Prompts.Prompt;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.http.Heartbeat;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Makes the work of a turn: from the conversation to the tokens of its prompt, the grammar of its answer and what reads
 * the model's reply. Every API that has conversations goes through here, so the same dialogue has the same prompt,
 * whichever it came through. Safe for any thread; a turn stays on its request's.
 */
public final class Turns {
    /** Part of the context that a shortened conversation leaves for an answer of no given length. */
    private static final int ROOM_FOR_ANSWER = 8;

    private static final String PLACE = "x";

    private final Answers answers;
    private final ToolSchemas toolSchemas = new ToolSchemas();

    /** @param models whose templates are parsed ahead of their first use */
    public Turns(Answers answers, List<ServedModel> models) {
        this.answers = answers;
        models.forEach(model -> model.profile()
                .chatTemplate()
                .ifPresent(source -> answers.prompts().prepare(model.id(), source)));
    }

    /** Makes what writes the answer, once the model is there. */
    @FunctionalInterface
    public interface WriterSource {
        AnswerWriter of(ModelInUse model, ModelInfo info);
    }

    /**
     * Prepares the answer to a turn.
     *
     * @param whileLoading if the answer is a stream, what it says while the model is being loaded
     * @throws ApiException if the turn can't be taken as it is
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it
     * @throws dev.gufo.template.TemplateException if the model's template refuses the messages
     * @throws IOException if the client has gone
     */
    public Answers.Prepared prepare(
            Exchange exchange, ServedModel served, Turn turn, Optional<Heartbeat> whileLoading, WriterSource writers)
            throws IOException, InterruptedException {
        check(exchange, turn);
        ModelInUse model = exchange.use(served, whileLoading, turn::texts);
        ModelInfo info = model.requireRole(ModelRole.CHAT);
        Tokenized tokenized = turn.overflow() == Turn.Overflow.REFUSED
                ? tokenized(exchange, served, info, turn, info.contextTokens())
                : shortened(exchange, served, info, turn);
        Prompt prompt = tokenized.prompt();
        int[] tokens = tokenized.tokens();
        if (tokens.length == 0) {
            throw ApiException.invalid(
                    turn.field(), "The model's chat template makes an empty prompt of these messages.");
        }
        Optional<Constraint> constraint = answers.constraints()
                .of(
                        turn.shape(),
                        turn.tools(),
                        prompt,
                        tools -> toolSchemas.kept(tools, prompt.format(), exchange.client()));
        var extras = new Requests.Extras(turn.topLogprobs(), false, constraint);
        exchange.logPrompt(prompt.rendering()::text);
        return new Answers.Prepared(
                model,
                answers.requests().of(exchange, turn.answer(), info, tokens, extras),
                tokens.length,
                choices(exchange, turn, prompt),
                writers.of(model, info),
                turn.answer().stream(),
                turn.shape(),
                turn.tools(),
                turn.answer().timings(),
                turn.answer().timings()
                        ? Optional.of(MessageEnds.of(
                                turn.conversation().messages(),
                                prompt.rendering().text()))
                        : Optional.empty(),
                all -> all);
    }

    /**
     * Checks what the request says, before a model is loaded for it.
     *
     * @throws ApiException if it is not allowed, or can't be checked
     */
    public void check(Exchange exchange, Turn turn) throws InterruptedException {
        answers.checks().input(exchange, turn::passages);
    }

    /** A turn's prompt, as text and as tokens. */
    public record Tokenized(Prompt prompt, int[] tokens) {}

    /**
     * The prompts of several turns, each of which has to fit.
     *
     * @param atContent whether the prompts go on to where the answer's content begins, so that the model does not think
     *     before
     * @throws ApiException if one can't be taken as it is
     */
    public List<Tokenized> tokenized(
            Exchange exchange, ServedModel served, ModelInfo info, List<Turn> turns, boolean atContent) {
        var prompts = new ArrayList<Prompt>(turns.size());
        for (Turn turn : turns) {
            exchange.requireFits(turn.texts(), turn.field(), info.contextTokens());
            prompts.add(atContent ? atContent(served, info, turn) : render(served, info, turn));
        }
        List<int[]> tokens = exchange.tokenize(
                prompts.stream().map(Prompt::rendering).toList(),
                Framing.PROMPT,
                i -> turns.get(i).field(),
                info.contextTokens());
        var tokenized = new ArrayList<Tokenized>(turns.size());
        for (int i = 0; i < prompts.size(); i++) {
            requireRoom(turns.get(i).field(), tokens.get(i).length, info.contextTokens());
            if (tokens.get(i).length == 0) {
                throw ApiException.invalid(
                        turns.get(i).field(), "The model's chat template makes an empty prompt of this.");
            }
            tokenized.add(new Tokenized(prompts.get(i), tokens.get(i)));
        }
        exchange.logPrompt(
                () -> prompts.stream().map(prompt -> prompt.rendering().text()).collect(Collectors.joining("\n")));
        return tokenized;
    }

    /** Prompts of conversations are checked where their requests are made, which tells their length exactly. */
    private static void requireRoom(String field, int tokens, int context) {
        if (!field.equals("messages") && tokens >= context) {
            throw new ApiException(new Problem.TextTooLong(field, tokens - 1, context));
        }
    }

    /** As if the content had begun with a letter, which then is taken away. */
    private Prompt atContent(ServedModel served, ModelInfo info, Turn turn) {
        Prompt begun =
                answers.prompts().render(served, info, turn.conversation(), turn.thought(), turn.beginning() + PLACE);
        var segments = new ArrayList<>(begun.rendering().segments());
        String last = segments.removeLast().text();
        if (!last.endsWith(PLACE)) {
            throw new AssertionError("a begun answer stands at the end of its prompt");
        }
        if (last.length() > PLACE.length()) {
            segments.add(new Segment(last.substring(0, last.length() - PLACE.length()), false));
        }
        return new Prompt(new Rendering(segments), begun.format(), begun.startsInReasoning(), turn.beginning());
    }

    /** @param most tokens that fit; a prompt that is far longer is refused */
    private Tokenized tokenized(Exchange exchange, ServedModel served, ModelInfo info, Turn turn, int most) {
        exchange.requireFits(turn.texts(), turn.field(), most);
        Prompt prompt = render(served, info, turn);
        return new Tokenized(prompt, exchange.tokenize(prompt.rendering(), Framing.PROMPT, turn.field(), most));
    }

    /** The prompt without as many of the oldest messages as have to go; without all that can go, if need be. */
    private Tokenized shortened(Exchange exchange, ServedModel served, ModelInfo info, Turn turn) {
        int context = info.contextTokens();
        int answer = Math.min(turn.answer().maxTokens().orElse(context / ROOM_FOR_ANSWER), context / 2);
        var shortening = Shortening.of(turn.conversation(), turn.overflow() == Turn.Overflow.SHORTENED_BEFORE_THE_LAST);
        Optional<Tokenized> fits = fitting(exchange, served, info, turn, context - answer);
        int tooFew = 0;
        int enough = shortening.steps();
        while (fits.isEmpty() && enough - tooFew > 1) {
            int steps = (tooFew + enough) / 2;
            Turn shorter = turn.with(shortening.after(steps));
            if (fitting(exchange, served, info, shorter, context - answer).isPresent()) {
                enough = steps;
            } else {
                tooFew = steps;
            }
        }
        return fits.isPresent()
                ? fits.get()
                : tokenized(exchange, served, info, turn.with(shortening.after(enough)), context);
    }

    private Optional<Tokenized> fitting(Exchange exchange, ServedModel served, ModelInfo info, Turn turn, int most) {
        try {
            Tokenized tokenized = tokenized(exchange, served, info, turn, most);
            return tokenized.tokens().length <= most ? Optional.of(tokenized) : Optional.empty();
        } catch (ApiException e) {
            if (e.problem() instanceof Problem.TextTooLong) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * How many tokens the prompt of a turn has, also if it has no room.
     *
     * @throws ApiException as {@link #prepare}
     * @throws IOException if the client has gone
     */
    public int count(Exchange exchange, ServedModel served, Turn turn) throws IOException, InterruptedException {
        ModelInUse model = exchange.use(served, Optional.empty(), Stream::empty);
        Prompt prompt = render(served, model.requireRole(ModelRole.CHAT), turn);
        return exchange.tokenizeAll(prompt.rendering(), Framing.PROMPT).length;
    }

    private Prompt render(ServedModel served, ModelInfo info, Turn turn) {
        return answers.prompts().render(served, info, turn.conversation(), turn.thought(), turn.beginning());
    }

    private List<Choice> choices(Exchange exchange, Turn turn, Prompt prompt) {
        return IntStream.range(0, turn.answer().choices())
                .mapToObj(index -> choice(index, exchange, turn, prompt))
                .toList();
    }

    /** What reads an answer to a turn. */
    public Choice choice(int index, Exchange exchange, Turn turn, Prompt prompt) {
        ChatFormat format = prompt.format();
        boolean plain = format.reasoning().isEmpty()
                && turn.tools().callable().isEmpty()
                && !format.tools().marksContent();
        Optional<ReplyReader> reader = plain
                ? Optional.empty()
                : Optional.of(new ReplyReader(
                        format, turn.tools().callable(), prompt.startsInReasoning(), answers.callIds(format)));
        Optional<Screen> screen = answers.screens(exchange, turn::asked).apply(turn.beginning());
        return new Choice(index, turn.answer().stops(), reader, prompt.startsInReasoning(), screen);
    }
}
