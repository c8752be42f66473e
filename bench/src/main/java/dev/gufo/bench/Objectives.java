package dev.gufo.bench;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/**
 * What an answer may take for it to be a good one, in milliseconds; what is empty does not matter. Goodput is the rate
 * of answers that keep all of it, as vLLM's bench has it ({@code --goodput ttft:200 tpot:50}).
 *
 * @param ttft until the first token
 * @param tpot from token to token behind that, on average
 * @param e2el until the end
 * @see <a href="https://docs.vllm.ai/en/latest/cli/bench/serve.html">vllm bench serve</a>
 */
public record Objectives(OptionalDouble ttft, OptionalDouble tpot, OptionalDouble e2el) {
    private static final Pattern FORM = Pattern.compile("(ttft|tpot|e2el):([0-9]+(?:\\.[0-9]+)?)");

    /** Times of one answer, in milliseconds. */
    public record Answer(double ttft, double tpot, double e2el) {}

    /**
     * Reads {@code ttft:200,tpot:50}.
     *
     * @throws IllegalArgumentException if it is no such text
     */
    static Objectives parse(String text) {
        var none = OptionalDouble.empty();
        var all = new Objectives(none, none, none);
        for (String one : text.split(",", -1)) {
            var matcher = FORM.matcher(one.strip().toLowerCase(Locale.ROOT));
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "goodput takes ttft:MS, tpot:MS and e2el:MS, with commas between them, not " + one);
            }
            var most = OptionalDouble.of(Double.parseDouble(matcher.group(2)));
            all = switch (matcher.group(1)) {
                case "ttft" -> new Objectives(most, all.tpot, all.e2el);
                case "tpot" -> new Objectives(all.ttft, most, all.e2el);
                default -> new Objectives(all.ttft, all.tpot, most);
            };
        }
        return all;
    }

    boolean areKeptBy(Answer answer) {
        return answer.ttft() <= ttft.orElse(Double.MAX_VALUE)
                && answer.tpot() <= tpot.orElse(Double.MAX_VALUE)
                && answer.e2el() <= e2el.orElse(Double.MAX_VALUE);
    }
}
