package dev.gufo.template;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An attribute a filter was told to look at: {@code "a.b.0"} means item 0 of attribute b of attribute a. */
record AttributePath(List<Value> steps) {

    static AttributePath of(Machine machine, Value attribute) {
        if (attribute instanceof Value.None) {
            return new AttributePath(List.of());
        }
        if (!(attribute instanceof Value.Str str)) {
            return new AttributePath(List.of(attribute));
        }
        machine.charge(1 + str.text().units());
        List<Value> steps = new ArrayList<>();
        for (Text step : Strings.split(str.text(), ".", -1)) {
            boolean number =
                    !step.isEmpty() && step.units() < 10 && step.chars().chars().allMatch(Characters::isAsciiDigit);
            steps.add(number ? Value.of(Long.parseLong(step.chars())) : Value.of(step));
        }
        return new AttributePath(steps);
    }

    /** What the path leads to; {@code otherwise}, if not null, stands in for an undefined value. */
    Value get(Machine machine, Value item, @Nullable Value otherwise) {
        Value value = item;
        for (Value step : steps) {
            machine.charge(1);
            value = Attributes.item(machine, value, step);
            if (otherwise != null && value instanceof Value.Undefined) {
                value = otherwise;
            }
        }
        return value;
    }
}
