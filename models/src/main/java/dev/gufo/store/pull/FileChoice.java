package dev.gufo.store.pull;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which files of a repository make the model that is wanted. */
final class FileChoice {
    /**
     * Tried in this order if the name says nothing: most quality for its size first, then what is larger, then what is
     * smaller.
     */
    private static final List<String> USUAL = List.of(
            "Q4_K_M", "Q8_0", "Q5_K_M", "Q6_K", "Q4_K_S", "Q4_0", "IQ4_XS", "Q5_K_S", "Q3_K_M", "BF16", "F16", "F32");

    private static final Pattern SHARD = Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})\\.gguf");

    private final String repository;
    private final Map<String, List<Listed>> models = new TreeMap<>(); // by path without .gguf and shard

    /** A file as the hub lists it. */
    record Listed(String path, OptionalLong bytes, Optional<String> sha256) {}

    FileChoice(String repository, List<Listed> files) {
        this.repository = repository;
        for (Listed file : files) {
            if (!name(file.path()).toLowerCase(Locale.ROOT).startsWith("mmproj")) { // the eyes of a model, no model
                models.computeIfAbsent(modelOf(file.path()), _ -> new ArrayList<>())
                        .add(file);
            }
        }
        models.values().forEach(shards -> shards.sort((one, other) -> one.path().compareTo(other.path())));
    }

    /**
     * The files of one model, in the order of shards.
     *
     * @throws PullException if there is none, more than one, or not all of it; it lists what there is
     */
    List<Listed> of(PullSource.Hub wanted) throws PullException {
        if (models.isEmpty()) {
            throw new PullException("%s holds no GGUF files".formatted(repository));
        }
        if (wanted.file().isPresent()) {
            return atPath(wanted.file().get());
        }
        if (wanted.quantization().isPresent()) {
            return only(
                    stored(wanted.quantization().get()), wanted.quantization().get());
        }
        if (models.size() == 1) {
            return complete(models.keySet().iterator().next());
        }
        for (String usual : USUAL) {
            List<String> found = stored(usual);
            if (!found.isEmpty()) {
                return only(found, usual);
            }
        }
        throw new PullException("%s holds several models: say which of %s".formatted(repository, known()));
    }

    private List<Listed> atPath(String path) throws PullException {
        String model = modelOf(path);
        boolean isThere = models.getOrDefault(model, List.of()).stream()
                .anyMatch(file -> file.path().equals(path));
        if (!isThere) {
            throw new PullException("%s has no file %s, but %s".formatted(repository, path, known()));
        }
        return complete(model);
    }

    private List<Listed> only(List<String> found, String quantization) throws PullException {
        if (found.size() == 1) {
            return complete(found.getFirst());
        }
        throw new PullException(
                (found.isEmpty() ? "%s has nothing in %s, but %s" : "%s has several files in %s: say which of %s")
                        .formatted(repository, quantization, found.isEmpty() ? known() : String.join(", ", found)));
    }

    private List<Listed> complete(String model) throws PullException {
        List<Listed> shards = requireNonNull(models.get(model));
        Matcher first = SHARD.matcher(shards.getFirst().path());
        int expected = first.matches() ? Integer.parseInt(first.group(3)) : 1;
        if (shards.size() != expected) {
            throw new PullException(
                    "%s holds %d files of %s, which has %d".formatted(repository, shards.size(), model, expected));
        }
        return List.copyOf(shards);
    }

    /** Models whose name, or whose folder's, ends with a quantization. */
    private List<String> stored(String quantization) {
        String wanted = quantization.toUpperCase(Locale.ROOT);
        return models.keySet().stream()
                .filter(model -> {
                    String upper = model.toUpperCase(Locale.ROOT);
                    return upper.matches("(.*[-._/])?" + Pattern.quote(wanted)) || upper.contains(wanted + "/");
                })
                .toList();
    }

    private String known() {
        return models.keySet().stream().map(model -> model + ".gguf").collect(Collectors.joining(", "));
    }

    private static String modelOf(String path) {
        Matcher shard = SHARD.matcher(path);
        return shard.matches() ? shard.group(1) : path.substring(0, Math.max(0, path.length() - ".gguf".length()));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
