package dev.gufo.server.error;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.FormatMethod;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.pool.Residency;
import dev.gufo.template.TemplateException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** From what went wrong to what the client is told: the only file that knows status codes. */
public final class ErrorTable {
    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String SERVER_ERROR = "server_error";
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final Duration AFTER_LONG_WAIT = Duration.ofSeconds(10);

    private final int overflowStatus;

    /** @param overflowStatus status of a prompt that does not fit the context: 413, or 400 as OpenAI has it */
    public ErrorTable(int overflowStatus) {
        this.overflowStatus = overflowStatus;
    }

    /** The row of a problem of the server's own. */
    public ApiError of(Problem problem) {
        return switch (problem) {
            case Problem.Invalid(String param, String message) -> invalid(400, "invalid_value", param, message);
            case Problem.Unsupported(String param, String message) ->
                invalid(400, "unsupported_parameter", param, message);
            case Problem.BrokenTemplate(String message) -> invalid(400, "invalid_chat_template", "messages", message);
            case Problem.InvalidApiKey(boolean given) ->
                invalid(
                        401,
                        "invalid_api_key",
                        "",
                        given
                                ? "Incorrect API key provided."
                                : "You didn't provide an API key. Send it in the header \"Authorization: Bearer KEY\".");
            case Problem.UnusableApiKey(String why) -> invalid(401, "invalid_api_key", "", why);
            case Problem.TooManyWrongKeys(Duration after) ->
                new ApiError(
                        429,
                        INVALID_REQUEST,
                        "rate_limit_exceeded",
                        "",
                        "Too many incorrect API keys came from this address.",
                        Optional.of(after));
            case Problem.Forbidden(String why) -> invalid(403, "permission_denied", "", why);
            case Problem.UnknownHost(String host) ->
                invalid(
                        403,
                        "unknown_host",
                        "",
                        text(
                                "This server does not answer to the name '%s'. If that is its name, start it with --allowed-host %s.",
                                host, host));
            case Problem.PullNotFound(String id) ->
                invalid(404, "pull_not_found", "", text("There is no download '%s'.", id));
            case Problem.KeyNotFound(String id) -> invalid(404, "key_not_found", "", text("There is no key '%s'.", id));
            case Problem.ResponseNotFound(String id) ->
                invalid(404, "response_not_found", "", text("There is no response '%s'.", id));
            case Problem.GivenUp(int servers) ->
                new ApiError(
                        500,
                        SERVER_ERROR,
                        SERVER_ERROR,
                        "",
                        text("The server died %d times while it answered this request.", servers),
                        Optional.empty());
            case Problem.ConversationNotFound(String id) ->
                invalid(404, "conversation_not_found", "", text("There is no conversation '%s'.", id));
            case Problem.ItemNotFound(String id) ->
                invalid(404, "item_not_found", "", text("The conversation has no item '%s'.", id));
            case Problem.BatchNotFound(String id) ->
                invalid(404, "batch_not_found", "", text("There is no batch '%s'.", id));
            case Problem.BatchEnded(String id, String status) ->
                invalid(409, "batch_ended", "", text("The batch '%s' is %s and can't be cancelled.", id, status));
            case Problem.BatchNotEnded(String id) ->
                invalid(
                        409,
                        "batch_not_ended",
                        "",
                        text("The batch '%s' has not ended. Wait for its end, or cancel it.", id));
            case Problem.FileNotFound(String id) ->
                invalid(404, "file_not_found", "", text("There is no file '%s'.", id));
            case Problem.UploadNotFound(String id) ->
                invalid(404, "upload_not_found", "", text("There is no upload '%s'.", id));
            case Problem.UploadEnded(String id, String status) ->
                invalid(409, "upload_ended", "", text("The upload '%s' is %s.", id, status));
            case Problem.FileDamaged(String id) ->
                new ApiError(
                        500,
                        SERVER_ERROR,
                        "file_damaged",
                        "",
                        text(
                                "The contents of the file '%s' are damaged or missing on this server. Delete it and upload it again.",
                                id),
                        Optional.empty());
            case Problem.FileInUse(String id) ->
                invalid(409, "file_in_use", "", text("The file '%s' is needed by a batch that has not ended.", id));
            case Problem.FilesFull(String limit, long most, long used) ->
                invalid(
                        413,
                        "files_full",
                        "file",
                        text(
                                "There is no room for this file: %s is %d bytes, of which %d are used. Delete files that are not needed.",
                                limit, most, used));
            case Problem.FilesUnavailable() ->
                unavailable("files_unavailable", Optional.empty(), "The server can't write files right now.");
            case Problem.RateLimited limited -> rateLimited(limited);
            case Problem.QuotaExceeded(String limit, long allowed, long used, long requested) ->
                new ApiError(
                        429,
                        "insufficient_quota",
                        "insufficient_quota",
                        "",
                        text(
                                "This API key's budget is too small for this request: %s is %d, %d are used or reserved, and this request"
                                        + " may take up to %d.",
                                limit, allowed, used, requested),
                        Optional.empty());
            case Problem.LimitsUnavailable(Duration after) ->
                unavailable("limits_unavailable", Optional.of(after), "Limits can't be checked at the moment.");
            case Problem.ModelNotFound(String id) ->
                invalid(404, "model_not_found", "model", text("The model '%s' does not exist.", id));
            case Problem.ModelVersionNotFound(String id, String version, Optional<String> digest) ->
                invalid(
                        404,
                        "model_version_not_found",
                        "model",
                        text(
                                "The model '%s' has no version sha256:%s%s.",
                                id,
                                version,
                                digest.map(now -> "; it is sha256:" + now).orElse("")));
            case Problem.VersionUnknown(String id, Duration after) ->
                unavailable(
                        "model_version_unknown",
                        Optional.of(after),
                        text("The file of the model '%s' is being hashed, which is done once.", id));
            case Problem.NoModel() ->
                invalid(
                        404,
                        "model_not_found",
                        "model",
                        "The request names no model, and this API key may use none of the server's models for it.");
            case Problem.ModelNotLoaded(String id) ->
                invalid(
                        404,
                        "model_not_loaded",
                        "model",
                        text(
                                "The model '%s' is in the models folder, but this server loads no models on request.",
                                id));
            case Problem.RouteNotFound(String method, String path) ->
                invalid(404, "unknown_url", "", text("Unknown request URL: %s %s.", method, path));
            case Problem.MethodNotAllowed(String method, String path, String allowed) ->
                invalid(405, "method_not_allowed", "", text("%s takes %s, not %s.", path, allowed, method));
            case Problem.TooSlow() ->
                invalid(408, "request_timeout", "", "The body did not arrive in time, or not at all.");
            case Problem.BodyTooLarge(long limit) ->
                invalid(413, "request_too_large", "", text("The body is larger than the limit of %d bytes.", limit));
            case Problem.ContentViolation(String param, Map<String, Double> scores) ->
                invalid(
                                422,
                                "content_policy_violation",
                                param,
                                text(
                                        "The content of '%s' is not allowed by this server's policy: %s.",
                                        param,
                                        String.join(
                                                ", ",
                                                scores.keySet().stream()
                                                        .sorted()
                                                        .toList())))
                        .with(scores);
            case Problem.PolicyUnavailable(Duration after) ->
                unavailable(
                        "content_policy_unavailable",
                        Optional.of(after),
                        "The content can't be checked at the moment, which this server wants before it answers.");
            case Problem.BodyTooCostly() ->
                invalid(
                        413,
                        "request_too_large",
                        "",
                        "The body holds more values than this server has memory for; send fewer in one request.");
            case Problem.TextTooLong(String field, long tokens, int context) ->
                invalid(
                                overflowStatus,
                                "context_length_exceeded",
                                field,
                                text(
                                        "This model's maximum context length is %d tokens. However, '%s' has more than %d tokens.",
                                        context, field, tokens))
                        .with(new ApiError.Overflow(tokens, context - 1L));
            case Problem.ContextExceeded(int prompt, int max, int context) -> contextExceeded(prompt, max, context);
            case Problem.UnsupportedMediaType(String message) -> invalid(415, "unsupported_media_type", "", message);
            case Problem.InputTooLong(String field, int index, int tokens, int window) ->
                inputTooLong(field, index, tokens, window);
            case Problem.WrongRole(String id, String what, String instead) ->
                invalid(400, "model_not_supported", "model", text("The model '%s' %s: %s.", id, what, instead));
            case Problem.NotReady(EngineStatus status) -> of(status);
            case Problem.StillLoading(String id, Residency residency, Duration waited) ->
                stillLoading(id, residency, waited);
            case Problem.LoadFailed(String id, String reason) ->
                unavailable(
                        "model_load_failed", Optional.empty(), text("The model '%s' can't be loaded: %s", id, reason));
            case Problem.NoRoom() ->
                unavailable("overloaded", Optional.of(SOON), "Too many large requests are being read right now.");
            case Problem.Draining(Duration after) ->
                unavailable("draining", Optional.of(after), "The server is shutting down.");
            case Problem.LedgerUnavailable() ->
                unavailable("ledger_unavailable", Optional.of(SOON), "The request can't be accounted for right now.");
            case Problem.DatabaseUnavailable() ->
                unavailable(
                        "database_unavailable", Optional.of(SOON), "The server's database can't be used right now.");
            case Problem.PartFailing(String reason) ->
                unavailable("not_ready", Optional.of(SOON), text("The server is not ready: %s.", reason));
            case Problem.Rejected(int status, String message)
            when status < 500 -> invalid(status, "bad_request", "", message);
            // An unknown version or framing is the client's mistake, and no reason to try again.
            case Problem.Rejected(int status, String message)
            when status == 501 || status == 505 -> invalid(400, "bad_request", "", message);
            case Problem.Rejected(int status, String message) ->
                new ApiError(status, SERVER_ERROR, "http_error", "", message, Optional.empty());
            case Problem.Internal(String requestId) ->
                new ApiError(
                        500,
                        SERVER_ERROR,
                        "internal_error",
                        "",
                        text("The server failed on this request (%s); its log says why.", requestId),
                        Optional.empty());
        };
    }

    /**
     * The row of a request that the engine did not take, or lost. Why an engine fails is for the log: llama.cpp's words
     * have paths of this machine in them.
     */
    public ApiError of(EngineException exception) {
        return switch (exception) {
            case EngineException.Refused refused -> of(refused.refusal());
            case EngineException.Restarted restarted ->
                unavailable(
                        "engine_restarted",
                        Optional.of(SOON),
                        "The model's process ended and is started again; this request is lost.");
            case EngineException.Interrupted _ -> of(new Problem.Draining(SOON)); // nothing else interrupts requests
            case EngineException.Broken broken ->
                unavailable("engine_failed", Optional.empty(), "The model has failed; the server's log says why.");
        };
    }

    /** The row of a refusal. */
    public ApiError of(Refusal refusal) {
        return switch (refusal) {
            case Refusal.ContextExceeded(int prompt, int context) -> contextExceeded(prompt, 0, context);
            case Refusal.TextTooLong(long characters, long most) ->
                invalid(
                                overflowStatus,
                                "context_length_exceeded",
                                "messages",
                                text("The text has %d characters; the maximum context length is %d.", characters, most))
                        .with(new ApiError.Overflow(characters, most));
            case Refusal.QueueFull(int waiting, Duration after) ->
                unavailable("queue_full", Optional.of(after), text("%d requests are waiting already.", waiting));
            case Refusal.ConstraintFailed(String reason) -> invalid(400, "invalid_grammar", "grammar", reason);
            case Refusal.UnknownAdapter(String id, var known) ->
                invalid(
                        404,
                        "adapter_not_found",
                        "lora",
                        text(
                                "The model has no adapter '%s'%s.",
                                id, known.isEmpty() ? "" : "; it has " + String.join(", ", known)));
            case Refusal.NonFiniteLogits() ->
                invalid(
                        400,
                        "adapter_overflow",
                        "lora",
                        "With these adapters and scales the model computes non-finite logits (infinities or NaN); use smaller scales.");
            case Refusal.InputTooLong(int index, int tokens, int window) ->
                inputTooLong("input", index, tokens, window);
            case Refusal.Unsupported(String parameter, String engine) ->
                invalid(
                        400,
                        "unsupported_parameter",
                        parameter,
                        text("The engine %s, which this server runs, does not support '%s'.", engine, parameter));
            case Refusal.NotReady(String reason, Duration after) ->
                unavailable("not_ready", Optional.of(after), "The model is not ready: " + reason);
        };
    }

    /** The row of an engine that can't answer because of where it is in its life. */
    public ApiError of(EngineStatus status) {
        return switch (status) {
            case EngineStatus.Loading(int percent) ->
                unavailable("model_loading", Optional.of(SOON), text("The model is being loaded (%d %%).", percent));
            case EngineStatus.Restarting(String _, Duration after) ->
                unavailable("engine_restarted", Optional.of(after), "The model is being restarted.");
            case EngineStatus.Failed _ ->
                unavailable("engine_failed", Optional.empty(), "The model can't be loaded; the server's log says why.");
            case EngineStatus.Closed() -> unavailable("draining", Optional.of(SOON), "The model has been shut down.");
            case EngineStatus.Ready ready -> throw new AssertionError("%s is no error".formatted(ready));
        };
    }

    /** The row of a template that can't be rendered with this request. */
    public ApiError of(TemplateException exception) {
        return switch (exception.kind()) {
            case RAISED -> invalid(400, "invalid_value", "messages", exception.detail());
            case RUNTIME ->
                invalid(
                        400,
                        "invalid_value",
                        "messages",
                        "The model's chat template can't render these messages: " + exception.getMessage());
            case LIMIT ->
                invalid(
                        400,
                        "invalid_value",
                        "messages",
                        "Rendering these messages takes more than is allowed: " + exception.getMessage());
            case SYNTAX -> of(new Problem.BrokenTemplate(requireNonNull(exception.getMessage())));
        };
    }

    private static ApiError stillLoading(String id, Residency residency, Duration waited) {
        String where = switch (residency) {
            case Residency.Loading(int percent) -> text("is being loaded (%d %%)", percent);
            case Residency.Waiting(int position)
            when position > 0 -> text("waits for memory, behind %d others", position);
            case Residency _ -> "waits for memory";
        };
        return unavailable(
                "model_loading",
                Optional.of(AFTER_LONG_WAIT),
                text("The model '%s' %s; the request waited %d s for it.", id, where, waited.toSeconds()));
    }

    private static ApiError rateLimited(Problem.RateLimited limited) {
        String numbers = text(
                "Rate limit reached: %s is %d, used %d, requested %d.",
                limited.limit(), limited.allowed(), limited.used(), limited.requested());
        String advice = limited.retryAfter()
                .map(wait -> text(
                        " Please try again in %ds.",
                        Math.max(1, wait.plusNanos(999_999_999).toSeconds())))
                .orElse(" A request this large exceeds the limit and will always be refused.");
        return new ApiError(429, limited.unit(), "rate_limit_exceeded", "", numbers + advice, limited.retryAfter());
    }

    private ApiError contextExceeded(int prompt, int max, int context) {
        String counts = max == 0
                ? text("your messages resulted in %d tokens, which leaves no room for an answer", prompt)
                : text("you asked for %d tokens: %d in the messages, %d to answer", (long) prompt + max, prompt, max);
        return invalid(
                        overflowStatus,
                        "context_length_exceeded",
                        "messages",
                        text("This model's maximum context length is %d tokens. However, %s.", context, counts))
                .with(new ApiError.Overflow(prompt, context - 1L));
    }

    private ApiError inputTooLong(String field, int index, int tokens, int window) {
        String param = text("%s[%d]", field, index);
        return invalid(
                overflowStatus,
                "context_length_exceeded",
                param,
                text(
                        "This model's maximum context length is %d tokens. However, %s resulted in %d tokens.",
                        window, param, tokens));
    }

    private static ApiError invalid(int status, String code, String param, String message) {
        return new ApiError(status, INVALID_REQUEST, code, param, message, Optional.empty());
    }

    private static ApiError unavailable(String code, Optional<Duration> retryAfter, String message) {
        return new ApiError(503, SERVER_ERROR, code, "", message, retryAfter);
    }

    @FormatMethod
    private static String text(String format, Object... values) {
        return String.format(java.util.Locale.ROOT, format, values);
    }
}
