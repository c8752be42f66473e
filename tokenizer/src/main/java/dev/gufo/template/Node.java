package dev.gufo.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement, or the text between two. Immutable and shared between renderings. */
sealed interface Node {
    record Data(Text text) implements Node {}

    record Print(Expr value) implements Node {}

    /** The first branch whose test holds runs, otherwise {@code otherwise}. */
    record If(List<Branch> branches, List<Node> otherwise) implements Node {}

    record Branch(Expr test, List<Node> body) {}

    record For(
            int line,
            Target target,
            Expr iterable,
            @Nullable Expr filter,
            boolean recursive,
            List<Node> body,
            List<Node> otherwise)
            implements Node {}

    record Set(int line, Target target, Expr value) implements Node {}

    /** {@code filter} works on a {@link Expr.BlockText}. */
    record SetBlock(int line, Target target, @Nullable Expr filter, List<Node> body) implements Node {}

    record Macro(String name, Signature signature, List<Node> body) implements Node {}

    record CallBlock(Signature signature, Expr.Call call, List<Node> body) implements Node {}

    record FilterBlock(Expr filter, List<Node> body) implements Node {}

    record With(List<Target> targets, List<Expr> values, List<Node> body) implements Node {}

    record Break() implements Node {}

    record Continue() implements Node {}

    /** A macro's parameters; the three special ones are passed only if its body mentions them. */
    record Signature(List<Parameter> parameters, boolean caller, boolean varargs, boolean kwargs) {}

    /** {@code otherwise} is null if the parameter has no default. */
    record Parameter(String name, @Nullable Expr otherwise) {}

    /** Where an assignment goes. */
    sealed interface Target {
        record Variable(String name) implements Target {}

        record Attribute(String namespace, String name) implements Target {}

        record Unpack(List<Target> targets) implements Target {}
    }
}
