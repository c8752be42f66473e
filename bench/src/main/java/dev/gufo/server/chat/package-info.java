/**
 * Measurements of what a token costs on the server's side; in this package because what they measure is nobody else's
 * business.
 */
package dev.gufo.server.chat;
