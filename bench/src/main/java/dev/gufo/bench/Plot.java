package dev.gufo.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/**
 * Lines over a number that doubles from mark to mark, such as clients.
 *
 * @param title what is up
 * @param across what is to the right
 * @param lines by name, each with values by that number, both above 0; values are drawn from 0 up
 */
record Plot(String title, String across, Map<String, ? extends SortedMap<Integer, Double>> lines) {
    private static final List<String> COLOURS = List.of("#1b6ca8", "#d1495b", "#3a7d44", "#8d6a9f", "#b07d2b");
    private static final int WIDTH = 460;
    private static final int HEIGHT = 320;
    private static final int LEFT = 64;
    private static final int RIGHT = 16;
    private static final int TOP = 36;
    private static final int BOTTOM = 48;
    private static final int LEGEND = 20;

    /** Several beside each other, as SVG. */
    static String svg(List<Plot> plots) {
        var text = new StringBuilder();
        int names = plots.stream().mapToInt(plot -> plot.lines.size()).max().orElse(0);
        text.append(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n"
                        .formatted(WIDTH * plots.size(), HEIGHT + names * LEGEND));
        text.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (int i = 0; i < plots.size(); i++) {
            text.append("<g transform=\"translate(%d 0)\">%n".formatted(i * WIDTH));
            plots.get(i).draw(text);
            text.append("</g>\n");
        }
        return text.append("</svg>\n").toString();
    }

    private void draw(StringBuilder text) {
        double highest = lines.values().stream()
                .flatMap(line -> line.values().stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1);
        double top = ceiling(highest);
        List<Integer> marks = lines.values().stream()
                .flatMap(line -> line.keySet().stream())
                .distinct()
                .sorted()
                .toList();
        text.append("<text x=\"%d\" y=\"20\" font-weight=\"bold\">%s</text>%n".formatted(LEFT, escaped(title)));
        for (int step = 0; step <= 4; step++) {
            double value = top * step / 4;
            double y = y(value, top);
            text.append("<line x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%s\" stroke=\"#ddd\"/>%n"
                    .formatted(LEFT, WIDTH - RIGHT, number(y), number(y)));
            text.append("<text x=\"%d\" y=\"%s\" text-anchor=\"end\">%s</text>%n"
                    .formatted(LEFT - 6, number(y + 4), number(value)));
        }
        for (int mark : marks) {
            text.append("<text x=\"%s\" y=\"%d\" text-anchor=\"middle\">%d</text>%n"
                    .formatted(number(x(mark, marks)), HEIGHT - BOTTOM + 18, mark));
        }
        text.append("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n"
                .formatted((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 36, escaped(across)));
        int drawn = 0;
        for (Map.Entry<String, ? extends SortedMap<Integer, Double>> line : lines.entrySet()) {
            String colour = COLOURS.get(drawn % COLOURS.size());
            var points = new StringBuilder();
            line.getValue()
                    .forEach((mark, value) -> points.append(number(x(mark, marks)))
                            .append(',')
                            .append(number(y(value, top)))
                            .append(' '));
            text.append("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n"
                    .formatted(points.toString().strip(), colour));
            int y = HEIGHT + drawn * LEGEND;
            text.append(
                    "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"4\" fill=\"%s\"/>%n".formatted(LEFT, y - 6, colour));
            text.append("<text x=\"%d\" y=\"%d\">%s</text>%n".formatted(LEFT + 20, y, escaped(line.getKey())));
            drawn++;
        }
    }

    private static double x(int mark, List<Integer> marks) {
        double first = Math.log(marks.getFirst());
        double width = Math.log(marks.getLast()) - first;
        double part = width == 0 ? 0.5 : (Math.log(mark) - first) / width;
        return LEFT + 10 + part * (WIDTH - LEFT - RIGHT - 20);
    }

    private static double y(double value, double top) {
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
    }

    /** The next of 1, 2, 4, 8 times a power of ten. */
    private static double ceiling(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(value, 1e-9))));
        for (int digit : new int[] {1, 2, 4, 8}) {
            if (value <= digit * power) {
                return digit * power;
            }
        }
        return 10 * power;
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString(Math.round(value)) : String.format(Locale.ROOT, "%.1f", value);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
