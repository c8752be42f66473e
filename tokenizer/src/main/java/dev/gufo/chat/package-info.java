/**
 * A conversation as templates see it: messages, tools and the variables made of them. Immutable records without threads of their own.
 */
package dev.gufo.chat;
