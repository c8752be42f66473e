/** What {@code gufo doctor} finds, for administrators of a running server. Looks on a thread of its own. */
@NullMarked
package dev.gufo.server.doctor;

import org.jspecify.annotations.NullMarked;
