package dev.gufo.template;

import dev.gufo.template.Expr.Comparator;
import dev.gufo.template.Expr.Operator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Expressions by precedence, loosest first. */
final class ExpressionParser {
    private static final Map<String, Comparator> COMPARATORS = Map.of(
            "==", Comparator.EQUAL,
            "!=", Comparator.UNEQUAL,
            "<", Comparator.LESS,
            "<=", Comparator.LESS_OR_EQUAL,
            ">", Comparator.GREATER,
            ">=", Comparator.GREATER_OR_EQUAL);

    private static final Map<String, Operator> PRODUCTS =
            Map.of("*", Operator.MULTIPLY, "/", Operator.DIVIDE, "//", Operator.FLOOR_DIVIDE, "%", Operator.MODULO);

    private final TokenStream stream;
    private final PrimaryParser primary;

    ExpressionParser(TokenStream stream) {
        this.stream = stream;
        this.primary = new PrimaryParser(stream, this);
    }

    Expr expression() {
        stream.enter();
        int mark = stream.unknowns();
        Expr result = either();
        while (stream.isName("if")) {
            int line = stream.next().line();
            Expr test = either();
            Expr otherwise = stream.skipName("else") ? expression() : null;
            result = new Expr.Conditional(line, test, result, otherwise);
            stream.forgiveUnknowns(mark);
        }
        stream.leave();
        return result;
    }

    /** An expression without a trailing {@code if}, for places where that belongs to the statement. */
    Expr unconditional() {
        stream.enter();
        Expr result = either();
        stream.leave();
        return result;
    }

    /** One expression, or several with commas between them, which make a tuple. Ends before {@code end} if that is not null. */
    Expr tuple(boolean conditional, String end) {
        int line = stream.line();
        List<Expr> items = new ArrayList<>();
        boolean comma = false;
        while (!tupleEnds(end)) {
            items.add(conditional ? expression() : unconditional());
            if (!stream.skipOperator(",")) {
                break;
            }
            comma = true;
        }
        if (!comma && items.size() == 1) {
            return items.getFirst();
        }
        if (items.isEmpty() && !stream.isOperator(")")) {
            throw stream.unexpected("expected an expression");
        }
        return new Expr.TupleLiteral(line, List.copyOf(items));
    }

    boolean tupleEnds(String end) {
        return stream.is(Token.Type.VARIABLE_END)
                || stream.is(Token.Type.BLOCK_END)
                || stream.isOperator(")")
                || (end != null && stream.isName(end));
    }

    private Expr either() {
        Expr left = both();
        while (stream.isName("or")) {
            left = new Expr.Either(stream.next().line(), left, both());
        }
        return left;
    }

    private Expr both() {
        Expr left = not();
        while (stream.isName("and")) {
            left = new Expr.Both(stream.next().line(), left, not());
        }
        return left;
    }

    private Expr not() {
        if (!stream.isName("not")) {
            return compare();
        }
        stream.enter();
        Expr.Not not = new Expr.Not(stream.next().line(), not());
        stream.leave();
        return not;
    }

    private Expr compare() {
        int line = stream.line();
        Expr first = sum();
        List<Expr.Operand> rest = new ArrayList<>();
        while (true) {
            Comparator comparator = comparator();
            if (comparator == null) {
                return rest.isEmpty() ? first : new Expr.Compare(line, first, List.copyOf(rest));
            }
            rest.add(new Expr.Operand(comparator, sum()));
        }
    }

    private Comparator comparator() {
        Token token = stream.current();
        if (token.type() == Token.Type.OPERATOR && COMPARATORS.containsKey(token.text())) {
            return COMPARATORS.get(stream.next().text());
        }
        if (stream.skipName("in")) {
            return Comparator.IN;
        }
        if (stream.isName("not") && stream.look().isName("in")) {
            stream.next();
            stream.next();
            return Comparator.NOT_IN;
        }
        return null;
    }

    private Expr sum() {
        Expr left = concat();
        while (stream.isOperator("+") || stream.isOperator("-")) {
            Token sign = stream.next();
            Operator operator = sign.isOperator("+") ? Operator.ADD : Operator.SUBTRACT;
            left = new Expr.Binary(sign.line(), operator, left, concat());
        }
        return left;
    }

    private Expr concat() {
        int line = stream.line();
        Expr first = product();
        if (!stream.isOperator("~")) {
            return first;
        }
        List<Expr> parts = new ArrayList<>(List.of(first));
        while (stream.skipOperator("~")) {
            parts.add(product());
        }
        return new Expr.Concat(line, List.copyOf(parts));
    }

    private Expr product() {
        Expr left = power();
        while (stream.is(Token.Type.OPERATOR)
                && PRODUCTS.containsKey(stream.current().text())) {
            Token sign = stream.next();
            left = new Expr.Binary(sign.line(), PRODUCTS.get(sign.text()), left, power());
        }
        return left;
    }

    private Expr power() {
        Expr left = unary(true);
        while (stream.isOperator("**")) {
            left = new Expr.Binary(stream.next().line(), Operator.POWER, left, unary(true));
        }
        return left;
    }

    private Expr unary(boolean withFilter) {
        Expr result;
        if (stream.isOperator("-") || stream.isOperator("+")) {
            stream.enter();
            Token sign = stream.next();
            result = new Expr.Sign(sign.line(), sign.isOperator("-"), unary(false));
            stream.leave();
        } else {
            result = primary.primary();
        }
        result = primary.postfix(result);
        return withFilter ? primary.filtersAndTests(result) : result;
    }

    /** A name, a literal or something in parentheses: what may stand left of an assignment. */
    Expr primary() {
        return primary.primary();
    }

    Expr.Filter filterNamed(String name, int line) {
        Expr.Filter filter = FilterTable.find(name);
        if (filter == null) {
            stream.unknown("filter named '%s'".formatted(name), line);
        }
        return filter;
    }

    /** A chain of filters on {@code input}, the first of them already behind its bar. */
    Expr filters(Expr input) {
        return primary.filters(input);
    }
}
