package dev.gufo.engine.natives;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What keeps a machine from computing with Vulkan, as far as files tell, in the order in which it is to be mended. */
final class VulkanObstacle {
    private VulkanObstacle() {}

    /** A clause with the remedy; empty if nothing is seen that stands in the way. */
    static Optional<String> of(InstalledLibraries installed, Machine machine) {
        if (installed.folder(Backend.VULKAN).isEmpty()) {
            return Optional.of("its libraries are not installed, run scripts/natives vulkan");
        }
        if (machine.library(Machine.VULKAN_LOADER).isEmpty()) {
            return Optional.of("libvulkan.so.1 is missing, install it (apt install libvulkan1)");
        }
        return drivers(machine).or(() -> device(machine));
    }

    private static Optional<String> drivers(Machine machine) {
        List<Machine.VulkanDriver> drivers = machine.vulkanDrivers();
        if (drivers.isEmpty()) {
            return Optional.of("its loader finds no driver, there is no file in /usr/share/vulkan/icd.d: install the"
                    + " card's (apt install mesa-vulkan-drivers for AMD and Intel; NVIDIA's is a part of its driver,"
                    + " which a container gets with NVIDIA_DRIVER_CAPABILITIES=all)");
        }
        return drivers.stream().allMatch(Machine.VulkanDriver::isTooOld)
                ? drivers.stream()
                        .max(Comparator.comparingInt(Machine.VulkanDriver::minor))
                        .map(newest -> "its newest driver, %s, knows Vulkan %d.%d, and 1.2 is needed: update it"
                                .formatted(newest.file(), newest.major(), newest.minor()))
                : Optional.empty();
    }

    /** A device that is named may be one in software, which the kernel does not show. */
    private static Optional<String> device(Machine machine) {
        if (machine.namesVulkanDevices() || machine.hasNvidiaDevice()) {
            return Optional.empty();
        }
        List<Path> devices = machine.renderDevices();
        if (devices.isEmpty()) {
            return Optional.of("there is no device in /dev/dri: the kernel has no driver for a GPU (amdgpu, i915, xe);"
                    + " in a container, hand it in (docker run --device /dev/dri)");
        }
        return devices.stream().anyMatch(device -> Files.isReadable(device) && Files.isWritable(device))
                ? Optional.empty()
                : Optional.of(
                        ("this user may not open %s: put it into that file's group, mostly render (sudo usermod -aG"
                                        + " render USER, and log in again); in a container, --group-add with the number that"
                                        + " stat -c %%g prints for it")
                                .formatted(devices.getFirst()));
    }
}
