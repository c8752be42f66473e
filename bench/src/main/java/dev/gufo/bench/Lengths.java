package dev.gufo.bench;

import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * A distribution of lengths in tokens, written {@code fixed:N}, {@code uniform:A..B} or {@code lognormal:MEDIAN,SIGMA}.
 */
public sealed interface Lengths {
    /** No length that is drawn or written exceeds this. */
    int MAX = 1_000_000;

    /** Draws a length, 1 to {@link #MAX}; depends on {@code random} alone. */
    int draw(RandomGenerator random);

    /**
     * Reads a distribution as a user writes it; a bare number means {@code fixed}.
     *
     * @throws IllegalArgumentException if {@code text} is none of the three, or a length is not 1 to {@link #MAX}
     */
    static Lengths parse(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? "fixed" : text.substring(0, colon);
        String values = text.substring(colon + 1);
        try {
            return switch (kind) {
                case "fixed" -> new Fixed(Integer.parseInt(values));
                case "uniform" -> {
                    int dots = split(values, "..", text);
                    yield new Uniform(
                            Integer.parseInt(values.substring(0, dots)), Integer.parseInt(values.substring(dots + 2)));
                }
                case "lognormal" -> {
                    int comma = split(values, ",", text);
                    yield new LogNormal(
                            Double.parseDouble(values.substring(0, comma)),
                            Double.parseDouble(values.substring(comma + 1)));
                }
                default -> throw unreadable(text);
            };
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(unreadable(text).getMessage(), e);
        }
    }

    /** Always {@code tokens}. */
    record Fixed(int tokens) implements Lengths {
        public Fixed {
            requireLength(tokens);
        }

        @Override
        public int draw(RandomGenerator random) {
            return tokens;
        }

        @Override
        public String toString() {
            return "fixed:" + tokens;
        }
    }

    /** Every length from {@code low} to {@code high} with the same probability, both included. */
    record Uniform(int low, int high) implements Lengths {
        public Uniform {
            requireLength(low);
            requireLength(high);
            if (low > high) {
                throw new IllegalArgumentException("uniform:%d..%d runs backwards".formatted(low, high));
            }
        }

        @Override
        public int draw(RandomGenerator random) {
            return random.nextInt(low, high + 1);
        }

        @Override
        public String toString() {
            return "uniform:" + low + ".." + high;
        }
    }

    /**
     * Many short and a few long ones, as people write.
     *
     * @param median half of the lengths are below it; 1 to {@link #MAX}
     * @param sigma standard deviation of the logarithm; 0 to 10
     */
    record LogNormal(double median, double sigma) implements Lengths {
        public LogNormal {
            if (!(median >= 1 && median <= MAX)) {
                throw new IllegalArgumentException("a median must be 1 to %d tokens, is %s".formatted(MAX, median));
            }
            if (!(sigma >= 0 && sigma <= 10)) {
                throw new IllegalArgumentException("sigma must be 0 to 10, is " + sigma);
            }
        }

        @Override
        public int draw(RandomGenerator random) {
            double length = median * Math.exp(sigma * random.nextGaussian());
            return Math.clamp(Math.round(length), 1, MAX);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "lognormal:%s,%s", median, sigma);
        }
    }

    private static int split(String values, String separator, String text) {
        int at = values.indexOf(separator);
        if (at < 0) {
            throw unreadable(text);
        }
        return at;
    }

    private static IllegalArgumentException unreadable(String text) {
        return new IllegalArgumentException(
                "'%s' is not fixed:N, uniform:A..B or lognormal:MEDIAN,SIGMA".formatted(text));
    }

    private static void requireLength(int tokens) {
        if (tokens < 1 || tokens > MAX) {
            throw new IllegalArgumentException("a length must be 1 to %d tokens, is %d".formatted(MAX, tokens));
        }
    }
}
