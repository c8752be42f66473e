/**
 * The routes that tell which models there are. Stateless; used on the thread of the request.
 */
package dev.gufo.server.models;
