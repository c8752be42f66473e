package dev.gufo.engine.pool;

import dev.gufo.engine.EngineSettings;

/**
 * How a model would be loaded into the memory that is free.
 *
 * @param settings with every size decided
 * @param footprint what it will take
 * @param fits whether that is free
 * @param cramped whether more memory would be worth evicting others: layers off the GPU, or a short context
 * @param refusal if it does not fit, why, with numbers
 */
public record Planned(EngineSettings settings, Footprint footprint, boolean fits, boolean cramped, String refusal) {}
