package dev.gufo.engine.batch;

import dev.gufo.engine.EngineSettings;

/**
 * Where the tests that are tagged {@code device} have their models: on the CPU, or on the device that
 * {@code scripts/test-gpu} names with libraries and layers.
 */
final class OnDevice {
    /** Layers on GPUs, as {@link EngineSettings#gpuLayers}. */
    static final int LAYERS = Integer.getInteger("gufo.gpu-layers", 0);

    private OnDevice() {}
}
