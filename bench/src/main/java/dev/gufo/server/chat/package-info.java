/**
 * Measurements of what a token costs on the server's side; in this package because what they measure is private to it
 * business.
 */
@NullMarked
package dev.gufo.server.chat;

import org.jspecify.annotations.NullMarked;
