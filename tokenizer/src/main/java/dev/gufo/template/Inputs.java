package dev.gufo.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns plain Java into values, once, before the template runs: what is inside has been checked. */
final class Inputs {
    private final Machine machine;
    private final boolean trusted;

    Inputs(Machine machine, boolean trusted) {
        this.machine = machine;
        this.trusted = trusted;
    }

    void declare(Map<String, ?> variables, Scope scope) {
        variables.forEach((name, value) -> scope.set(name, value(value)));
    }

    private Value value(@Nullable Object input) {
        machine.enter();
        Value value = switch (input) {
            case null -> Value.None.NONE;
            case Boolean bool -> Value.of(bool);
            case Number number -> number(number);
            case String string -> text(string, trusted);
            case Trusted(String string) -> text(string, true);
            case Map<?, ?> map -> dict(map);
            case Iterable<?> items -> list(items);
            default ->
                throw machine.error("a variable holds a %s, which templates cannot read"
                        .formatted(input.getClass().getName()));
        };
        machine.leave();
        return value;
    }

    private Value number(Number number) {
        return switch (number) {
            case Integer i -> Value.of(i);
            case Long l -> Value.of(l);
            case Short s -> Value.of(s);
            case Byte b -> Value.of(b);
            case BigInteger big -> {
                machine.chargeInteger(big.bitLength());
                yield Value.of(big);
            }
            case Double real -> new Value.Real(real);
            case Float real -> new Value.Real(real);
            case BigDecimal real -> new Value.Real(real.doubleValue());
            default ->
                throw machine.error("a variable holds a %s, which templates cannot read"
                        .formatted(number.getClass().getName()));
        };
    }

    private Value.Str text(String string, boolean trust) {
        machine.grant(string.length());
        machine.chargeText(string.length());
        return Value.of(Text.of(string, trust));
    }

    private Value dict(Map<?, ?> map) {
        Dict dict = new Dict();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            dict.put(machine, value(entry.getKey()), value(entry.getValue()));
        }
        return dict;
    }

    private Value list(Iterable<?> items) {
        List<Value> values = new ArrayList<>();
        for (Object item : items) {
            values.add(value(item));
        }
        return new Value.ListValue(values);
    }
}
