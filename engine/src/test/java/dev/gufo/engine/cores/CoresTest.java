package dev.gufo.engine.cores;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many threads a model gets if nobody says, on machines made of files. */
class CoresTest {
    private static final int MANY = 1_024;

    @TempDir
    private Path root;

    private void file(String path, String content) {
        Path file = root.resolve(path);
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void allowed(String cpus) {
        file("proc/self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + cpus + "\nThreads:\t3\n");
    }

    private void siblings(int cpu, String list) {
        file("sys/devices/system/cpu/cpu" + cpu + "/topology/core_cpus_list", list + "\n");
    }

    private int threads() {
        return Cores.read(root, MANY).threads();
    }

    @Test
    void hardwareThreadsOfOneCoreCountOnce() {
        allowed("0-7");
        for (int cpu = 0; cpu < 8; cpu++) {
            siblings(cpu, "%d,%d".formatted(cpu % 4, cpu % 4 + 4));
        }
        Cores cores = Cores.read(root, MANY);
        assertThat(cores.threads()).isEqualTo(4);
        assertThat(cores.cores().get(1)).containsExactly(1, 5);
        assertThat(cores.allowed()).hasSize(8);
    }

    @Test
    void kernelsBefore53NameSiblingsOtherwise() {
        allowed("0-3");
        for (int cpu = 0; cpu < 4; cpu++) {
            file(
                    "sys/devices/system/cpu/cpu" + cpu + "/topology/thread_siblings_list",
                    cpu / 2 * 2 + "-" + (cpu / 2 * 2 + 1) + "\n");
        }
        assertThat(threads()).isEqualTo(2);
    }

    @Test
    void onlyCpusCountThatTheProcessMayRunOn() {
        allowed("1,4-5");
        for (int cpu = 0; cpu < 8; cpu++) {
            siblings(cpu, "%d,%d".formatted(cpu % 4, cpu % 4 + 4));
        }
        Cores cores = Cores.read(root, MANY);
        assertThat(cores.threads()).isEqualTo(2); // 1 and 5 are one core, of 4's core 0 is not allowed
        assertThat(cores.cores().getFirst()).containsExactly(1, 5);
        assertThat(cores.cores().getLast()).containsExactly(4);
    }

    @Test
    void ofFastAndSlowCoresTheFastOnesCount() {
        allowed("0-7");
        file("sys/devices/cpu_core/cpus", "0-3\n");
        file("sys/devices/cpu_atom/cpus", "4-7\n");
        siblings(0, "0-1");
        siblings(1, "0-1");
        siblings(2, "2-3");
        siblings(3, "2-3");
        assertThat(threads()).isEqualTo(2);
    }

    @Test
    void aSystemThatTellsNothingHasWhatTheJvmCounts() {
        assertThat(Cores.read(root, 6).threads()).isEqualTo(6);
    }

    @Test
    void theJvmIsNeverToldOff() {
        allowed("0-7");
        assertThat(Cores.read(root, 3).threads()).isEqualTo(3); // -XX:ActiveProcessorCount=3
    }

    @Test
    void aListThatIsNoneIsNoList() {
        allowed("0-x");
        assertThat(Cores.read(root, 5).threads()).isEqualTo(5);
        allowed("0-99999999");
        assertThat(Cores.read(root, 5).threads()).isEqualTo(5);
    }

    @Test
    void aContainersQuotaIsALimitAndItsFractionIsLeftOver() {
        allowed("0-15");
        group2("/", "/");
        file("sys/fs/cgroup/cpu.max", "350000 100000\n");
        assertThat(threads()).isEqualTo(3);
        file("sys/fs/cgroup/cpu.max", "50000 100000\n");
        assertThat(threads()).isEqualTo(1);
        file("sys/fs/cgroup/cpu.max", "max 100000\n");
        assertThat(threads()).isEqualTo(16);
        file("sys/fs/cgroup/cpu.max", "9900000 100000\n");
        assertThat(threads()).isEqualTo(16);
    }

    @Test
    void theLeastQuotaOfNestedGroupsCounts() {
        allowed("0-15");
        group2("/", "/kube/pod/server");
        file("sys/fs/cgroup/kube/pod/server/cpu.max", "max 100000\n");
        file("sys/fs/cgroup/kube/pod/cpu.max", "400000 100000\n");
        file("sys/fs/cgroup/kube/cpu.max", "800000 100000\n");
        assertThat(threads()).isEqualTo(4);
    }

    @Test
    void aGroupThatIsMountedAsTheRootIsFound() {
        allowed("0-15");
        group2("/docker/abc", "/docker/abc/inner"); // the host's names, the container's mount
        file("sys/fs/cgroup/cpu.max", "600000 100000\n");
        file("sys/fs/cgroup/inner/cpu.max", "200000 100000\n");
        assertThat(threads()).isEqualTo(2);
    }

    @Test
    void theFirstVersionOfControlGroupsIsReadToo() {
        allowed("0-15");
        file("proc/self/cgroup", "9:cpuset:/other\n4:cpu,cpuacct:/docker/abc\n0::/\n");
        file("proc/self/mountinfo", """
                30 25 0:27 / /sys/fs/cgroup ro - tmpfs tmpfs ro
                35 30 0:32 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
                36 30 0:33 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
                """);
        file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
        file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
        assertThat(threads()).isEqualTo(16);
        file("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n");
        file("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "50000\n");
        assertThat(threads()).isEqualTo(5);
    }

    @Test
    void aGroupOutsideOfWhatIsMountedIsNotLookedFor() {
        allowed("0-15");
        group2("/", "/../../elsewhere");
        file("sys/fs/cgroup/cpu.max", "300000 100000\n");
        file("sys/elsewhere/cpu.max", "100000 100000\n");
        assertThat(threads()).isEqualTo(3);
    }

    private void group2(String mounted, String group) {
        file("proc/self/cgroup", "0::" + group + "\n");
        file(
                "proc/self/mountinfo",
                "29 23 0:26 " + mounted + " /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
    }
}
