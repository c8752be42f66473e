/** Downloads of models that administrators ask for over HTTP, one after the other on a thread of their own. */
@NullMarked
package dev.gufo.server.pulls;

import org.jspecify.annotations.NullMarked;
