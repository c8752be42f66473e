/** What content is, for clients that ask: OpenAI's moderations. On the thread of each request. */
@NullMarked
package dev.gufo.server.moderations;

import org.jspecify.annotations.NullMarked;
