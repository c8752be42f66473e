package dev.gufo.server.batches;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The endpoints that lines may name.
 *
 * @param fixed those with one path each
 * @param predictions makes the one of a model, whose id is in its path
 */
public record BatchEndpoints(List<BatchEndpoint> fixed, Function<String, BatchEndpoint> predictions) {
    private static final String PREDICT = "/v1/models/{id}/predict";
    private static final Pattern MODEL = Pattern.compile("/v1/models/(.+)/predict");

    public BatchEndpoints {
        fixed = List.copyOf(fixed);
    }

    /** The endpoint with a path. */
    Optional<BatchEndpoint> of(String path) {
        Matcher model = MODEL.matcher(path);
        return model.matches()
                ? Optional.of(predictions.apply(model.group(1)))
                : fixed.stream().filter(each -> each.path().equals(path)).findFirst();
    }

    /** All of them, for people. */
    @Override
    public String toString() {
        return fixed.stream().map(BatchEndpoint::path).sorted().collect(Collectors.joining(", ", "", ", " + PREDICT));
    }
}
