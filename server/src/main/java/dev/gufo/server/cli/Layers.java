package dev.gufo.server.cli;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What an option is when the command line does not say: the environment's value, else the settings file's, else its
 * default.
 */
final class Layers implements IDefaultValueProvider {
    /**
     * Stands between the values of a list on their way through picocli: ASCII's unit separator, which is never typed.
     */
    static final String SEPARATOR = "\u001f";

    private final Map<String, String> environment;
    private final Optional<SettingsFile> file;
    private final Map<String, Origin> origins = new HashMap<>();

    private record Origin(String place, List<String> values) {}

    Layers(Map<String, String> environment, Optional<SettingsFile> file) {
        this.environment = Map.copyOf(environment);
        this.file = file;
    }

    /** The key of an option in the settings file: {@code ctx-size} for {@code --ctx-size}. */
    static String key(OptionSpec option) {
        return option.longestName().substring(2);
    }

    /** The variable of an option: {@code GUFO_CTX_SIZE} for {@code --ctx-size}. */
    static String variable(OptionSpec option) {
        return "GUFO_" + key(option).toUpperCase(Locale.ROOT).replace('-', '_');
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option) || !option.longestName().startsWith("--")) {
            return null;
        }
        return origin(option)
                .map(origin -> {
                    origins.put(option.longestName(), origin);
                    // picocli would take ${x} in a default for a variable of its own
                    return String.join(SEPARATOR, origin.values()).replace("${", "$${");
                })
                .orElse(null);
    }

    private Optional<Origin> origin(OptionSpec option) {
        String variable = variable(option);
        String set = environment.getOrDefault(variable, "").strip();
        if (!set.isEmpty()) {
            List<String> values = option.isMultiValue()
                    ? Arrays.stream(set.split(",", -1))
                            .map(String::strip)
                            .filter(value -> !value.isEmpty())
                            .collect(Collectors.toList())
                    : List.of(set);
            return Optional.of(new Origin(variable, values));
        }
        return file.flatMap(settings -> Optional.ofNullable(settings.values().get(key(option)))
                .filter(values -> !values.isEmpty())
                .map(values -> new Origin("'%s' in %s".formatted(key(option), settings.path()), values)));
    }

    /**
     * Where a value that picocli could not use came from.
     *
     * @return empty if it was the command line
     */
    Optional<String> placeOf(ArgSpec argument, String value) {
        return argument instanceof OptionSpec option
                ? Optional.ofNullable(origins.get(option.longestName()))
                        .filter(origin -> origin.values().contains(value))
                        .map(Origin::place)
                : Optional.empty();
    }
}
