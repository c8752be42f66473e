package dev.gufo.server.answer;

import dev.gufo.server.exchange.Client;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what requests ask for and this server leaves out: in a header of the response, and once in the log. Safe for
 * any thread.
 */
public final class LeftOut {
    /** What is left out, with commas between. */
    public static final String HEADER = "x-gufo-left-out";

    private static final Logger LOG = LoggerFactory.getLogger(LeftOut.class);
    private static final int MOST_LOGGED = 64;
    private static final int MOST_CHARS = 60;
    private static final int MOST_TOLD = 16;

    private final Set<String> logged = ConcurrentHashMap.newKeySet();

    /**
     * Tells it of one request.
     *
     * @param leftOut words of the request; nothing is said if there are none
     */
    public void tell(List<String> leftOut, Client client) {
        if (leftOut.isEmpty()) {
            return;
        }
        List<String> told =
                leftOut.stream().map(LeftOut::plain).limit(MOST_TOLD).toList();
        client.header(HEADER, String.join(", ", told));
        for (String what : told) {
            if (logged.size() < MOST_LOGGED && logged.add(what)) {
                LOG.info("requests ask for what this server can't do, and it is left out: {}", what);
            }
        }
    }

    /** A client's word in characters that a header may have. */
    private static String plain(String word) {
        String cut = word.length() <= MOST_CHARS ? word : word.substring(0, MOST_CHARS);
        return cut.codePoints()
                .mapToObj(Character::toString)
                .map(one -> one.matches("[A-Za-z0-9_.() -]") ? one : URLEncoder.encode(one, StandardCharsets.UTF_8))
                .collect(Collectors.joining());
    }
}
