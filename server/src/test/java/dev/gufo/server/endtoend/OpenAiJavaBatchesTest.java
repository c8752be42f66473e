package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileListParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import com.openai.models.uploads.Upload;
import com.openai.models.uploads.UploadCompleteParams;
import com.openai.models.uploads.UploadCreateParams;
import com.openai.models.uploads.parts.PartCreateParams;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Files, uploads and batches of openai-java, with real models. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
@ExtendWith(ClientsGufo.class)
class OpenAiJavaBatchesTest {
    private static OpenAIClient client;

    @TempDir
    private Path folder;

    @BeforeAll
    static void connect(RunningGufo gufo) {
        client = OpenAIOkHttpClient.builder()
                .baseUrl(gufo.baseUrl())
                .apiKey(ClientsGufo.API_KEY)
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void disconnect() {
        client.close();
    }

    @Test
    void aFileIsUploadedListedReadAndDeleted() throws IOException {
        Path path = Files.writeString(folder.resolve("owls.txt"), "Owls hunt at night.");
        FileObject file = client.files()
                .create(FileCreateParams.builder()
                        .file(path)
                        .purpose(FilePurpose.USER_DATA)
                        .expiresAfter(FileCreateParams.ExpiresAfter.builder()
                                .seconds(7_200)
                                .build())
                        .build());
        assertThat(file.validate().isValid()).isTrue();
        assertThat(file.filename()).isEqualTo("owls.txt");
        assertThat(file.expiresAt()).contains(file.createdAt() + 7_200);
        FileListParams ofUsers = FileListParams.builder().purpose("user_data").build();
        assertThat(client.files().list(ofUsers).autoPager().stream().map(FileObject::id))
                .contains(file.id());
        assertThat(content(file.id())).isEqualTo("Owls hunt at night.");
        assertThat(client.files().delete(file.id()).deleted()).isTrue();
        assertThatThrownBy(() -> client.files().retrieve(file.id())).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aBatchOfChatsIsAnswered() throws IOException {
        Batch batch = run(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS, """
                {"custom_id": "france", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "demo-chat", "messages": [{"role": "user", "content": "What is the capital of France?"}]}}
                {"custom_id": "wrong", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "demo-chat", "messages": []}}
                """);
        assertThat(batch.model()).contains("demo-chat");
        assertThat(batch.requestCounts().orElseThrow().completed()).isOne();
        assertThat(batch.requestCounts().orElseThrow().failed()).isOne();
        assertThat(batch.usage().orElseThrow().outputTokens()).isPositive();
        assertThat(content(batch.outputFileId().orElseThrow()))
                .contains("\"custom_id\":\"france\"", "The capital of France is Paris.");
        assertThat(content(batch.errorFileId().orElseThrow())).contains("\"custom_id\":\"wrong\"");
        assertThat(client.batches().list().autoPager().stream().map(Batch::id)).contains(batch.id());
    }

    @Test
    void aBatchOfTextsIsEmbedded() throws IOException {
        Batch batch = run(BatchCreateParams.Endpoint.V1_EMBEDDINGS, """
                {"custom_id": "owl", "method": "POST", "url": "/v1/embeddings", "body": {"model": "all-minilm-l6-v2", "input": ["Owls hunt at night."]}}
                """);
        assertThat(batch.errorFileId()).isEmpty();
        assertThat(content(batch.outputFileId().orElseThrow())).contains("\"object\":\"embedding\"");
    }

    @Test
    void aBatchOfTextsIsModerated() throws IOException {
        Batch batch = run(BatchCreateParams.Endpoint.V1_MODERATIONS, """
                {"custom_id": "kind", "method": "POST", "url": "/v1/moderations", "body": {"model": "omni-moderation-latest", "input": "Good evening"}}
                {"custom_id": "rude", "method": "POST", "url": "/v1/moderations", "body": {"input": ["You darn fool!"]}}
                """);
        assertThat(batch.errorFileId()).isEmpty();
        assertThat(content(batch.outputFileId().orElseThrow()).lines().toList())
                .satisfiesExactly(
                        kind -> assertThat(kind).contains("\"custom_id\":\"kind\"", "\"flagged\":false"),
                        rude -> assertThat(rude).contains("\"custom_id\":\"rude\"", "\"flagged\":true"));
    }

    @Test
    void aFileComesInParts() throws IOException {
        Upload upload = client.uploads()
                .create(UploadCreateParams.builder()
                        .filename("owls.txt")
                        .purpose(FilePurpose.USER_DATA)
                        .bytes(19)
                        .mimeType("text/plain")
                        .build());
        assertThat(upload.validate().status()).isEqualTo(Upload.Status.PENDING);
        var parts = Stream.of("Owls hunt ", "at night.")
                .map(piece -> client.uploads()
                        .parts()
                        .create(
                                upload.id(),
                                PartCreateParams.builder()
                                        .data(piece.getBytes(StandardCharsets.UTF_8))
                                        .build()))
                .map(part -> part.validate().id())
                .toList();
        Upload whole = client.uploads()
                .complete(
                        upload.id(),
                        UploadCompleteParams.builder().partIds(parts).build());
        assertThat(whole.validate().status()).isEqualTo(Upload.Status.COMPLETED);
        FileObject file = whole.file().orElseThrow();
        assertThat(content(file.id())).isEqualTo("Owls hunt at night.");
        assertThatThrownBy(() -> client.uploads().cancel(upload.id())).isInstanceOf(OpenAIServiceException.class);
        assertThat(client.files().delete(file.id()).deleted()).isTrue();
    }

    private static Batch run(BatchCreateParams.Endpoint endpoint, String lines) {
        FileObject input = client.files()
                .create(FileCreateParams.builder()
                        .file(lines.getBytes(StandardCharsets.UTF_8))
                        .purpose(FilePurpose.BATCH)
                        .build());
        Batch taken = client.batches()
                .create(BatchCreateParams.builder()
                        .inputFileId(input.id())
                        .endpoint(endpoint)
                        .completionWindow(BatchCreateParams.CompletionWindow._24H)
                        .build());
        assertThat(taken.validate().isValid()).isTrue();
        Batch batch = await().atMost(Duration.ofMinutes(2))
                .until(
                        () -> client.batches().retrieve(taken.id()),
                        now -> now.status().equals(Batch.Status.COMPLETED));
        assertThat(batch.validate().isValid()).isTrue();
        return batch;
    }

    private static String content(String file) throws IOException {
        try (HttpResponse response = client.files().content(file)) {
            return new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
