/**
 * Which native libraries are installed and which of them this machine can run, told from files alone: nothing here
 * loads them. Any thread.
 */
package dev.gufo.engine.natives;
