package dev.gufo.chat;

import dev.gufo.chat.CallParser.Turn;
import dev.gufo.chat.ReplyText.Seen;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A reply in which marks set reasoning and calls apart from content. */
final class MarkedReading implements ReplyReader.Reading {
    /**
     * Where a call may begin.
     *
     * @param mark what stands there
     * @param onlyFirst whether it counts only where no content stands before it
     */
    record Opening(String mark, boolean onlyFirst) {
        /** A call may begin at each of these marks, wherever it stands; {@code ""} is none. */
        static List<Opening> anywhere(String... marks) {
            return Arrays.stream(marks)
                    .filter(mark -> !mark.isEmpty())
                    .map(mark -> new Opening(mark, false))
                    .toList();
        }
    }

    private final Optional<ReasoningMarks> marks;
    private final List<Opening> openings;
    private final CallForm form;
    private final Deltas deltas;
    private final Calls calls;
    private boolean reasoning;
    /** Of the call that is being read. */
    private @Nullable CallParser parser;

    private boolean parserTook;
    /** Whether all that is left may be a part of the call that is being read. */
    private boolean waiting;

    MarkedReading(ChatFormat format, boolean toolsOffered, boolean startsInReasoning, Deltas deltas, Calls calls) {
        this.marks = format.reasoning();
        this.form = format.tools().form();
        this.openings = toolsOffered ? form.openings() : List.of();
        this.deltas = deltas;
        this.calls = calls;
        if (startsInReasoning && marks.isPresent()) {
            beginReasoning();
        }
    }

    @Override
    public void read(ReplyText text) {
        boolean more = true;
        while (more) {
            more = parser != null ? readCall(parser, text) : text.at() < text.length() && readText(text);
        }
    }

    private boolean readCall(CallParser call, ReplyText text) {
        int before = text.at();
        text.forgetEnd();
        Turn turn = call.step(text);
        parserTook |= text.at() > before;
        if (turn == Turn.WAIT && !text.ended()) {
            waiting = true;
            return false;
        }
        if (turn == Turn.ON || text.at() > before) {
            waiting = false;
        }
        if (turn != Turn.ON) {
            parser = null;
            if (text.ended() && (waiting || text.endsInMark()) && parserTook) {
                // The reply's end cut a mark of the call.
                text.takeTo(text.length());
            } else if (!parserTook && text.isCut() && waiting && form.begins(text.rest())) {
                text.takeTo(text.length());
                deltas.leaveOutCall();
            } else if (!parserTook) {
                // The mark was none: its first character is content, whatever the rest may be.
                takeContent(text);
            }
        }
        return true;
    }

    /** Takes one character or one mark; false if it takes more text to decide. */
    private boolean readText(ReplyText text) {
        return reasoning ? readReasoning(text) : readContent(text);
    }

    private boolean readReasoning(ReplyText text) {
        ReasoningMarks around = marks.orElseThrow();
        Seen close = text.sees(text.at(), around.close());
        if (close == Seen.YES) {
            text.takeTo(text.at() + around.close().length());
            reasoning = false;
            deltas.endReasoning();
            return true;
        }
        // Some models repeat the mark that the prompt ended with.
        Seen open = deltas.beforeReasoning() ? text.sees(text.at(), around.open()) : Seen.NO;
        if (open == Seen.YES) {
            text.takeTo(text.at() + around.open().length());
            return true;
        }
        if (close == Seen.PART || open == Seen.PART) {
            return false;
        }
        deltas.reasoning(text.charAt(text.at()));
        text.takeTo(text.at() + 1);
        return true;
    }

    private boolean readContent(ReplyText text) {
        boolean wait = false;
        if (marks.isPresent() && deltas.beforeContent()) {
            Seen seen = text.sees(text.at(), marks.get().open());
            if (seen == Seen.YES) {
                text.takeTo(text.at() + marks.get().open().length());
                beginReasoning();
                return true;
            }
            wait = seen == Seen.PART;
        }
        // Before the openings: one of these may begin like the head of a call.
        for (String mark : form.contentMarks()) {
            Seen seen = text.sees(text.at(), mark);
            if (seen == Seen.YES) {
                text.takeTo(text.at() + mark.length());
                return true;
            }
            wait |= seen == Seen.PART;
        }
        if (wait) {
            return false;
        }
        for (Opening opening : openings) {
            if (!opening.onlyFirst() || deltas.beforeContent()) {
                Seen seen = text.sees(text.at(), opening.mark());
                if (seen == Seen.YES) {
                    parser = form.parser(calls);
                    parserTook = false;
                    waiting = false;
                    return true;
                }
                wait |= seen == Seen.PART;
            }
        }
        if (wait) {
            return false;
        }
        takeContent(text);
        return true;
    }

    private void takeContent(ReplyText text) {
        deltas.content(text.charAt(text.at()));
        text.takeTo(text.at() + 1);
    }

    private void beginReasoning() {
        reasoning = true;
        deltas.beginReasoning();
    }
}
