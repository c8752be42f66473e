/** Whether this server lives, whether it can answer, and what it is answering now. Safe for any thread. */
package dev.gufo.server.health;
