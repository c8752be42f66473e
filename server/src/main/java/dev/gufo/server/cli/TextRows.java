package dev.gufo.server.cli;

import java.util.List;
import java.util.stream.Collectors;

/** Rows of cells for people to read, in aligned columns, without anything that would move a terminal's cursor. */
final class TextRows {
    private static final int GAP = 2;

    private TextRows() {}

    /**
     * A line for each row, without a line break behind the last.
     *
     * @param rows each with as many cells as the first
     */
    static String lines(List<List<String>> rows) {
        return rows.stream().map(row -> line(row, rows)).collect(Collectors.joining(System.lineSeparator()));
    }

    /** What other people wrote, without control characters. */
    static String plain(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    private static String line(List<String> row, List<List<String>> rows) {
        var line = new StringBuilder();
        for (int column = 0; column < row.size(); column++) {
            int at = column;
            int width = rows.stream()
                    .mapToInt(other -> other.get(at).length())
                    .max()
                    .orElse(0);
            boolean last = column == row.size() - 1;
            line.append(row.get(column))
                    .append(last ? "" : " ".repeat(width - row.get(column).length() + GAP));
        }
        return line.toString();
    }
}
