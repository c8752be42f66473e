/**
 * The ledger: one row for every accepted request, and what the rows add up to. Requests write on their own threads into
 * memory; one writer thread owns the connection that writes the rows. Reading takes a connection of its own.
 */
@NullMarked
package dev.gufo.server.usage;

import org.jspecify.annotations.NullMarked;
