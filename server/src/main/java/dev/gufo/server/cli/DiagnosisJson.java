package dev.gufo.server.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.worker.DeviceProbe;
import java.nio.file.Path;
import java.util.Locale;

/** A {@link Diagnosis} for programs: what {@code gufo doctor --json} prints, and administrators of a server see. */
final class DiagnosisJson {
    private DiagnosisJson() {}

    static ObjectNode of(Diagnosis found) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("serves", found.serves())
                .put("java", found.java())
                .put("platform", found.platform())
                .put("nvidia_driver", found.driver())
                .put("cpu_backend", found.cpuBackend().orElse(null));
        found.choice()
                .ifPresent(choice -> root.putObject("chosen")
                        .put("backend", lower(choice.backend()))
                        .put("folder", choice.folder().toString())
                        .put("reason", choice.reason()));
        var sets = root.putArray("libraries");
        for (InstalledSet set : found.sets()) {
            ObjectNode one = sets.addObject()
                    .put("backend", lower(set.backend()))
                    .put("version", set.packageVersion())
                    .put("folder", set.folder().toString())
                    .put("lock", lower(set.lock()));
            var files = one.putArray("files");
            set.files()
                    .forEach(file -> files.addObject()
                            .put("name", file.name())
                            .put("bytes", file.bytes())
                            .put("sha256", file.sha256()));
        }
        found.cuda().ifPresent(runtime -> {
            ObjectNode cuda = root.putObject("cuda").put("release", runtime.release());
            var present = cuda.putArray("found");
            runtime.found().stream().map(Path::toString).forEach(present::add);
            var missing = cuda.putArray("missing");
            runtime.missing().forEach(missing::add);
        });
        var devices = root.putArray("devices");
        for (DeviceProbe probe : found.probe().stream().toList()) {
            for (DeviceProbe.Device device : probe.devices()) {
                ObjectNode one = devices.addObject()
                        .put("name", device.name())
                        .put("description", device.description())
                        .put("gpu", device.gpu())
                        .put("free_bytes", device.freeBytes())
                        .put("total_bytes", device.totalBytes())
                        .put("in_main_memory", device.inMainMemory());
                probe.described(device)
                        .ifPresent(vulkan -> one.put("software", vulkan.software())
                                .put("driver", vulkan.driver())
                                .put("driver_release", vulkan.release())
                                .put("vulkan", "%d.%d".formatted(vulkan.major(), vulkan.minor())));
            }
        }
        var problems = root.putArray("problems");
        found.problems().forEach(problems::add);
        return root;
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
