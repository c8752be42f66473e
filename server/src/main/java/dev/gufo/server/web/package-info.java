/**
 * The page for people: chat at {@code /}, operation at {@code /admin}. It is built from {@code web/} and lies beside
 * these classes as files that never change while the server runs. Used on the thread of each request.
 */
@NullMarked
package dev.gufo.server.web;

import org.jspecify.annotations.NullMarked;
