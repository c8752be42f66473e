package dev.gufo.template;

import java.util.List;

/**
 * A parsed chat template, in the Jinja dialect that Hugging Face's transformers reads: trim_blocks, lstrip_blocks,
 * break and continue, {@code raise_exception}, {@code strftime_now}, a {@code tojson} that escapes no HTML. Immutable;
 * any thread may render it.
 */
public final class ChatTemplate {
    /** Source for models that bring no template: ChatML. */
    public static final String CHATML = "{% for message in messages %}"
            + "{{ '<|im_start|>' ~ message.role ~ '\\n' ~ message.content ~ '<|im_end|>\\n' }}"
            + "{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private final String source;
    private final List<Node> body;
    private final TemplateLimits limits;

    private ChatTemplate(String source, List<Node> body, TemplateLimits limits) {
        this.source = source;
        this.body = body;
        this.limits = limits;
    }

    /**
     * Parses {@link Dialect#REFERENCE} with {@link TemplateLimits#DEFAULT}.
     *
     * @throws TemplateException of kind SYNTAX, or LIMIT if the source is too long or nested too deep
     */
    public static ChatTemplate parse(String source) {
        return parse(source, Dialect.REFERENCE, TemplateLimits.DEFAULT);
    }

    /** Parses another dialect, with bounds that hold for rendering too; throws as {@link #parse(String)} does. */
    public static ChatTemplate parse(String source, Dialect dialect, TemplateLimits limits) {
        return new ChatTemplate(source, Parser.parse(source, dialect, limits), limits);
    }

    /** The text that was parsed. */
    public String source() {
        return source;
    }

    /**
     * Renders.
     *
     * @throws TemplateException of kind RAISED, RUNTIME or LIMIT; no other exception leaves, whatever template and
     *     input are
     */
    public Rendering render(TemplateInput input) {
        Machine machine = new Machine(limits, input.now());
        Scope globals = new Scope(null);
        Globals.declare(globals);
        new Inputs(machine, false).declare(input.variables(), globals);
        new Inputs(machine, true).declare(input.trustedVariables(), globals);
        return new Rendering(
                new Interpreter(machine).render(body, new Scope(globals)).segments());
    }
}
