package dev.gufo.server.http;

import dev.gufo.server.error.ApiException;
import io.javalin.http.Context;
import java.time.DateTimeException;
import java.time.LocalDate;

/** The version of the API, a date: what a client may say, and what the answer has. There is one so far. */
public final class ApiVersion {
    private static final String HEADER = "Gufo-Version";
    private static final String FIRST = "2026-11-27";

    private ApiVersion() {}

    /**
     * Takes the version that a request names, and tells the one that answers it: the last one that is not newer.
     *
     * @throws ApiException naming the header if it is no date
     */
    public static void check(Context ctx) {
        ctx.header(HEADER, FIRST);
        String wanted = ctx.header(HEADER);
        if (wanted != null && !isDate(wanted)) {
            throw ApiException.invalid(HEADER, "The header '%s' must be a date such as %s.".formatted(HEADER, FIRST));
        }
    }

    private static boolean isDate(String text) {
        try {
            LocalDate _ = LocalDate.parse(text);
            return text.length() == FIRST.length();
        } catch (DateTimeException e) {
            return false;
        }
    }
}
