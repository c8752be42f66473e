/**
 * Grammars in GBNF: which bytes may follow the text so far. A grammar becomes a recursive transition network over
 * bytes; texts are matched with a graph-structured stack, so that any grammar, left-recursive or ambiguous, costs a
 * bounded amount of work per byte or is refused. A {@link dev.gufo.grammar.Grammar} is safe on any thread, a
 * {@link dev.gufo.grammar.Matcher} belongs to one.
 */
@NullMarked
package dev.gufo.grammar;

import org.jspecify.annotations.NullMarked;
