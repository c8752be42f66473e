package dev.gufo.server.error;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.engine.EngineException;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.template.TemplateException;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.MethodNotAllowedResponse;
import io.javalin.http.NotFoundResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers requests that went wrong, as JSON or, once a stream has begun, as its last event. */
public final class ErrorResponses {
    private static final Logger LOG = LoggerFactory.getLogger(ErrorResponses.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ErrorTable table;
    private final UnreadBody unread;
    private final Duration retryAfterDrain;

    /**
     * With limits.
     *
     * @param maxBodyBytes how much of a refused request's body is read and thrown away, to keep the connection
     * @param retryAfterDrain what is told to those whose requests end with the server
     */
    public ErrorResponses(ErrorTable table, long maxBodyBytes, Duration retryAfterDrain) {
        this.table = table;
        this.retryAfterDrain = retryAfterDrain;
        this.unread = new UnreadBody(maxBodyBytes);
    }

    /** Makes this the handler of every exception that a route throws. */
    public void register(RoutesConfig routes) {
        routes.exception(ApiException.class, (e, ctx) -> answer(ctx.req(), ctx.res(), e.problem()));
        routes.exception(EngineException.class, (e, ctx) -> {
            if (!(e instanceof EngineException.Refused)) {
                LOG.warn("{}: {}", requestId(ctx.res()), e.getMessage()); // the client is not told why
            }
            answer(ctx.req(), ctx.res(), table.of(e));
        });
        routes.exception(TemplateException.class, (e, ctx) -> answer(ctx.req(), ctx.res(), table.of(e)));
        routes.exception(DatabaseException.class, (e, ctx) -> {
            LOG.warn("{}: {}", requestId(ctx.res()), e.getMessage());
            LOG.debug("{}: the database failed", requestId(ctx.res()), e);
            answer(ctx.req(), ctx.res(), new Problem.DatabaseUnavailable());
        });
        routes.exception(NotFoundResponse.class, (_, ctx) -> answer(ctx.req(), ctx.res(), unknown(ctx.req())));
        routes.exception(MethodNotAllowedResponse.class, (e, ctx) -> {
            String allowed = e.getDetails().values().stream().collect(Collectors.joining(", "));
            ctx.res().setHeader("Allow", allowed);
            answer(
                    ctx.req(),
                    ctx.res(),
                    new Problem.MethodNotAllowed(
                            ctx.req().getMethod(), ctx.req().getRequestURI(), allowed));
        });
        routes.exception(
                HttpResponseException.class, (e, ctx) -> answer(ctx.req(), ctx.res(), rejected(e.getStatus(), e)));
        routes.exception(
                HttpException.RuntimeException.class,
                (e, ctx) -> answer(ctx.req(), ctx.res(), rejected(e.getCode(), e)));
        // Only the end of a drain interrupts the thread of a request.
        routes.exception(
                InterruptedException.class,
                (_, ctx) -> answer(ctx.req(), ctx.res(), new Problem.Draining(retryAfterDrain)));
        routes.exception(SlowBody.class, (_, ctx) -> answer(ctx.req(), ctx.res(), new Problem.TooSlow()));
        routes.exception(IOException.class, (e, ctx) -> {
            // Reading or writing failed. There may be no one left to tell, but an answer costs nothing.
            LOG.debug("{}: the connection failed", requestId(ctx.res()), e);
            answer(ctx.req(), ctx.res(), new Problem.Rejected(400, "The request could not be read."));
        });
        routes.exception(Exception.class, (e, ctx) -> fatal(ctx, e));
    }

    /**
     * What is told of a failure where there is no request to be answered.
     *
     * @param id of what failed, for the log
     */
    public ApiError of(Throwable failure, String id) {
        return switch (failure) {
            case ApiException e -> table.of(e.problem());
            case EngineException e -> {
                if (!(e instanceof EngineException.Refused)) {
                    LOG.warn("{}: {}", id, e.getMessage());
                }
                yield table.of(e);
            }
            case TemplateException e -> table.of(e);
            default -> {
                LOG.error("{} failed", id, failure);
                yield table.of(new Problem.Internal(id));
            }
        };
    }

    /** The status of an error that is told later, as it would have been at a path. */
    public static int status(ApiError error, String path) {
        return ErrorForm.of(path).status(error);
    }

    /**
     * The body of an error that is told later, as it would have been at a path.
     *
     * @param id of the request
     */
    public static byte[] body(ApiError error, String path, String id) {
        return json(ErrorForm.of(path).body(error, id), Map.of());
    }

    /**
     * Answers with a problem, and tells more beside it.
     *
     * @param beside members of the JSON object that has the error
     */
    public void answer(Context ctx, Problem problem, Map<String, Object> beside) {
        write(ctx.req(), ctx.res(), table.of(problem), beside);
    }

    /** Answers a fault of ours where the request is out of reach, so in OpenAI's form. */
    public void fatal(HttpServletResponse response, Throwable fault) {
        write(ErrorForm.OPENAI, Optional.empty(), response, internal(response, fault), Map.of());
    }

    /** Answers a fault of ours, which goes to the log with its stack and the request's id. */
    private void fatal(Context ctx, Throwable fault) {
        write(ctx.req(), ctx.res(), internal(ctx.res(), fault), Map.of());
    }

    private ApiError internal(HttpServletResponse response, Throwable fault) {
        String id = requestId(response);
        LOG.error("{} failed", id, fault);
        if (!response.isCommitted()) {
            response.setHeader("Connection", "close");
        }
        return table.of(new Problem.Internal(id));
    }

    private void answer(HttpServletRequest request, HttpServletResponse response, Problem problem) {
        // Only its kind: a message may quote the request.
        LOG.debug(
                "{} {}: {}",
                requestId(response),
                request.getRequestURI(),
                problem.getClass().getSimpleName());
        answer(request, response, table.of(problem));
    }

    private void answer(HttpServletRequest request, HttpServletResponse response, ApiError error) {
        if (!response.isCommitted()) {
            unread.takeIn(request, response);
        }
        write(request, response, error, Map.of());
    }

    private static void write(
            HttpServletRequest request, HttpServletResponse response, ApiError error, Map<String, Object> beside) {
        write(ErrorForm.of(request), StreamFailure.of(request), response, error, beside);
    }

    private static void write(
            ErrorForm form,
            Optional<StreamFailure> failure,
            HttpServletResponse response,
            ApiError error,
            Map<String, Object> beside) {
        try {
            byte[] body = json(form.body(error, requestId(response)), beside);
            if (response.isCommitted()) {
                endStream(response, failure.flatMap(own -> own.events(error)).orElseGet(() -> event(form, body)));
                return;
            }
            response.resetBuffer();
            response.setStatus(form.status(error));
            response.setContentType("application/json");
            response.setContentLength(body.length);
            error.retryAfterSeconds().ifPresent(seconds -> response.setHeader("Retry-After", seconds));
            error.retryAfterMillis().ifPresent(millis -> response.setHeader("retry-after-ms", millis));
            if (error.status() == HttpServletResponse.SC_UNAUTHORIZED) {
                response.setHeader("WWW-Authenticate", "Bearer");
            }
            response.getOutputStream().write(body);
        } catch (IOException gone) {
            LOG.debug("{}: nobody reads the error", requestId(response), gone);
        }
    }

    private static byte[] event(ErrorForm form, byte[] body) {
        var event = new ByteArrayOutputStream();
        event.writeBytes(form.eventStart().getBytes(StandardCharsets.UTF_8));
        event.writeBytes(body);
        event.writeBytes("\n\n".getBytes(StandardCharsets.UTF_8));
        return event.toByteArray();
    }

    /** Only streams are answered in parts, so a committed response is one of server-sent events. */
    private static void endStream(HttpServletResponse response, byte[] events) throws IOException {
        var out = response.getOutputStream();
        out.write(events);
        out.flush();
    }

    /** The body of an error response, UTF-8. */
    static byte[] json(ApiError error) {
        return json(error.body(), Map.of());
    }

    private static byte[] json(Map<String, Object> body, Map<String, Object> beside) {
        try {
            var all = new LinkedHashMap<>(body);
            all.putAll(beside);
            return JSON.writeValueAsBytes(all);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Problem unknown(HttpServletRequest request) {
        return new Problem.RouteNotFound(request.getMethod(), request.getRequestURI());
    }

    private static Problem rejected(int status, Exception cause) {
        return new Problem.Rejected(status, cause.getMessage() == null ? "Bad request." : cause.getMessage());
    }

    private static String requestId(HttpServletResponse response) {
        return response.getHeader("x-request-id");
    }
}
