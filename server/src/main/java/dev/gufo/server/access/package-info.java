/**
 * Who asks, and whether they may: API keys of the settings and of the database, their administration, the origins of
 * web pages, and the id that every request carries. Used on the thread of each request.
 */
@NullMarked
package dev.gufo.server.access;

import org.jspecify.annotations.NullMarked;
