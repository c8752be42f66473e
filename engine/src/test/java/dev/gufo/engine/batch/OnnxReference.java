package dev.gufo.engine.batch;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** all-MiniLM-L6-v2 as its artifact has it: Hugging Face's tokenizer and ONNX Runtime, the mean over all tokens. */
final class OnnxReference implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    OnnxReference() throws IOException, OrtException {
        try (InputStream json = resource("/all-minilm-l6-v2-tokenizer.json");
                InputStream model = resource("/all-minilm-l6-v2.onnx")) {
            tokenizer = HuggingFaceTokenizer.newInstance(json, Map.of("padding", "false", "truncation", "false"));
            session = environment.createSession(model.readAllBytes());
        }
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = OnnxReference.class.getResourceAsStream(name);
        if (in == null) {
            throw new IOException("not on the class path: " + name);
        }
        return in;
    }

    /** The token ids with those around the text. */
    long[] tokens(String text) {
        return encode(text).getIds();
    }

    private Encoding encode(String text) {
        return tokenizer.encode(text, true, false);
    }

    /** The mean of the tokens' vectors. */
    float[] vector(String text) throws OrtException {
        Encoding encoding = encode(text);
        try (OnnxTensor ids = OnnxTensor.createTensor(environment, new long[][] {encoding.getIds()});
                OnnxTensor mask = OnnxTensor.createTensor(environment, new long[][] {encoding.getAttentionMask()});
                OnnxTensor types = OnnxTensor.createTensor(environment, new long[][] {encoding.getTypeIds()});
                OrtSession.Result result =
                        session.run(Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types))) {
            float[][] tokens = ((float[][][]) result.get(0).getValue())[0];
            float[] mean = new float[tokens[0].length];
            for (float[] token : tokens) {
                for (int i = 0; i < mean.length; i++) {
                    mean[i] += token[i] / tokens.length;
                }
            }
            return mean;
        }
    }

    @Override
    public void close() throws OrtException {
        session.close();
        tokenizer.close();
    }
}
