package dev.gufo.template;

import static dev.gufo.template.TemplateException.Kind.LIMIT;

import dev.gufo.template.Node.Target;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Statements, and the text between them. */
final class Parser {
    private static final Set<String> MACRO_SPECIALS = Set.of("caller", "varargs", "kwargs");

    private final TokenStream stream;
    private final ExpressionParser expressions;
    private final TargetParser targets;
    private final Dialect dialect;

    /** Loops around the current statement, counted within the current macro. */
    private int loops;

    private Parser(TokenStream stream, Dialect dialect) {
        this.stream = stream;
        this.dialect = dialect;
        this.expressions = new ExpressionParser(stream);
        this.targets = new TargetParser(stream, expressions);
    }

    static List<Node> parse(String source, Dialect dialect, Limits limits) {
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
                    nodes.add(new Node.Print(expressions.tuple(true, null)));
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
            Expr test = expressions.tuple(false, null);
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
        targets.enterLoop();
        Target target = targets.target("in");
        stream.expectName("in");
        Expr iterable = expressions.tuple(false, "recursive");
        int mark = stream.unknowns();
        Expr filter = stream.skipName("if") ? expressions.expression() : null;
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
        targets.leaveLoop();
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
            target = targets.target(null);
        }
        if (stream.skipOperator("=")) {
            return new Node.Set(tag.line(), target, expressions.tuple(true, null));
        }
        int mark = stream.unknowns();
        Expr filter = stream.skipOperator("|") ? expressions.filters(new Expr.BlockText(tag.line())) : null;
        stream.refuseUnknowns(mark);
        return new Node.SetBlock(tag.line(), target, filter, scopedBlock("endset"));
    }

    private Node macro() {
        String name = targets.name();
        Set<String> readOutside = stream.forgetReads(MACRO_SPECIALS);
        List<Node.Parameter> parameters = targets.parameters();
        List<Node> body = functionBody("endmacro");
        return new Node.Macro(name, signature(parameters, readOutside), body);
    }

    private Node callBlock(Token tag) {
        Set<String> readOutside = stream.forgetReads(MACRO_SPECIALS);
        List<Node.Parameter> parameters = stream.isOperator("(") ? targets.parameters() : List.of();
        if (!(expressions.expression() instanceof Expr.Call call)) {
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
        Expr filter = expressions.filters(new Expr.BlockText(tag.line()));
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
            names.add(targets.single());
            stream.expectOperator("=");
            values.add(expressions.expression());
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
            into.add(new Node.Print(expressions.expression()));
        }
    }
}
