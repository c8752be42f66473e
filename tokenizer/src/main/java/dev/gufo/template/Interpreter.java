package dev.gufo.template;

import static java.util.Objects.requireNonNull;

import dev.gufo.template.Node.Target;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs statements. One per rendering, on one thread. */
final class Interpreter {
    /** How a statement ended: on to the next one, or out of the loop's body. */
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private final Machine machine;
    private final Evaluator evaluator;
    private Text.Builder out = new Text.Builder();

    Interpreter(Machine machine) {
        this.machine = machine;
        this.evaluator = new Evaluator(machine);
    }

    Text render(List<Node> body, Scope scope) {
        run(body, scope);
        return out.build();
    }

    private Flow run(List<Node> body, Scope scope) {
        machine.enter();
        Flow flow = Flow.NEXT;
        for (int i = 0; i < body.size() && flow == Flow.NEXT; i++) {
            flow = run(body.get(i), scope);
        }
        machine.leave();
        return flow;
    }

    private Flow run(Node node, Scope scope) {
        return switch (node) {
            case Node.Data(Text text) -> write(text);
            case Node.Print(Expr value) -> write(PythonRepr.str(machine, evaluator.evaluate(value, scope)));
            case Node.If branches -> conditional(branches, scope);
            case Node.For loop -> {
                Value iterable = evaluator.evaluate(loop.iterable(), scope);
                yield loop(loop, iterable, scope, 0);
            }
            case Node.Set(int line, Target target, Expr expression) -> {
                Value value = evaluator.evaluate(expression, scope);
                machine.at(line);
                yield assign(target, value, scope);
            }
            case Node.SetBlock block -> setBlock(block, scope);
            case Node.Macro macro -> {
                scope.set(macro.name(), function(macro.name(), macro.signature(), macro.body(), scope));
                yield Flow.NEXT;
            }
            case Node.CallBlock(Node.Signature signature, Expr.Call call, List<Node> body) -> {
                Value caller = function("caller", signature, body, scope);
                yield write(PythonRepr.str(machine, evaluator.call(call, scope, caller)));
            }
            case Node.FilterBlock(Expr filter, List<Node> body) -> {
                Captured captured = capture(body, new Scope(scope));
                yield captured.flow() == Flow.NEXT
                        ? write(PythonRepr.str(machine, evaluator.filter(filter, captured.text(), scope)))
                        : captured.flow();
            }
            case Node.With with -> with(with, scope);
            case Node.Break() -> Flow.BREAK;
            case Node.Continue() -> Flow.CONTINUE;
        };
    }

    private Flow write(Text text) {
        machine.charge(1 + text.units() / 64);
        machine.checkOutput(out.units() + text.units());
        out.append(text);
        return Flow.NEXT;
    }

    private Flow conditional(Node.If branches, Scope scope) {
        for (Node.Branch branch : branches.branches()) {
            if (Comparison.truth(evaluator.evaluate(branch.test(), scope))) {
                return run(branch.body(), scope);
            }
        }
        return run(branches.otherwise(), scope);
    }

    private Flow loop(Node.For loop, Value iterable, Scope scope, int depth) {
        machine.at(loop.line());
        Iterator<Value> items = Sequences.iterate(machine, iterable);
        int length = loop.filter() == null ? Sequences.lengthOrUnknown(iterable) : -1;
        if (loop.filter() != null) {
            items = filtered(loop, items, scope);
        }
        Value.Function.Body recursion = loop.recursive() ? recursion(loop, scope, depth + 1) : null;
        LoopContext context = new LoopContext(items, length, depth, recursion);
        // The reference runs "else" unless one iteration came to its end, so break and continue may lead there too.
        boolean completed = false;
        while (context.hasNext()) {
            machine.charge(1);
            Scope inner = new Scope(scope);
            assign(loop.target(), context.advance(), inner);
            inner.set("loop", context);
            Flow flow = run(loop.body(), inner);
            if (flow == Flow.BREAK) {
                break;
            }
            completed |= flow == Flow.NEXT;
        }
        return completed ? Flow.NEXT : run(loop.otherwise(), new Scope(scope));
    }

    private Iterator<Value> filtered(Node.For loop, Iterator<Value> items, Scope scope) {
        return new LazyIterator(machine) {
            @Override
            @Nullable
            Value advance() {
                while (items.hasNext()) {
                    Value item = items.next();
                    Scope inner = new Scope(scope);
                    assign(loop.target(), item, inner);
                    if (Comparison.truth(evaluator.evaluate(requireNonNull(loop.filter()), inner))) {
                        return item;
                    }
                }
                return null;
            }
        };
    }

    private Value.Function.Body recursion(Node.For loop, Scope scope, int depth) {
        return (_, arguments) -> {
            Value iterable = arguments.bind(machine, "loop", 1, "iterable")[0];
            machine.enter();
            Text.Builder outside = out;
            out = new Text.Builder();
            loop(loop, iterable, scope, depth);
            Text text = out.build();
            out = outside;
            machine.leave();
            return Value.of(text);
        };
    }

    private Flow assign(Target target, Value value, Scope scope) {
        switch (target) {
            case Target.Variable(String name) -> scope.set(name, value);
            case Target.Attribute(String name, String attribute) -> {
                if (!(scope.get(name) instanceof Namespace namespace)) {
                    throw machine.error("cannot assign attribute on non-namespace object");
                }
                namespace.set(Text.trusted(attribute), value);
            }
            case Target.Unpack(List<Target> targets) -> {
                List<Value> items = unpack(value, targets.size());
                for (int i = 0; i < targets.size(); i++) {
                    assign(targets.get(i), items.get(i), scope);
                }
            }
        }
        return Flow.NEXT;
    }

    private List<Value> unpack(Value value, int count) {
        List<Value> items = new ArrayList<>(count);
        Iterator<Value> iterator = Sequences.iterate(machine, value);
        while (items.size() < count && iterator.hasNext()) {
            items.add(iterator.next());
        }
        if (items.size() < count) {
            throw machine.error("not enough values to unpack (expected %d, got %d)".formatted(count, items.size()));
        }
        if (iterator.hasNext()) {
            throw machine.error("too many values to unpack (expected %d)".formatted(count));
        }
        return items;
    }

    private record Captured(Flow flow, Value text) {}

    /** Runs a body with its output kept apart. */
    private Captured capture(List<Node> body, Scope scope) {
        Text.Builder outside = out;
        out = new Text.Builder();
        Flow flow = run(body, scope);
        Value text = Value.of(out.build());
        out = outside;
        return new Captured(flow, text);
    }

    private Flow setBlock(Node.SetBlock block, Scope scope) {
        Captured captured = capture(block.body(), new Scope(scope));
        if (captured.flow() != Flow.NEXT) {
            return captured.flow();
        }
        Value value = captured.text();
        if (block.filter() != null) {
            value = evaluator.filter(block.filter(), value, scope);
        }
        machine.at(block.line());
        return assign(block.target(), value, scope);
    }

    private Flow with(Node.With with, Scope scope) {
        Scope inner = new Scope(scope);
        for (int i = 0; i < with.targets().size(); i++) {
            assign(with.targets().get(i), evaluator.evaluate(with.values().get(i), scope), inner);
        }
        return run(with.body(), inner);
    }

    /**
     * A macro, or the body of a call block, which sees the names around its definition as they are when it is called.
     */
    private Value function(String name, Node.Signature signature, List<Node> body, Scope scope) {
        return new Value.Function("Macro", name, (_, arguments) -> {
            machine.enter();
            Scope inner = new Scope(scope);
            bind(name, signature, arguments, inner);
            Value text = capture(body, inner).text();
            machine.leave();
            return text;
        });
    }

    private void bind(String name, Node.Signature signature, Arguments arguments, Scope scope) {
        List<Node.Parameter> parameters = signature.parameters();
        List<Value> positional = arguments.positional();
        Set<String> unused = new HashSet<>(arguments.keywords().keySet());
        for (int i = 0; i < parameters.size(); i++) {
            Node.Parameter parameter = parameters.get(i);
            Value value = i < positional.size() ? positional.get(i) : null;
            if (value == null && unused.remove(parameter.name())) {
                value = arguments.keywords().get(parameter.name());
            }
            if (value == null && parameter.otherwise() != null) {
                value = evaluator.evaluate(parameter.otherwise(), scope);
            }
            if (value == null) {
                value = new Value.Undefined("parameter '%s' was not provided".formatted(parameter.name()));
            }
            scope.set(parameter.name(), value);
        }
        if (signature.caller()) {
            Value caller = unused.remove("caller") ? arguments.keywords().get("caller") : null;
            scope.set("caller", caller == null ? new Value.Undefined("No caller defined") : caller);
        }
        if (signature.kwargs()) {
            Dict kwargs = new Dict();
            arguments.keywords().forEach((key, value) -> {
                if (unused.contains(key)) {
                    kwargs.put(machine, Value.trusted(key), value);
                }
            });
            scope.set("kwargs", kwargs);
        } else if (!unused.isEmpty()) {
            throw machine.error("macro '%s' takes no keyword argument '%s'"
                    .formatted(name, unused.iterator().next()));
        }
        int extra = positional.size() - parameters.size();
        if (signature.varargs()) {
            List<Value> rest = extra > 0 ? positional.subList(parameters.size(), positional.size()) : List.of();
            scope.set("varargs", new Value.Tuple(List.copyOf(rest), false));
        } else if (extra > 0) {
            throw machine.error("macro '%s' takes not more than %d argument(s)".formatted(name, parameters.size()));
        }
    }
}
