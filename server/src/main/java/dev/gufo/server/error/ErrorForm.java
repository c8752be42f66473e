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
    };

    /** The form of the API that a request came through. */
    static ErrorForm of(HttpServletRequest request) {
        return OPENAI;
    }

    /** The HTTP status. */
    abstract int status(ApiError error);

    /** The body of an answer that is an error, and the data of a stream's event. */
    abstract Map<String, Object> body(ApiError error, String requestId);

    /** What stands in front of that in a stream. */
    abstract String eventStart();
}
