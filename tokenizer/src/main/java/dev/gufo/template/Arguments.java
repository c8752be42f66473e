package dev.gufo.template;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call's evaluated arguments. Keyword names come from the template, or from a dictionary that was spread with
 * {@code **}.
 */
record Arguments(List<Value> positional, Map<String, Value> keywords) {
    /**
     * The arguments by parameter.
     *
     * @param required how many of the parameters, from the left, must be given
     * @return a value for each of {@code parameters}, null where it was not given
     */
    @Nullable
    Value[] bind(Machine machine, String function, int required, String... parameters) {
        if (positional.size() > parameters.length) {
            throw machine.error("%s() takes at most %d arguments (%d given)"
                    .formatted(function, parameters.length, positional.size()));
        }
        @Nullable Value[] bound = positional.toArray(new Value[parameters.length]);
        int taken = 0;
        for (int i = 0; i < parameters.length; i++) {
            Value keyword = keywords.get(parameters[i]);
            if (keyword == null) {
                continue;
            }
            if (bound[i] != null) {
                throw machine.error("%s() got multiple values for argument '%s'".formatted(function, parameters[i]));
            }
            bound[i] = keyword;
            taken++;
        }
        if (taken < keywords.size()) {
            throw machine.error("%s() got an unexpected keyword argument".formatted(function));
        }
        for (int i = 0; i < required; i++) {
            if (bound[i] == null) {
                throw machine.error("%s() is missing the argument '%s'".formatted(function, parameters[i]));
            }
        }
        return bound;
    }

    /** Without the first {@code count} positional arguments. */
    Arguments skip(int count) {
        return new Arguments(positional.subList(count, positional.size()), keywords);
    }
}
