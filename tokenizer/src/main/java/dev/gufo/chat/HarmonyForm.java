package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import dev.gufo.chat.ToolGrammar.Trigger;
import java.util.List;
import java.util.Optional;

/**
 * The messages of gpt-oss: each has a channel, and one that goes to {@code functions.name} is a call.
 * {@link HarmonyReading} reads whole replies, so there are no openings.
 *
 * @see <a href="https://cookbook.openai.com/articles/openai-harmony">OpenAI Harmony Response Format</a>
 */
record HarmonyForm() implements CallForm {
    static final String START = "<|start|>";
    static final String CHANNEL = "<|channel|>";
    static final String MESSAGE = "<|message|>";
    static final String END = "<|end|>";
    static final String RETURN = "<|return|>";
    static final String CALL = "<|call|>";
    static final String RECIPIENT = "to=functions.";
    /** What stands before the content of a reply. */
    static final String FINAL = CHANNEL + "final" + MESSAGE;

    static final ReasoningMarks ANALYSIS = new ReasoningMarks(CHANNEL + "analysis" + MESSAGE, END);

    @Override
    public boolean recognizes(String turn, String name) {
        return turn.contains(RECIPIENT + name) && turn.contains(CHANNEL) && turn.contains(MESSAGE);
    }

    @Override
    public Optional<ReasoningMarks> reasoning() {
        return Optional.of(ANALYSIS);
    }

    @Override
    public List<Opening> openings() {
        return List.of();
    }

    @Override
    public CallParser parser(Calls calls) {
        throw new AssertionError("a reply of this format is read as a whole");
    }

    @Override
    public String write(String name, String arguments) {
        return CHANNEL + "commentary " + RECIPIENT + name + " <|constrain|>json" + MESSAGE + arguments + CALL;
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String channel = literal(CHANNEL) + " ( \"commentary\" | \"analysis\" )";
        String json = "( \" \"? " + literal("<|constrain|>") + "? \" \"? \"json\" )? \" \"? " + literal(MESSAGE);
        String tool = grammar.anyTool(offered -> {
            String recipient = literal(" " + RECIPIENT + offered.name());
            String head = "( " + channel + " " + recipient + " | " + recipient + " " + channel + " ) " + json;
            return head + " ws " + grammar.json(offered.parameters());
        });
        return "( " + literal(START + "assistant") + " )? " + tool + " " + literal(CALL) + "?";
    }

    @Override
    public String content(String rule) {
        String type = "( \" \"? " + literal("<|constrain|>") + "? \" \"? \"json\" )?";
        return "( " + literal(START + "assistant") + " )? " + literal(CHANNEL + "final") + " " + type + " "
                + literal(MESSAGE) + " ws " + rule + " ( " + literal(RETURN) + " | " + literal(END) + " )?";
    }

    @Override
    public List<Trigger> triggers() {
        return List.of(
                new Trigger(CHANNEL + "commentary " + RECIPIENT, false),
                new Trigger(START + "assistant " + RECIPIENT, false),
                new Trigger(" " + RECIPIENT, true));
    }
}
