package dev.gufo.engine;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A LoRA adapter that is loaded with a model.
 *
 * @param id what requests call it; 1 to 64 letters, digits and {@code . _ -}
 * @param file a GGUF file, validated before any native code sees it
 */
public record AdapterSource(String id, Path file) {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    public AdapterSource {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "an adapter's id must be 1 to 64 letters, digits and . _ -, is '%s'".formatted(id));
        }
    }

    /** The same list, after checking that no id occurs twice. */
    static List<AdapterSource> distinct(List<AdapterSource> sources) {
        Set<String> ids = new HashSet<>();
        for (AdapterSource source : sources) {
            if (!ids.add(source.id())) {
                throw new IllegalArgumentException("two adapters have the id '%s'".formatted(source.id()));
            }
        }
        return List.copyOf(sources);
    }
}
