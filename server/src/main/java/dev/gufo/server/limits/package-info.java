/**
 * How much each key may use: token buckets for rates, tallies for what runs at the same time and for the month's
 * budget; counted in this process, or on Redis for several. Used on the thread of each request.
 */
@NullMarked
package dev.gufo.server.limits;

import org.jspecify.annotations.NullMarked;
