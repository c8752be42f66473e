/**
 * From a prompt to its answer, whatever API asked for it: sampling, grammars, tools and stop strings in; choices out,
 * whole or streamed. A face is a reader of requests and a writer of answers on top of it. Each request stays on its own
 * thread.
 */
@NullMarked
package dev.gufo.server.answer;

import org.jspecify.annotations.NullMarked;
