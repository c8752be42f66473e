package dev.gufo.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.gguf.GgufWriter;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelDirectoryTest {
    @TempDir
    Path root;

    private ModelDirectory directory;

    @BeforeEach
    void open() {
        directory = new ModelDirectory(root);
    }

    @Test
    void modelsLieInTheFolderAndItsSubfolders() throws IOException {
        model("beta.gguf");
        model("alpha.gguf");
        model("makers/gamma.gguf");
        model("makers/old/delta.gguf");
        model("makers/old/2024/big-00001-of-00002.gguf");
        model("makers/old/2024/big-00002-of-00002.gguf");
        model(".cache/hidden.gguf");
        model("makers/.cache/hidden.gguf");
        model(".partial.gguf");
        Files.writeString(root.resolve("notes.txt"), "no model");
        Files.createDirectories(root.resolve("folder.gguf"));

        assertThat(directory.list())
                .extracting(StoredModel::id)
                .containsExactly("alpha", "beta", "big", "delta", "gamma");
    }

    @Test
    void aCompleteSetKeepsItsNameBesideLeftoverShards() throws IOException {
        model("big-00001-of-00005.gguf");
        model("deeper/big-00001-of-00002.gguf");
        model("deeper/big-00002-of-00002.gguf");
        model("deeper/big-00002-of-00003.gguf");
        model("deeper/big-00004-of-00009.gguf");

        assertThat(directory.named("big").orElseThrow().path())
                .isEqualTo(root.resolve("deeper/big-00001-of-00002.gguf"));
        assertThat(directory.list()).hasSize(4);
        assertThat(directory.list()).extracting(StoredModel::path).doesNotHaveDuplicates();
    }

    @Test
    void theEndingMayBeWrittenInLargeLetters() throws IOException {
        model("Upper.GGUF");
        model("Mixed.GgUf");

        assertThat(directory.list()).extracting(StoredModel::id).containsExactly("Mixed", "Upper");
        assertThat(directory.named("Upper").orElseThrow().contents()).isInstanceOf(ModelContents.Loadable.class);
    }

    @Test
    void aLinkThatLeadsToAnotherFileOfEqualSizeAndTimeIsNoticed(@TempDir Path elsewhere) throws Exception {
        Path old = elsewhere.resolve("old");
        Path young = elsewhere.resolve("young");
        RandomModel.write(ModelShape.TINY, 1, old);
        RandomModel.write(ModelShape.TINY, 2, young);
        Files.setLastModifiedTime(young, Files.getLastModifiedTime(old));
        Files.createSymbolicLink(root.resolve("m.gguf"), old);
        StoredModel before = directory.named("m").orElseThrow();
        assertThat(directory.named("m").orElseThrow()).isSameAs(before);
        Files.delete(root.resolve("m.gguf"));
        Files.createSymbolicLink(root.resolve("m.gguf"), young);
        assertThat(directory.named("m").orElseThrow()).isNotSameAs(before);
    }

    @Test
    void aModelThatWasNamedByItsPathIsNoticedWhenItIsReplaced() throws Exception {
        model("m.gguf");
        StoredModel named = directory.find(root.resolve("m.gguf").toString()).orElseThrow();
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (var watch = new FileWatch(List.of(named), () -> told.add("changed"), Duration.ofMillis(10))) {
            RandomModel.write(ModelShape.TINY, 3, root.resolve("next"));
            Files.move(root.resolve("next"), root.resolve("m.gguf"), StandardCopyOption.REPLACE_EXISTING);
            assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("changed");
            assertThat(watch.models().getFirst()).isNotSameAs(named);
            assertThat(watch.models().getFirst().path()).isEqualTo(named.path());
        }
    }

    @Test
    void ofTwoFilesWithOneNameTheOneInASubfolderIsCalledByBoth() throws IOException {
        model("same.gguf");
        model("a/same.gguf");
        model("b/same.gguf");

        assertThat(directory.list()).extracting(StoredModel::id).containsExactly("a/same", "b/same", "same");
        assertThat(directory.named("same").orElseThrow().path()).isEqualTo(root.resolve("same.gguf"));
        assertThat(directory.named("b/same").orElseThrow().path()).isEqualTo(root.resolve("b/same.gguf"));
    }

    @Test
    void ofFilesWithOneNameThoseDeeperDownAreCalledByTheirPath() throws IOException {
        model("z/same.gguf");
        model("a/deep/same.gguf");
        model("a/deeper/down/same.gguf");

        assertThat(directory.list())
                .extracting(StoredModel::id)
                .containsExactly("a/deep/same", "a/deeper/down/same", "same");
        assertThat(directory.named("same").orElseThrow().path()).isEqualTo(root.resolve("z/same.gguf"));
        assertThat(directory.named("a/deep/same").orElseThrow().path()).isEqualTo(root.resolve("a/deep/same.gguf"));
    }

    @Test
    void foldersAreLookedAtOnceWhereverLinksLeadAndNotWithoutEnd(@TempDir Path elsewhere) throws IOException {
        model("alpha.gguf");
        model("a/b/beta.gguf");
        Files.createSymbolicLink(root.resolve("a/up"), root);
        Files.createSymbolicLink(root.resolve("a/b/self"), root.resolve("a/b"));
        Files.createSymbolicLink(root.resolve("z"), root.resolve("a"));
        Files.createSymbolicLink(root.resolve("elsewhere"), elsewhere);
        Files.createSymbolicLink(root.resolve("nowhere"), root.resolve("absent"));
        RandomModel.write(ModelShape.TINY, 1, elsewhere.resolve("other.gguf"));
        model("1/2/3/4/5/6/7/8/deep.gguf");
        model("1/2/3/4/5/6/7/8/9/deeper.gguf");

        assertThat(directory.list()).extracting(StoredModel::id).containsExactly("alpha", "beta", "deep", "other");
    }

    @Test
    void ofMoreFoldersThanAnyoneSortsModelsIntoSomeAreLeftOut() throws IOException {
        for (int i = 0; i < ModelFolders.MOST_FOLDERS + 10; i++) {
            Files.createDirectory(root.resolve("folder" + i));
        }
        model("alpha.gguf");

        assertThat(ModelFolders.under(root)).hasSize(ModelFolders.MOST_FOLDERS).startsWith(root);
        assertThat(directory.list()).extracting(StoredModel::id).containsExactly("alpha");
    }

    @Test
    void aModelKnowsItsSizeItsAgeAndWhatItHolds() throws IOException {
        Path file = model("alpha.gguf");
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));

        StoredModel model = directory.named("alpha").orElseThrow();

        assertThat(model.bytes()).isEqualTo(Files.size(file));
        assertThat(model.modified()).isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
        assertThat(model.contents())
                .isInstanceOfSatisfying(
                        ModelContents.Loadable.class,
                        loadable -> assertThat(loadable.model().contextLength()).isEqualTo(128));
    }

    @Test
    void aBrokenFileSaysSoInItsEntryAndHidesNoOther() throws IOException {
        model("alpha.gguf");
        Files.writeString(root.resolve("broken.gguf"), "<html>not found</html>");

        assertThat(directory.list()).extracting(StoredModel::id).containsExactly("alpha", "broken");
        assertThat(directory.named("broken").orElseThrow().contents())
                .isEqualTo(new ModelContents.Broken("broken.gguf: not a GGUF file: it does not start with 'GGUF'"));
    }

    @Test
    void shardsAreOneModel() throws IOException {
        model("big-00001-of-00003.gguf");
        new GgufWriter().uint32("split.no", 1).write(root.resolve("big-00002-of-00003.gguf"));
        new GgufWriter().uint32("split.no", 2).write(root.resolve("big-00003-of-00003.gguf"));

        StoredModel model = directory.list().getFirst();

        assertThat(directory.list()).hasSize(1);
        assertThat(model.id()).isEqualTo("big");
        assertThat(model.path()).isEqualTo(root.resolve("big-00001-of-00003.gguf"));
        assertThat(model.files()).hasSize(3);
        assertThat(model.contents()).isInstanceOf(ModelContents.Loadable.class);
        assertThat(directory
                        .find(root.resolve("big-00002-of-00003.gguf").toString())
                        .orElseThrow()
                        .path())
                .isEqualTo(model.path());
    }

    @Test
    void aMissingShardIsNamed() throws IOException {
        model("big-00001-of-00003.gguf");
        model("big-00003-of-00003.gguf");

        assertThat(directory.named("big").orElseThrow().contents())
                .isEqualTo(new ModelContents.Broken(
                        "big: 1 of 3 shards are missing, the first of them is big-00002-of-00003.gguf"));
    }

    @Test
    void aNameThatNoModelHasFindsNothing() throws IOException {
        model("alpha.gguf");
        for (String name : new String[] {"", "alph", "ALPHA", "../alpha", "alpha\u0000", "/etc/passwd.gguf"}) {
            assertThat(directory.named(name)).as(name).isEmpty();
            assertThat(directory.find(name)).as(name).isEmpty();
        }
    }

    @Test
    void anOperatorMayNameAFileAnywhereAndAClientMayNot(@TempDir Path elsewhere) throws IOException {
        Path file = elsewhere.resolve("other.gguf");
        RandomModel.write(ModelShape.TINY, 1, file);

        StoredModel found = directory.find(file.toString()).orElseThrow();

        assertThat(found.id()).isEqualTo("other");
        assertThat(found.path()).isEqualTo(file);
        assertThat(directory.named(file.toString())).isEmpty();
        assertThat(new ModelDirectory(root.resolve("absent")).find(file.toString()))
                .isPresent();
    }

    @Test
    void whatWasReadIsKeptUntilTheFileChanges() throws IOException {
        Path file = model("alpha.gguf");
        StoredModel before = directory.named("alpha").orElseThrow();
        assertThat(directory.named("alpha").orElseThrow()).isSameAs(before);

        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));
        assertThat(directory.named("alpha").orElseThrow()).isNotSameAs(before);
        Files.delete(file);
        assertThat(directory.list()).isEmpty();
    }

    @Test
    void whoWatchesIsToldWhatComesAndGoes() throws Exception {
        BlockingQueue<List<String>> told = new LinkedBlockingQueue<>();
        model("alpha.gguf");
        try (ModelWatch watch = directory.watch(
                models -> told.add(models.stream().map(StoredModel::id).toList()))) {
            assertThat(watch.models()).extracting(StoredModel::id).containsExactly("alpha");

            model("makers/beta.gguf");
            awaitTold(told, List.of("alpha", "beta"));
            Files.delete(root.resolve("alpha.gguf"));
            awaitTold(told, List.of("beta"));
            model("makers/old/gamma.gguf");
            awaitTold(told, List.of("beta", "gamma"));
            Files.move(root.resolve("makers/old"), root.resolve("makers/new"));
            model("makers/new/alpha.gguf");
            awaitTold(told, List.of("alpha", "beta", "gamma"));
            assertThat(watch.models()).extracting(StoredModel::id).containsExactly("alpha", "beta", "gamma");
        }
        model("delta.gguf");
        assertThat(told).isEmpty();
    }

    /** A file that is being written may be told of more than once. */
    private static void awaitTold(BlockingQueue<List<String>> told, List<String> ids) throws InterruptedException {
        List<String> last;
        do {
            last = told.poll(30, TimeUnit.SECONDS);
            assertThat(last).as("models that were told of").isNotNull();
        } while (!last.equals(ids));
    }

    @Test
    void aFolderThatIsNotThereIsAnError() {
        assertThatThrownBy(() -> new ModelDirectory(root.resolve("absent")).list())
                .isInstanceOf(NoSuchFileException.class);
    }

    private Path model(String name) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        new GgufWriter()
                .string("general.architecture", "llama")
                .uint32("llama.block_count", 1)
                .uint32("llama.context_length", 128)
                .uint32("llama.embedding_length", 64)
                .write(file);
        return file;
    }
}
