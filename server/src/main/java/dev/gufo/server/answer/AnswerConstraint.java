package dev.gufo.server.answer;

import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.ToolGrammar;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.Constraint.Start;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Refusal;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.GrammarException;
import dev.gufo.grammar.GrammarTooCostly;
import dev.gufo.grammar.Matcher;
import dev.gufo.grammar.schema.JsonSchemaGrammar;
import dev.gufo.grammar.schema.UnsupportedSchema;
import dev.gufo.server.answer.Prompts.Prompt;
import dev.gufo.server.error.ApiException;
import dev.gufo.template.Rendering;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;

/**
 * Makes the engine's constraint of what a request wants: content of a form, calls of tools, or both. Safe for any
 * thread. That takes up to some tenths of a second of computing and tens of megabytes, so only a few do it at once: the
 * threads that carry all requests are no more than there are cores, and whoever streams is not to wait for them.
 */
public final class AnswerConstraint {
    private static final String CONTENT = "answer";

    private final Semaphore compiling =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

    /**
     * The constraint of a text without a chat template.
     *
     * @return empty if the answer is free
     * @throws ApiException if a schema or a grammar can't be honoured, naming the field
     * @throws InterruptedException if the calling thread was interrupted while it waited for its turn
     */
    public Optional<Constraint> of(AnswerShape shape) throws InterruptedException {
        var prompt = new Prompt(new Rendering(List.of()), ChatFormat.PLAIN, false, "");
        return of(shape, ToolUse.NONE, prompt, UnaryOperator.identity());
    }

    /**
     * The constraint of an answer.
     *
     * @param kept asked, if the parameters of a tool can't be kept, for the tools with parameters that can
     * @return empty if the answer is free
     * @throws ApiException if a schema or a grammar can't be honoured, or does not allow what the answer goes on with,
     *     naming the field
     * @throws InterruptedException if the calling thread was interrupted while it waited for its turn
     */
    public Optional<Constraint> of(AnswerShape shape, ToolUse tools, Prompt prompt, UnaryOperator<ToolUse> kept)
            throws InterruptedException {
        if (shape instanceof AnswerShape.Free && tools.callable().isEmpty()) {
            return Optional.empty();
        }
        compiling.acquire();
        try {
            return compiled(shape, tools, prompt);
        } catch (UnsupportedSchema e) {
            return compiledAgain(shape, kept.apply(tools), prompt);
        } finally {
            compiling.release();
        }
    }

    private static Optional<Constraint> compiledAgain(AnswerShape shape, ToolUse tools, Prompt prompt) {
        try {
            return compiled(shape, tools, prompt);
        } catch (UnsupportedSchema e) {
            throw ApiException.unsupported("tools", sentence(e));
        }
    }

    /** A refusal of the constraint, or another one, with the request's own name for what the engine can't do. */
    public static EngineException.Refused named(EngineException.Refused refused, AnswerShape shape, ToolUse tools) {
        if (!(refused.refusal() instanceof Refusal.Unsupported(String parameter, String engine))
                || !parameter.equals("grammar")) {
            return refused;
        }
        String field =
                tools.required() ? "tool_choice" : shape instanceof AnswerShape.Json json ? json.param() : parameter;
        return new EngineException.Refused(new Refusal.Unsupported(field, engine));
    }

    /** @throws UnsupportedSchema if the parameters of a tool can't be kept */
    private static Optional<Constraint> compiled(AnswerShape shape, ToolUse tools, Prompt prompt) {
        if (tools.required()) {
            String calls = calls(tools, ToolGrammar.Choice.REQUIRED, prompt).gbnf();
            return Optional.of(checked(new Constraint(calls, new Start.Now()), "tools"));
        }
        return switch (shape) {
            case AnswerShape.Free() -> tools.callable().isEmpty() ? Optional.empty() : Optional.of(free(tools, prompt));
            case AnswerShape.Json json -> Optional.of(json(json, tools, prompt));
            case AnswerShape.Gbnf(String grammar) -> {
                if (!tools.callable().isEmpty()) {
                    throw ApiException.unsupported(
                            "grammar", "'grammar' can't be combined with tools; use 'tool_choice': 'none'.");
                }
                yield Optional.of(checked(new Constraint(grammar, start(prompt)), "grammar"));
            }
        };
    }

    /** An answer that is free until it calls. */
    private static Constraint free(ToolUse tools, Prompt prompt) {
        ToolGrammar calls = calls(tools, ToolGrammar.Choice.AUTO, prompt);
        var start = new Start.AtTrigger(
                calls.triggers().stream()
                        .map(trigger -> new Constraint.Trigger(trigger.text(), trigger.onlyFirst()))
                        .toList(),
                calls.freeReasoning().map(marks -> new Constraint.Marks(marks.open(), marks.close())),
                calls.startsInReasoning());
        return checked(new Constraint(calls.gbnf(), start), "tools");
    }

    /** Reasoning if the model reasons, then content of the form or calls; what has been begun is content. */
    private static Constraint json(AnswerShape.Json json, ToolUse tools, Prompt prompt) {
        String rules = rules(json);
        if (!prompt.begun().isEmpty()) {
            String gbnf = ToolGrammar.ofBegunContent(rules, CONTENT);
            return begun(checked(new Constraint(gbnf, new Start.Behind(prompt.begun())), json.param()), json);
        }
        String gbnf = ToolGrammar.ofContent(
                prompt.format(),
                tools.callable(),
                tools.parallel(),
                prompt.startsInReasoning(),
                JsonSchemaGrammar::arguments,
                rules,
                CONTENT);
        return checked(new Constraint(gbnf, new Start.Now()), json.param());
    }

    /** The worker would refuse it too; here it is known what it is. */
    private static Constraint begun(Constraint constraint, AnswerShape.Json json) {
        Matcher matcher = Grammar.parse(constraint.grammar()).matcher();
        byte[] text = ((Start.Behind) constraint.start()).text().getBytes(StandardCharsets.UTF_8);
        try {
            for (byte next : text) {
                if (!matcher.advance(new byte[] {next})) {
                    throw ApiException.invalid(
                            "messages",
                            "The text of the last message begins nothing that '%s' allows.".formatted(json.param()));
                }
            }
        } catch (GrammarTooCostly e) {
            throw ApiException.invalid(json.param(), "This can't be made a grammar: " + e.getMessage() + ".");
        }
        return constraint;
    }

    private static Start start(Prompt prompt) {
        return prompt.startsInReasoning()
                ? new Start.After(prompt.format().reasoning().orElseThrow().close())
                : new Start.Now();
    }

    private static ToolGrammar calls(ToolUse tools, ToolGrammar.Choice choice, Prompt prompt) {
        return ToolGrammar.of(
                prompt.format(),
                tools.callable(),
                choice,
                tools.parallel(),
                prompt.startsInReasoning(),
                JsonSchemaGrammar::arguments);
    }

    private static String rules(AnswerShape.Json json) {
        try {
            return JsonSchemaGrammar.rules(json.schema(), CONTENT);
        } catch (UnsupportedSchema e) {
            throw ApiException.unsupported(json.param(), sentence(e));
        }
    }

    static String sentence(UnsupportedSchema e) {
        return "This JSON schema can't be honoured: " + e.getMessage() + ".";
    }

    /** The worker would refuse it too; here the field is known. */
    private static Constraint checked(Constraint constraint, String param) {
        try {
            Grammar.parse(constraint.grammar());
        } catch (GrammarException e) {
            throw ApiException.invalid(param, "This can't be made a grammar: " + e.getMessage() + ".");
        }
        return constraint;
    }
}
