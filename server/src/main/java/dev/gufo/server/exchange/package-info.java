/**
 * One request that uses a model, on its own thread: how it enters, which model it gets, what it has taken of limits and
 * memory.
 */
package dev.gufo.server.exchange;
