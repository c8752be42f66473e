package dev.gufo.template;

/** A template that cannot be parsed, or cannot be rendered with its input. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Who is to blame. */
    public enum Kind {
        /** The source is not a template this interpreter reads. */
        SYNTAX,
        /**
         * The template refused its input through {@code raise_exception}; {@link TemplateException#detail} is its own
         * message.
         */
        RAISED,
        /** Evaluation failed, as in Python: an undefined value used, wrong types, a number out of range. */
        RUNTIME,
        /** A bound of {@link TemplateLimits} was reached. */
        LIMIT
    }

    private final Kind kind;
    private final String detail;
    private final int line;

    TemplateException(Kind kind, String detail, int line) {
        super(line > 0 ? "template line " + line + ": " + detail : detail);
        this.kind = kind;
        this.detail = detail;
        this.line = line;
    }

    /** What went wrong. */
    public Kind kind() {
        return kind;
    }

    /** The message without the line; what the template itself said when {@link Kind#RAISED}. */
    public String detail() {
        return detail;
    }

    /** The line of the template, from 1; 0 if it happened before the template ran. */
    public int line() {
        return line;
    }
}
