/**
 * What the server tells Prometheus. Requests count on their own threads; a scrape reads counters and the status that
 * each engine last told, and takes no lock of a scheduler.
 */
@NullMarked
package dev.gufo.server.metrics;

import org.jspecify.annotations.NullMarked;
