/** What keeps secrets out of messages and logs. Stateless. */
@NullMarked
package dev.gufo.server.secrets;

import org.jspecify.annotations.NullMarked;
