package dev.gufo.server.answer;

import static java.util.Objects.requireNonNull;

import dev.gufo.chat.BegunReply;
import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.Conversation;
import dev.gufo.engine.ModelInfo;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.models.ServedModel;
import dev.gufo.template.ChatTemplate;
import dev.gufo.template.Dialect;
import dev.gufo.template.Rendering;
import dev.gufo.template.TemplateException;
import dev.gufo.template.TemplateLimits;
import java.time.Clock;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renders conversations with the template of their model, which is parsed once. Safe for any thread. */
public final class Prompts {
    private static final Logger LOG = LoggerFactory.getLogger(Prompts.class);

    private final Clock clock;
    private final boolean volatileLines;
    /** By source; there are as many as models. */
    private final ConcurrentHashMap<String, Parsed> templates = new ConcurrentHashMap<>();

    private sealed interface Parsed {
        /** @param format what it says about the model's replies, and what it takes of a conversation */
        record Usable(ChatTemplate template, ChatFormat format) implements Parsed {}

        record Broken(String message) implements Parsed {}
    }

    /**
     * With a clock.
     *
     * @param clock tells templates the local time
     * @param volatileLines whether lines that clients change with each request stay as they are
     */
    public Prompts(Clock clock, boolean volatileLines) {
        this.clock = clock;
        this.volatileLines = volatileLines;
    }

    /**
     * A prompt and what its answer will look like.
     *
     * @param startsInReasoning whether the prompt ends within reasoning
     * @param begun what the prompt holds of the answer's content already, or {@code ""}
     */
    public record Prompt(Rendering rendering, ChatFormat format, boolean startsInReasoning, String begun) {}

    /** Parses a template ahead of its first use, so that the log tells of a broken one at the start. */
    public void prepare(String modelId, String source) {
        Parsed _ = parsed(modelId, source, "", "");
    }

    /**
     * The prompt that asks for the assistant's next message, or for the rest of its last one.
     *
     * @param thought what the assistant has thought already before the message that it goes on with, or {@code ""}
     * @param beginning what it has written already of that message, or {@code ""}
     * @throws TemplateException if the template refuses the conversation or fails on it
     * @throws ApiException with {@link Problem.BrokenTemplate} if the template can't be parsed
     */
    public Prompt render(
            ServedModel model, ModelInfo info, Conversation conversation, String thought, String beginning) {
        String own = info.chatTemplate().isBlank() ? ChatTemplate.CHATML : info.chatTemplate();
        String source = model.profile().chatTemplate().orElse(own);
        return switch (parsed(model.id(), source, info.bosToken(), info.eosToken())) {
            case Parsed.Usable usable -> {
                Rendering rendering = usable.template()
                        .render(usable.format()
                                .adapt(volatileLines ? conversation : VolatileLines.replacedIn(conversation))
                                .input(
                                        info.bosToken(),
                                        info.eosToken(),
                                        usable.format().rules().noToolsAsNone(),
                                        LocalDateTime.now(clock)));
                BegunReply reply = BegunReply.of(usable.format(), rendering, thought, beginning);
                yield new Prompt(reply.prompt(), usable.format(), reply.inReasoning(), reply.content());
            }
            case Parsed.Broken(String message) ->
                throw new ApiException(new Problem.BrokenTemplate("The chat template of '" + model.id()
                        + "' can't be used; give another with --chat-template. " + message));
        };
    }

    private Parsed parsed(String modelId, String source, String bosToken, String eosToken) {
        return templates.computeIfAbsent(source, _ -> {
            try {
                ChatTemplate template = ChatTemplate.parse(source, Dialect.GENERATION_BLOCKS, TemplateLimits.DEFAULT);
                return new Parsed.Usable(
                        template, ChatFormat.detect(template, Map.of("bos_token", bosToken, "eos_token", eosToken)));
            } catch (TemplateException e) {
                LOG.warn(
                        "the chat template of {} can't be used, chat requests will be refused: {}",
                        modelId,
                        e.getMessage());
                return new Parsed.Broken(requireNonNull(e.getMessage()));
            }
        });
    }
}
