package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server whose process may open no more files. */
@Timeout(180)
class NoDescriptorsTest {
    /** More than the server needs by itself, which has a file open for each jar of its class path. */
    private static final int MOST_FILES = 400;

    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    void aStreamGoesOnToItsEndWhileNoDescriptorIsLeftAndTheServerServesAgainAfterwards() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "this system does not tell of open files");
        List<String> command =
                new ArrayList<>(List.of("bash", "-c", "ulimit -n %d && exec \"$@\"".formatted(MOST_FILES), "limited"));
        command.addAll(RunningGufo.command(
                List.of(), folder, "--header-timeout", "10m", "--idle-timeout", "10m", "--model", "demo-chat"));
        String classes = System.getProperty("java.class.path");
        String packed = packed(classes);
        command.replaceAll(word -> word.equals(classes) ? packed : word);
        List<Socket> idle = new ArrayList<>();
        try (RunningGufo gufo = RunningGufo.start(new ProcessBuilder(command), folder)) {
            long worker = gufo.worker().pid();
            HttpResponse<Stream<String>> stream = gufo.stream(
                    "{\"stream\":true,\"n\":8,\"max_tokens\":1000,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
            try (Stream<String> lines = stream.body()) {
                Iterator<String> events = lines.filter(line -> !line.isEmpty()).iterator();
                assertThat(events.next()).startsWith("data: ");
                useUpDescriptors(gufo, idle);
                String last = "";
                int chunks = 0;
                while (events.hasNext()) {
                    last = events.next();
                    chunks++;
                }
                assertThat(openFiles(gufo))
                        .isGreaterThanOrEqualTo(MOST_FILES - 8); // still, apart from those that come and go
                assertThat(last)
                        .as(Files.readString(folder.resolve("stderr.log")))
                        .isEqualTo("data: [DONE]");
                assertThat(chunks).isGreaterThan(1_000); // a server with little time sends several tokens in one
            }
            for (Socket socket : idle) {
                socket.close();
            }
            HttpResponse<String> chat =
                    gufo.chat("{\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
            assertThat(chat.statusCode()).as(chat.body()).isEqualTo(200);
            await().atMost(SOON).until(() -> gufo.get("/ready").statusCode() == 200);
            assertThat(gufo.worker().pid()).isEqualTo(worker);
            assertThat(gufo.stop()).isZero();
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    /**
     * A class path of jars as the distribution has it. They stay open, while in a folder a file is opened for each
     * class that is loaded, and without a descriptor it is not found.
     */
    private String packed(String classPath) throws IOException {
        List<String> jars = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                Path jar = folder.resolve("classes-%d.jar".formatted(jars.size()));
                pack(path, jar);
                jars.add(jar.toString());
            } else {
                jars.add(entry);
            }
        }
        return String.join(File.pathSeparator, jars);
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (var out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(file -> !file.equals(classes)).toList()) {
                String name = classes.relativize(file).toString().replace(File.separatorChar, '/');
                boolean folder = Files.isDirectory(file); // they are looked for too, for what lies in them
                out.putNextEntry(new ZipEntry(folder ? name + "/" : name));
                if (!folder) {
                    Files.copy(file, out);
                }
                out.closeEntry();
            }
        }
    }

    /** Opens connections until the server can take no more; the kernel lets some wait, which take what becomes free. */
    private static void useUpDescriptors(RunningGufo gufo, List<Socket> idle) throws IOException {
        URI address = URI.create(gufo.baseUrl());
        await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(() -> {
            while (idle.size() < MOST_FILES && openFiles(gufo) < MOST_FILES - 1 && connected(address, idle)) {
                // one more
            }
            return openFiles(gufo) >= MOST_FILES - 1;
        });
        for (int i = 0; i < 20 && connected(address, idle); i++) {
            // one more
        }
    }

    /** Whether one more connection was taken; none is once the kernel's queue of those that wait is full. */
    private static boolean connected(URI address, List<Socket> idle) throws IOException {
        var socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), 250);
        } catch (SocketTimeoutException full) {
            socket.close();
            return false;
        }
        idle.add(socket);
        return true;
    }

    private static int openFiles(RunningGufo gufo) throws IOException {
        Path files = Path.of("/proc", String.valueOf(gufo.process().pid()), "fd");
        try (Stream<Path> open = Files.list(files)) {
            return Math.toIntExact(open.count());
        }
    }
}
