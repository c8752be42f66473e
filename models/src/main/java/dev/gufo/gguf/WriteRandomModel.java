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
        ModelShape shape = shape(arguments[0]);
        if (arguments.length == 3) {
            shape = shape.as(type(arguments[2]));
        }
        RandomModel.write(shape, SEED, Path.of(arguments[1]));
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
