/**
 * How much memory a model will take and where, computed from its file before anything native is allocated. Pure
 * functions, any thread.
 */
@NullMarked
package dev.gufo.engine.plan;

import org.jspecify.annotations.NullMarked;
