package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/gufo} as it lies in the distribution, with the classes of this build. */
@Timeout(180)
class LauncherTest {
    private static final Path SCRIPTS = Path.of("src/main/dist/bin");

    @TempDir
    private Path home;

    @BeforeEach
    void install() throws IOException {
        assumeTrue(File.separatorChar == '/', "bin/gufo is for POSIX systems");
        Path bin = Files.createDirectories(home.resolve("bin"));
        for (String script : List.of("gufo", "java-home.sh")) {
            Files.copy(SCRIPTS.resolve(script), bin.resolve(script));
        }
        assertThat(bin.resolve("gufo").toFile().setExecutable(true)).isTrue();
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes()
                .put(
                        Attributes.Name.CLASS_PATH,
                        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                                .map(entry -> Path.of(entry).toUri().toString())
                                .collect(Collectors.joining(" ")));
        Path jar = Files.createDirectories(home.resolve("lib")).resolve("gufo.jar");
        try (OutputStream file = Files.newOutputStream(jar)) {
            new JarOutputStream(file, manifest).close();
        }
    }

    /** Without a locale Java takes names of files for ASCII, and finds none that has other letters. */
    @Test
    void aModelWithAnAccentInItsNameIsServedWithoutALocale() throws IOException, InterruptedException {
        for (Map<String, String> locale : List.of(Map.<String, String>of(), Map.of("LC_ALL", "C"))) {
            Path folder = Files.createDirectories(home.resolve("run" + locale.size()));
            Path models = Files.createDirectory(folder.resolve("models"));
            RandomModel.write(ModelShape.TINY, 1, models.resolve("plain.gguf"));
            // Bash names the file, since the Java of this test may have no such locale either.
            Process named = new ProcessBuilder("bash", "-c", "mv plain.gguf $'Mod\\xc3\\xa8le.gguf'")
                    .directory(models.toFile())
                    .inheritIO()
                    .start();
            assertThat(named.waitFor()).isZero();
            var command = new ProcessBuilder(
                    home.resolve("bin/gufo").toString(),
                    "serve",
                    "--port",
                    "0",
                    "--models-dir",
                    models.toString(),
                    "--natives",
                    System.getProperty("gufo.natives"),
                    "--data-dir",
                    folder.toString());
            command.environment().clear();
            command.environment().put("PATH", "/usr/bin:/bin");
            command.environment().put("JAVA_HOME", System.getProperty("java.home"));
            command.environment().putAll(locale);
            try (RunningGufo gufo = RunningGufo.start(command, folder)) {
                assertThat(gufo.get("/v1/models").body()).contains("\"Mod\u00e8le\"");
                HttpResponse<String> chat = gufo.chat(
                        "{\"model\":\"Mod\u00e8le\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
                assertThat(chat.statusCode()).as(chat.body()).isEqualTo(200);
            }
        }
    }

    /**
     * A worker would run the old classes, and not understand the server. Times tell nothing: an archive keeps old ones.
     */
    @Test
    void aStartCacheOfOtherJarsIsLeftAlone() throws IOException, InterruptedException {
        Path java = Files.createDirectories(home.resolve("java/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\necho \"$@\"\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Files.writeString(
                home.resolve("java/release"),
                "JAVA_VERSION=\"25\"\nIMPLEMENTOR=\"Test\"\nJAVA_RUNTIME_VERSION=\"25+1\"\n");
        Path cache = Files.createDirectories(home.resolve("cache/_Test__25+1_"));
        Files.writeString(cache.resolve("server.aot"), "classes");
        assertThat(options()).as("a cache that does not tell its jars").doesNotContain("AOTCache");

        Files.writeString(cache.resolve("jars"), bash(". bin/java-home.sh; jars_identity lib"));
        assertThat(options()).contains("-XX:AOTCache=" + cache.resolve("server.aot"));

        Path jar = home.resolve("lib/gufo.jar");
        byte[] other = Files.readAllBytes(jar);
        other[other.length / 2] ^= 1;
        Files.write(jar, other);
        Files.setLastModifiedTime(jar, FileTime.fromMillis(0));
        assertThat(options()).doesNotContain("AOTCache");
    }

    /** What the launcher starts Java with. */
    private String options() throws IOException, InterruptedException {
        return bash("JAVA_HOME=java bin/gufo serve");
    }

    private String bash(String line) throws IOException, InterruptedException {
        Process bash = new ProcessBuilder("bash", "-c", line)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .start();
        String text = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(text).isZero();
        return text;
    }
}
