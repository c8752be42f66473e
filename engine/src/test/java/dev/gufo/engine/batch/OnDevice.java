package dev.gufo.engine.batch;

import dev.gufo.engine.EngineSettings;
import java.time.Duration;

/**
 * Where the tests that are tagged {@code device} have their models: on the CPU, or on the device that
 * {@code scripts/test-gpu} names with libraries and layers.
 */
public final class OnDevice {
    /** What only a device can show is asked for with this in {@code EnabledIfSystemProperty}. */
    public static final String PROPERTY = "gufo.gpu-layers";

    /** Values of {@link #PROPERTY} that put layers on a device. */
    public static final String SOME = "[1-9]\\d*";

    /** Layers on GPUs, as {@link EngineSettings#gpuLayers}. */
    public static final int LAYERS = Integer.getInteger(PROPERTY, 0);

    /** How long an answer may take: on a device the driver may compile code for it. */
    public static final Duration PATIENCE = LAYERS == 0 ? Duration.ofSeconds(60) : Duration.ofMinutes(10);

    /** Most tokens of a step; a device in software compiles the products of long steps for minutes. */
    private static final int MOST_STEP_TOKENS = Integer.getInteger("gufo.step-tokens", Integer.MAX_VALUE);

    private OnDevice() {}

    /** So many tokens of a step, or as many as the device is fit for. */
    static int stepTokens(int wanted) {
        return Math.min(wanted, MOST_STEP_TOKENS);
    }
}
