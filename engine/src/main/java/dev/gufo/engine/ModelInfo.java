package dev.gufo.engine;

/**
 * What an engine loaded.
 *
 * @param architecture as the file names it, for instance {@code llama}
 * @param description one line by llama.cpp, for instance {@code llama 8B Q4_K - Medium}
 * @param parameters number of weights
 * @param bytes size of all tensors
 * @param vocabularySize number of token ids
 * @param trainedContextTokens context length of the training; 0 if the file does not say
 * @param contextTokens most tokens of one sequence, prompt and answer together
 * @param sequences sequences decoded together
 * @param kvBytes memory of the KV cache of all sequences; 0 if not known
 * @param layers transformer blocks
 * @param gpuLayers how many of them are on a GPU
 * @param chatTemplate the file's own Jinja template, or {@code ""}
 * @param bosToken text of the beginning-of-sequence token, or {@code ""}
 * @param eosToken text of the end-of-sequence token, or {@code ""}
 * @param sampling what a request gets that does not say otherwise: the file's recommendation, else llama.cpp's
 * @param fingerprint names engine version, model and settings that can change an answer; for {@code system_fingerprint}
 */
public record ModelInfo(
        String architecture,
        String description,
        long parameters,
        long bytes,
        int vocabularySize,
        int trainedContextTokens,
        int contextTokens,
        int sequences,
        long kvBytes,
        int layers,
        int gpuLayers,
        String chatTemplate,
        String bosToken,
        String eosToken,
        Sampling sampling,
        String fingerprint) {}
