package dev.gufo.template;

import static dev.gufo.template.TemplateException.Kind.LIMIT;
import static dev.gufo.template.TemplateException.Kind.SYNTAX;
import static java.util.Objects.requireNonNull;

import dev.gufo.template.Expr.CallArguments;
import dev.gufo.template.Expr.Comparator;
import dev.gufo.template.Expr.Operator;
import dev.gufo.template.Node.Target;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Templates to statements and expressions: one recursive descent, in one class because every part of it calls the
 * others.
 */
final class Parser {
    private static final Set<String> MACRO_SPECIALS = Set.of("caller", "varargs", "kwargs");
    private static final Set<String> CONSTANTS = Set.of("true", "True", "false", "False", "none", "None");

    private static final Map<String, Comparator> COMPARATORS = Map.of(
            "==", Comparator.EQUAL,
            "!=", Comparator.UNEQUAL,
            "<", Comparator.LESS,
            "<=", Comparator.LESS_OR_EQUAL,
            ">", Comparator.GREATER,
            ">=", Comparator.GREATER_OR_EQUAL);

    private static final Map<String, Operator> PRODUCTS =
            Map.of("*", Operator.MULTIPLY, "/", Operator.DIVIDE, "//", Operator.FLOOR_DIVIDE, "%", Operator.MODULO);

    private static final Set<Token.Type> OPERANDS =
            Set.of(Token.Type.NAME, Token.Type.STRING, Token.Type.INTEGER, Token.Type.FLOAT);

    private final TokenStream stream;
    private final Dialect dialect;

    /** Loops around the current statement, counted within the current macro. */
    private int loops;

    /** All loops around the current statement, in which the name "loop" is taken. */
    private int allLoops;

    private Parser(TokenStream stream, Dialect dialect) {
        this.stream = stream;
        this.dialect = dialect;
    }

    static List<Node> parse(String source, Dialect dialect, TemplateLimits limits) {
        if (source.length() > limits.sourceChars()) {
            throw new TemplateException(
                    LIMIT, "template source is longer than %d characters".formatted(limits.sourceChars()), 0);
        }
        TokenStream stream = new TokenStream(Lexer.tokens(source), limits.nesting());
        List<Node> body = new Parser(stream, dialect).body(Set.of());
        stream.refuseUnknowns(0);
        return body;
    }

    /** Everything up to a tag whose name is in {@code ends}; that name is then the current token. */
    private List<Node> body(Set<String> ends) {
        stream.enter();
        List<Node> nodes = new ArrayList<>();
        while (!stream.is(Token.Type.END)) {
            switch (stream.current().type()) {
                case DATA -> nodes.add(new Node.Data(Text.trusted(stream.next().text())));
                case VARIABLE_BEGIN -> {
                    stream.next();
                    nodes.add(new Node.Print(tuple(true, null)));
                    stream.expect(Token.Type.VARIABLE_END);
                }
                default -> {
                    stream.expect(Token.Type.BLOCK_BEGIN);
                    if (stream.is(Token.Type.NAME)
                            && ends.contains(stream.current().text())) {
                        stream.leave();
                        return List.copyOf(nodes);
                    }
                    statement(nodes);
                    stream.expect(Token.Type.BLOCK_END);
                }
            }
        }
        if (!ends.isEmpty()) {
            throw stream.error("unexpected end of template, missing %s".formatted(String.join(" or ", ends)));
        }
        stream.leave();
        return List.copyOf(nodes);
    }

    /** The rest of an opening tag, then its body; the ending name is then the current token. */
    private List<Node> block(String... ends) {
        stream.skipOperator(":");
        stream.expect(Token.Type.BLOCK_END);
        return body(new LinkedHashSet<>(List.of(ends)));
    }

    /** A body whose filters and tests must exist, because it has a scope of its own; takes the ending name. */
    private List<Node> scopedBlock(String end) {
        int mark = stream.unknowns();
        List<Node> body = block(end);
        stream.refuseUnknowns(mark);
        stream.next();
        return body;
    }

    private void statement(List<Node> into) {
        if (!stream.is(Token.Type.NAME)) {
            throw stream.unexpected("tag name expected");
        }
        Token tag = stream.next();
        switch (tag.text()) {
            case "if" -> into.add(conditional());
            case "for" -> into.add(loop(tag));
            case "set" -> into.add(set(tag));
            case "macro" -> into.add(macro());
            case "call" -> into.add(callBlock(tag));
            case "filter" -> into.add(new Node.FilterBlock(blockFilter(tag), scopedBlock("endfilter")));
            case "with" -> into.add(with());
            case "print" -> print(into);
            case "generation" -> into.add(generation(tag));
            case "break" -> into.add(insideLoop(tag, new Node.Break()));
            case "continue" -> into.add(insideLoop(tag, new Node.Continue()));
            case "include", "import", "from", "extends", "block", "autoescape" ->
                throw stream.error(
                        "a chat template stands alone: '%s' is not supported".formatted(tag.text()), tag.line());
            default -> throw unknownTag(tag);
        }
    }

    private TemplateException unknownTag(Token tag) {
        return stream.error("encountered unknown tag '%s'".formatted(tag.text()), tag.line());
    }

    private Node generation(Token tag) {
        if (dialect != Dialect.GENERATION_BLOCKS) {
            throw unknownTag(tag);
        }
        return new Node.With(List.of(), List.of(), functionBody("endgeneration"));
    }

    private Node insideLoop(Token tag, Node node) {
        if (loops == 0) {
            throw stream.error("'%s' outside of a loop".formatted(tag.text()), tag.line());
        }
        return node;
    }

    private Node conditional() {
        int mark = stream.unknowns();
        List<Node.Branch> branches = new ArrayList<>();
        List<Node> otherwise = List.of();
        while (true) {
            Expr test = tuple(false, null);
            branches.add(new Node.Branch(test, block("elif", "else", "endif")));
            Token end = stream.next();
            if (end.isName("else")) {
                otherwise = block("endif");
                stream.next();
            }
            if (!end.isName("elif")) {
                stream.forgiveUnknowns(mark);
                return new Node.If(List.copyOf(branches), otherwise);
            }
        }
    }

    private Node loop(Token tag) {
        allLoops++;
        Target target = target("in");
        stream.expectName("in");
        Expr iterable = tuple(false, "recursive");
        int mark = stream.unknowns();
        Expr filter = stream.skipName("if") ? expression() : null;
        boolean recursive = stream.skipName("recursive");
        loops++;
        List<Node> body = block("endfor", "else");
        loops--;
        List<Node> otherwise = List.of();
        if (stream.next().isName("else")) {
            otherwise = block("endfor");
            stream.next();
        }
        stream.refuseUnknowns(mark);
        allLoops--;
        return new Node.For(tag.line(), target, iterable, filter, recursive, body, otherwise);
    }

    private Node set(Token tag) {
        Target target;
        if (stream.is(Token.Type.NAME) && stream.look().isOperator(".")) {
            String namespace = stream.next().text();
            stream.next();
            target = new Target.Attribute(
                    namespace, stream.expect(Token.Type.NAME).text());
        } else {
            target = target(null);
        }
        if (stream.skipOperator("=")) {
            return new Node.Set(tag.line(), target, tuple(true, null));
        }
        int mark = stream.unknowns();
        Expr filter = stream.skipOperator("|") ? filters(new Expr.BlockText(tag.line())) : null;
        stream.refuseUnknowns(mark);
        return new Node.SetBlock(tag.line(), target, filter, scopedBlock("endset"));
    }

    private Node macro() {
        String name = name();
        Set<String> readOutside = stream.forgetReads(MACRO_SPECIALS);
        List<Node.Parameter> parameters = parameters();
        List<Node> body = functionBody("endmacro");
        return new Node.Macro(name, signature(parameters, readOutside), body);
    }

    private Node callBlock(Token tag) {
        Set<String> readOutside = stream.forgetReads(MACRO_SPECIALS);
        List<Node.Parameter> parameters = stream.isOperator("(") ? parameters() : List.of();
        if (!(expression() instanceof Expr.Call call)) {
            throw stream.error("expected call", tag.line());
        }
        List<Node> body = functionBody("endcall");
        return new Node.CallBlock(signature(parameters, readOutside), call, body);
    }

    /** A body that {@code break} and {@code continue} cannot leave. */
    private List<Node> functionBody(String end) {
        int outside = loops;
        loops = 0;
        List<Node> body = scopedBlock(end);
        loops = outside;
        return body;
    }

    private Node.Signature signature(List<Node.Parameter> parameters, Set<String> readOutside) {
        Set<String> read = stream.forgetReads(MACRO_SPECIALS);
        parameters.forEach(parameter -> read.remove(parameter.name()));
        // What an inner macro reads, the outer one is taken to read as well.
        read.forEach(stream::read);
        readOutside.forEach(stream::read);
        return new Node.Signature(
                parameters, read.contains("caller"), read.contains("varargs"), read.contains("kwargs"));
    }

    private Expr blockFilter(Token tag) {
        int mark = stream.unknowns();
        Expr filter = filters(new Expr.BlockText(tag.line()));
        stream.refuseUnknowns(mark);
        return filter;
    }

    private Node with() {
        List<Target> names = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        int mark = stream.unknowns();
        while (!stream.is(Token.Type.BLOCK_END)) {
            if (!names.isEmpty()) {
                stream.expectOperator(",");
            }
            names.add(single());
            stream.expectOperator("=");
            values.add(expression());
        }
        stream.refuseUnknowns(mark);
        return new Node.With(List.copyOf(names), List.copyOf(values), scopedBlock("endwith"));
    }

    private void print(List<Node> into) {
        boolean first = true;
        while (!stream.is(Token.Type.BLOCK_END)) {
            if (!first) {
                stream.expectOperator(",");
            }
            first = false;
            into.add(new Node.Print(expression()));
        }
    }

    // What may be assigned to: names, tuples of them, parameters.

    /** Names and literals with commas between them, of which only names are assignable. */
    private Target target(@Nullable String end) {
        int line = stream.line();
        List<Target> targets = new ArrayList<>();
        boolean comma = false;
        while (!tupleEnds(end)) {
            targets.add(assignable(primary()));
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
                if (name.equals("loop") && allLoops > 0) {
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
    private Target single() {
        return assignable(primary());
    }

    /** A macro's parameters in their parentheses. */
    private List<Node.Parameter> parameters() {
        List<Node.Parameter> parameters = new ArrayList<>();
        boolean defaults = false;
        stream.expectOperator("(");
        while (!stream.isOperator(")")) {
            if (!parameters.isEmpty()) {
                stream.expectOperator(",");
            }
            String name = name();
            Expr otherwise = stream.skipOperator("=") ? expression() : null;
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
    private String name() {
        Token name = stream.expect(Token.Type.NAME);
        if (CONSTANTS.contains(name.text())) {
            throw stream.error("can't assign to a constant", name.line());
        }
        return name.text();
    }

    // Expressions by precedence, loosest first.

    private Expr expression() {
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
    private Expr unconditional() {
        stream.enter();
        Expr result = either();
        stream.leave();
        return result;
    }

    /**
     * One expression, or several with commas between them, which make a tuple. Ends before {@code end} if one is given.
     */
    private Expr tuple(boolean conditional, @Nullable String end) {
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

    private boolean tupleEnds(@Nullable String end) {
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

    private @Nullable Comparator comparator() {
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
            left = new Expr.Binary(sign.line(), requireNonNull(PRODUCTS.get(sign.text())), left, power());
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
            result = primary();
        }
        result = postfix(result);
        return withFilter ? filtersAndTests(result) : result;
    }

    private Expr.@Nullable Filter filterNamed(String name, int line) {
        Expr.Filter filter = FilterTable.find(name);
        if (filter == null) {
            stream.unknown("filter named '%s'".formatted(name), line);
        }
        return filter;
    }

    // Names, literals, and what is attached to them: attributes, subscripts, calls, filters, tests.

    /** A name, a literal or something in parentheses: what may stand left of an assignment. */
    private Expr primary() {
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
            case "true", "True" -> new Expr.Literal(token.line(), Value.Bool.TRUE);
            case "false", "False" -> new Expr.Literal(token.line(), Value.Bool.FALSE);
            case "none", "None" -> new Expr.Literal(token.line(), Value.None.NONE);
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
                Expr inner = tuple(true, null);
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
            items.add(expression());
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
            Expr key = expression();
            stream.expectOperator(":");
            pairs.add(new Expr.Pair(key, expression()));
            if (!stream.isOperator("}")) {
                stream.expectOperator(",");
            }
        }
        stream.next();
        return new Expr.DictLiteral(open.line(), List.copyOf(pairs));
    }

    private Expr postfix(Expr target) {
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
            start = stream.isOperator(":") ? null : expression();
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

    private Expr slice(Token open, Expr target, @Nullable Expr start) {
        stream.expectOperator(":");
        Expr stop = stream.isOperator(":") || stream.isOperator("]") ? null : expression();
        Expr step = stream.skipOperator(":") && !stream.isOperator("]") ? expression() : null;
        stream.expectOperator("]");
        return new Expr.Slice(open.line(), target, start, stop, step);
    }

    private CallArguments arguments() {
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
                list = expression();
            } else if (stream.skipOperator("**")) {
                keywordMap = expression();
            } else if (keyword) {
                String name = stream.next().text();
                stream.next();
                keywords.add(new Expr.Keyword(name, expression()));
            } else {
                positional.add(expression());
            }
            if (!stream.isOperator(")")) {
                stream.expectOperator(",");
            }
        }
        stream.next();
        return new CallArguments(List.copyOf(positional), List.copyOf(keywords), list, keywordMap);
    }

    private Expr filtersAndTests(Expr input) {
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
    private Expr filters(Expr input) {
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
        return new Expr.FilterCall(line, input, name, filterNamed(name, line), arguments);
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

    /** A template's tokens and where its parser stands in them, with what the parser has to remember. */
    private static final class TokenStream {
        /** A filter or test that does not exist, and may be forgiven if it stands in a branch that need not run. */
        private record Unknown(String what, int line) {}

        private final List<Token> tokens;
        private final int maxNesting;
        private int position;
        private int nesting;
        private final List<Unknown> unknowns = new ArrayList<>();

        /** Every name that was read so far, in order of its latest appearance. */
        private final Set<String> namesRead = new LinkedHashSet<>();

        TokenStream(List<Token> tokens, int maxNesting) {
            this.tokens = tokens;
            this.maxNesting = maxNesting;
        }

        Token current() {
            return tokens.get(position);
        }

        Token look() {
            return tokens.get(Math.min(position + 1, tokens.size() - 1));
        }

        int line() {
            return current().line();
        }

        Token next() {
            Token token = current();
            if (position < tokens.size() - 1) {
                position++;
            }
            return token;
        }

        boolean is(Token.Type type) {
            return current().type() == type;
        }

        boolean isName(String name) {
            return current().isName(name);
        }

        boolean isOperator(String operator) {
            return current().isOperator(operator);
        }

        boolean skipName(String name) {
            boolean found = isName(name);
            if (found) {
                next();
            }
            return found;
        }

        boolean skipOperator(String operator) {
            boolean found = isOperator(operator);
            if (found) {
                next();
            }
            return found;
        }

        Token expect(Token.Type type) {
            if (!is(type)) {
                throw unexpected("expected " + new Token(type, type.name().toLowerCase(Locale.ROOT), 0).describe());
            }
            return next();
        }

        void expectName(String name) {
            if (!skipName(name)) {
                throw unexpected("expected '%s'".formatted(name));
            }
        }

        void expectOperator(String operator) {
            if (!skipOperator(operator)) {
                throw unexpected("expected '%s'".formatted(operator));
            }
        }

        TemplateException unexpected(String expectation) {
            return error("%s, got '%s'".formatted(expectation, current().describe()));
        }

        TemplateException error(String message) {
            return error(message, line());
        }

        TemplateException error(String message, int line) {
            return new TemplateException(SYNTAX, message, line);
        }

        /** Begins one level of nesting; a template that fails here is not parsed any further. */
        void enter() {
            if (++nesting > maxNesting) {
                throw new TemplateException(LIMIT, "template is nested deeper than %d".formatted(maxNesting), line());
            }
        }

        void leave() {
            nesting--;
        }

        void read(String name) {
            namesRead.add(name);
        }

        /** Forgets which of {@code names} were read; returns those that had been. */
        Set<String> forgetReads(Set<String> names) {
            Set<String> read = new LinkedHashSet<>(names);
            read.retainAll(namesRead);
            namesRead.removeAll(names);
            return read;
        }

        void unknown(String what, int line) {
            unknowns.add(new Unknown(what, line));
        }

        int unknowns() {
            return unknowns.size();
        }

        /** Forgives the unknown filters and tests since {@code mark}: what holds them may never run. */
        void forgiveUnknowns(int mark) {
            unknowns.subList(mark, unknowns.size()).clear();
        }

        /** Fails if filters or tests since {@code mark} are unknown. */
        void refuseUnknowns(int mark) {
            if (unknowns.size() > mark) {
                Unknown first = unknowns.get(mark);
                throw error("no " + first.what(), first.line());
            }
        }
    }
}
