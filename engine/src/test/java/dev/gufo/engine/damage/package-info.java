/** Damaged model files, and what becomes of those who open them. */
package dev.gufo.engine.damage;
