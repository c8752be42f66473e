package dev.gufo.server.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes that lose a thread, with the JVM options of the launcher and of the image. */
@Timeout(120)
class LostThreadsTest {
    /** The checkout: the models folder of the tests is in it. */
    private static final Path ROOT = Path.of(System.getProperty("gufo.models")).getParent();

    private static final Path LAUNCHER = ROOT.resolve("server/src/main/dist/bin/gufo");

    @Test
    void anErrorOfAServiceThreadEndsTheProcess() throws Exception {
        Process process = start(launcherOptions(), "error");
        assertThat(process.errorReader(StandardCharsets.UTF_8).lines())
                .anyMatch(line -> line.contains("ends with status 70") && line.contains("StackOverflowError"));
        assertThat(end(process)).isEqualTo(LostThreads.STATUS);
    }

    @Test
    void anExceptionOrARequestsErrorDoesNot() throws Exception {
        Process process = start(launcherOptions(), "exception");
        try {
            Stream<String> log = process.inputReader(StandardCharsets.UTF_8).lines(); // where tests log
            assertThat(log.filter(line -> line.contains("ended unexpectedly")).limit(2))
                    .hasSize(2);
            assertThat(process.isAlive()).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aLackOfMemoryEndsTheProcessWhicheverThreadHasIt() throws Exception {
        Process process = start(launcherOptions(), "memory");
        assertThat(process.errorReader(StandardCharsets.UTF_8).lines())
                .anyMatch(line -> line.contains("OutOfMemoryError"));
        assertThat(end(process)).isEqualTo(3);
    }

    @Test
    void theImageHasTheLaunchersOptions() throws IOException {
        String image = Files.readString(ROOT.resolve("Dockerfile.cuda"));
        String entry = image.lines()
                .filter(line -> line.startsWith("ENTRYPOINT"))
                .findFirst()
                .orElseThrow();
        assertThat(launcherOptions()).contains("-XX:+ExitOnOutOfMemoryError");
        launcherOptions().stream()
                .filter(option -> option.startsWith("-X") && !option.startsWith("-Xlog"))
                .forEach(option -> assertThat(entry).contains('"' + option + '"'));
    }

    private static List<String> launcherOptions() throws IOException {
        Matcher options = Pattern.compile("(?<=\\s)(-X\\S+|--enable-native-access\\S+)(?=\\s)")
                .matcher(Files.readString(LAUNCHER).replaceAll("(?m)^(#.*|.*options.*)$", ""));
        return options.results().map(found -> found.group(1)).toList();
    }

    private static Process start(List<String> javaOptions, String how) throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(javaOptions);
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), "dev.gufo.server.threads.DyingProcess", how));
        return new ProcessBuilder(command).start();
    }

    private static int end(Process process) throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
