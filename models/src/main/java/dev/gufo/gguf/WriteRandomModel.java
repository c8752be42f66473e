package dev.gufo.gguf;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Writes a {@link RandomModel} from the command line: {@code tiny|270m|1.5b|8b PATH [f16|q8_0|q4_0|q4_k_m]}. */
public final class WriteRandomModel {
    private static final long SEED = 1;

    private WriteRandomModel() {}

    /** Runs with the arguments shape, path and, if other than {@code q8_0}, type. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 2 || arguments.length > 3) {
            throw new IllegalArgumentException("usage: tiny|270m|1.5b|8b PATH [f16|q8_0|q4_0|q4_k_m]");
        }
        write(arguments[0], arguments.length == 3 ? arguments[2] : "q8_0", Path.of(arguments[1]));
    }

    /**
     * Writes the model that these words of the command line name; always the same bytes.
     *
     * @throws IllegalArgumentException if there is no such shape or type
     */
    public static void write(String shape, String type, Path path) throws IOException {
        RandomModel.write(shape(shape).as(type(type)), SEED, path);
    }

    private static GgmlType type(String name) {
        return name.equals("q4_k_m") ? GgmlType.Q4_K : GgmlType.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private static ModelShape shape(String name) {
        return switch (name) {
            case "tiny" -> ModelShape.TINY;
            case "270m" -> ModelShape.M270;
            case "1.5b" -> ModelShape.B1_5;
            case "8b" -> ModelShape.B8;
            default -> throw new IllegalArgumentException("no shape is called " + name);
        };
    }
}
