import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import java.util.List;
import java.util.Map;

/** anthropic-java against a running Gufo with the demo model; each answer whole and streamed. Ends with an exception if something is wrong. */
public class AnthropicJava {
    private static final String FRANCE = "What is the capital of France?";
    private static final String WEATHER = "What is the weather in Rome?";

    private static AnthropicClient client;

    public static void main(String[] arguments) {
        client = AnthropicOkHttpClient.builder()
                .baseUrl(System.getenv("GUFO_BASE_URL").replaceFirst("/v1$", ""))
                .apiKey("none")
                .maxRetries(0)
                .build();
        try {
            aMessageIsAnswered();
            aToolIsCalledAndItsResultLeadsToTheAnswer();
            aForcedCallIsMade();
            whatIsLimitedEndsThere();
            tokensAreCountedAndModelsListed();
            errorsAreTheClientsOwn();
        } finally {
            client.close();
        }
        System.out.println("ok: anthropic-java");
    }

    private static MessageCreateParams.Builder ask(String question) {
        return MessageCreateParams.builder()
                .model("demo-chat")
                .maxTokens(80)
                .putAdditionalBodyProperty("temperature", JsonValue.from(0)) // which it has no method for any more
                .addUserMessage(question);
    }

    private static List<Message> both(MessageCreateParams params) {
        MessageAccumulator whole = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> events = client.messages().createStreaming(params)) {
            events.stream().forEach(event -> whole.accumulate(event.validate()));
        }
        return List.of(client.messages().create(params).validate(), whole.message().validate());
    }

    private static String text(Message message) {
        return message.content().stream().flatMap(block -> block.text().stream()).map(block -> block.text()).reduce("", String::concat);
    }

    private static void aMessageIsAnswered() {
        for (Message answer : both(ask(FRANCE).build())) {
            same(text(answer), "The capital of France is Paris.");
            same(answer.stopReason().orElseThrow(), StopReason.END_TURN);
            check(answer.usage().outputTokens() > 0, "usage");
        }
        for (Message answer : both(ask("What color is grass?").system("Always end with 'over.'").build())) {
            same(text(answer), "Grass is green. over.");
        }
    }

    private static Tool weather() {
        return Tool.builder()
                .name("get_weather")
                .description("Get the current weather of a city")
                .inputSchema(Tool.InputSchema.builder()
                        .properties(Tool.InputSchema.Properties.builder()
                                .putAdditionalProperty("city", JsonValue.from(Map.of("type", "string", "description", "The name of the city")))
                                .build())
                        .required(List.of("city"))
                        .build())
                .build();
    }

    private static void aToolIsCalledAndItsResultLeadsToTheAnswer() {
        for (Message first : both(ask(WEATHER).addTool(weather()).build())) {
            same(first.stopReason().orElseThrow(), StopReason.TOOL_USE);
            ToolUseBlock call = first.content().getLast().asToolUse();
            same(call.name(), "get_weather");
            check(call._input().toString().contains("Rome"), call._input().toString());
            var result = ToolResultBlockParam.builder()
                    .toolUseId(call.id())
                    .content("{\"city\": \"Rome\", \"temperature\": 21, \"condition\": \"sunny\"}")
                    .build();
            for (Message last : both(ask(WEATHER)
                    .addTool(weather())
                    .addMessage(first)
                    .addUserMessageOfContentBlockParams(List.of(ContentBlockParam.ofToolResult(result)))
                    .build())) {
                same(text(last), "It is 21 degrees and sunny in Rome.");
            }
        }
    }

    private static void aForcedCallIsMade() {
        for (Message answer : both(ask("Hello").addTool(weather()).toolToolChoice("get_weather").build())) {
            same(answer.content().getLast().asToolUse().name(), "get_weather");
        }
    }

    private static void whatIsLimitedEndsThere() {
        for (Message answer : both(ask("Tell me a story.").maxTokens(2).build())) {
            same(answer.stopReason().orElseThrow(), StopReason.MAX_TOKENS);
        }
        for (Message answer : both(ask(FRANCE).stopSequences(List.of(" Paris")).build())) {
            same(text(answer), "The capital of France is");
            same(answer.stopSequence().orElseThrow(), " Paris");
        }
    }

    private static void tokensAreCountedAndModelsListed() {
        long counted = client.messages()
                .countTokens(MessageCountTokensParams.builder().model("demo-chat").addUserMessage(FRANCE).build())
                .validate()
                .inputTokens();
        Message answer = client.messages().create(ask(FRANCE).build());
        long used = answer.usage().inputTokens()
                + answer.usage().cacheReadInputTokens().orElse(0L)
                + answer.usage().cacheCreationInputTokens().orElse(0L);
        same(counted, used);
        check(client.models().list().data().stream().anyMatch(model -> model.id().equals("demo-chat")), "models");
    }

    private static void errorsAreTheClientsOwn() {
        try {
            client.messages().create(ask("one two three ".repeat(2_000)).build());
            check(false, "a prompt that is too long was taken");
        } catch (BadRequestException e) {
            check(e.getMessage().contains("prompt is too long"), e.getMessage());
        }
        try {
            client.messages().create(ask("Hi").model("owl").build());
            check(false, "there is no such model");
        } catch (NotFoundException e) {
            check(e.getMessage().contains("owl"), e.getMessage());
        }
    }

    private static void same(Object found, Object expected) {
        check(found.equals(expected), "%s instead of %s".formatted(found, expected));
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
