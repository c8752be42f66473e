package dev.gufo.server.usage;

import dev.gufo.server.database.Database;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.usage.UsageQuery.Group;
import io.javalin.http.Context;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** {@code GET /v1/usage}: the caller's own. {@code GET /admin/usage}: everyone's. On the thread of the request. */
public final class UsageRoutes {
    private static final Duration DEFAULT_SPAN = Duration.ofDays(30);

    private final Database database;
    private final InstantSource clock;
    private final Function<Context, String> caller;

    /** @param caller the id of the key that a request came with, {@code ""} if it has none */
    public UsageRoutes(Database database, InstantSource clock, Function<Context, String> caller) {
        this.database = database;
        this.clock = clock;
        this.caller = caller;
    }

    /**
     * What the caller used.
     *
     * @throws ApiException if the question is wrong
     */
    public void own(Context ctx) {
        var groups = groups(ctx, List.of(Group.DAY, Group.MODEL, Group.ENDPOINT));
        answer(ctx, Optional.of(caller.apply(ctx)), groups);
    }

    /**
     * What everyone used, or one of them: {@code key} names its id.
     *
     * @throws ApiException if the question is wrong
     */
    public void everyones(Context ctx) {
        var groups = groups(ctx, List.of(Group.DAY, Group.KEY, Group.MODEL, Group.ENDPOINT));
        answer(ctx, Optional.ofNullable(ctx.queryParam("key")), groups);
    }

    private void answer(Context ctx, Optional<String> keyId, List<Group> groups) {
        UsageReport report = query(ctx, keyId, groups).run(database);
        ctx.header("Cache-Control", "no-store").header("Vary", "Accept");
        if (wantsCsv(ctx)) {
            ctx.contentType("text/csv; charset=utf-8; header=present")
                    .header("Content-Disposition", "attachment; filename=\"gufo-usage.csv\"")
                    .result(UsageFormats.csv(report));
        } else {
            ctx.contentType("application/json").result(UsageFormats.json(report));
        }
    }

    private UsageQuery query(Context ctx, Optional<String> keyId, List<Group> groups) {
        Instant now = clock.instant();
        String since = ctx.queryParam("since");
        if (since != null && ctx.queryParam("start") != null) {
            throw ApiException.invalid("since", "since and start can't both be given.");
        }
        Instant start = since == null
                ? moment(ctx, "start").orElse(now.minus(DEFAULT_SPAN))
                : now.minus(Period.span(since)
                        .orElseThrow(() -> ApiException.invalid("since", "since must be a span such as 24h or 7d.")));
        Instant end = moment(ctx, "end").orElse(now.plusMillis(1));
        if (!start.isBefore(end)) {
            throw ApiException.invalid("start", "start must be before end.");
        }
        return new UsageQuery(start, end, keyId, groups);
    }

    private static Optional<Instant> moment(Context ctx, String name) {
        return Optional.ofNullable(ctx.queryParam(name))
                .map(text -> Period.moment(text)
                        .orElseThrow(() -> ApiException.invalid(
                                name,
                                name + " must be seconds since 1970, a day such as 2026-01-31,"
                                        + " or a time such as 2026-01-31T12:00:00Z.")));
    }

    /** {@code group_by=day,model} as well as {@code group_by=day&group_by=model}; empty adds everything up. */
    private static List<Group> groups(Context ctx, List<Group> otherwise) {
        List<String> given = ctx.queryParams("group_by");
        if (given.isEmpty()) {
            return otherwise;
        }
        var groups = new ArrayList<Group>();
        for (String word : String.join(",", given).split(",", -1)) {
            if (!word.isBlank()) {
                groups.add(Group.of(word.strip())
                        .orElseThrow(() -> ApiException.invalid(
                                "group_by", "group_by takes day, key, model and endpoint, separated by commas.")));
            }
        }
        return groups;
    }

    private static boolean wantsCsv(Context ctx) {
        String format = ctx.queryParam("format");
        if (format == null) {
            String accept = ctx.header("Accept");
            return accept != null && accept.contains("text/csv");
        }
        return switch (format) {
            case "csv" -> true;
            case "json" -> false;
            default -> throw ApiException.invalid("format", "format must be json or csv.");
        };
    }
}
