package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Calls as a name between marks, followed by the arguments as a JSON object.
 *
 * @param section mark before the first call; {@code ""} if there is none
 * @param open mark before each call
 * @param id mark between the call's id, which stands behind {@code open}, and the name; {@code ""} if there is no id
 * @param nameEnd mark between name and arguments
 * @param close mark behind each call; {@code ""} if there is none
 * @param separator mark between two calls, which then stand in a section only; {@code ""} if there is none
 * @param sectionEnd mark behind the last call; {@code ""} if there is none
 */
record NamedForm(
        String section, String open, String id, String nameEnd, String close, String separator, String sectionEnd)
        implements CallForm {
    private static final String NUMBERED = "functions.";
    private static final String ID = "[a-zA-Z0-9_-]{1,40}";

    /** Calls without ids, and nothing between them. */
    NamedForm(String section, String open, String nameEnd, String close, String sectionEnd) {
        this(section, open, "", nameEnd, close, "", sectionEnd);
    }

    @Override
    public boolean recognizes(String turn, String name) {
        return Pattern.compile((separator.isEmpty() ? "" : Pattern.quote(section) + "\\s*") + Pattern.quote(open)
                        + (id.isEmpty() ? "" : ID + Pattern.quote(id)) + "(" + Pattern.quote(NUMBERED) + ")?"
                        + Pattern.quote(name)
                        + "(:\\d+)?" + Pattern.quote(nameEnd) + "\\s*\\{")
                .matcher(turn)
                .find();
    }

    @Override
    public List<Opening> openings() {
        return separator.isEmpty() ? Opening.anywhere(section, open) : Opening.anywhere(section);
    }

    @Override
    public CallParser parser(Calls calls) {
        return new NamedCalls(this, calls);
    }

    @Override
    public String write(String name, String arguments) {
        String shown = numbered() ? NUMBERED + name + ":0" : name;
        return section + open + (id.isEmpty() ? "" : "0" + id) + shown + nameEnd + arguments + close + sectionEnd;
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String tool = grammar.anyTool(offered -> literal((numbered() ? NUMBERED : "") + offered.name())
                + (numbered() ? " \":\" [0-9]{1,3} " : " ")
                + literal(nameEnd)
                + " ws "
                + grammar.json(offered.parameters()));
        String number = id.isEmpty() ? "" : ID + " " + literal(id) + " ";
        grammar.rule(
                "call", literal(open) + " " + number + tool + (close.isEmpty() ? "" : " ws " + literal(close.strip())));
        if (section.isEmpty()) {
            return grammar.several("call", "ws");
        }
        if (!separator.isEmpty()) {
            String calls = grammar.several("call", "ws " + literal(separator) + " ws");
            return literal(section) + " ws " + calls + " ws " + literal(sectionEnd);
        }
        return "( " + literal(section) + " ws )? " + grammar.several("call", "ws") + " ( ws " + literal(sectionEnd)
                + " )?";
    }

    /** Kimi's names are numbered: {@code functions.name:0}. */
    private boolean numbered() {
        return open.equals("<|tool_call_begin|>");
    }
}
