package dev.gufo.server.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.Fields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What an operator says about content.
 *
 * @param rules that need no model
 * @param guard id of the model that is asked besides, if one is
 * @param window characters of an answer that are held back until they have been checked
 * @param policies by name; {@link #DEFAULT} is for all whose key names none
 */
public record PolicyFile(Rules rules, Optional<String> guard, int window, Map<String, Policy> policies) {
    /** Name of the policy that counts where a key names none. */
    public static final String DEFAULT = "default";

    /** What a key names that is not checked. */
    public static final String OFF = "off";

    static final int LEAST_WINDOW = 64;
    static final int LARGEST_WINDOW = 10_000;
    private static final int DEFAULT_WINDOW = 200;
    private static final int MOST_POLICIES = 100;
    private static final int MOST_CATEGORIES = 200;
    private static final Set<String> FIELDS = Set.of("rules", "guard", "window", "policies");
    private static final Set<String> DIRECTIONS = Set.of("input", "output");
    private static final Set<String> MEASURES = Set.of("action", "threshold");
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    public PolicyFile {
        policies = Map.copyOf(policies);
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException naming the file and the field if it can't be read or something in it is wrong
     */
    public static PolicyFile read(Path file) {
        try {
            JsonNode node = JSON.readTree(Files.readAllBytes(file));
            if (node == null || !node.isObject()) {
                throw new IllegalArgumentException("--policy %s: a JSON object is expected".formatted(file));
            }
            Path folder = file.toAbsolutePath().getParent();
            return read(new Fields(node, ""), folder == null ? Path.of("") : folder);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "--policy %s is no valid JSON: %s".formatted(file, e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("--policy %s can't be read".formatted(file), e);
        } catch (ApiException e) {
            throw new IllegalArgumentException("--policy %s: %s".formatted(file, message(e)), e);
        }
    }

    private static String message(ApiException e) {
        return e.problem() instanceof Problem.Invalid(String _, String message) ? message : e.toString();
    }

    private static PolicyFile read(Fields file, Path folder) {
        requireKnown(file, FIELDS);
        var policies = new HashMap<String, Policy>();
        Optional<Fields> named = file.object("policies");
        if (named.isPresent()) {
            for (Map.Entry<String, JsonNode> entry : named.get().node().properties()) {
                String name = entry.getKey();
                String at = named.get().at(name);
                if (!isName(name) || name.equals(OFF)) {
                    throw ApiException.invalid(
                            at,
                            "'%s': a policy's name has 1 to 64 letters, digits and dashes, and is not %s."
                                    .formatted(at, OFF));
                }
                policies.put(name, policy(name, named.get().object(name).orElseThrow(() -> Fields.missing(at))));
            }
            if (policies.size() > MOST_POLICIES) {
                throw ApiException.invalid("policies", "There may be %d policies.".formatted(MOST_POLICIES));
            }
        }
        long window = file.integer("window", LEAST_WINDOW, LARGEST_WINDOW).orElse((long) DEFAULT_WINDOW);
        Rules rules = Rules.read(file, folder);
        Optional<String> guard = file.text("guard").filter(id -> !id.isBlank());
        if (guard.isEmpty()) {
            policies.values().forEach(policy -> requireFound(policy, rules));
        }
        return new PolicyFile(rules, guard, Math.toIntExact(window), policies);
    }

    /** Without a model only rules find anything: what none of them has would never be found. */
    private static void requireFound(Policy policy, Rules rules) {
        for (Direction direction : Direction.values()) {
            policy.of(direction).byCategory().forEach((category, measure) -> {
                boolean found = category.equals(Policy.OTHERS)
                        || measure.action() == Action.OFF
                        || rules.categories().contains(category);
                if (!found) {
                    String at = "policies.%s.%s.%s".formatted(policy.name(), direction.word(), category);
                    throw ApiException.invalid(
                            at, "'%s': no rule has this category, and there is no guard model.".formatted(at));
                }
            });
        }
    }

    /** Whether a policy, or what a key names, may be called so. */
    public static boolean isName(String name) {
        return name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
    }

    private static Policy policy(String name, Fields fields) {
        requireKnown(fields, DIRECTIONS);
        return new Policy(name, measures(fields, "input"), measures(fields, "output"));
    }

    private static Policy.Measures measures(Fields fields, String direction) {
        Optional<Fields> object = fields.object(direction);
        if (object.isEmpty()) {
            return Policy.Measures.NONE;
        }
        var measures = new HashMap<String, Policy.Measure>();
        for (Map.Entry<String, JsonNode> entry : object.get().node().properties()) {
            String at = object.get().at(entry.getKey());
            if (!entry.getKey().equals(Policy.OTHERS) && !Categories.isName(entry.getKey())) {
                throw ApiException.invalid(
                        at,
                        "'%s' must be a category in lower-case letters, digits and dashes, or %s."
                                .formatted(at, Policy.OTHERS));
            }
            measures.put(entry.getKey(), measure(entry.getValue(), at));
        }
        if (measures.size() > MOST_CATEGORIES) {
            throw ApiException.invalid(
                    object.get().path(),
                    "'%s' may name %d categories.".formatted(object.get().path(), MOST_CATEGORIES));
        }
        return new Policy.Measures(measures);
    }

    /** An action, or an object with one. */
    private static Policy.Measure measure(JsonNode value, String at) {
        if (value.isTextual()) {
            return new Policy.Measure(action(value.textValue(), at), Categories.THRESHOLD);
        }
        if (!value.isObject()) {
            throw Fields.wrong(at, "one of %s, or an object with an 'action'".formatted(Action.words()), value);
        }
        var fields = new Fields(value, at);
        requireKnown(fields, MEASURES);
        String place = fields.at("action");
        String action = fields.text("action").orElseThrow(() -> Fields.missing(place));
        return new Policy.Measure(
                action(action, place), decimal(fields, "threshold", 0.001, 1).orElse(Categories.THRESHOLD));
    }

    private static Action action(String word, String at) {
        return Action.named(word)
                .orElseThrow(() -> ApiException.invalid(at, "'%s' must be one of %s.".formatted(at, Action.words())));
    }

    /** What this server does not know is a mistake: here it would leave content unchecked. */
    static void requireKnown(Fields fields, Set<String> known) {
        fields.node().fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw ApiException.invalid(
                        fields.at(name),
                        "'%s' is unknown; there are %s."
                                .formatted(
                                        fields.at(name),
                                        String.join(
                                                ", ", known.stream().sorted().toList())));
            }
        });
    }

    /** A number as it is written. */
    static Optional<Double> decimal(Fields fields, String name, double min, double max) {
        return fields.number(name, min, max).map(number -> Double.parseDouble(Float.toString(number)));
    }

    /** Every category that it names anywhere; bounded. */
    Stream<String> categories() {
        return Stream.concat(
                        rules.categories().stream(),
                        policies.values().stream()
                                .flatMap(policy -> Stream.of(policy.input(), policy.output()))
                                .flatMap(measures -> measures.byCategory().keySet().stream()))
                .filter(category -> !category.equals(Policy.OTHERS))
                .distinct();
    }
}
