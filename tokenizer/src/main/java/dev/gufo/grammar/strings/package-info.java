/**
 * Sets of strings: regular expressions, automata, and what JSON Schema says about strings, as sets that can be cut and
 * joined. Everything belongs to the thread that makes it.
 */
@NullMarked
package dev.gufo.grammar.strings;

import org.jspecify.annotations.NullMarked;
