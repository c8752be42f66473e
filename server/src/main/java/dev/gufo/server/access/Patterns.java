package dev.gufo.server.access;

import java.util.List;

/**
 * A list of allowed names, in which {@code *} stands for any characters.
 *
 * @param patterns none allows everything
 */
public record Patterns(List<String> patterns) {
    /** Allows everything. */
    public static final Patterns ALL = new Patterns(List.of());

    public Patterns {
        patterns = List.copyOf(patterns);
        if (patterns.size() > 100) {
            throw new IllegalArgumentException("at most 100 patterns, these are %d".formatted(patterns.size()));
        }
        for (String pattern : patterns) {
            if (pattern.isBlank() || pattern.length() > 200) {
                throw new IllegalArgumentException("a pattern has 1 to 200 characters");
            }
        }
    }

    /** Whether one of them matches the whole name. */
    public boolean allow(String name) {
        return patterns.isEmpty() || patterns.stream().anyMatch(pattern -> matches(pattern, name));
    }

    /** Goes back to the last star only, so the time is at most the product of both lengths. */
    private static boolean matches(String pattern, String name) {
        int p = 0;
        int n = 0;
        int star = -1;
        int covered = 0;
        while (n < name.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                covered = n;
            } else if (p < pattern.length() && pattern.charAt(p) == name.charAt(n)) {
                p++;
                n++;
            } else if (star >= 0) {
                p = star + 1;
                n = ++covered;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
