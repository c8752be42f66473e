package dev.gufo.server.cli;

import dev.gufo.store.ModelCard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Stored models for people to read. */
final class ModelText {
    private static final List<String> HEAD =
            List.of("NAME", "QUANTIZATION", "SIZE", "CONTEXT", "FOR", "LICENSE", "TEMPLATE");
    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB"};

    private ModelText() {}

    /** A line for each model. */
    static String table(List<ModelCard> cards) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEAD);
        for (ModelCard card : cards) {
            rows.add(card.details()
                    .map(details -> List.of(
                            card.id(),
                            TextRows.plain(details.quantization()),
                            size(card.bytes()),
                            Integer.toString(details.contextTokens()),
                            purpose(details),
                            TextRows.plain(details.license().orElse("-")),
                            details.chatTemplate() ? "yes" : "no"))
                    .orElseGet(() -> List.of(card.id(), "-", size(card.bytes()), "-", "nothing", "-", "-")));
        }
        return TextRows.lines(rows);
    }

    /** A line for each thing that is known of a model. */
    static String sheet(ModelCard card) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("id", card.id()));
        rows.add(List.of("size", size(card.bytes())));
        card.details().ifPresent(details -> {
            rows.add(List.of("name", TextRows.plain(details.name().orElse("-"))));
            rows.add(List.of("for", purpose(details)));
            rows.add(List.of("architecture", TextRows.plain(details.architecture())));
            rows.add(List.of("parameters", "%,d".formatted(details.parameters())));
            rows.add(List.of("quantization", TextRows.plain(details.quantization())));
            rows.add(List.of("context", "%d tokens".formatted(details.contextTokens())));
            rows.add(List.of("license", TextRows.plain(details.license().orElse("not stated"))));
            rows.add(List.of("chat template", details.chatTemplate() ? "yes" : "no"));
        });
        card.problem().ifPresent(reason -> rows.add(List.of("can't be loaded", TextRows.plain(reason))));
        for (Path file : card.files()) {
            rows.add(List.of("file", TextRows.plain(file.toString())));
        }
        return TextRows.lines(rows);
    }

    /** Three digits or so, in powers of ten as disks are sold. */
    static String size(long bytes) {
        double size = bytes;
        int unit = 0;
        while (size >= 999.5 && unit < UNITS.length - 1) {
            size /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, size < 9.95 && unit > 0 ? "%.1f %s" : "%.0f %s", size, UNITS[unit]);
    }

    private static String purpose(ModelCard.Details details) {
        return details.purpose().name().toLowerCase(Locale.ROOT);
    }
}
