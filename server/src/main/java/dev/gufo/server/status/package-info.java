/** What runs now, for administrators: once, or as a stream of what changes. Used on the thread of each request. */
@NullMarked
package dev.gufo.server.status;

import org.jspecify.annotations.NullMarked;
