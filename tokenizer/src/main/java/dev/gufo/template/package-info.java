/**
 * Chat templates: a Jinja interpreter that renders what Hugging Face's environment renders, byte for byte, within
 * bounds on steps, depth and output. Values are immutable or confined to one rendering; nothing here is shared between
 * threads but parsed templates, which are immutable.
 */
@NullMarked
package dev.gufo.template;

import org.jspecify.annotations.NullMarked;
