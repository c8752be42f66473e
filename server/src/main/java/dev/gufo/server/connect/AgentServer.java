package dev.gufo.server.connect;

import java.util.OptionalInt;

/**
 * What an agent has to know of the server.
 *
 * @param url without a slash at its end
 * @param key something in any case: agents insist on one
 * @param model id of the model to use
 * @param contextTokens its context; empty if the server does not say, because the model is not loaded
 */
public record AgentServer(String url, String key, String model, OptionalInt contextTokens) {}
