package dev.gufo.server.cli;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.KvType;
import dev.gufo.engine.SplitMode;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.natives.NativesChoice;
import dev.gufo.server.boot.UsageException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/**
 * How models lie in memory and on which devices: options that {@code gufo serve} and {@code gufo plan} share, filled by
 * picocli.
 */
final class ComputeOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--backend",
            paramLabel = "auto|cpu|cuda|vulkan",
            defaultValue = "auto",
            description =
                    "Which installed libraries to use; auto takes CUDA where a GPU and its driver are, else Vulkan where its"
                            + " libraries find a GPU that is no software device, else the CPU's" + DEFAULT)
    String backend = "";

    @Option(
            names = "--require-gpu",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "false",
            paramLabel = "true|false",
            description = "Fail rather than run on the CPU alone.")
    boolean requireGpu;

    @Option(
            names = "--kv-type",
            paramLabel = "f16|q8_0|q4_0",
            description =
                    "How the KV cache stores keys and values; two of them with a slash, as q8_0/f16, are for keys and values"
                            + DEFAULT)
    String kvType = word(ComputeSettings.DEFAULT.keys());

    @Option(
            names = "--kv",
            paramLabel = "auto|split|shared",
            description =
                    "How sequences share the KV cache: each has --ctx-size tokens of its own, or all take tokens of one pool"
                            + " of --parallel times as many" + DEFAULT)
    String kvLayout = word(ComputeSettings.DEFAULT.kvLayout());

    @Option(
            names = "--swa-full",
            paramLabel = "auto|on|off",
            description =
                    "Whether layers with a sliding window keep the whole context in the KV cache; auto does where --cache-ram is 0, since"
                            + " checkpoints have no place then" + DEFAULT)
    String swaFull = word(ComputeSettings.DEFAULT.swaFull());

    @Option(
            names = "--flash-attention",
            paramLabel = "auto|on|off",
            description = "Whether attention is computed in tiles, which needs less memory" + DEFAULT)
    String flashAttention = word(ComputeSettings.DEFAULT.flashAttention());

    @Option(
            names = "--split-mode",
            paramLabel = "none|layer|row",
            description =
                    "How a model is spread over several GPUs: not, by layers, or by rows of its matrices" + DEFAULT)
    String splitMode = word(ComputeSettings.DEFAULT.splitMode());

    @Option(
            names = "--tensor-split",
            paramLabel = "A/B/...",
            defaultValue = "",
            description = "Shares of the GPUs, as 3/1 (default: by their free memory).")
    String tensorSplit = "";

    @Option(
            names = "--main-gpu",
            paramLabel = "N",
            description = "The GPU for everything with --split-mode none, from 0" + DEFAULT)
    int mainGpu = ComputeSettings.DEFAULT.mainGpu();

    /** @throws UsageException if a word is none of those that are known */
    ComputeSettings settings() {
        List<String> types = Arrays.asList(kvType.split("[/,]", -1));
        if (types.size() > 2) {
            throw new UsageException("--kv-type takes one type, or two with a slash, not " + kvType);
        }
        return new ComputeSettings(
                word(KvType.class, "--kv-type", types.getFirst()),
                word(KvType.class, "--kv-type", types.getLast()),
                word(KvLayout.class, "--kv", kvLayout),
                word(SwaFull.class, "--swa-full", swaFull),
                word(FlashAttention.class, "--flash-attention", flashAttention),
                word(SplitMode.class, "--split-mode", splitMode),
                shares(),
                mainGpu,
                requireGpu);
    }

    NativesChoice.Wish wish() {
        return word(NativesChoice.Wish.class, "--backend", backend);
    }

    private List<Float> shares() {
        if (tensorSplit.isBlank()) {
            return List.of();
        }
        try {
            return Arrays.stream(tensorSplit.split("[/,]", -1))
                    .map(share -> Float.valueOf(share.strip()))
                    .toList();
        } catch (NumberFormatException e) {
            throw new UsageException("--tensor-split must be numbers with slashes, is " + tensorSplit);
        }
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static <E extends Enum<E>> E word(Class<E> type, String option, String word) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> word(constant).equals(word))
                .findFirst()
                .orElseThrow(() -> new UsageException("%s must be one of %s, is %s"
                        .formatted(
                                option,
                                Arrays.stream(type.getEnumConstants())
                                        .map(ComputeOptions::word)
                                        .collect(Collectors.joining(", ")),
                                word)));
    }
}
