package dev.gufo.gguf;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The short name of how a model's weights are stored, as its file states it or its tensors show it. */
final class Quantization {
    private Quantization() {}

    /** The label of the file type that {@code general.file_type} states, otherwise the type of most weights. */
    static String label(GgufFile first, List<GgufTensor> tensors) {
        String stated = labelOf(first.integer("general.file_type").orElse(-1));
        return stated.isEmpty() ? mostFrequent(tensors) : stated;
    }

    private static String mostFrequent(List<GgufTensor> tensors) {
        Map<GgmlType, Long> elements = new EnumMap<>(GgmlType.class);
        for (GgufTensor tensor : tensors) {
            elements.merge(tensor.type(), tensor.elements(), Long::sum);
        }
        return elements.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(most -> most.getKey().name())
                .orElse("unknown");
    }

    /** Values of {@code llama_ftype}, llama.h of llama.cpp 0.5.0; empty for others. */
    private static String labelOf(long fileType) {
        return switch (Math.clamp(fileType, -1, Integer.MAX_VALUE)) {
            case 0 -> "F32";
            case 1 -> "F16";
            case 2 -> "Q4_0";
            case 3 -> "Q4_1";
            case 7 -> "Q8_0";
            case 8 -> "Q5_0";
            case 9 -> "Q5_1";
            case 10 -> "Q2_K";
            case 11 -> "Q3_K_S";
            case 12 -> "Q3_K_M";
            case 13 -> "Q3_K_L";
            case 14 -> "Q4_K_S";
            case 15 -> "Q4_K_M";
            case 16 -> "Q5_K_S";
            case 17 -> "Q5_K_M";
            case 18 -> "Q6_K";
            case 19 -> "IQ2_XXS";
            case 20 -> "IQ2_XS";
            case 21 -> "Q2_K_S";
            case 22 -> "IQ3_XS";
            case 23 -> "IQ3_XXS";
            case 24 -> "IQ1_S";
            case 25 -> "IQ4_NL";
            case 26 -> "IQ3_S";
            case 27 -> "IQ3_M";
            case 28 -> "IQ2_S";
            case 29 -> "IQ2_M";
            case 30 -> "IQ4_XS";
            case 31 -> "IQ1_M";
            case 32 -> "BF16";
            case 36 -> "TQ1_0";
            case 37 -> "TQ2_0";
            case 38 -> "MXFP4_MOE";
            case 39 -> "NVFP4";
            case 40 -> "Q1_0";
            case 41 -> "Q2_0";
            default -> "";
        };
    }
}
