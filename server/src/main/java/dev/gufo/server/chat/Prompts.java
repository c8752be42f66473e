package dev.gufo.server.chat;

import dev.gufo.chat.Conversation;
import dev.gufo.engine.ModelInfo;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.models.ServedModel;
import dev.gufo.template.ChatTemplate;
import dev.gufo.template.Dialect;
import dev.gufo.template.Limits;
import dev.gufo.template.Rendering;
import dev.gufo.template.TemplateException;
import java.time.Clock;
import java.time.LocalDateTime;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renders conversations with the template of their model, which is parsed once. Safe for any thread. */
final class Prompts {
    private static final Logger LOG = LoggerFactory.getLogger(Prompts.class);

    private final Clock clock;
    /** By source; there are as many as models. */
    private final ConcurrentHashMap<String, Parsed> templates = new ConcurrentHashMap<>();

    private sealed interface Parsed {
        /** @param knowsDeveloper whether the template treats that role itself */
        record Usable(ChatTemplate template, boolean knowsDeveloper) implements Parsed {}

        record Broken(String message) implements Parsed {}
    }

    /** @param clock tells templates the local time */
    Prompts(Clock clock) {
        this.clock = clock;
    }

    /** Parses a template ahead of its first use, so that the log tells of a broken one at the start. */
    void prepare(String modelId, String source) {
        Parsed _ = parsed(modelId, source);
    }

    /**
     * The prompt that asks for the assistant's next message.
     *
     * @throws TemplateException if the template refuses the conversation or fails on it
     * @throws ApiException with {@link Problem.BrokenTemplate} if the template can't be parsed
     */
    Rendering render(ServedModel model, ModelInfo info, Conversation conversation) {
        String own = info.chatTemplate().isBlank() ? ChatTemplate.CHATML : info.chatTemplate();
        return switch (parsed(model.id(), model.chatTemplate().orElse(own))) {
            case Parsed.Usable(ChatTemplate template, boolean knowsDeveloper) ->
                template.render(
                        conversation.input(info.bosToken(), info.eosToken(), knowsDeveloper, LocalDateTime.now(clock)));
            case Parsed.Broken(String message) ->
                throw new ApiException(new Problem.BrokenTemplate("The chat template of '" + model.id()
                        + "' can't be used; give another with --chat-template. " + message));
        };
    }

    private Parsed parsed(String modelId, String source) {
        return templates.computeIfAbsent(source, _ -> {
            try {
                return new Parsed.Usable(
                        ChatTemplate.parse(source, Dialect.GENERATION_BLOCKS, Limits.DEFAULT),
                        source.contains("developer"));
            } catch (TemplateException e) {
                LOG.warn(
                        "the chat template of {} can't be used, chat requests will be refused: {}",
                        modelId,
                        e.getMessage());
                return new Parsed.Broken(e.getMessage());
            }
        });
    }
}
