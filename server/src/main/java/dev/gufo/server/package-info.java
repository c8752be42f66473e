/**
 * The HTTP server: its settings, its models, and one page that lists every route. Each request runs on one virtual
 * thread from its first byte to its last.
 */
package dev.gufo.server;
