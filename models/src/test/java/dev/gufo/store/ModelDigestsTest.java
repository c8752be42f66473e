package dev.gufo.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ModelDigestsTest {
    private static final ModelShape SMALL = new ModelShape("small", 2, 64, 2, 1, 64, 400, 128, 10_000, GgmlType.Q8_0);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private Path owl;
    private Path kept;

    @BeforeEach
    void write() throws IOException {
        owl = Files.createDirectories(folder.resolve("models")).resolve("owl.gguf");
        kept = folder.resolve("gufo-digests");
        RandomModel.write(SMALL, 1, owl);
    }

    private List<StoredModel> models() {
        try {
            return new ModelDirectory(owl.getParent()).list();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    @Test
    void aModelIsHashedOnceAndItsDigestIsKnownAtTheNextStart() throws Exception {
        StoredModel model = models().getFirst();
        ModelDigests digests = ModelDigests.open(kept, this::models);
        assertThat(digests.known(model)).isEmpty();
        assertThat(digests.await(model, PATIENCE)).contains(sha256(owl));
        assertThat(digests.known(model)).contains(sha256(owl));

        ModelDigests next = ModelDigests.open(kept, this::models);
        assertThat(next.known(model)).contains(sha256(owl));
        assertThat(next.await(model, PATIENCE)).contains(sha256(owl));
        assertThat(Files.readAllLines(kept)).hasSize(1);
    }

    @Test
    void aReplacedFileIsHashedAgain() throws Exception {
        StoredModel before = models().getFirst();
        ModelDigests digests = ModelDigests.open(kept, this::models);
        String old = digests.await(before, PATIENCE).orElseThrow();
        RandomModel.write(SMALL, 2, folder.resolve("other.gguf"));
        Files.move(folder.resolve("other.gguf"), owl, StandardCopyOption.REPLACE_EXISTING);
        assertThat(digests.known(before)).isEmpty();
        assertThat(digests.await(before, PATIENCE)).contains(sha256(owl)).isNotEqualTo(Optional.of(old));
    }

    @Test
    void shardsAreHashedAsOneFile() throws Exception {
        byte[] bytes = Files.readAllBytes(owl);
        Files.delete(owl);
        Files.write(owl.resolveSibling("wren-00001-of-00002.gguf"), Arrays.copyOf(bytes, 1_000));
        Files.write(owl.resolveSibling("wren-00002-of-00002.gguf"), Arrays.copyOfRange(bytes, 1_000, bytes.length));
        String whole =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        assertThat(ModelDigests.inMemory(this::models).await(models().getFirst(), PATIENCE))
                .contains(whole);
    }

    @Test
    void aDamagedFileOfDigestsCostsNothingButTime() throws Exception {
        Files.writeString(kept, "no digest\n\n" + "0".repeat(64) + " of another file\n", StandardCharsets.UTF_8);
        ModelDigests digests = ModelDigests.open(kept, this::models);
        assertThat(digests.await(models().getFirst(), PATIENCE)).contains(sha256(owl));
    }

    @Test
    void aModelThatCannotBeReadHasNoDigest() throws Exception {
        StoredModel model = models().getFirst();
        Files.delete(owl);
        assertThat(ModelDigests.inMemory(List::of).await(model, PATIENCE)).isEmpty();
    }
}
