package dev.gufo.server.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.gufo.server.boot.ModelTable;
import dev.gufo.server.boot.Reasons;
import dev.gufo.server.boot.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a settings file says: a YAML mapping from option names to values, or to lists of them where an option may be
 * repeated.
 *
 * @param path the file
 * @param values by option name without dashes, as written: {@code 007} stays {@code 007}
 */
record SettingsFile(Path path, Map<String, List<String>> values) {
    /**
     * Reads and checks a file.
     *
     * @param repeatable option names without dashes, and whether each takes several values
     * @throws UsageException with one sentence that names file, line and key, if anything is not as it should be
     */
    static SettingsFile read(Path path, Map<String, Boolean> repeatable) {
        var values = new LinkedHashMap<String, List<String>>();
        try (JsonParser yaml = new YAMLFactory().createParser(Files.readString(path))) {
            JsonToken start = yaml.nextToken();
            if (start == null || start == JsonToken.VALUE_NULL) {
                return new SettingsFile(path, values); // nothing but comments
            }
            if (start != JsonToken.START_OBJECT) {
                throw wrong(path, yaml, "a mapping of option names to values is expected");
            }
            while (yaml.nextToken() == JsonToken.FIELD_NAME) {
                String key = yaml.currentName();
                if (ModelTable.SECTIONS.contains(key)) {
                    yaml.nextToken();
                    yaml.skipChildren(); // read where it is needed
                    continue;
                }
                if (!repeatable.containsKey(key)) {
                    throw wrong(path, yaml, "unknown key '%s'%s".formatted(key, meant(key, repeatable.keySet())));
                }
                if (values.containsKey(key)) {
                    throw wrong(path, yaml, "'%s' is set twice".formatted(key));
                }
                values.put(key, readValue(path, yaml, key, repeatable.get(key)));
            }
            if (yaml.nextToken() != null) {
                throw wrong(path, yaml, "a second document is not allowed");
            }
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            String reason = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new UsageException("%s, line %d: not YAML: %s".formatted(path, line, reason));
        } catch (IOException e) {
            throw new UsageException("%s can't be read: %s".formatted(path, Reasons.of(e)));
        }
        return new SettingsFile(path, values);
    }

    private static List<String> readValue(Path path, JsonParser yaml, String key, boolean repeatable)
            throws IOException {
        JsonToken token = yaml.nextToken();
        if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
            return List.of(yaml.getText());
        }
        if (token != JsonToken.START_ARRAY || !repeatable) {
            throw wrong(
                    path,
                    yaml,
                    "'%s' must be %s".formatted(key, repeatable ? "a value or a list of values" : "one value"));
        }
        var list = new ArrayList<String>();
        while (yaml.nextToken() != JsonToken.END_ARRAY) {
            if (!yaml.currentToken().isScalarValue() || yaml.currentToken() == JsonToken.VALUE_NULL) {
                throw wrong(path, yaml, "'%s' must be a value or a list of values".formatted(key));
            }
            list.add(yaml.getText());
        }
        return list;
    }

    private static UsageException wrong(Path path, JsonParser yaml, String what) {
        return new UsageException(
                "%s, line %d: %s".formatted(path, yaml.currentTokenLocation().getLineNr(), what));
    }

    /** A question, if some name is near enough to have been meant. */
    private static String meant(String key, Collection<String> names) {
        return names.stream()
                .min(Comparator.comparingInt(name -> distance(key, name)))
                .filter(name -> distance(key, name) <= Math.max(key.length(), name.length()) / 2)
                .map("; did you mean '%s'?"::formatted)
                .orElse("");
    }

    /** Levenshtein's distance, one row at a time. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
