package dev.gufo.engine;

import com.google.errorprone.annotations.Immutable;
import java.util.List;

/**
 * The numbers that say how the next token is chosen, and all there is to know of them: requests, models' files, the
 * operator's defaults, both engines and the API's description take names, ranges and defaults from here. What a number
 * does is said in {@code SamplerChain} and {@link Sampling}.
 *
 * <p>Ranges are OpenAI's for its own fields; the others are llama.cpp's, cut where larger values mean nothing. Native
 * code relies on them.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/common/common.h">common_params_sampling, common.h of
 *     llama.cpp 0.5.0</a>
 */
public enum SamplingParameter {
    // name, range, llama.cpp's default, value that changes nothing, key of the file behind general.sampling.
    /** Divides the logits; 0 takes the most likely token. */
    TEMPERATURE("temperature", from(0, 2).offBelow(Sampling.LEAST_TEMPERATURE), 0.8f, 0f, "temp"),
    /** Keeps the tokens whose logits are at most so many standard deviations below the largest. */
    TOP_N_SIGMA("top_n_sigma", from(-1, 100).offBelow(Float.MIN_VALUE), 0f, 0f, Values.NO_KEY),
    /** Keeps the k most likely. */
    TOP_K("top_k", whole(-1, 10_000_000).offBelow(1), 40f, 0f, "top_k"),
    /** Keeps the smallest set with this probability. */
    TOP_P("top_p", from(0, 1), 0.95f, 1f, "top_p"),
    /** Drops what is less likely than this share of the most likely. */
    MIN_P("min_p", from(0, 1), 0.05f, 0f, "min_p"),
    /** Locally typical sampling: keeps the typical tokens up to this probability. */
    TYPICAL_P("typical_p", from(0, 1), 1f, 1f, Values.NO_KEY),
    /** The chance that XTC removes the most likely tokens of a step. */
    XTC_PROBABILITY("xtc_probability", from(0, 1), 0f, 0f, "xtc_probability"),
    /** XTC removes tokens that are at least this likely, but for the least likely of them. */
    XTC_THRESHOLD("xtc_threshold", from(0, 1), 0.1f, 0.1f, "xtc_threshold"),
    /** Divides the logits of recent tokens. */
    REPEAT_PENALTY("repeat_penalty", "repetition_penalty", from(0.01, 100), 1f, 1f, "penalty_repeat"),
    /** Subtracted once per occurrence among recent tokens. */
    FREQUENCY_PENALTY("frequency_penalty", from(-2, 2), 0f, 0f, Values.NO_KEY),
    /** Subtracted once if among recent tokens. */
    PRESENCE_PENALTY("presence_penalty", from(-2, 2), 0f, 0f, Values.NO_KEY),
    /** How many tokens are recent; -1 for the whole context. */
    REPEAT_LAST_N("repeat_last_n", whole(-1, 10_000_000), 64f, 0f, "penalty_last_n");

    private final String parameter;
    private final String synonym;
    private final Values range;
    private final float byDefault;
    private final float off;
    private final String fileKey;

    SamplingParameter(String parameter, Values range, float byDefault, float off, String fileKey) {
        this(parameter, "", range, byDefault, off, fileKey);
    }

    SamplingParameter(String parameter, String synonym, Values range, float byDefault, float off, String fileKey) {
        this.parameter = parameter;
        this.synonym = synonym;
        this.range = range;
        this.byDefault = byDefault;
        this.off = off;
        this.fileKey = fileKey;
    }

    /** Which values there are. */
    @Immutable
    private record Values(boolean whole, double least, double greatest, double offBelow) {
        private static final String NO_KEY = "";

        private Values offBelow(double value) {
            return new Values(whole, least, greatest, value);
        }
    }

    private static Values from(double least, double greatest) {
        return new Values(false, least, greatest, least);
    }

    private static Values whole(long least, long greatest) {
        return new Values(true, least, greatest, least);
    }

    /** What requests call it: one name, or several of which the first one that is given counts. */
    public List<String> names() {
        return synonym.isEmpty() ? List.of(parameter) : List.of(parameter, synonym);
    }

    /** Its own name in the API. */
    public String parameter() {
        return parameter;
    }

    /** Whether it is a whole number. */
    public boolean isWhole() {
        return range.whole();
    }

    /** Its least value. */
    public double least() {
        return range.least();
    }

    /** Its greatest value; a whole number's can be told apart from its neighbours in a {@code float}. */
    public double greatest() {
        return range.greatest();
    }

    /** What it is where neither request nor file says anything: llama.cpp's own default. */
    public float byDefault() {
        return byDefault;
    }

    /** The value with which it changes nothing. */
    public float off() {
        return off;
    }

    /** The file's key for it behind {@code general.sampling.}; empty if there is none. */
    public String fileKey() {
        return fileKey;
    }

    /**
     * A value as engines take it: {@link #off} where it is too small to mean anything else.
     *
     * @throws IllegalArgumentException if it is out of range or NaN
     */
    float checked(float value) {
        Range.require(parameter(), value, (float) range.least(), range.greatest());
        if (range.whole() && value != Math.rint(value)) {
            throw new IllegalArgumentException("%s must be a whole number, is %s".formatted(parameter(), value));
        }
        return value < range.offBelow() ? off : value;
    }
}
