/**
 * What the API takes and answers, for programs and for people: an OpenAPI document and a page that shows it. Used on
 * the thread of each request.
 */
@NullMarked
package dev.gufo.server.docs;

import org.jspecify.annotations.NullMarked;
