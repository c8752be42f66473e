/**
 * What can go wrong with a request, and the one table from there to status, type, code and parameter. Stateless but for
 * settings; used on the thread of the request.
 */
@NullMarked
package dev.gufo.server.error;

import org.jspecify.annotations.NullMarked;
