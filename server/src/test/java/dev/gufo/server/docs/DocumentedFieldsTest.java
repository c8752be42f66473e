package dev.gufo.server.docs;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.server.GufoServer;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.Limit;
import dev.gufo.server.http.Fields;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.ConstantInstruction.LoadConstantInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whether the document's requests have the fields that the code reads, and no others: their names are the constants
 * that the compiled readers hand to {@link Fields}.
 */
@Timeout(60)
class DocumentedFieldsTest {
    private static final String FIELDS = Fields.class.getName().replace('.', '/');
    private static final Set<String> READING = Set.of("any", "text", "flag", "object", "array", "number", "integer");
    private static final List<String> OF_ANSWERS =
            List.of("answer/AnswerFields", "answer/SamplingFields", "answer/LoraFields", "answer/AnswerShape");
    /** Read to be refused. */
    private static final Set<String> REFUSED = Set.of("function_call");

    /** Read in a loop over the table, which has their names. */
    private static final Map<String, SamplingParameter> SAMPLING = Stream.of(SamplingParameter.values())
            .flatMap(parameter -> parameter.names().stream().map(name -> Map.entry(name, parameter)))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));

    private final DocumentedApi api;

    DocumentedFieldsTest() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            api = new DocumentedApi(TestServer.json(server.get("/openapi.json")));
        }
    }

    @Test
    void chatRequests() {
        Set<String> read = read(
                _ -> true,
                Stream.concat(
                                OF_ANSWERS.stream(),
                                Stream.of(
                                        "answer/TemplateFields",
                                        "answer/TemplateArguments",
                                        "chat/ChatRequest",
                                        "chat/MessageReader",
                                        "chat/ToolFields",
                                        "exchange/Exchange"))
                        .toList());
        read.removeAll(REFUSED);
        read.addAll(SAMPLING.keySet());
        assertThat(documented("POST /v1/chat/completions")).isEqualTo(read);
        assertThat(documented("POST /v1/chat/completions/input_tokens")).isEqualTo(read);
    }

    @Test
    void predictRequests() {
        Set<String> read = read(
                name -> !name.equals("tools"),
                Stream.concat(
                                OF_ANSWERS.stream(),
                                Stream.of(
                                        "answer/TemplateFields",
                                        "answer/TemplateArguments",
                                        "chat/MessageReader",
                                        "chat/PredictRequest"))
                        .toList());
        read.addAll(read(name -> name.contains("beginning"), List.of("chat/ChatRequest")));
        read.removeAll(REFUSED);
        // There is one answer, and no stream.
        read.removeAll(Set.of("n", "stream", "stream_options", "include_usage"));
        read.addAll(SAMPLING.keySet());
        assertThat(documented("POST /v1/models/{id}/predict")).isEqualTo(read);
    }

    @Test
    void batchRequests() {
        assertThat(documented("POST /v1/batches"))
                .isEqualTo(read(_ -> true, List.of("batches/BatchRoutes", "http/Metadata")));
    }

    @Test
    void uploadRequests() {
        Set<String> read = documented("POST /v1/uploads");
        read.addAll(documented("POST /v1/uploads/{id}/complete"));
        assertThat(read).isEqualTo(read(_ -> true, List.of("files/UploadRoutes")));
    }

    @Test
    void messageBatchRequests() {
        Set<String> documented = documented("POST /v1/messages/batches");
        assertThat(documented).contains("requests").containsAll(documented("POST /v1/messages"));
        assertThat(documented).containsAll(read(_ -> true, List.of("batches/MessageBatchRoutes$Reading")));
        String page = page("batches");
        assertThat(List.of("requests", "custom_id", "params"))
                .allSatisfy(field -> assertThat(page).contains("| `" + field + "` |"));
    }

    @Test
    void messagesRequests() {
        Set<String> read = read(
                _ -> true,
                Stream.concat(
                                OF_ANSWERS.stream().skip(1), // the others are read one by one
                                Stream.of("MessagesRequest", "BlockReader", "MessagesTools", "ContextEdits")
                                        .map("messages/"::concat))
                        .toList());
        read.addAll(read(_ -> true, List.of("exchange/Exchange")));
        read.addAll(SAMPLING.keySet());
        assertThat(documented("POST /v1/messages")).isEqualTo(read);
        assertThat(documented("POST /v1/messages/count_tokens")).isEqualTo(read);
    }

    @Test
    void responseRequests() {
        Set<String> read = read(
                _ -> true,
                Stream.concat(
                                OF_ANSWERS.stream(),
                                Stream.of(
                                        "answer/TemplateFields",
                                        "exchange/Exchange",
                                        "responses/ResponseRequest",
                                        "http/Metadata",
                                        "responses/InputReader",
                                        "responses/ToolReader"))
                        .toList());
        // There is one answer, and it tells its usage.
        read.removeAll(Set.of("n", "stream_options", "include_usage"));
        read.addAll(SAMPLING.keySet());
        assertThat(documented("POST /v1/responses")).isEqualTo(read);
        assertThat(documented("POST /v1/responses/input_tokens")).isEqualTo(read);
        assertThat(documented("POST /v1/responses/compact")).isEqualTo(read);
    }

    @Test
    void completionRequests() {
        Set<String> read = read(
                _ -> true,
                Stream.concat(OF_ANSWERS.stream(), Stream.of("completions/CompletionRequest"))
                        .toList());
        read.addAll(SAMPLING.keySet());
        assertThat(documented("POST /v1/completions")).isEqualTo(read);
    }

    @Test
    void everyNumberOfSamplingHasTheTypeAndTheRangeOfTheTable() {
        for (String operation : List.of("POST /v1/chat/completions", "POST /v1/completions")) {
            SAMPLING.forEach((name, parameter) -> {
                JsonNode field = api.resolved(api.requestSchema(operation))
                        .path("properties")
                        .path(name);
                assertThat(field.path("type").path(0).asText())
                        .as("%s of %s", name, operation)
                        .isEqualTo(parameter.isWhole() ? "integer" : "number");
                assertThat(field.path("minimum").doubleValue()).as(name).isEqualTo(parameter.least());
                assertThat(field.path("maximum").doubleValue()).as(name).isEqualTo(parameter.greatest());
            });
        }
    }

    @Test
    void vectorRequests() {
        Set<String> ofAll = read(_ -> true, List.of("exchange/Exchange"));
        Set<String> embeddings = read(_ -> true, List.of("embeddings/EmbeddingsRequest", "embeddings/VectorWork"));
        embeddings.addAll(ofAll);
        assertThat(documented("POST /v1/embeddings")).isEqualTo(embeddings);
        Set<String> rerank = read(_ -> true, List.of("embeddings/RerankRequest", "embeddings/VectorWork"));
        rerank.addAll(ofAll);
        rerank.add("text"); // of a document that is an object; read without its path
        assertThat(documented("POST /v1/rerank")).isEqualTo(rerank);
    }

    @Test
    void moderationRequests() {
        assertThat(documented("POST /v1/moderations"))
                .isEqualTo(read(_ -> true, List.of("moderations/ModerationRequest")));
    }

    @Test
    void tokenRequests() {
        for (String what : List.of("tokenize", "detokenize")) {
            assertThat(documented("POST /v1/" + what))
                    .isEqualTo(read(
                            name -> name.contains("$" + what) || name.equals(what), List.of("tokens/TokenRoutes")));
        }
    }

    @Test
    void everyErrorCodeIsListedAndEveryLimit() {
        Set<String> codes = constants("error/ErrorTable")
                .filter(text -> text.matches("[a-z]+(_[a-z]+)+|draining|overloaded"))
                .collect(Collectors.toCollection(TreeSet::new));
        codes.removeAll(Set.of("invalid_request_error", "server_error"));
        assertThat(words(api.document().at("/components/schemas/Error/properties/error/properties/code/enum")))
                .isEqualTo(codes);
        Set<String> limits = Stream.of(Limit.values()).map(Limit::word).collect(Collectors.toSet());
        assertThat(names(api.document().at("/components/schemas/LimitChanges/properties")))
                .isEqualTo(limits);
        assertThat(names(api.document().at("/components/schemas/Key/properties/limits/properties")))
                .isEqualTo(limits);
    }

    @Test
    void everyFieldStandsOnThePageOfItsEndpoint() {
        Map.ofEntries(
                        entry("POST /v1/chat/completions", "chat-completions"),
                        entry("POST /v1/messages", "messages"),
                        entry("POST /v1/responses", "responses"),
                        entry("POST /v1/completions", "completions"),
                        entry("POST /v1/embeddings", "embeddings"),
                        entry("POST /v1/rerank", "rerank"),
                        entry("POST /v1/moderations", "moderations"),
                        entry("POST /v1/models/{id}/predict", "predict"),
                        entry("POST /v1/batches", "batches"),
                        entry("POST /v1/tokenize", "tokens"),
                        entry("POST /v1/detokenize", "tokens"))
                .forEach((operation, page) -> {
                    String text = page(page);
                    JsonNode fields = api.resolved(api.requestSchema(operation)).path("properties");
                    assertThat(names(fields))
                            .allSatisfy(field -> assertThat(text).as(page).contains("`" + field));
                });
    }

    @Test
    void everyErrorCodeStandsOnThePageOfErrors() {
        String errors = page("errors");
        assertThat(words(api.document().at("/components/schemas/Error/properties/error/properties/code/enum")))
                .allSatisfy(code -> assertThat(errors).contains("| `" + code + "` |"));
    }

    private static String page(String name) {
        Path docs = Stream.of(Path.of("docs"), Path.of("../docs")) // Maven runs tests in their module
                .filter(Files::isDirectory)
                .findFirst()
                .orElseThrow();
        try {
            return Files.readString(docs.resolve("api").resolve(name + ".md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Names of all properties, at any depth, but for those that change nothing. */
    private Set<String> documented(String operation) {
        var names = new TreeSet<String>();
        collect(api.requestSchema(operation), names, new HashSet<>());
        return names;
    }

    private void collect(JsonNode schema, Set<String> names, Set<JsonNode> visited) {
        JsonNode node = api.resolved(schema);
        if (!visited.add(node)) {
            return;
        }
        node.path("properties").properties().forEach(property -> {
            if (!property.getValue().path("x-ignored").asBoolean()) {
                names.add(property.getKey());
                collect(property.getValue(), names, visited);
            }
        });
        for (String part : List.of("oneOf", "anyOf")) {
            node.path(part).forEach(each -> collect(each, names, visited));
        }
        if (node.has("items")) {
            collect(node.get("items"), names, visited);
        }
    }

    private static Set<String> read(Predicate<String> methods, List<String> classes) {
        var names = new TreeSet<String>();
        for (String name : classes) {
            for (MethodModel method : methods(name)) {
                if (methods.test(method.methodName().stringValue())) {
                    collect(method, names);
                }
            }
        }
        assertThat(names).isNotEmpty();
        return names;
    }

    /** The last text constant in front of a call is its first argument: all further ones are numbers. */
    private static void collect(MethodModel method, Set<String> names) {
        String last = "";
        for (CodeElement element : method.code().map(code -> code.elementList()).orElse(List.of())) {
            if (element instanceof LoadConstantInstruction load && load.constantValue() instanceof String text) {
                last = text;
            } else if (element instanceof InvokeInstruction call) {
                if (call.owner().asInternalName().equals(FIELDS)
                        && READING.contains(call.name().stringValue())) {
                    names.add(last);
                }
                last = "";
            }
        }
        names.remove(""); // a name that is no constant is one of a list
    }

    private static Stream<String> constants(String name) {
        return methods(name).stream()
                .flatMap(method -> method.code().map(code -> code.elementList()).orElse(List.of()).stream())
                .mapMulti((element, sink) -> {
                    if (element instanceof LoadConstantInstruction load
                            && load.constantValue() instanceof String text) {
                        sink.accept(text);
                    }
                });
    }

    private static List<MethodModel> methods(String name) {
        try (InputStream in = GufoServer.class.getResourceAsStream(name + ".class")) {
            return ClassFile.of().parse(in.readAllBytes()).methods();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> words(JsonNode array) {
        var words = new TreeSet<String>();
        array.forEach(word -> words.add(word.textValue()));
        return words;
    }

    private static Set<String> names(JsonNode object) {
        var names = new TreeSet<String>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
