package dev.gufo.server.error;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;

/** How an API tells errors. Which one a request gets follows from its path, also where no route was reached. */
enum ErrorForm {
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
    };

    private static String responsesField(String param) {
        return param.equals("messages") ? "input" : param.replace(".function.parameters", ".parameters");
    }

    /** The form of the API that a request came through. */
    static ErrorForm of(HttpServletRequest request) {
        String path = request.getRequestURI();
        return path.startsWith("/v1/responses") ? RESPONSES : OPENAI;
    }

    /** The HTTP status. */
    abstract int status(ApiError error);

    /** The body of an answer that is an error, and the data of a stream's event. */
    abstract Map<String, Object> body(ApiError error, String requestId);

    /** What stands in front of that in a stream. */
    abstract String eventStart();
}
