/** Whether this server lives, whether it can answer, and what it is answering now. Safe for any thread. */
@NullMarked
package dev.gufo.server.health;

import org.jspecify.annotations.NullMarked;
