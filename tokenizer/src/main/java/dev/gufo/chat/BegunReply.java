package dev.gufo.chat;

import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.util.ArrayList;
import java.util.List;

/**
 * A prompt behind which the model goes on with a message that has been begun for it, or begins one.
 *
 * @param prompt with what has been begun behind it
 * @param inReasoning whether the reply goes on within reasoning
 * @param content what stands of the message's content already; {@code ""} if none does
 */
public record BegunReply(Rendering prompt, boolean inReasoning, String content) {
    /**
     * Puts the beginning of a reply behind a prompt. It is content, so reasoning that the prompt opened is closed
     * before it. Text that has marks of reasoning itself is taken at its word.
     *
     * @param prompt that asks for a reply
     * @param reasoning what the model has thought; {@code ""} if nothing
     * @param text what it has written; {@code ""} if nothing has been begun
     */
    public static BegunReply of(ChatFormat format, Rendering prompt, String reasoning, String text) {
        boolean opened = format.startsInReasoning(prompt.text());
        if (text.isEmpty()) {
            return new BegunReply(prompt, opened, "");
        }
        var segments = new ArrayList<>(prompt.segments());
        if (format.tools() == ToolSyntax.HARMONY) {
            if (!reasoning.isEmpty()) {
                add(segments, HarmonyForm.ANALYSIS.open(), true);
                add(segments, reasoning, false);
                add(segments, HarmonyForm.END + HarmonyForm.START + "assistant", true);
            }
            add(segments, HarmonyForm.FINAL, true);
            add(segments, text, false);
            return new BegunReply(new Rendering(segments), false, text);
        }
        if (format.reasoning().isEmpty()) {
            add(segments, text, false);
            return new BegunReply(new Rendering(segments), false, text);
        }
        return withReasoning(segments, format.reasoning().get(), opened, reasoning, text);
    }

    private static BegunReply withReasoning(
            List<Segment> segments, ReasoningMarks marks, boolean opened, String reasoning, String text) {
        String line = segments.isEmpty() || segments.getLast().text().endsWith("\n") ? "\n" : "";
        boolean opens = text.stripLeading().startsWith(marks.open());
        String inside = opens ? text.stripLeading().substring(marks.open().length()) : text;
        int close = opens || opened ? inside.indexOf(marks.close()) : -1;
        if (!opened && (opens || !reasoning.isEmpty())) {
            add(segments, marks.open(), true);
        }
        if (opens || close >= 0) {
            String thought = close < 0 ? inside : inside.substring(0, close);
            add(segments, opened && line.equals("\n") ? thought.replaceFirst("^\n", "") : thought, false);
            if (close < 0) {
                return new BegunReply(new Rendering(segments), true, "");
            }
            String content = inside.substring(close + marks.close().length());
            add(segments, marks.close(), true);
            add(segments, content, false);
            return new BegunReply(new Rendering(segments), false, content.stripLeading());
        }
        if (!reasoning.isEmpty()) {
            add(segments, opened ? reasoning : "\n" + reasoning, false);
            add(segments, "\n" + marks.close() + "\n\n", true);
        } else if (opened) {
            add(segments, line + marks.close() + "\n\n", true);
        }
        add(segments, text, false);
        return new BegunReply(new Rendering(segments), false, text);
    }

    private static void add(List<Segment> segments, String text, boolean trusted) {
        if (text.isEmpty()) {
            return;
        }
        boolean joins = !segments.isEmpty() && segments.getLast().trusted() == trusted;
        String before = joins ? segments.removeLast().text() : "";
        segments.add(new Segment(before + text, trusted));
    }
}
