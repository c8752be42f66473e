package dev.gufo.server.error;

import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Answers, as JSON too, what the web server turns away before there is a request: bad syntax, headers too large. */
public final class MalformedRequests implements Request.Handler {
    private final ErrorTable table;
    private final Supplier<String> requestIds;

    public MalformedRequests(ErrorTable table, Supplier<String> requestIds) {
        this.table = table;
        this.requestIds = requestIds;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        String reason = HttpStatus.getMessage(status);
        ApiError error = table.of(new Problem.Rejected(status, reason + "."));
        response.setStatus(error.status());
        byte[] body = ErrorResponses.json(error);
        var headers = response.getHeaders();
        headers.put(HttpHeader.CONTENT_TYPE, "application/json");
        headers.put(HttpHeader.CONTENT_LENGTH, body.length);
        if (!headers.contains("x-request-id")) {
            headers.put("x-request-id", requestIds.get());
        }
        response.write(true, ByteBuffer.wrap(body), callback);
        return true;
    }
}
