import com.anthropic.models.messages.ToolChoice;
import com.anthropic.models.messages.ToolChoiceTool;
import java.util.ArrayList;
import java.util.List;
import org.springframework.ai.anthropic.AnthropicChatModel;
import org.springframework.ai.anthropic.AnthropicChatOptions;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.tool.function.FunctionToolCallback;

/** Spring AI's Anthropic model against a running Gufo with the demo model. Ends with an exception if something is wrong. */
public class SpringAi {
    /** What the tool is asked for. */
    public record Place(String city) {}

    /** What it says. */
    public record Weather(String city, int temperature, String condition) {}

    private static final String FRANCE = "What is the capital of France?";

    private static AnthropicChatModel model;

    public static void main(String[] arguments) {
        model = AnthropicChatModel.builder().options(options().build()).build();
        aMessageIsAnswered();
        aStreamHasTheSameText();
        aToolIsCalledAndItsResultLeadsToTheAnswer();
        aForcedCallIsMade();
        System.out.println("ok: Spring AI");
        System.exit(0); // its client's threads would stay for a minute
    }

    private static AnthropicChatOptions.Builder options() {
        return AnthropicChatOptions.builder()
                .baseUrl(System.getenv("GUFO_BASE_URL").replaceFirst("/v1$", ""))
                .apiKey("none")
                .model("demo-chat")
                .maxTokens(80)
                .temperature(0.0)
                .maxRetries(0);
    }

    private static String text(ChatResponse response) {
        return response.getResult().getOutput().getText();
    }

    private static void aMessageIsAnswered() {
        ChatResponse answer = model.call(new Prompt(FRANCE));
        same(text(answer), "The capital of France is Paris.");
        check(answer.getMetadata().getUsage().getTotalTokens() > 0, "usage");
        same(
                text(model.call(new Prompt(new SystemMessage("Always end with 'over.'"), new UserMessage("What color is grass?")))),
                "Grass is green. over.");
    }

    private static void aStreamHasTheSameText() {
        var text = new StringBuilder();
        for (ChatResponse part : model.stream(new Prompt(FRANCE)).toIterable()) {
            if (part.getResult() != null && part.getResult().getOutput().getText() != null) {
                text.append(part.getResult().getOutput().getText());
            }
        }
        same(text.toString(), "The capital of France is Paris.");
    }

    private static FunctionToolCallback<Place, Weather> weather(List<String> asked) {
        return FunctionToolCallback.builder("get_weather", (Place place) -> {
                    asked.add(place.city());
                    return new Weather(place.city(), 21, "sunny");
                })
                .description("Get the current weather of a city")
                .inputType(Place.class)
                .inputSchema("""
                        {"type": "object", "properties": {"city": {"type": "string", "description": "The name of the city"}}, "required": ["city"]}""")
                .build();
    }

    private static void aToolIsCalledAndItsResultLeadsToTheAnswer() {
        var asked = new ArrayList<String>();
        var tool = weather(asked);
        AnthropicChatOptions options = options().toolCallbacks(tool).build();
        Message question = new UserMessage("What is the weather in Rome?");
        ChatResponse answer = model.call(new Prompt(List.of(question), options));
        if (answer.hasToolCalls()) { // then it is left to the caller to carry it out
            AssistantMessage calls = answer.getResult().getOutput();
            var call = calls.getToolCalls().getFirst();
            var result = new ToolResponseMessage.ToolResponse(call.id(), call.name(), tool.call(call.arguments()));
            Message results = ToolResponseMessage.builder().responses(List.of(result)).build();
            answer = model.call(new Prompt(List.of(question, calls, results), options));
        }
        same(asked, List.of("Rome"));
        check(text(answer).startsWith("It is 21"), text(answer)); // its JSON is not written as the demo model learned it
    }

    private static void aForcedCallIsMade() {
        var options = options()
                .toolCallbacks(weather(new ArrayList<>()))
                .toolChoice(ToolChoice.ofTool(ToolChoiceTool.builder().name("get_weather").build()))
                .build();
        ChatResponse answer = model.internalCall(new Prompt(List.of(new UserMessage("Hello")), options), null);
        same(answer.getResult().getOutput().getToolCalls().getFirst().name(), "get_weather");
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
