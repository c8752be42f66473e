/**
 * The models that clients see, and the routes that tell which there are. Immutable; used on the thread of each request.
 */
@NullMarked
package dev.gufo.server.models;

import org.jspecify.annotations.NullMarked;
