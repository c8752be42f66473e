/**
 * What the content of requests and answers may be: words, regular expressions and guard models that score it by
 * category, and what the operator wants done about a score. Any thread, but where a class says otherwise.
 */
@NullMarked
package dev.gufo.server.policy;

import org.jspecify.annotations.NullMarked;
