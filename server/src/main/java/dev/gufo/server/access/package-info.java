/**
 * Who may ask: API keys, the origins of web pages, and the id that every request carries. Immutable; used on the thread of the request.
 */
package dev.gufo.server.access;
