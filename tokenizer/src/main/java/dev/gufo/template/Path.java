package dev.gufo.template;

import java.util.ArrayList;
import java.util.List;

/** An attribute a filter was told to look at: {@code "a.b.0"} means item 0 of attribute b of attribute a. */
record Path(List<Value> steps) {

    static Path of(Machine machine, Value attribute) {
        if (attribute instanceof Value.None) {
            return new Path(List.of());
        }
        if (!(attribute instanceof Value.Str str)) {
            return new Path(List.of(attribute));
        }
        machine.charge(1 + str.text().units());
        List<Value> steps = new ArrayList<>();
        for (Text step : Strings.split(str.text(), ".", -1)) {
            boolean number =
                    !step.isEmpty() && step.units() < 10 && step.chars().chars().allMatch(Characters::isAsciiDigit);
            steps.add(number ? Value.of(Long.parseLong(step.chars())) : Value.of(step));
        }
        return new Path(steps);
    }

    /** What the path leads to; {@code otherwise}, if not null, stands in for an undefined value. */
    Value get(Machine machine, Value item, Value otherwise) {
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
