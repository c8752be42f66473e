/**
 * Which native libraries are installed and which of them this machine can run, told from files alone: nothing here
 * loads them. Any thread.
 */
@NullMarked
package dev.gufo.engine.natives;

import org.jspecify.annotations.NullMarked;
