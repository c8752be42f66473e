/** What keeps secrets out of messages and logs. Stateless. */
package dev.gufo.server.secrets;
