/** What the way of a request tells ledger, metrics and log, in one place. On the thread of each request. */
package dev.gufo.server.accounting;
