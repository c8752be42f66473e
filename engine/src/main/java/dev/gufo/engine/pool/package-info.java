/**
 * Several models in the memory of one machine: which are loaded, and which have to go for another. Models are loaded when they are asked
 * for and stay while there is room. Requests wait on their own threads.
 */
package dev.gufo.engine.pool;
