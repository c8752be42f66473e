package dev.gufo.engine.jllama;

import dev.gufo.engine.EngineException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * java-llama.cpp's native library in this process, where it is loaded once: a build of it in the folder for libraries
 * if there is one, else the one in its jar. Any thread.
 */
final class JllamaLibrary {
    /** For messages and fingerprints. */
    static final String VERSION = "java-llama.cpp 4.2.0 (llama.cpp b4916)";

    /**
     * What its llama.cpp can load and continue texts with, or make vectors with; names as in LLM_ARCH_NAMES,
     * llama-arch.cpp of b4916. Those that need an encoder first are left out.
     */
    private static final Set<String> ARCHITECTURES = Set.of(
            ("llama deci falcon grok gpt2 gptneox mpt baichuan starcoder refact bert nomic-bert jina-bert-v2 bloom stablelm qwen qwen2"
                            + " qwen2moe qwen2vl phi2 phi3 phimoe plamo codeshell orion internlm2 minicpm minicpm3 gemma gemma2 gemma3"
                            + " starcoder2 mamba xverse command-r cohere2 dbrx olmo olmo2 olmoe openelm arctic deepseek deepseek2 chatglm"
                            + " bitnet jais nemotron exaone rwkv6 rwkv6qwen2 rwkv7 arwkv7 granite granitemoe chameleon")
                    .split(" "));

    private static final Logger LOG = LoggerFactory.getLogger(JllamaLibrary.class);
    private static final String FILE = System.mapLibraryName("jllama");
    private static final String MODEL_CLASS = "de.kherud.llama.LlamaModel";

    // Read by the library's loader when its class is initialised.
    private static final String FOLDER_PROPERTY = "de.kherud.llama.lib.path";
    private static final String UNPACKING_PROPERTY = "de.kherud.llama.tmpdir";

    private static boolean loaded;

    private JllamaLibrary() {}

    /** Whether its llama.cpp knows models of this kind. */
    static boolean knows(String architecture) {
        return ARCHITECTURES.contains(architecture);
    }

    /** Whether a build of the library lies in this folder; it may be one for GPUs. */
    static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve(FILE));
    }

    /**
     * Loads the library if that was not done yet.
     *
     * @param folder takes precedence if {@link #isIn} it
     * @throws EngineException.Broken if it can't be loaded here
     */
    static synchronized void load(Path folder) {
        if (loaded) {
            return;
        }
        try {
            Path own = Files.createTempDirectory("gufo-jllama");
            System.setProperty(UNPACKING_PROPERTY, own.toString());
            try {
                if (isIn(folder)) {
                    LOG.info("{} from {}", FILE, folder);
                    loadNeighbours(folder);
                    initialise(folder);
                } else {
                    unpack(own.resolve(FILE));
                    initialise(own);
                }
            } finally {
                delete(own.resolve(FILE));
                delete(own);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new EngineException.Broken("%s can't be unpacked: %s".formatted(FILE, e.getMessage()), e);
        } catch (LinkageError e) {
            throw new EngineException.Broken("%s can't be loaded: %s".formatted(FILE, e.getMessage()), e);
        }
        loaded = true;
    }

    /**
     * Done here, since its own loader unpacks under a fixed name into the folder that all programs share for temporary
     * files, and deletes what it finds there whose name begins with "llama". It is given an empty folder for that.
     */
    private static void unpack(Path target) throws IOException {
        String name = System.getProperty("os.name");
        String system = name.startsWith("Windows") ? "Windows" : name.startsWith("Mac") ? "Mac" : name;
        String processor = switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "aarch64";
            case String other -> other;
        };
        String resource = "/de/kherud/llama/%s/%s/%s".formatted(system, processor, FILE);
        try (InputStream packed = JllamaLibrary.class.getResourceAsStream(resource)) {
            if (packed == null) {
                throw new UnsatisfiedLinkError("there is none for %s on %s".formatted(system, processor));
            }
            Files.copy(packed, target);
        }
    }

    /** The first use of this class loads the library, once and for all. */
    private static void initialise(Path folder) {
        System.setProperty(FOLDER_PROPERTY, folder.toAbsolutePath().toString());
        try {
            Class.forName(MODEL_CLASS, true, JllamaLibrary.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new LinkageError("its jar is not on the class path", e);
        }
    }

    /**
     * Loads what lies beside it (libggml, libllama), in whichever order it can be loaded; what can't may not be needed.
     */
    private static void loadNeighbours(Path folder) throws IOException {
        List<Path> missing = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> file.getFileName().toString().matches("(lib)?(ggml|llama)[^/]*\\.(so|dylib|dll)"))
                    .forEach(missing::add);
        }
        for (boolean progress = true; progress; ) {
            progress = missing.removeIf(JllamaLibrary::loads);
        }
        missing.forEach(file -> LOG.warn("{} can't be loaded", file));
    }

    @SuppressWarnings("restricted") // loading native code is what this class is for
    private static boolean loads(Path library) {
        try {
            System.load(library.toAbsolutePath().toString());
            return true;
        } catch (UnsatisfiedLinkError e) {
            LOG.debug("{} can't be loaded yet", library, e);
            return false;
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.debug("{} stays", path, e); // where a file that is in use can't be deleted
        }
    }
}
