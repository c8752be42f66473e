package dev.gufo.server.usage;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** A report as JSON, as CSV and as a table for a terminal; columns are the same in all of them. */
public final class UsageFormats {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** With these a cell of a spreadsheet begins to be a formula. */
    private static final String FORMULA_STARTS = "=+-@\t\r";

    private UsageFormats() {}

    /** An object with {@code data}, a list of one object for each row, and {@code total}. */
    public static String json(UsageReport report) {
        ObjectNode json = JSON.createObjectNode()
                .put("object", "list")
                .put("start", report.query().start().toString())
                .put("end", report.query().end().toString());
        var by = json.putArray("group_by");
        report.query().groups().forEach(group -> by.add(group.word()));
        var data = json.putArray("data");
        report.rows().forEach(row -> {
            ObjectNode object = data.addObject();
            names(report, row.names()).forEach(object::put);
            sums(row.sums()).forEach(object::put);
        });
        sums(report.total()).forEach(json.putObject("total")::put);
        return json.toString();
    }

    /**
     * RFC 4180 with a line of names; a text that a spreadsheet would compute gets an apostrophe before it. No line of
     * totals.
     */
    public static String csv(UsageReport report) {
        var lines = new ArrayList<String>();
        lines.add(String.join(",", columns(report)));
        report.rows().forEach(row -> {
            var cells = new ArrayList<String>();
            names(report, row.names()).values().forEach(name -> cells.add(cell(name)));
            sums(row.sums()).values().forEach(sum -> cells.add(sum.toString()));
            lines.add(String.join(",", cells));
        });
        return lines.stream().map(line -> line + "\r\n").collect(Collectors.joining());
    }

    private static String cell(String text) {
        boolean formula = !text.isEmpty() && FORMULA_STARTS.indexOf(text.charAt(0)) >= 0;
        String safe = formula ? "'" + text : text;
        return safe.chars().anyMatch(c -> c == '"' || c == ',' || c == '\n' || c == '\r' || c == '\'')
                ? '"' + safe.replace("\"", "\"\"") + '"'
                : safe;
    }

    /** Columns padded with spaces, numbers to the right, and the total below. */
    public static String table(UsageReport report) {
        var lines = new ArrayList<List<String>>();
        lines.add(columns(report));
        report.rows().forEach(row -> lines.add(cells(names(report, row.names()), sums(row.sums()))));
        var total = new LinkedHashMap<>(names(report, new UsageReport.Names("", "", "", "", "")));
        if (!total.isEmpty()) {
            total.put(total.firstEntry().getKey(), "total");
        }
        lines.add(cells(total, sums(report.total())));
        int texts = total.size();
        int[] widths = new int[lines.getFirst().size()];
        lines.forEach(line -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        });
        return lines.stream().map(line -> padded(line, widths, texts)).collect(Collectors.joining());
    }

    private static String padded(List<String> line, int[] widths, int texts) {
        var text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String space = " ".repeat(widths[i] - line.get(i).length());
            text.append(i == 0 ? "" : "  ").append(i < texts ? line.get(i) + space : space + line.get(i));
        }
        return text.toString().stripTrailing() + System.lineSeparator();
    }

    private static List<String> cells(Map<String, String> names, Map<String, Long> sums) {
        var cells = new ArrayList<>(names.values());
        sums.values().forEach(sum -> cells.add(sum.toString()));
        return cells;
    }

    private static List<String> columns(UsageReport report) {
        var columns = new ArrayList<>(
                names(report, new UsageReport.Names("", "", "", "", "")).keySet());
        columns.addAll(sums(UsageReport.Sums.NONE).keySet());
        return columns;
    }

    /** Only what the question tells apart. */
    private static SequencedMap<String, String> names(UsageReport report, UsageReport.Names names) {
        var columns = new LinkedHashMap<String, String>();
        for (UsageQuery.Group group : report.query().groups()) {
            switch (group) {
                case DAY -> columns.put("day", names.day());
                case KEY -> {
                    columns.put("key_id", names.keyId());
                    columns.put("key_name", names.keyName());
                }
                case MODEL -> columns.put("model", names.model());
                case ENDPOINT -> columns.put("endpoint", names.endpoint());
            }
        }
        return columns;
    }

    private static SequencedMap<String, Long> sums(UsageReport.Sums sums) {
        var columns = new LinkedHashMap<String, Long>();
        columns.put("requests", sums.requests());
        columns.put("open", sums.open());
        columns.put("completed", sums.completed());
        columns.put("prompt_tokens", sums.promptTokens());
        columns.put("cached_tokens", sums.cachedTokens());
        columns.put("completion_tokens", sums.completionTokens());
        columns.put("reasoning_tokens", sums.reasoningTokens());
        columns.put("queue_ms", sums.queueMillis());
        columns.put("prefill_ms", sums.prefillMillis());
        columns.put("decode_ms", sums.decodeMillis());
        return columns;
    }
}
