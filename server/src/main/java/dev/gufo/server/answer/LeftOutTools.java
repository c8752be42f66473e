package dev.gufo.server.answer;

import io.javalin.http.Context;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tools that a request offers and that its own client can't run, such as a web search at the API's maker. They are left
 * out of the prompt: refusing them would shut out clients that always send them.
 */
public final class LeftOutTools {
    /** Names their types, with commas between. */
    public static final String HEADER = "x-gufo-tools-left-out";

    private static final Logger LOG = LoggerFactory.getLogger(LeftOutTools.class);
    private static final int MOST_CHARS = 1_000;

    private LeftOutTools() {}

    /**
     * Says so in the log and in the response.
     *
     * @param types as the request has them; nothing is said if there are none
     */
    public static void tell(Context ctx, List<String> types) {
        if (types.isEmpty()) {
            return;
        }
        String all = types.stream()
                .distinct()
                .map(type -> URLEncoder.encode(type, StandardCharsets.UTF_8)) // a header's value is ASCII
                .collect(Collectors.joining(", "));
        String told = all.length() <= MOST_CHARS ? all : all.substring(0, MOST_CHARS) + "...";
        ctx.header(HEADER, told);
        LOG.debug("{}: tools that are not served were left out: {}", ctx.res().getHeader("x-request-id"), told);
    }
}
