package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Calls as a name between marks, followed by the arguments as a JSON object.
 *
 * @param section mark before the first call; {@code ""} if there is none
 * @param open mark before each name
 * @param nameEnd mark between name and arguments
 * @param close mark behind each call; {@code ""} if there is none
 * @param sectionEnd mark behind the last call; {@code ""} if there is none
 */
record NamedForm(String section, String open, String nameEnd, String close, String sectionEnd) implements CallForm {
    private static final String NUMBERED = "functions.";

    @Override
    public boolean recognizes(String turn, String name) {
        return Pattern.compile(Pattern.quote(open) + "(" + Pattern.quote(NUMBERED) + ")?" + Pattern.quote(name)
                        + "(:\\d+)?" + Pattern.quote(nameEnd) + "\\s*\\{")
                .matcher(turn)
                .find();
    }

    @Override
    public List<Opening> openings() {
        return Opening.anywhere(section, open);
    }

    @Override
    public CallParser parser(Calls calls) {
        return new NamedCalls(this, calls);
    }

    @Override
    public String write(String name, String arguments) {
        String shown = numbered() ? NUMBERED + name + ":0" : name;
        return section + open + shown + nameEnd + arguments + close + sectionEnd;
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String tool = grammar.anyTool(offered -> literal((numbered() ? NUMBERED : "") + offered.name())
                + (numbered() ? " \":\" [0-9]{1,3} " : " ")
                + literal(nameEnd)
                + " ws "
                + grammar.json(offered.parameters()));
        grammar.rule("call", literal(open) + " " + tool + (close.isEmpty() ? "" : " ws " + literal(close.strip())));
        if (section.isEmpty()) {
            return grammar.several("call", "ws");
        }
        return "( " + literal(section) + " ws )? " + grammar.several("call", "ws") + " ( ws " + literal(sectionEnd)
                + " )?";
    }

    /** Kimi's names are numbered: {@code functions.name:0}. */
    private boolean numbered() {
        return open.equals("<|tool_call_begin|>");
    }
}
