package dev.gufo.server.error;

import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** How an API tells errors. Which one a request gets follows from its path, also where no route was reached. */
public enum ErrorForm {
    /** {@code {"error": {"message": …, "type": …, "param": …, "code": …}}}, also as the last event of a stream. */
    OPENAI {
        @Override
        int status(ApiError error) {
            return error.status();
        }

        @Override
        Map<String, Object> body(ApiError error, String requestId) {
            return error.body();
        }

        @Override
        String eventStart() {
            return "data: ";
        }
    },

    /**
     * The same in the Responses API, which calls the messages {@code input}. A prompt that does not fit is always 400
     * there: agents read its code then, and try again at any other status.
     */
    RESPONSES {
        @Override
        int status(ApiError error) {
            return error.code().equals("context_length_exceeded") ? 400 : error.status();
        }

        @Override
        Map<String, Object> body(ApiError error, String requestId) {
            return error.at(responsesField(error.param())).body();
        }

        @Override
        String eventStart() {
            return "data: ";
        }
    },

    /**
     * {@code {"type": "error", "error": {"type": …, "message": …}, "request_id": …}}, in a stream as an event of this
     * type.
     *
     * @see <a href="https://docs.anthropic.com/en/api/errors">Anthropic's errors</a>
     */
    ANTHROPIC {
        @Override
        int status(ApiError error) {
            return error.overflow().isPresent() ? 400 : BUSY.contains(error.code()) ? OVERLOADED : error.status();
        }

        @Override
        Map<String, Object> body(ApiError error, String requestId) {
            var told = new LinkedHashMap<String, Object>();
            told.put("type", type(status(error)));
            told.put("message", message(error));
            error.putDetails(told);
            var body = new LinkedHashMap<String, Object>();
            body.put("type", "error");
            body.put("error", told);
            body.put("request_id", requestId);
            return body;
        }

        @Override
        String eventStart() {
            return "event: error\ndata: ";
        }

        private static String type(int status) {
            return switch (status) {
                case 401 -> "authentication_error";
                case 403 -> "permission_error";
                case 404 -> "not_found_error";
                case 408 -> "timeout_error";
                case 413 -> "request_too_large";
                case 429 -> "rate_limit_error";
                case OVERLOADED -> "overloaded_error";
                default -> status < 500 ? "invalid_request_error" : "api_error";
            };
        }

        // Clients read both numbers out of these words. A field has no place of its own.
        private static String message(ApiError error) {
            if (error.overflow().isPresent()) {
                ApiError.Overflow numbers = error.overflow().get();
                return "prompt is too long: %d tokens > %d maximum".formatted(numbers.tokens(), numbers.most());
            }
            return error.message().contains(error.param()) ? error.message() : error.param() + ": " + error.message();
        }
    };

    private static final int OVERLOADED = 529;
    /** What says that the server has too much to do, and not that something in it fails. */
    private static final Set<String> BUSY = Set.of("overloaded", "queue_full");

    private static final String MESSAGES = "/v1/messages";
    private static final String MODELS = "/v1/models";
    private static final String RESPONSES_PATH = "/v1/responses";

    /** The form of the API that a request came through. */
    public static ErrorForm of(HttpServletRequest request) {
        String path = request.getRequestURI();
        return isAt(path, MODELS) && request.getHeader("anthropic-version") != null ? ANTHROPIC : of(path);
    }

    /** The form of the API of a path, whatever else a request says. */
    static ErrorForm of(String path) {
        return isAt(path, MESSAGES) ? ANTHROPIC : isAt(path, RESPONSES_PATH) ? RESPONSES : OPENAI;
    }

    private static String responsesField(String param) {
        return param.equals("messages") ? "input" : param.replace(".function.parameters", ".parameters");
    }

    private static boolean isAt(String path, String route) {
        return path.startsWith(route) && (path.length() == route.length() || path.charAt(route.length()) == '/');
    }

    /** The HTTP status. */
    abstract int status(ApiError error);

    /** The body of an answer that is an error, and the data of a stream's event. */
    abstract Map<String, Object> body(ApiError error, String requestId);

    /** What stands in front of that in a stream. */
    abstract String eventStart();
}
