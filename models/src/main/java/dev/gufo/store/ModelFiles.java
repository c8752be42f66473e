package dev.gufo.store;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of one model: one, or the shards {@code NAME-00001-of-0000N.gguf} that llama.cpp splits large models into.
 *
 * @param folder where they lie
 * @param name without {@code .gguf} and shard
 * @param shardCount how many there must be; 0 for a file that is no shard
 * @param byNumber those that are there, by their number from 1
 */
record ModelFiles(Path folder, String name, int shardCount, SortedMap<Integer, Path> byNumber) {
    static final String SUFFIX = ".gguf";

    /** llama.cpp finds the other shards by this very ending. */
    private static final Pattern SHARD = Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})\\.gguf");

    /** Puts shards of one model together. */
    static List<ModelFiles> group(Path folder, List<Path> files) {
        Map<String, ModelFiles> groups = new TreeMap<>();
        for (Path file : files) {
            String fileName = file.getFileName().toString();
            Matcher shard = SHARD.matcher(fileName);
            boolean isShard = shard.matches() && isInRange(shard.group(2), shard.group(3));
            String name = isShard ? shard.group(1) : withoutSuffix(fileName);
            int count = isShard ? Integer.parseInt(shard.group(3)) : 0;
            groups.computeIfAbsent(
                            "%s/%d".formatted(name, count), _ -> new ModelFiles(folder, name, count, new TreeMap<>()))
                    .byNumber
                    .put(isShard ? Integer.parseInt(shard.group(2)) : 1, file);
        }
        return List.copyOf(groups.values());
    }

    private static boolean isInRange(String number, String count) {
        return Integer.parseInt(number) >= 1 && Integer.parseInt(number) <= Integer.parseInt(count);
    }

    /** Whether a file's name ends with {@code .gguf}, in large or small letters. */
    static boolean hasSuffix(String fileName) {
        return fileName.regionMatches(true, fileName.length() - SUFFIX.length(), SUFFIX, 0, SUFFIX.length());
    }

    private static String withoutSuffix(String fileName) {
        return hasSuffix(fileName) ? fileName.substring(0, fileName.length() - SUFFIX.length()) : fileName;
    }

    List<Path> present() {
        return List.copyOf(byNumber.values());
    }

    Path first() {
        return shardCount == 0 ? requireNonNull(byNumber.get(1)) : folder.resolve(shardName(1));
    }

    /** Names of the shards that should be there and are not. */
    List<String> missing() {
        List<String> missing = new ArrayList<>();
        for (int number = 1; number <= shardCount; number++) {
            if (!byNumber.containsKey(number)) {
                missing.add(shardName(number));
            }
        }
        return missing;
    }

    private String shardName(int number) {
        return "%s-%05d-of-%05d%s".formatted(name, number, shardCount, SUFFIX);
    }
}
