package dev.gufo.engine.jllama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Resumed;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import org.junit.jupiter.api.Test;

class JllamaFieldsTest {
    @Test
    void aNumberThatTheLibraryDoesNotTakeIsRefusedWhereItHasAnEffect() {
        assertThatCode(() -> JllamaFields.requireSupported(with(0f))).doesNotThrowAnyException();
        assertThatExceptionOfType(EngineException.Refused.class)
                .isThrownBy(() -> JllamaFields.requireSupported(with(1f)))
                .satisfies(refused ->
                        assertThat(refused.refusal()).isEqualTo(new Refusal.Unsupported("top_n_sigma", "jllama")));
    }

    @Test
    void anAnswerThatALostWorkerHadBegunIsRefused() {
        GenerationRequest.Builder request =
                GenerationRequest.of(new int[] {1}, 9).sampling(Sampling.GREEDY);
        assertThatCode(() -> JllamaFields.requireSupported(
                        request.resumed(Resumed.FROM_THE_START).build()))
                .doesNotThrowAnyException();
        assertThatExceptionOfType(EngineException.Refused.class)
                .isThrownBy(() -> JllamaFields.requireSupported(
                        request.resumed(new Resumed(new int[] {5})).build()))
                .satisfies(refused ->
                        assertThat(refused.refusal()).isEqualTo(new Refusal.Unsupported("resumed", "jllama")));
    }

    private static GenerationRequest with(float topNSigma) {
        return GenerationRequest.of(new int[] {1}, 1)
                .sampling(Sampling.LLAMA_CPP_DEFAULTS.with(SamplingParameter.TOP_N_SIGMA, topNSigma))
                .build();
    }
}
