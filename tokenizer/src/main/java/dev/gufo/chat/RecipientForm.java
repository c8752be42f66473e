package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import dev.gufo.chat.ToolGrammar.Trigger;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Functionary 3.2's messages: each begins with its recipient's line, {@code all} for the user or a function's name, and
 * the prompt ends with the mark before the first. {@link RecipientReading} reads whole replies, so there are no
 * openings.
 */
record RecipientForm() implements CallForm {
    static final String MARK = ">>>";
    static final String USER = "all";

    @Override
    public boolean recognizes(String turn, String name) {
        return Pattern.compile(Pattern.quote(MARK + name) + "\\n\\s*\\{")
                .matcher(turn)
                .find();
    }

    @Override
    public List<Opening> openings() {
        return List.of();
    }

    @Override
    public String contentHead() {
        return USER + "\n";
    }

    @Override
    public CallParser parser(Calls calls) {
        throw new AssertionError("a reply of this format is read as a whole");
    }

    @Override
    public String write(String name, String arguments) {
        return MARK + name + "\n" + arguments;
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String tool = grammar.anyTool(
                offered -> literal(offered.name() + "\n") + " ws " + grammar.json(offered.parameters()));
        return literal(MARK) + "? " + grammar.several(tool, "ws " + literal(MARK));
    }

    @Override
    public List<Trigger> triggers(List<ToolDefinition> tools) {
        return tools.stream()
                .flatMap(tool ->
                        Stream.of(new Trigger(MARK + tool.name() + "\n", false), new Trigger(tool.name() + "\n", true)))
                .toList();
    }
}
