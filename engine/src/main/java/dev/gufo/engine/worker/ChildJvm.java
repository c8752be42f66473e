package dev.gufo.engine.worker;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * How this process starts a JVM for native code: with this program's classes, and with no more of the environment than
 * that code has use for. What the server is told in secret (its keys, a hub's token, passwords of databases) is not
 * among it.
 */
final class ChildJvm {
    /** Where things are and how to speak. */
    private static final Set<String> NAMES = Set.of(
            "PATH",
            "HOME",
            "USER",
            "LOGNAME",
            "LANG",
            "LANGUAGE",
            "TZ",
            "TMPDIR",
            "TMP",
            "TEMP",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "SYSTEMROOT",
            "WINDIR",
            "COMSPEC",
            "PATHEXT",
            "USERPROFILE",
            "APPDATA",
            "LOCALAPPDATA",
            "PROGRAMDATA",
            "NUMBER_OF_PROCESSORS");

    /** What drivers, libraries and the allocator are set by. */
    private static final List<String> PREFIXES = List.of(
            "LC_",
            "DYLD_",
            "XDG_",
            "GGML_",
            "OMP_",
            "GOMP_",
            "KMP_",
            "OPENBLAS_",
            "MKL_",
            "CUDA_",
            "CUBLAS_",
            "NVIDIA_",
            "NCCL_",
            "VK_",
            "MESA_",
            "HIP_",
            "HSA_",
            "ROCR_",
            "ROCBLAS_",
            "ROCM_",
            "SYCL_",
            "ONEAPI_",
            "ZE_",
            "MALLOC_",
            "GLIBC_TUNABLES");

    /** In a name of any of those families: NVIDIA_API_KEY, for instance. */
    private static final List<String> SECRET = List.of("KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH");

    private ChildJvm() {}

    /**
     * A process that is not started yet; what it writes to its error output goes to its output.
     *
     * @param options of the JVM
     * @param arguments of the main class
     */
    static ProcessBuilder of(List<String> options, String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        keepNeeded(builder.environment());
        return builder;
    }

    static void keepNeeded(Map<String, String> environment) {
        environment.keySet().removeIf(name -> !isNeeded(name.toUpperCase(Locale.ROOT)));
    }

    private static boolean isNeeded(String name) {
        return NAMES.contains(name)
                || (PREFIXES.stream().anyMatch(name::startsWith)
                        && SECRET.stream().noneMatch(name::contains));
    }
}
