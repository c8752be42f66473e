package dev.gufo.grammar;

import dev.gufo.grammar.Gbnf.Alternation;
import dev.gufo.grammar.Gbnf.Literal;
import dev.gufo.grammar.Gbnf.OneOf;
import dev.gufo.grammar.Gbnf.Reference;
import dev.gufo.grammar.Gbnf.Repetition;
import dev.gufo.grammar.Gbnf.Sequence;
import java.util.HexFormat;
import java.util.List;

/** Writes rules as GBNF, in ASCII. */
public final class GbnfWriter {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final StringBuilder text = new StringBuilder();

    public void rule(String name, Gbnf body) {
        text.append(name).append(" ::= ");
        if (body instanceof Alternation alternation) {
            alternatives(alternation.alternatives());
        } else {
            write(body);
        }
        text.append('\n');
    }

    public int length() {
        return text.length();
    }

    @Override
    public String toString() {
        return text.toString();
    }

    private void alternatives(List<Gbnf> alternatives) {
        for (int i = 0; i < alternatives.size(); i++) {
            text.append(i == 0 ? "" : " | ");
            write(alternatives.get(i));
        }
    }

    private void write(Gbnf body) {
        switch (body) {
            case Literal literal -> {
                text.append('"');
                literal.text().codePoints().forEach(this::literalCharacter);
                text.append('"');
            }
            case OneOf one -> set(one.set());
            case Reference reference -> text.append(reference.rule());
            case Sequence sequence -> {
                if (sequence.parts().isEmpty()) {
                    text.append("\"\"");
                }
                for (int i = 0; i < sequence.parts().size(); i++) {
                    text.append(i == 0 ? "" : " ");
                    write(sequence.parts().get(i));
                }
            }
            case Alternation alternation -> {
                text.append("( ");
                alternatives(alternation.alternatives());
                text.append(" )");
            }
            case Repetition repetition -> {
                operand(repetition.operand());
                text.append(operator(repetition));
            }
        }
    }

    private void operand(Gbnf operand) {
        boolean group = operand instanceof Sequence || operand instanceof Repetition;
        text.append(group ? "( " : "");
        write(operand);
        text.append(group ? " )" : "");
    }

    private static String operator(Repetition repetition) {
        int least = repetition.least();
        int most = repetition.most();
        if (most == Gbnf.UNBOUNDED) {
            return least == 0 ? "*" : least == 1 ? "+" : "{%d,}".formatted(least);
        }
        if (least == 0 && most == 1) {
            return "?";
        }
        return least == most ? "{%d}".formatted(least) : "{%d,%d}".formatted(least, most);
    }

    private void literalCharacter(int c) {
        switch (c) {
            case '"' -> text.append("\\\"");
            case '\\' -> text.append("\\\\");
            case '\n' -> text.append("\\n");
            default -> {
                if (c >= ' ' && c < 0x7F) {
                    text.append((char) c);
                } else {
                    escape(c);
                }
            }
        }
    }

    private void set(CodePoints set) {
        text.append('[');
        for (int i = 0; i < set.ranges(); i++) {
            setCharacter(set.first(i));
            if (set.last(i) > set.first(i)) {
                text.append('-');
                setCharacter(set.last(i));
            }
        }
        text.append(']');
    }

    private void setCharacter(int c) {
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
            text.append((char) c);
        } else {
            escape(c);
        }
    }

    private void escape(int c) {
        int digits = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
        char kind = digits == 2 ? 'x' : digits == 4 ? 'u' : 'U';
        text.append('\\').append(kind).append(HEX.toHexDigits(c, digits));
    }
}
