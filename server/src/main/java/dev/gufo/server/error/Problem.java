package dev.gufo.server.error;

import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.pool.Residency;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What the server itself finds wrong with a request, or with its own state; {@link ErrorTable} says what the client is
 * told.
 */
public sealed interface Problem {
    /**
     * A field of the request has a wrong type or value, or the whole is not JSON.
     *
     * @param param path of the field, for instance {@code messages[2].content[0].type}; {@code ""} if it is no field
     * @param message one or two sentences for the client's developer
     */
    record Invalid(String param, String message) implements Problem {}

    /** A field asks for what this server does not do, and leaving it out of account would give a wrong answer. */
    record Unsupported(String param, String message) implements Problem {}

    /**
     * The key is missing or wrong.
     *
     * @param given whether there was one
     */
    record InvalidApiKey(boolean given) implements Problem {}

    /**
     * The key is a right one that is no longer, or not now, good.
     *
     * @param why a sentence
     */
    record UnusableApiKey(String why) implements Problem {}

    /** So many wrong keys came from this address that it has to wait; whether this one is right is not said. */
    record TooManyWrongKeys(Duration retryAfter) implements Problem {}

    /**
     * The key is good, but not for this.
     *
     * @param why a sentence
     */
    record Forbidden(String why) implements Problem {}

    /** The request was sent to a name that is not this server's. */
    record UnknownHost(String host) implements Problem {}

    /** No API key has this id. */
    record KeyNotFound(String id) implements Problem {}

    /** An administrator names a download that the server does not know. */
    record PullNotFound(String id) implements Problem {}

    /** No response of the caller's that is kept has this id. */
    record ResponseNotFound(String id) implements Problem {}

    /** A request that nobody waits for at a connection was begun by so many servers that died over it. */
    record GivenUp(int servers) implements Problem {}

    /** No conversation of the caller's has this id. */
    record ConversationNotFound(String id) implements Problem {}

    /** The conversation has no item of this id. */
    record ItemNotFound(String id) implements Problem {}

    /** No batch of the caller's has this id. */
    record BatchNotFound(String id) implements Problem {}

    /**
     * A batch can't be cancelled any more.
     *
     * @param status how it ended, or that it is about to
     */
    record BatchEnded(String id, String status) implements Problem {}

    /** What is asked of a batch is possible only once it has ended. */
    record BatchNotEnded(String id) implements Problem {}

    /** No file of the caller's has this id. */
    record FileNotFound(String id) implements Problem {}

    /** No upload of the caller's has this id. */
    record UploadNotFound(String id) implements Problem {}

    /**
     * An upload takes no more parts, and can't be ended again.
     *
     * @param status how it ended
     */
    record UploadEnded(String id, String status) implements Problem {}

    /** The contents of a file are not what they were, or are not there. */
    record FileDamaged(String id) implements Problem {}

    /** A file can't be deleted now, because something needs it. */
    record FileInUse(String id) implements Problem {}

    /**
     * There is no room for a further file.
     *
     * @param limit the name of the server's setting
     * @param most bytes that it allows
     * @param used how many of them are taken
     */
    record FilesFull(String limit, long most, long used) implements Problem {}

    /** Files can't be written now. */
    record FilesUnavailable() implements Problem {}

    /**
     * The key's rate or number of requests is at its limit.
     *
     * @param limit its name, for instance {@code tokens_per_minute}
     * @param unit what it counts, as a word
     * @param allowed the limit
     * @param used how much of it is taken, by what ran and what runs
     * @param requested how much this request would take
     * @param retryAfter when it would pass; empty if it never would
     */
    record RateLimited(
            String limit, String unit, long allowed, long used, long requested, Optional<Duration> retryAfter)
            implements Problem {}

    /**
     * The key's budget does not suffice.
     *
     * @param limit its name, for instance {@code tokens_per_month}
     * @param allowed the budget
     * @param used how much of it is taken, by what ran and what runs
     * @param requested how much this request may take
     */
    record QuotaExceeded(String limit, long allowed, long used, long requested) implements Problem {}

    /**
     * The place where limits are counted can't be reached, so it is not known whether there is room.
     *
     * @param retryAfter when to try again
     */
    record LimitsUnavailable(Duration retryAfter) implements Problem {}

    /** No model has this id. */
    record ModelNotFound(String id) implements Problem {}

    /**
     * The model has another file than the one that the request pins it to.
     *
     * @param version beginning of the digest that it wants
     * @param digest what the model's file has; empty if it has none
     */
    record ModelVersionNotFound(String id, String version, Optional<String> digest) implements Problem {}

    /**
     * The request pins a model to a version, and the model's file has not been hashed yet.
     *
     * @param retryAfter when to try again
     */
    record VersionUnknown(String id, Duration retryAfter) implements Problem {}

    /** The request names no model, and there is none that its key may use for it. */
    record NoModel() implements Problem {}

    /** This model is on disk and not among those that are served. */
    record ModelNotLoaded(String id) implements Problem {}

    /** The model's chat template can't be used at all. */
    record BrokenTemplate(String message) implements Problem {}

    /** No route has this path. */
    record RouteNotFound(String method, String path) implements Problem {}

    /**
     * The path exists, with other methods.
     *
     * @param allowed their names, comma separated
     */
    record MethodNotAllowed(String method, String path, String allowed) implements Problem {}

    /** The body is not declared as plain JSON. */
    record UnsupportedMediaType(String message) implements Problem {}

    /** The body does not come, or too slowly. */
    record TooSlow() implements Problem {}

    /** The body is larger than the limit, in bytes. */
    record BodyTooLarge(long limit) implements Problem {}

    /**
     * Prompt and requested answer are larger than the context.
     *
     * @param promptTokens tokens of the prompt
     * @param maxTokens tokens asked for; 0 if the prompt alone leaves no room
     * @param contextTokens most tokens of one sequence
     */
    record ContextExceeded(int promptTokens, int maxTokens, int contextTokens) implements Problem {}

    /**
     * A text is longer than what the model sees at once.
     *
     * @param field the array that holds it
     * @param index which of the array, from 0
     * @param tokens how long it is
     * @param windowTokens how long it may be
     */
    record InputTooLong(String field, int index, int tokens, int windowTokens) implements Problem {}

    /**
     * The model is not made for what the request asks of it.
     *
     * @param id the model's
     * @param what it does not do, for instance {@code does not chat}
     * @param instead what to do about it
     */
    record WrongRole(String id, String what, String instead) implements Problem {}

    /**
     * The request has content that the operator's policy does not allow.
     *
     * @param param the field that has it
     * @param scores by category, of those for which it is refused
     */
    record ContentViolation(String param, Map<String, Double> scores) implements Problem {}

    /**
     * The operator wants content checked, and it can't be at the moment.
     *
     * @param retryAfter when to try again
     */
    record PolicyUnavailable(Duration retryAfter) implements Problem {}

    /** The body's values need more memory than one request may have. */
    record BodyTooCostly() implements Problem {}

    /**
     * A text is so long that counting its tokens is not worth it.
     *
     * @param field of the request
     * @param tokens fewer than it has
     * @param contextTokens how many it may have
     */
    record TextTooLong(String field, long tokens, int contextTokens) implements Problem {}

    /** The bodies of other requests take all memory that is set aside for them. */
    record NoRoom() implements Problem {}

    /**
     * The model was not loaded within the time that a request may wait for it.
     *
     * @param residency where it is
     * @param waited how long that was
     */
    record StillLoading(String id, Residency residency, Duration waited) implements Problem {}

    /**
     * The model can't be loaded.
     *
     * @param reason one line for clients, with numbers if it is memory that is missing
     */
    record LoadFailed(String id, String reason) implements Problem {}

    /** The model can't answer now. */
    record NotReady(EngineStatus status) implements Problem {}

    /**
     * The server is being stopped.
     *
     * @param retryAfter when another one may be there
     */
    record Draining(Duration retryAfter) implements Problem {}

    /** The ledger can't be written, and what can't be accounted for is not done. */
    record LedgerUnavailable() implements Problem {}

    /** The database can't be read or written. */
    record DatabaseUnavailable() implements Problem {}

    /**
     * A part of the server fails that requests need.
     *
     * @param reason one line that names no path and no model
     */
    record PartFailing(String reason) implements Problem {}

    /** What is not HTTP, or too much of it; the web server has chosen the status. */
    record Rejected(int status, String message) implements Problem {}

    /**
     * A fault of ours.
     *
     * @param requestId under which the log tells more
     */
    record Internal(String requestId) implements Problem {}
}
