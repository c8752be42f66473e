package dev.gufo.bench;

import java.util.List;

/**
 * A load run and what it came to.
 *
 * @param model the name that was sent
 * @param tokensPerWord of the prompts, measured or given
 * @param memory of the processes that were watched
 */
public record LoadReport(
        Target target,
        LoadPlan plan,
        String model,
        double tokensPerWord,
        Figures figures,
        List<MemoryWatch.ProcessMemory> memory) {}
