/** One line for every request, and how lines look. On the thread of the request. */
@NullMarked
package dev.gufo.server.log;

import org.jspecify.annotations.NullMarked;
