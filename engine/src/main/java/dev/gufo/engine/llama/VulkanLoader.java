package dev.gufo.engine.llama;

import dev.gufo.engine.natives.VulkanDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks Vulkan's loader for its devices: ggml tells neither whether a device is in software nor which driver it has. An
 * instance is made and ended; nothing is computed.
 *
 * @see <a href="https://registry.khronos.org/vulkan/specs/latest/html/vkspec.html">vkCreateInstance,
 *     vkEnumeratePhysicalDevices and vkGetPhysicalDeviceProperties2 of Vulkan 1.2</a>
 */
final class VulkanLoader {
    private static final int SUCCESS = 0; // VkResult
    private static final int INCOMPLETE = 5; // VkResult: there are more devices than room
    private static final int VERSION_1_2 = 1 << 22 | 2 << 12; // VK_API_VERSION_1_2

    // VkStructureType
    private static final int APPLICATION_INFO = 0;
    private static final int INSTANCE_CREATE_INFO = 1;
    private static final int PROPERTIES_2 = 1_000_059_001;
    private static final int DRIVER_PROPERTIES = 1_000_196_000;

    private static final MemoryLayout APPLICATION = MemoryLayout.structLayout(
            C.INT.withName("sType"),
            MemoryLayout.paddingLayout(4),
            C.POINTER.withName("pNext"),
            C.POINTER.withName("pApplicationName"),
            C.INT.withName("applicationVersion"),
            MemoryLayout.paddingLayout(4),
            C.POINTER.withName("pEngineName"),
            C.INT.withName("engineVersion"),
            C.INT.withName("apiVersion"));

    private static final MemoryLayout INSTANCE = MemoryLayout.structLayout(
            C.INT.withName("sType"),
            MemoryLayout.paddingLayout(4),
            C.POINTER.withName("pNext"),
            C.INT.withName("flags"),
            MemoryLayout.paddingLayout(4),
            C.POINTER.withName("pApplicationInfo"),
            C.INT.withName("enabledLayerCount"),
            MemoryLayout.paddingLayout(4),
            C.POINTER.withName("ppEnabledLayerNames"),
            C.INT.withName("enabledExtensionCount"),
            MemoryLayout.paddingLayout(4),
            C.POINTER.withName("ppEnabledExtensionNames"));

    private static final int NAME_BYTES = 256; // VK_MAX_PHYSICAL_DEVICE_NAME_SIZE and VK_MAX_DRIVER_NAME_SIZE
    private static final int LIMITS_BYTES = 544; // what of VkPhysicalDeviceProperties is not read, rounded up
    private static final int CPU = 4; // VK_PHYSICAL_DEVICE_TYPE_CPU

    /** {@code VkPhysicalDeviceProperties2}, of whose end only the size matters. */
    private static final MemoryLayout PROPERTIES = MemoryLayout.structLayout(
            C.INT.withName("sType"),
            MemoryLayout.paddingLayout(4),
            C.POINTER.withName("pNext"),
            C.INT.withName("apiVersion"),
            C.INT.withName("driverVersion"),
            C.INT.withName("vendorID"),
            C.INT.withName("deviceID"),
            C.INT.withName("deviceType"),
            MemoryLayout.sequenceLayout(NAME_BYTES, C.CHAR).withName("deviceName"),
            MemoryLayout.paddingLayout(4),
            MemoryLayout.sequenceLayout(LIMITS_BYTES / 8, C.LONG).withName("rest"));

    private static final MemoryLayout DRIVER = MemoryLayout.structLayout(
            C.INT.withName("sType"),
            MemoryLayout.paddingLayout(4),
            C.POINTER.withName("pNext"),
            C.INT.withName("driverID"),
            MemoryLayout.sequenceLayout(NAME_BYTES, C.CHAR).withName("driverName"),
            MemoryLayout.sequenceLayout(NAME_BYTES, C.CHAR).withName("driverInfo"),
            C.INT.withName("conformanceVersion"));

    private static final int MOST_DEVICES = 64;

    private VulkanLoader() {}

    /**
     * The devices of all drivers.
     *
     * @param loader {@code libvulkan.so.1}
     * @return empty if the loader finds no driver, and if it knows less than Vulkan 1.1
     */
    static List<VulkanDevice> devices(Path loader) {
        try (Arena arena = Arena.ofConfined()) {
            C.link(loader);
            MethodHandle create = C.function("vkCreateInstance", C.INT, C.POINTER, C.POINTER, C.POINTER);
            MethodHandle destroy = C.procedure("vkDestroyInstance", C.POINTER, C.POINTER);
            MemorySegment made = arena.allocate(C.POINTER);
            if ((int) create.invokeExact(request(arena), MemorySegment.NULL, made) != SUCCESS) {
                return List.of();
            }
            MemorySegment instance = made.get(C.POINTER, 0);
            try {
                return devices(instance, arena);
            } finally {
                destroy.invokeExact(instance, MemorySegment.NULL);
            }
        } catch (LibraryMismatch e) {
            return List.of();
        } catch (Throwable t) {
            throw C.wrongSignature("vkCreateInstance", t);
        }
    }

    private static MemorySegment request(Arena arena) {
        MemorySegment application = arena.allocate(APPLICATION);
        put(APPLICATION, application, "sType", APPLICATION_INFO);
        put(APPLICATION, application, "apiVersion", VERSION_1_2);
        MemorySegment request = arena.allocate(INSTANCE);
        put(INSTANCE, request, "sType", INSTANCE_CREATE_INFO);
        request.set(C.POINTER, offset(INSTANCE, "pApplicationInfo"), application);
        return request;
    }

    private static List<VulkanDevice> devices(MemorySegment instance, Arena arena) throws Throwable {
        MethodHandle enumerate = C.function("vkEnumeratePhysicalDevices", C.INT, C.POINTER, C.POINTER, C.POINTER);
        MethodHandle properties = C.procedure("vkGetPhysicalDeviceProperties2", C.POINTER, C.POINTER);
        MemorySegment count = arena.allocate(C.INT);
        MemorySegment found = arena.allocate(C.POINTER, MOST_DEVICES);
        count.set(C.INT, 0, MOST_DEVICES);
        int code = (int) enumerate.invokeExact(instance, count, found);
        if (code != SUCCESS && code != INCOMPLETE) {
            return List.of();
        }
        List<VulkanDevice> devices = new ArrayList<>();
        for (int i = 0; i < count.get(C.INT, 0); i++) {
            MemorySegment told = arena.allocate(PROPERTIES);
            MemorySegment driver = arena.allocate(DRIVER);
            put(PROPERTIES, told, "sType", PROPERTIES_2);
            put(DRIVER, driver, "sType", DRIVER_PROPERTIES);
            told.set(C.POINTER, offset(PROPERTIES, "pNext"), driver);
            properties.invokeExact(found.getAtIndex(C.POINTER, i), told);
            devices.add(read(told, driver));
        }
        return List.copyOf(devices);
    }

    private static VulkanDevice read(MemorySegment told, MemorySegment driver) {
        int version = told.get(C.INT, offset(PROPERTIES, "apiVersion"));
        return new VulkanDevice(
                text(PROPERTIES, told, "deviceName"),
                told.get(C.INT, offset(PROPERTIES, "deviceType")) == CPU,
                version >>> 22 & 0x7f,
                version >>> 12 & 0x3ff,
                text(DRIVER, driver, "driverName"),
                text(DRIVER, driver, "driverInfo"));
    }

    private static void put(MemoryLayout layout, MemorySegment struct, String field, int value) {
        struct.set(C.INT, offset(layout, field), value);
    }

    private static String text(MemoryLayout layout, MemorySegment struct, String field) {
        return struct.asSlice(offset(layout, field), NAME_BYTES).getString(0, StandardCharsets.UTF_8);
    }

    private static long offset(MemoryLayout layout, String field) {
        return layout.byteOffset(MemoryLayout.PathElement.groupElement(field));
    }
}
