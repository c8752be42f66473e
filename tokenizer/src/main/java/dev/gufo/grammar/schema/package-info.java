/**
 * JSON Schema to GBNF, so that every text of the grammar is valid by the schema. What has no grammar is refused, with
 * its place. Everything of one schema belongs to the thread that compiles it.
 */
@NullMarked
package dev.gufo.grammar.schema;

import org.jspecify.annotations.NullMarked;
