package dev.gufo.template;

import static java.util.Objects.requireNonNull;

import dev.gufo.template.Expr.CallArguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Evaluates expressions. */
final class Evaluator {
    /** Where a filter block's text waits for the filter that takes it. No template can name it. */
    private static final String BLOCK_TEXT = "(block)";

    private final Machine machine;

    Evaluator(Machine machine) {
        this.machine = machine;
    }

    Value evaluate(Expr expression, Scope scope) {
        machine.enter();
        Value value = switch (expression) {
            case Expr.Literal literal -> literal.value();
            case Expr.Name name -> name(name.name(), scope);
            case Expr.ListLiteral list -> new Value.ListValue(all(list.items(), scope));
            case Expr.TupleLiteral tuple -> new Value.Tuple(all(tuple.items(), scope), false);
            case Expr.DictLiteral dict -> dict(dict, scope);
            case Expr.Attribute attribute -> attribute(attribute, scope);
            case Expr.Subscript subscript -> subscript(subscript, scope);
            case Expr.Slice slice -> slice(slice, scope);
            case Expr.Call call -> call(call, scope, null);
            case Expr.FilterCall filter -> filter(filter, scope);
            case Expr.TestCall test -> test(test, scope);
            case Expr.Not not -> Value.of(!truth(not.operand(), scope));
            case Expr.Sign sign -> sign(sign, scope);
            case Expr.Binary binary -> binary(binary, scope);
            case Expr.Both both -> both(both, scope);
            case Expr.Either either -> either(either, scope);
            case Expr.Compare compare -> compare(compare, scope);
            case Expr.Concat concat -> concat(concat, scope);
            case Expr.Conditional conditional -> conditional(conditional, scope);
            case Expr.BlockText _ -> requireNonNull(scope.get(BLOCK_TEXT));
        };
        machine.leave();
        return value;
    }

    /** A filter block's filter on the block's text. */
    Value filter(Expr filter, Value blockText, Scope scope) {
        Scope inner = new Scope(scope);
        inner.set(BLOCK_TEXT, blockText);
        return evaluate(filter, inner);
    }

    private boolean truth(Expr expression, Scope scope) {
        return Comparison.truth(evaluate(expression, scope));
    }

    private static Value name(String name, Scope scope) {
        Value value = scope.get(name);
        return value == null ? new Value.Undefined("'%s' is undefined".formatted(name)) : value;
    }

    private List<Value> all(List<Expr> expressions, Scope scope) {
        List<Value> values = new ArrayList<>(expressions.size());
        for (Expr expression : expressions) {
            values.add(evaluate(expression, scope));
        }
        return values;
    }

    private Value dict(Expr.DictLiteral literal, Scope scope) {
        Dict dict = new Dict();
        for (Expr.Pair pair : literal.pairs()) {
            Value key = evaluate(pair.key(), scope);
            Value value = evaluate(pair.value(), scope);
            machine.at(literal.line());
            dict.put(machine, key, value);
        }
        return dict;
    }

    private Value attribute(Expr.Attribute attribute, Scope scope) {
        Value target = evaluate(attribute.target(), scope);
        machine.at(attribute.line());
        return Attributes.attribute(machine, target, attribute.name());
    }

    private Value subscript(Expr.Subscript subscript, Scope scope) {
        Value target = evaluate(subscript.target(), scope);
        Value index = evaluate(subscript.index(), scope);
        machine.at(subscript.line());
        return Attributes.item(machine, target, index);
    }

    private Value slice(Expr.Slice slice, Scope scope) {
        Value target = evaluate(slice.target(), scope);
        Value start = slice.start() == null ? Value.None.NONE : evaluate(slice.start(), scope);
        Value stop = slice.stop() == null ? Value.None.NONE : evaluate(slice.stop(), scope);
        Value step = slice.step() == null ? Value.None.NONE : evaluate(slice.step(), scope);
        machine.at(slice.line());
        return Slices.slice(machine, target, start, stop, step);
    }

    /** Calls; {@code caller} is what a call block passes along. */
    Value call(Expr.Call call, Scope scope, @Nullable Value caller) {
        Value target = evaluate(call.target(), scope);
        Arguments arguments = arguments(call.arguments(), scope);
        if (caller != null) {
            Map<String, Value> keywords = new LinkedHashMap<>(arguments.keywords());
            keywords.put("caller", caller);
            arguments = new Arguments(arguments.positional(), keywords);
        }
        machine.at(call.line());
        return switch (target) {
            case Value.Function function -> function.body().call(machine, arguments);
            case LoopContext loop -> loop.call(machine, arguments);
            case Value.Undefined(String message) -> throw machine.error(message);
            default -> throw machine.error("'%s' object is not callable".formatted(target.type()));
        };
    }

    private Arguments arguments(CallArguments written, Scope scope) {
        List<Value> positional = all(written.positional(), scope);
        if (written.keywords().isEmpty() && written.list() == null && written.keywordMap() == null) {
            return new Arguments(positional, Map.of());
        }
        Map<String, Value> keywords = new LinkedHashMap<>();
        for (Expr.Keyword keyword : written.keywords()) {
            if (keywords.put(keyword.name(), evaluate(keyword.value(), scope)) != null) {
                throw machine.error("keyword argument repeated: " + keyword.name());
            }
        }
        if (written.list() != null) {
            Sequences.iterate(machine, evaluate(written.list(), scope)).forEachRemaining(item -> {
                machine.charge(1);
                positional.add(item);
            });
        }
        if (written.keywordMap() != null) {
            spread(evaluate(written.keywordMap(), scope), keywords);
        }
        return new Arguments(positional, keywords);
    }

    private void spread(Value map, Map<String, Value> keywords) {
        if (!(map instanceof Dict dict)) {
            throw machine.error("argument after ** must be a mapping, not " + map.type());
        }
        dict.forEach((_, key, value) -> {
            if (!(key instanceof Value.Str name)) {
                throw machine.error("keywords must be strings");
            }
            if (keywords.put(name.chars(), value) != null) {
                throw machine.error("got multiple values for a keyword argument");
            }
        });
    }

    private Value filter(Expr.FilterCall call, Scope scope) {
        if (call.filter() == null) {
            machine.at(call.line());
            throw machine.error("no filter named '%s' found".formatted(call.name()));
        }
        Value input = evaluate(call.input(), scope);
        Arguments arguments = arguments(call.arguments(), scope);
        machine.at(call.line());
        return call.filter().apply(machine, input, arguments);
    }

    private Value test(Expr.TestCall call, Scope scope) {
        if (call.test() == null) {
            machine.at(call.line());
            throw machine.error("no test named '%s' found".formatted(call.name()));
        }
        Value input = evaluate(call.input(), scope);
        Arguments arguments = arguments(call.arguments(), scope);
        machine.at(call.line());
        return Value.of(call.test().test(machine, input, arguments));
    }

    private Value sign(Expr.Sign sign, Scope scope) {
        Value operand = evaluate(sign.operand(), scope);
        machine.at(sign.line());
        return Arithmetic.sign(machine, operand, sign.negative());
    }

    private Value binary(Expr.Binary binary, Scope scope) {
        Value left = evaluate(binary.left(), scope);
        Value right = evaluate(binary.right(), scope);
        machine.at(binary.line());
        return Arithmetic.apply(machine, binary.operator(), left, right);
    }

    private Value both(Expr.Both both, Scope scope) {
        Value left = evaluate(both.left(), scope);
        return Comparison.truth(left) ? evaluate(both.right(), scope) : left;
    }

    private Value either(Expr.Either either, Scope scope) {
        Value left = evaluate(either.left(), scope);
        return Comparison.truth(left) ? left : evaluate(either.right(), scope);
    }

    private Value compare(Expr.Compare compare, Scope scope) {
        Value left = evaluate(compare.first(), scope);
        for (Expr.Operand operand : compare.rest()) {
            Value right = evaluate(operand.value(), scope);
            machine.at(compare.line());
            if (!Comparison.holds(machine, operand.comparator(), left, right)) {
                return Value.Bool.FALSE;
            }
            left = right;
        }
        return Value.Bool.TRUE;
    }

    private Value concat(Expr.Concat concat, Scope scope) {
        List<Value> parts = all(concat.parts(), scope);
        machine.at(concat.line());
        Text.Builder text = new Text.Builder();
        for (Value part : parts) {
            Text piece = PythonRepr.str(machine, part);
            machine.chargeText(piece.units());
            machine.checkOutput(text.units());
            text.append(piece);
        }
        return Value.of(text.build());
    }

    private Value conditional(Expr.Conditional conditional, Scope scope) {
        if (truth(conditional.test(), scope)) {
            return evaluate(conditional.then(), scope);
        }
        if (conditional.otherwise() == null) {
            return new Value.Undefined(
                    "the inline if-expression on line %d evaluated to false and no else section was defined."
                            .formatted(conditional.line()));
        }
        return evaluate(conditional.otherwise(), scope);
    }
}
