package dev.gufo.template;

import dev.gufo.template.Expr.CallArguments;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Names, literals, and what is attached to them: attributes, subscripts, calls, filters, tests. */
final class PrimaryParser {
    private static final Set<Token.Type> OPERANDS =
            Set.of(Token.Type.NAME, Token.Type.STRING, Token.Type.INTEGER, Token.Type.FLOAT);

    private final TokenStream stream;
    private final ExpressionParser expressions;

    PrimaryParser(TokenStream stream, ExpressionParser expressions) {
        this.stream = stream;
        this.expressions = expressions;
    }

    Expr primary() {
        Token token = stream.current();
        int line = token.line();
        return switch (token.type()) {
            case NAME -> name(stream.next());
            case STRING -> string();
            case INTEGER -> new Expr.Literal(line, integer(stream.next()));
            case FLOAT -> new Expr.Literal(line, new Value.Real(Double.parseDouble(plain(stream.next()))));
            case OPERATOR -> bracketed(token);
            default -> throw stream.error("unexpected '%s'".formatted(token.describe()));
        };
    }

    private Expr name(Token token) {
        return switch (token.text()) {
            case "true", "True" -> new Expr.Literal(token.line(), Values.TRUE);
            case "false", "False" -> new Expr.Literal(token.line(), Values.FALSE);
            case "none", "None" -> new Expr.Literal(token.line(), Values.NONE);
            default -> {
                stream.read(token.text());
                yield new Expr.Name(token.line(), token.text());
            }
        };
    }

    private Expr string() {
        int line = stream.line();
        StringBuilder text = new StringBuilder();
        while (stream.is(Token.Type.STRING)) {
            text.append(stream.next().text());
        }
        return new Expr.Literal(line, Value.trusted(text.toString()));
    }

    private Value integer(Token token) {
        String digits = plain(token);
        int radix = 10;
        if (digits.length() > 1 && digits.charAt(0) == '0') {
            radix = switch (digits.charAt(1)) {
                case 'b', 'B' -> 2;
                case 'o', 'O' -> 8;
                case 'x', 'X' -> 16;
                default -> 10;
            };
        }
        if (digits.length() > 1_000) {
            throw stream.error("integer literal of more than 1000 digits", token.line());
        }
        return Value.of(new BigInteger(radix == 10 ? digits : digits.substring(2), radix));
    }

    private static String plain(Token number) {
        return number.text().replace("_", "");
    }

    private Expr bracketed(Token token) {
        return switch (token.text()) {
            case "(" -> {
                stream.next();
                stream.enter();
                Expr inner = expressions.tuple(true, null);
                stream.leave();
                stream.expectOperator(")");
                yield inner;
            }
            case "[" -> list(stream.next());
            case "{" -> dict(stream.next());
            default -> throw stream.error("unexpected '%s'".formatted(token.describe()));
        };
    }

    private Expr list(Token open) {
        List<Expr> items = new ArrayList<>();
        while (!stream.isOperator("]")) {
            items.add(expressions.expression());
            if (!stream.isOperator("]")) {
                stream.expectOperator(",");
            }
        }
        stream.next();
        return new Expr.ListLiteral(open.line(), List.copyOf(items));
    }

    private Expr dict(Token open) {
        List<Expr.Pair> pairs = new ArrayList<>();
        while (!stream.isOperator("}")) {
            Expr key = expressions.expression();
            stream.expectOperator(":");
            pairs.add(new Expr.Pair(key, expressions.expression()));
            if (!stream.isOperator("}")) {
                stream.expectOperator(",");
            }
        }
        stream.next();
        return new Expr.DictLiteral(open.line(), List.copyOf(pairs));
    }

    Expr postfix(Expr target) {
        Expr result = target;
        while (true) {
            if (stream.isOperator(".")) {
                result = attribute(stream.next(), result);
            } else if (stream.isOperator("[")) {
                result = subscript(stream.next(), result);
            } else if (stream.isOperator("(")) {
                result = new Expr.Call(stream.line(), result, arguments());
            } else {
                return result;
            }
        }
    }

    private Expr attribute(Token dot, Expr target) {
        Token name = stream.next();
        return switch (name.type()) {
            case NAME -> new Expr.Attribute(dot.line(), target, name.text());
            case INTEGER -> new Expr.Subscript(dot.line(), target, new Expr.Literal(name.line(), integer(name)));
            default -> throw stream.error("expected name or number", name.line());
        };
    }

    private Expr subscript(Token open, Expr target) {
        List<Expr> indices = new ArrayList<>();
        boolean comma = false;
        Expr start = null;
        while (!stream.isOperator("]")) {
            start = stream.isOperator(":") ? null : expressions.expression();
            if (stream.isOperator(":")) {
                if (comma) {
                    throw stream.error("a slice cannot be part of a tuple");
                }
                return slice(open, target, start);
            }
            indices.add(start);
            if (!stream.isOperator("]")) {
                stream.expectOperator(",");
                comma = true;
            }
        }
        stream.next();
        boolean single = indices.size() == 1;
        Expr index = single ? indices.getFirst() : new Expr.TupleLiteral(open.line(), List.copyOf(indices));
        return new Expr.Subscript(open.line(), target, index);
    }

    private Expr slice(Token open, Expr target, Expr start) {
        stream.expectOperator(":");
        Expr stop = stream.isOperator(":") || stream.isOperator("]") ? null : expressions.expression();
        Expr step = stream.skipOperator(":") && !stream.isOperator("]") ? expressions.expression() : null;
        stream.expectOperator("]");
        return new Expr.Slice(open.line(), target, start, stop, step);
    }

    CallArguments arguments() {
        int line = stream.line();
        stream.expectOperator("(");
        List<Expr> positional = new ArrayList<>();
        List<Expr.Keyword> keywords = new ArrayList<>();
        Expr list = null;
        Expr keywordMap = null;
        while (!stream.isOperator(")")) {
            boolean keyword = stream.is(Token.Type.NAME) && stream.look().isOperator("=");
            boolean spread = stream.isOperator("*");
            boolean wellPlaced = keywordMap == null
                    && (keyword || stream.isOperator("**") || (list == null && (spread || keywords.isEmpty())));
            if (!wellPlaced) {
                throw stream.error("invalid syntax for function call expression", line);
            }
            if (spread) {
                stream.next();
                list = expressions.expression();
            } else if (stream.skipOperator("**")) {
                keywordMap = expressions.expression();
            } else if (keyword) {
                String name = stream.next().text();
                stream.next();
                keywords.add(new Expr.Keyword(name, expressions.expression()));
            } else {
                positional.add(expressions.expression());
            }
            if (!stream.isOperator(")")) {
                stream.expectOperator(",");
            }
        }
        stream.next();
        return new CallArguments(List.copyOf(positional), List.copyOf(keywords), list, keywordMap);
    }

    Expr filtersAndTests(Expr input) {
        Expr result = input;
        while (true) {
            if (stream.skipOperator("|")) {
                result = filter(result);
            } else if (stream.isName("is")) {
                result = test(result);
            } else if (stream.isOperator("(")) {
                result = new Expr.Call(stream.line(), result, arguments());
            } else {
                return result;
            }
        }
    }

    /** One filter or more; the first bar is already behind. */
    Expr filters(Expr input) {
        Expr result = filter(input);
        while (stream.skipOperator("|")) {
            result = filter(result);
        }
        return result;
    }

    private Expr filter(Expr input) {
        int line = stream.line();
        String name = dottedName();
        CallArguments arguments = stream.isOperator("(") ? arguments() : CallArguments.NONE;
        return new Expr.FilterCall(line, input, name, expressions.filterNamed(name, line), arguments);
    }

    private Expr test(Expr input) {
        int line = stream.next().line();
        boolean negated = stream.skipName("not");
        String name = dottedName();
        Expr.Test test = TestTable.find(name);
        if (test == null) {
            stream.unknown("test named '%s'".formatted(name), line);
        }
        Expr result = new Expr.TestCall(line, input, name, test, testArguments());
        return negated ? new Expr.Not(line, result) : result;
    }

    private CallArguments testArguments() {
        if (stream.isOperator("(")) {
            return arguments();
        }
        boolean operand =
                OPERANDS.contains(stream.current().type()) || stream.isOperator("[") || stream.isOperator("{");
        if (!operand || stream.isName("else") || stream.isName("or") || stream.isName("and")) {
            return CallArguments.NONE;
        }
        if (stream.isName("is")) {
            throw stream.error("you cannot chain multiple tests with is");
        }
        stream.enter();
        Expr argument = postfix(primary());
        stream.leave();
        return new CallArguments(List.of(argument), List.of(), null, null);
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(stream.expect(Token.Type.NAME).text());
        while (stream.skipOperator(".")) {
            name.append('.').append(stream.expect(Token.Type.NAME).text());
        }
        return name.toString();
    }
}
