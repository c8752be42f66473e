package dev.gufo.bench;

import java.util.ArrayList;
import java.util.List;

/** What was measured of two things that took turns, by round: a round's ratio is of values of the same minute. */
final class InTurns {
    private final List<Double> reference = new ArrayList<>();
    private final List<Double> measured = new ArrayList<>();

    /** Adds a round. */
    void add(double ofReference, double ofMeasured) {
        reference.add(ofReference);
        measured.add(ofMeasured);
    }

    /** Of each round what was measured, as a part of the reference; at least one round, and no reference of 0. */
    Spread ratio() {
        var ratios = new ArrayList<Double>();
        for (int i = 0; i < reference.size(); i++) {
            ratios.add(measured.get(i) / reference.get(i));
        }
        return Spread.of(ratios);
    }

    /** A table for {@link #addRow}. */
    static TextTable newTable(String title, String reference, String measured) {
        return new TextTable(title, reference, measured, "ratio", "lowest", "highest");
    }

    /** Adds both medians, and the median, the lowest and the highest of the ratios. */
    void addRow(TextTable table, String label) {
        Spread ratio = ratio();
        table.row(
                label,
                "%.2f".formatted(Spread.of(reference).median()),
                "%.2f".formatted(Spread.of(measured).median()),
                "%.2f".formatted(ratio.median()),
                "%.2f".formatted(ratio.lowest()),
                "%.2f".formatted(ratio.highest()));
    }
}
