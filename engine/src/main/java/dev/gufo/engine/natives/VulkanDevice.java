package dev.gufo.engine.natives;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A device as Vulkan's loader tells of it. llama.cpp leaves some of these out: those in software, and those whose
 * drivers are too old.
 *
 * @param name for instance {@code AMD Radeon RX 7900 XTX (RADV NAVI31)}; llama.cpp's description of the same device
 * @param software whether a CPU plays it
 * @param major first number of the Vulkan version that its driver knows
 * @param minor the second
 * @param driver for instance {@code radv}; {@code ""} if the driver does not say
 * @param release of the driver, for instance {@code Mesa 25.0.7}; {@code ""} if the driver does not say
 */
public record VulkanDevice(String name, boolean software, int major, int minor, String driver, String release) {
    private static final int NEEDED_MINOR = 2; // of Vulkan 1: ggml-vulkan refuses less
    private static final Pattern MESA = Pattern.compile("Mesa (\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?.*");

    /** The first Mesa in which RADV makes pipelines without writing outside of its memory. */
    private static final int[] SOUND_RADV = {26, 0, 5};

    /** Whether its driver knows less of Vulkan than llama.cpp needs. */
    public boolean isTooOld() {
        return isTooOld(major, minor);
    }

    static boolean isTooOld(int major, int minor) {
        return major < 1 || (major == 1 && minor < NEEDED_MINOR);
    }

    /**
     * What is known to break with this driver, a sentence with the remedy; empty if nothing is.
     *
     * @see <a href="https://github.com/ggml-org/llama.cpp/issues/22128">the report of RADV's fault</a>
     */
    public Optional<String> fault() {
        Matcher mesa = MESA.matcher(release);
        if (!driver.equals("radv") || !mesa.matches()) {
            return Optional.empty();
        }
        int[] found = {number(mesa, 1), number(mesa, 2), number(mesa, 3)};
        return Arrays.compare(found, SOUND_RADV) >= 0
                ? Optional.empty()
                : Optional.of("%s has the driver RADV of %s, which before Mesa 26.0.5 may corrupt memory while it"
                                .formatted(name, release)
                        + " compiles: update Mesa if a model's process crashes");
    }

    private static int number(Matcher matcher, int group) {
        return matcher.group(group) == null ? 0 : Integer.parseInt(matcher.group(group));
    }
}
