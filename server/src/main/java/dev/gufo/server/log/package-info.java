/** One line for every request, and how lines look. On the thread of the request. */
package dev.gufo.server.log;
