package dev.gufo.server.metrics;

import dev.gufo.server.access.Caller;
import io.micrometer.core.instrument.Clock;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Set;

/**
 * The series that a key may see which is no administrator's: those with its own name, and those of models that it may
 * use. A series without either is nobody's own and is left out.
 */
final class CallerSeries {
    /** Names of sums over keys; a key that is called so is not told them. */
    private static final Set<String> OF_SEVERAL = Set.of(KeyMeters.OTHER, KeyMeters.NO_KEY);

    private CallerSeries() {}

    /** @param type content type of the format */
    static String scrape(PrometheusMeterRegistry registry, String type, Caller caller) {
        var shown = new MetricSnapshots(registry.getPrometheusRegistry().scrape().stream()
                .map(metric -> shown(metric, caller))
                .filter(metric -> !metric.getDataPoints().isEmpty())
                .toList());
        var view = new PrometheusRegistry();
        MultiCollector collector = () -> shown;
        view.register(collector);
        return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, view, Clock.SYSTEM).scrape(type);
    }

    private static MetricSnapshot shown(MetricSnapshot metric, Caller caller) {
        return switch (metric) {
            case CounterSnapshot counter ->
                new CounterSnapshot(counter.getMetadata(), shown(counter.getDataPoints(), caller));
            case GaugeSnapshot gauge -> new GaugeSnapshot(gauge.getMetadata(), shown(gauge.getDataPoints(), caller));
            case HistogramSnapshot histogram ->
                new HistogramSnapshot(
                        histogram.isGaugeHistogram(),
                        histogram.getMetadata(),
                        shown(histogram.getDataPoints(), caller));
            default -> throw new AssertionError("%s is of a kind that is not counted here".formatted(metric));
        };
    }

    private static <T extends DataPointSnapshot> List<T> shown(List<T> series, Caller caller) {
        return series.stream().filter(one -> isShown(one.getLabels(), caller)).toList();
    }

    private static boolean isShown(Labels labels, Caller caller) {
        String key = labels.get(KeyMeters.KEY);
        String model = labels.get(ModelMeters.MODEL);
        boolean ownKey = key != null && key.equals(caller.name()) && !OF_SEVERAL.contains(key);
        return key == null ? model != null && caller.allowsModel(model) : ownKey;
    }
}
