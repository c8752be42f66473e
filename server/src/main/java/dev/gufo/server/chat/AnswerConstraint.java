package dev.gufo.server.chat;

import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.ToolGrammar;
import dev.gufo.chat.ToolSyntax;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.Constraint.Start;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Refusal;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.GrammarException;
import dev.gufo.grammar.JsonSchemaGrammar;
import dev.gufo.grammar.UnsupportedSchema;
import dev.gufo.server.error.ApiException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;

/**
 * Makes the engine's constraint of what a request wants: content of a form, calls of tools, or both. Safe for any thread. That takes up to
 * some tenths of a second of computing and tens of megabytes, so only a few do it at once: the threads that carry all requests are no more
 * than there are cores, and whoever streams is not to wait for them.
 */
final class AnswerConstraint {
    private static final String CONTENT = "answer";

    private static final Semaphore COMPILING =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

    private AnswerConstraint() {}

    /**
     * The constraint of an answer.
     *
     * @param startsInReasoning whether the prompt ends within reasoning
     * @param kept asked, if the parameters of a tool can't be kept, for the tools with parameters that can
     * @return empty if the answer is free
     * @throws ApiException if a schema or a grammar can't be honoured, naming the field
     * @throws InterruptedException if the calling thread was interrupted while it waited for its turn
     */
    static Optional<Constraint> of(
            AnswerShape shape, ToolUse tools, ChatFormat format, boolean startsInReasoning, UnaryOperator<ToolUse> kept)
            throws InterruptedException {
        if (shape instanceof AnswerShape.Free && tools.callable().isEmpty()) {
            return Optional.empty();
        }
        COMPILING.acquire();
        try {
            return compiled(shape, tools, format, startsInReasoning);
        } catch (UnsupportedSchema e) {
            return compiledAgain(shape, kept.apply(tools), format, startsInReasoning);
        } finally {
            COMPILING.release();
        }
    }

    private static Optional<Constraint> compiledAgain(
            AnswerShape shape, ToolUse tools, ChatFormat format, boolean startsInReasoning) {
        try {
            return compiled(shape, tools, format, startsInReasoning);
        } catch (UnsupportedSchema e) {
            throw ApiException.unsupported("tools", sentence(e));
        }
    }

    /** A refusal of the constraint, or another one, with the request's own name for what the engine can't do. */
    static EngineException.Refused named(EngineException.Refused refused, AnswerShape shape, ToolUse tools) {
        if (!(refused.refusal() instanceof Refusal.Unsupported(String parameter, String engine))
                || !parameter.equals("grammar")) {
            return refused;
        }
        String field =
                tools.required() ? "tool_choice" : shape instanceof AnswerShape.Json json ? json.param() : parameter;
        return new EngineException.Refused(new Refusal.Unsupported(field, engine));
    }

    /** @throws UnsupportedSchema if the parameters of a tool can't be kept */
    private static Optional<Constraint> compiled(
            AnswerShape shape, ToolUse tools, ChatFormat format, boolean startsInReasoning) {
        if (tools.callable().isEmpty()) {
            return content(shape, format, startsInReasoning);
        }
        if (tools.required()) {
            String calls = calls(tools, ToolGrammar.Choice.REQUIRED, format, startsInReasoning)
                    .gbnf();
            return Optional.of(checked(new Constraint(calls, new Start.Now()), "tools"));
        }
        if (shape instanceof AnswerShape.Free) {
            ToolGrammar calls = calls(tools, ToolGrammar.Choice.AUTO, format, startsInReasoning);
            var start = new Start.AtTrigger(
                    calls.triggers().stream()
                            .map(trigger -> new Constraint.Trigger(trigger.text(), trigger.onlyFirst()))
                            .toList(),
                    calls.freeReasoning().map(marks -> new Constraint.Marks(marks.open(), marks.close())),
                    calls.startsInReasoning());
            return Optional.of(checked(new Constraint(calls.gbnf(), start), "tools"));
        }
        return Optional.of(contentOrCalls(shape, tools, format, startsInReasoning));
    }

    private static Optional<Constraint> content(AnswerShape shape, ChatFormat format, boolean startsInReasoning) {
        return switch (shape) {
            case AnswerShape.Free() -> Optional.empty();
            case AnswerShape.Gbnf(String grammar) ->
                Optional.of(checked(new Constraint(grammar, start(format, startsInReasoning)), "grammar"));
            case AnswerShape.Json json -> {
                if (format.tools() == ToolSyntax.HARMONY) {
                    yield Optional.of(checked(
                            new Constraint(rules(json, "root"), new Start.After(ToolGrammar.HARMONY_CONTENT)),
                            json.param()));
                }
                String gbnf = ToolGrammar.afterReasoning(format, startsInReasoning, rules(json, CONTENT), CONTENT);
                yield Optional.of(checked(new Constraint(gbnf, new Start.Now()), json.param()));
            }
        };
    }

    private static Start start(ChatFormat format, boolean startsInReasoning) {
        return startsInReasoning
                ? new Start.After(format.reasoning().orElseThrow().close())
                : new Start.Now();
    }

    /** Either a call or content of the form; the reply decides with its first characters. */
    private static Constraint contentOrCalls(
            AnswerShape shape, ToolUse tools, ChatFormat format, boolean startsInReasoning) {
        if (!(shape instanceof AnswerShape.Json json)) {
            throw ApiException.unsupported(
                    "grammar", "'grammar' can't be combined with tools; use 'tool_choice': 'none'.");
        }
        String calls = calls(tools, ToolGrammar.Choice.REQUIRED, format, startsInReasoning)
                .gbnf();
        String either = ToolGrammar.orContent(calls, rules(json, CONTENT), CONTENT);
        return checked(new Constraint(either, new Start.Now()), json.param());
    }

    private static ToolGrammar calls(
            ToolUse tools, ToolGrammar.Choice choice, ChatFormat format, boolean startsInReasoning) {
        return ToolGrammar.of(
                format, tools.callable(), choice, tools.parallel(), startsInReasoning, JsonSchemaGrammar::rules);
    }

    private static String rules(AnswerShape.Json json, String rootName) {
        try {
            return JsonSchemaGrammar.rules(json.schema(), rootName);
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
