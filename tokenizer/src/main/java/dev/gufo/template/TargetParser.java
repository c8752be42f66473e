package dev.gufo.template;

import dev.gufo.template.Node.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What may be assigned to: names, tuples of them, parameters. */
final class TargetParser {
    private static final Set<String> CONSTANTS = Set.of("true", "True", "false", "False", "none", "None");

    private final TokenStream stream;
    private final ExpressionParser expressions;

    /** Loops around the current statement, in which the name "loop" is taken. */
    private int loops;

    TargetParser(TokenStream stream, ExpressionParser expressions) {
        this.stream = stream;
        this.expressions = expressions;
    }

    void enterLoop() {
        loops++;
    }

    void leaveLoop() {
        loops--;
    }

    /** Names and literals with commas between them, of which only names are assignable. */
    Target target(String end) {
        int line = stream.line();
        List<Target> targets = new ArrayList<>();
        boolean comma = false;
        while (!expressions.tupleEnds(end)) {
            targets.add(assignable(expressions.primary()));
            if (!stream.skipOperator(",")) {
                break;
            }
            comma = true;
        }
        if (targets.isEmpty()) {
            throw stream.error("expected a name to assign to", line);
        }
        return comma ? new Target.Unpack(List.copyOf(targets)) : targets.getFirst();
    }

    private Target assignable(Expr target) {
        return switch (target) {
            case Expr.Name(int line, String name) -> {
                if (name.equals("loop") && loops > 0) {
                    throw stream.error("can't assign to special loop variable in for-loop", line);
                }
                yield new Target.Variable(name);
            }
            case Expr.TupleLiteral(int _, List<Expr> items) ->
                new Target.Unpack(items.stream().map(this::assignable).toList());
            default -> throw stream.error("can't assign to this", target.line());
        };
    }

    /** One name, or names in parentheses. */
    Target single() {
        return assignable(expressions.primary());
    }

    /** A macro's parameters in their parentheses. */
    List<Node.Parameter> parameters() {
        List<Node.Parameter> parameters = new ArrayList<>();
        boolean defaults = false;
        stream.expectOperator("(");
        while (!stream.isOperator(")")) {
            if (!parameters.isEmpty()) {
                stream.expectOperator(",");
            }
            String name = name();
            Expr otherwise = stream.skipOperator("=") ? expressions.expression() : null;
            if (otherwise == null && defaults) {
                throw stream.error("non-default argument follows default argument");
            }
            defaults = otherwise != null;
            parameters.add(new Node.Parameter(name, otherwise));
        }
        stream.next();
        return List.copyOf(parameters);
    }

    /** One name that may be assigned to. */
    String name() {
        Token name = stream.expect(Token.Type.NAME);
        if (CONSTANTS.contains(name.text())) {
            throw stream.error("can't assign to a constant", name.line());
        }
        return name.text();
    }
}
