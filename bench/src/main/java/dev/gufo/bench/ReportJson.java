package dev.gufo.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.bench.MemoryWatch.ProcessMemory;
import dev.gufo.bench.MemoryWatch.Sample;

/** A load report for programs; every name ends in its unit, and memory comes with all its samples. */
final class ReportJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ReportJson() {}

    /** The report as one JSON object, indented. */
    static String of(LoadReport report) {
        ObjectNode json = JSON.createObjectNode();
        json.put("target", report.target().toString()).put("model", report.model());
        plan(json.putObject("plan"), report);
        figures(json.putObject("figures"), report.figures());
        ArrayNode memory = json.putArray("memory");
        report.memory().forEach(process -> memory(memory.addObject(), process));
        return json.toPrettyString() + "\n";
    }

    private static void plan(ObjectNode json, LoadReport report) {
        LoadPlan plan = report.plan();
        Workload workload = plan.workload();
        switch (plan.arrivals()) {
            case Arrivals.ClosedLoop(int clients) -> json.put("clients", clients);
            case Arrivals.Poisson(double perSecond) -> json.put("rate_per_s", perSecond);
        }
        switch (plan.extent()) {
            case LoadPlan.Extent.Requests(int count) -> json.put("requests", count);
            case LoadPlan.Extent.For(var time) -> json.put("duration_s", time.toMillis() / 1e3);
        }
        json.put("warm_up_requests", plan.warmUpRequests())
                .put("prompt_tokens", workload.promptTokens().toString())
                .put("shared_prefix_tokens", workload.sharedPrefixTokens())
                .put("tokens_per_word", report.tokensPerWord())
                .put("output_tokens", workload.outputTokens().toString())
                .put("stream", workload.stream())
                .put("seed", plan.seed());
        workload.temperature().ifPresent(value -> json.put("temperature", value));
        workload.samplingSeed().ifPresent(value -> json.put("sampling_seed", value));
    }

    private static void figures(ObjectNode json, Figures figures) {
        json.put("seconds", figures.seconds())
                .put("completed", figures.completed())
                .put("failed", figures.failed())
                .put("requests_per_s", figures.requestsPerSecond())
                .put("completion_tokens", figures.completionTokens())
                .put("tokens_per_s", figures.tokensPerSecond())
                .put("prompt_tokens", figures.promptTokens())
                .put("cached_tokens", figures.cachedTokens())
                .put("without_usage", figures.withoutUsage())
                .put("connections", figures.connections());
        figures.saturatedTokensPerSecond().ifPresent(rate -> json.put("saturated_tokens_per_s", rate));
        latency(json.putObject("first_token_ms"), figures.firstToken());
        latency(json.putObject("token_gap_ms"), figures.tokenGap());
        latency(json.putObject("total_ms"), figures.total());
        ObjectNode failures = json.putObject("failures");
        figures.failures().forEach(failures::put);
    }

    private static void latency(ObjectNode json, Latency latency) {
        json.put("count", latency.count())
                .put("mean", latency.mean())
                .put("p50", latency.p50())
                .put("p90", latency.p90())
                .put("p99", latency.p99())
                .put("p99_9", latency.p999())
                .put("max", latency.max());
    }

    private static void memory(ObjectNode json, ProcessMemory process) {
        json.put("pid", process.pid()).put("name", process.name()).put("alive", process.alive());
        json.put("max_rss_kib", process.maxRssKiB());
        process.start().ifPresent(sample -> json.put("start_rss_kib", sample.rssKiB()));
        process.afterWarmUp().ifPresent(sample -> json.put("warm_rss_kib", sample.rssKiB()));
        process.end()
                .ifPresent(sample -> json.put("end_rss_kib", sample.rssKiB()).put("peak_kib", sample.peakKiB()));
        ArrayNode samples = json.putArray("samples");
        for (Sample sample : process.samples()) {
            samples.addObject().put("requests", sample.requests()).put("rss_kib", sample.rssKiB());
        }
    }
}
