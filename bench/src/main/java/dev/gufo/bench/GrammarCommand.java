package dev.gufo.bench;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.GrammarException;
import dev.gufo.grammar.GrammarTooCostly;
import dev.gufo.grammar.Matcher;
import dev.gufo.grammar.schema.JsonSchemaGrammar;
import dev.gufo.grammar.schema.UnsupportedSchema;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code bench grammar}: what grammars made of JSON schemas let through and keep out, and how long they take to make.
 */
@Command(
        name = "grammar",
        description = {
            "Makes a grammar of every schema in a folder and tries its instances.",
            "A file is {\"schema\": ..., \"tests\": [{\"valid\": true or false, \"data\": ...}]}, as MaskBench has it."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true)
final class GrammarCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /** What came of one file. */
    private enum Verdict {
        PASSING,
        REFUSED,
        WRONGLY_ACCEPTED,
        WRONGLY_REJECTED
    }

    private record Outcome(Path file, Verdict verdict, String reason, Duration compiling) {}

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", description = "With files that end with .json, also in folders below.")
    private Path folder;

    @Option(names = "--warm-up", paramLabel = "N", description = "So many files are done once more before.")
    private int warmUp = 50;

    @Option(
            names = "--list",
            paramLabel = "N",
            description = "Names the files of each kind, and the slowest, up to so many.")
    private int list;

    @Override
    public Integer call() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(file -> file.getFileName().toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
        for (Path file : files.subList(0, Math.min(warmUp, files.size()))) {
            judge(file);
        }
        List<Outcome> outcomes = new ArrayList<>();
        for (Path file : files) {
            outcomes.add(judge(file));
        }
        report(outcomes);
        return 0;
    }

    private Outcome judge(Path file) throws IOException {
        JsonNode content = JSON.readTree(file.toFile());
        Object schema = JSON.convertValue(content.get("schema"), Object.class);
        long start = System.nanoTime();
        Grammar grammar;
        try {
            grammar = Grammar.parse(JsonSchemaGrammar.of(schema));
        } catch (UnsupportedSchema e) {
            return new Outcome(file, Verdict.REFUSED, e.keyword(), since(start));
        } catch (GrammarException e) {
            return new Outcome(file, Verdict.REFUSED, "grammar", since(start));
        }
        Duration compiling = since(start);
        Verdict verdict = Verdict.PASSING;
        String reason = "";
        for (JsonNode test : content.path("tests")) {
            boolean valid = test.get("valid").booleanValue();
            String text = test.get("data").toString();
            if (accepts(grammar, text) != valid && verdict != Verdict.WRONGLY_ACCEPTED) {
                verdict = valid ? Verdict.WRONGLY_REJECTED : Verdict.WRONGLY_ACCEPTED;
                reason = text.length() <= 100 ? text : text.substring(0, 100) + "...";
            }
        }
        return new Outcome(file, verdict, reason, compiling);
    }

    private static boolean accepts(Grammar grammar, String text) {
        try {
            Matcher matcher = grammar.matcher();
            return matcher.advance(text.getBytes(StandardCharsets.UTF_8)) && matcher.isComplete();
        } catch (GrammarTooCostly e) {
            return false;
        }
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private void report(List<Outcome> outcomes) {
        PrintWriter out = spec.commandLine().getOut();
        TextTable counts = new TextTable("schemas", "files", "%");
        for (Verdict verdict : Verdict.values()) {
            long count = outcomes.stream()
                    .filter(outcome -> outcome.verdict == verdict)
                    .count();
            counts.row(
                    verdict.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    Long.toString(count),
                    "%.1f".formatted(100.0 * count / Math.max(1, outcomes.size())));
        }
        out.println(counts.row("all", Integer.toString(outcomes.size()), "100.0"));
        Map<String, Integer> refused = new TreeMap<>();
        outcomes.stream()
                .filter(outcome -> outcome.verdict == Verdict.REFUSED)
                .forEach(outcome -> refused.merge(outcome.reason, 1, Integer::sum));
        TextTable keywords = new TextTable("refused for", "files");
        refused.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .forEach(entry -> keywords.row(entry.getKey(), entry.getValue().toString()));
        out.println(keywords);
        List<Outcome> slowest = outcomes.stream()
                .sorted(Comparator.comparing(Outcome::compiling).reversed())
                .toList();
        TextTable times = new TextTable("compiling", "p50", "p99", "max");
        times.row("ms", percentile(slowest, 0.5), percentile(slowest, 0.99), percentile(slowest, 1));
        out.println(times);
        if (list > 0) {
            for (Verdict verdict : List.of(Verdict.WRONGLY_ACCEPTED, Verdict.REFUSED, Verdict.WRONGLY_REJECTED)) {
                outcomes.stream()
                        .filter(outcome -> outcome.verdict == verdict)
                        .limit(list)
                        .forEach(outcome -> out.println(verdict + " " + outcome.file + ": " + outcome.reason));
            }
            slowest.stream()
                    .limit(list)
                    .forEach(outcome ->
                            out.println("%.1f ms %s".formatted(outcome.compiling.toNanos() / 1e6, outcome.file)));
        }
        out.flush();
    }

    private static String percentile(List<Outcome> slowestFirst, double share) {
        if (slowestFirst.isEmpty()) {
            return "-";
        }
        int index = (int) Math.min(slowestFirst.size() - 1L, Math.round((1 - share) * slowestFirst.size()));
        return "%.1f".formatted(slowestFirst.get(index).compiling.toNanos() / 1e6);
    }
}
