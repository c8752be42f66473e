package dev.gufo.bench;

import dev.gufo.bench.MemoryWatch.ProcessMemory;
import dev.gufo.bench.MemoryWatch.Sample;
import java.util.Locale;
import java.util.Optional;

/** A load report for people: what was asked, then the figures. */
final class ReportTable {
    private ReportTable() {}

    /** The report in lines of text, the last one ended. */
    static String of(LoadReport report) {
        Figures figures = report.figures();
        var text = new StringBuilder();
        text.append(asked(report))
                .append('\n')
                .append(figures(figures))
                .append('\n')
                .append(latencies(figures));
        if (!figures.failures().isEmpty()) {
            var failures = new TextTable("failures", "requests");
            figures.failures().forEach((kind, count) -> failures.row(kind, whole(count)));
            text.append('\n').append(failures);
        }
        if (!report.memory().isEmpty()) {
            text.append('\n').append(memory(report));
        }
        return text.toString();
    }

    private static String asked(LoadReport report) {
        LoadPlan plan = report.plan();
        Workload workload = plan.workload();
        String extent = switch (plan.extent()) {
            case LoadPlan.Extent.Requests(int count) -> whole(count) + " requests";
            case LoadPlan.Extent.For(var time) -> seconds(time.toMillis() / 1e3);
        };
        String shared = workload.sharedPrefixTokens() == 0
                ? ""
                : ", %s of them shared".formatted(whole(workload.sharedPrefixTokens()));
        return """
                target    %s, model %s
                load      %s, %s after %s for warm-up, seed %d
                prompts   %s tokens%s (%s tokens per word)
                answers   at most %s tokens, %s
                """.formatted(
                        report.target(),
                        report.model(),
                        plan.arrivals(),
                        extent,
                        whole(plan.warmUpRequests()),
                        plan.seed(),
                        workload.promptTokens(),
                        shared,
                        decimal(report.tokensPerWord(), 2),
                        workload.outputTokens(),
                        workload.stream() ? "streamed" : "not streamed");
    }

    private static TextTable figures(Figures figures) {
        var table = new TextTable("in " + seconds(figures.seconds()), "number", "per second", "per request");
        double each = Math.max(1, figures.completed());
        table.row("answers", whole(figures.completed()), decimal(figures.requestsPerSecond(), 2), "");
        if (figures.failed() > 0) {
            table.row("failed requests", whole(figures.failed()), "", "");
        }
        table.row(
                figures.withoutUsage() > 0 ? "generated tokens (counted from events)" : "generated tokens",
                whole(figures.completionTokens()),
                decimal(figures.tokensPerSecond(), 1),
                decimal(figures.completionTokens() / each, 1));
        figures.saturatedTokensPerSecond()
                .ifPresent(rate -> table.row("  while all clients were busy", "", decimal(rate, 1), ""));
        table.row(
                "prompt tokens",
                whole(figures.promptTokens()),
                decimal(figures.promptTokens() / figures.seconds(), 1),
                decimal(figures.promptTokens() / each, 1));
        table.row("  of them cached", whole(figures.cachedTokens()), "", decimal(figures.cachedTokens() / each, 1));
        table.row("connections opened", whole(figures.connections()), "", "");
        return table;
    }

    private static TextTable latencies(Figures figures) {
        var table = new TextTable("milliseconds", "mean", "p50", "p90", "p99", "p99.9", "max", "count");
        row(table, "first token", figures.firstToken());
        row(table, "token gap", figures.tokenGap());
        row(table, "whole answer", figures.total());
        return table;
    }

    private static void row(TextTable table, String name, Latency latency) {
        if (latency.count() > 0) {
            table.row(
                    name,
                    decimal(latency.mean(), 2),
                    decimal(latency.p50(), 2),
                    decimal(latency.p90(), 2),
                    decimal(latency.p99(), 2),
                    decimal(latency.p999(), 2),
                    decimal(latency.max(), 2),
                    whole(latency.count()));
        }
    }

    private static TextTable memory(LoadReport report) {
        var table = new TextTable("resident MiB", "start", "after warm-up", "end", "growth", "max seen", "peak");
        for (ProcessMemory process : report.memory()) {
            Optional<String> growth = process.afterWarmUp()
                    .flatMap(warm -> process.end()
                            .map(end -> String.format(Locale.ROOT, "%+.1f", (end.rssKiB() - warm.rssKiB()) / 1024.0)));
            table.row(
                    (process.pid() + " " + process.name()).strip(),
                    mebibytes(process.start()),
                    mebibytes(process.afterWarmUp()),
                    process.alive() ? mebibytes(process.end()) : "ended",
                    growth.orElse(""),
                    decimal(process.maxRssKiB() / 1024.0, 1),
                    process.end().map(end -> decimal(end.peakKiB() / 1024.0, 1)).orElse(""));
        }
        return table;
    }

    private static String mebibytes(Optional<Sample> sample) {
        return sample.map(seen -> decimal(seen.rssKiB() / 1024.0, 1)).orElse("");
    }

    private static String seconds(double seconds) {
        return decimal(seconds, 1) + " s";
    }

    private static String whole(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String decimal(double number, int digits) {
        return String.format(Locale.ROOT, "%,." + digits + "f", number);
    }
}
