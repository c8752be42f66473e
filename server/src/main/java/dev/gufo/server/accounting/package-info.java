/** What the way of a request tells ledger, metrics and log, in one place. On the thread of each request. */
@NullMarked
package dev.gufo.server.accounting;

import org.jspecify.annotations.NullMarked;
