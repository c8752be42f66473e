/**
 * The server's own threads, which serve all requests: how they survive a turn that fails, and what ends the process
 * when one is lost.
 */
package dev.gufo.server.threads;
