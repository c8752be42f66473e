package dev.gufo.template;

import static dev.gufo.template.TemplateException.Kind.LIMIT;
import static dev.gufo.template.TemplateException.Kind.SYNTAX;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A template's tokens and where its parser stands in them, with what both halves of the parser have to remember. */
final class TokenStream {
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
