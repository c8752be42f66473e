package dev.gufo.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gufo.engine.cores.Cores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The threads of a context, as the kernel sees them. */
@Timeout(120)
class ThreadpoolTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
    private static final Pattern ALLOWED = Pattern.compile("(?m)^Cpus_allowed_list:\\s*(\\S+)$");

    private final Cores cores = Cores.ofThisProcess();

    @Test
    void aDecodeOnAllCoresHasEachThreadOnACoreOfItsOwnAndNoOtherDecodeHas() throws IOException {
        int count = cores.cores().size();
        assumeTrue(count > 1, "one core");
        try (LlamaModel model = LlamaModel.load(LlamaLibrary.load(NATIVES), DEMO, 0, percent -> {});
                LlamaContext context = model.newContext(new ContextLimits(1, 256, 16, 16, 1, count));
                TokenBatch batch = context.newBatch()) {
            Threadpool threads = context.threads();
            List<Long> tasks = threads.tasks();
            String anywhere = allowed(tasks.getFirst());
            assertThat(tasks).hasSize(count).doesNotHaveDuplicates();
            assertThat(tasks).allSatisfy(task -> assertThat(allowed(task)).isEqualTo(anywhere));

            threads.useApart(cores.cores(), cores.allowed());
            batch.add(300, 0, 0, true);
            assertThat(context.decode(batch)).isTrue();
            List<Long> helpers = tasks.subList(1, count);
            assertThat(helpers).allSatisfy(task -> assertThat(allowed(task)).isNotEqualTo(anywhere));
            assertThat(helpers.stream().map(ThreadpoolTest::allowed)).doesNotHaveDuplicates();
            assertThat(allowed(tasks.getFirst())).isEqualTo(anywhere); // only while it decodes
            int expected = context.mostLikely(0);

            threads.use(1);
            batch.clear();
            context.forget(0, 0);
            batch.add(300, 0, 0, true);
            assertThat(context.decode(batch)).isTrue();
            assertThat(tasks).allSatisfy(task -> assertThat(allowed(task)).isEqualTo(anywhere));
            assertThat(context.mostLikely(0)).isEqualTo(expected);
            assertThat(threads.computedNanos()).isPositive();
        }
    }

    private static String allowed(long task) {
        try {
            Matcher matcher = ALLOWED.matcher(Files.readString(Path.of("/proc/self/task/" + task + "/status")));
            assertThat(matcher.find()).isTrue();
            return matcher.group(1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
