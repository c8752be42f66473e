package dev.gufo.server.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.boot.Reasons;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.UsageException;
import dev.gufo.template.ChatTemplate;
import dev.gufo.template.TemplateException;
import dev.gufo.template.TemplateInput;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code gufo render}: what a chat template makes of a conversation, without any model. */
@Command(
        name = "render",
        description = {
            "Print the exact prompt that a chat template makes of a conversation, with nothing added.",
            "A template that refuses the conversation has its say on standard error, and the exit status is 1."
        },
        sortOptions = false)
final class RenderCommand implements Callable<Integer> {
    @Option(names = "--template", paramLabel = "FILE", required = true, description = "The Jinja template.")
    Path template;

    @Option(
            names = "--conversation",
            paramLabel = "FILE",
            required = true,
            description = "A JSON object. Each of its keys is a variable of the template: messages, tools, bos_token,"
                    + " add_generation_prompt and so on. Only now is not: a date and time such as 2026-01-31T12:30:00 that"
                    + " strftime_now tells instead of the present.")
    Path conversation;

    private final PrintStream out;

    RenderCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() {
        Map<String, Object> variables = readConversation();
        LocalDateTime now = readNow(variables.remove("now"));
        var trusted = new LinkedHashMap<>(variables);
        trusted.keySet().removeIf(name -> !name.endsWith("_token"));
        String prompt;
        try {
            prompt = ChatTemplate.parse(read(template))
                    .render(new TemplateInput(variables, trusted, now))
                    .text();
        } catch (TemplateException e) {
            throw new StartFailed(
                    e.kind() == TemplateException.Kind.RAISED ? e.detail() : requireNonNull(e.getMessage()));
        }
        byte[] bytes = prompt.getBytes(StandardCharsets.UTF_8);
        out.write(bytes, 0, bytes.length); // as it is: print() would go through the terminal's charset
        out.flush();
        return GufoCommand.DONE;
    }

    private Map<String, Object> readConversation() {
        var json = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        String text = read(conversation);
        try {
            Map<String, Object> variables = json.readValue(text, new TypeReference<LinkedHashMap<String, Object>>() {});
            if (variables != null) {
                return variables;
            }
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw new UsageException("%s, line %d: a JSON object is expected: %s"
                    .formatted(
                            conversation,
                            line,
                            e.getOriginalMessage().lines().findFirst().orElse("")));
        }
        throw new UsageException("%s: a JSON object is expected, not null".formatted(conversation));
    }

    private LocalDateTime readNow(@Nullable Object now) {
        if (now == null) {
            return LocalDateTime.now(ZoneId.systemDefault());
        }
        try {
            return LocalDateTime.parse(now.toString());
        } catch (DateTimeException e) {
            throw new UsageException(
                    "%s: now is no local date and time such as 2026-01-31T12:30:00: %s".formatted(conversation, now));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UsageException("%s can't be read: %s".formatted(file, Reasons.of(e)));
        }
    }
}
