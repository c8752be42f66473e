package dev.gufo.onnx;

import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.GgufWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A sentence-transformers model of BERT's architecture, from ONNX to llama.cpp's names and layout: matrices as 16-bit
 * floats, the rest as 32-bit ones. Numbers that the weights do not show are the caller's to know.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/models/bert.cpp">load_arch_hparams and
 *     load_arch_tensors, bert.cpp of llama.cpp 0.5.0</a>
 */
final class BertImport {
    private static final int FILE_TYPE_F16 = 1; // llama_ftype, llama.h of llama.cpp 0.5.0
    private static final int POOLING_MEAN = 1; // llama_pooling_type, ibidem
    private static final float LAYER_NORM_EPSILON = 1e-12f; // BertConfig of the transformers library

    private final OnnxModel model;
    private final GgufWriter writer = new GgufWriter();

    private BertImport(OnnxModel model) {
        this.model = model;
    }

    /**
     * Turns a model into a file to be written.
     *
     * @param name what it is called
     * @param heads attention heads of each layer
     * @throws IOException if it is no BERT model
     */
    static GgufWriter convert(OnnxModel model, WordPieces vocabulary, String name, int heads) throws IOException {
        BertImport bert = new BertImport(model);
        OnnxTensor words = model.tensor("embeddings.word_embeddings.weight");
        if (words.dims()[0] != vocabulary.size()) {
            throw new IOException("%d tokens have %d embeddings".formatted(vocabulary.size(), words.dims()[0]));
        }
        bert.addMetadata(name, heads);
        vocabulary.addTo(bert.writer);
        bert.addEmbeddings();
        for (int layer = 0; layer < bert.layers(); layer++) {
            bert.addLayer(layer);
        }
        return bert.writer;
    }

    private int layers() {
        int layers = 0;
        while (model.hasTensor("encoder.layer.%d.output.dense.bias".formatted(layers))) {
            layers++;
        }
        return layers;
    }

    private void addMetadata(String name, int heads) throws IOException {
        writer.string("general.architecture", "bert")
                .string("general.type", "model")
                .string("general.name", name)
                .string("general.license", "apache-2.0")
                .uint32("general.file_type", FILE_TYPE_F16)
                .uint32("bert.block_count", layers())
                .uint32(
                        "bert.context_length",
                        model.tensor("embeddings.position_embeddings.weight").dims()[0])
                .uint32(
                        "bert.embedding_length",
                        model.tensor("embeddings.LayerNorm.weight").dims()[0])
                .uint32(
                        "bert.feed_forward_length",
                        model.tensor("encoder.layer.0.intermediate.dense.bias").dims()[0])
                .uint32("bert.attention.head_count", heads)
                .float32("bert.attention.layer_norm_epsilon", LAYER_NORM_EPSILON)
                .bool("bert.attention.causal", false)
                .uint32("bert.pooling_type", POOLING_MEAN)
                .uint32(
                        "tokenizer.ggml.token_type_count",
                        model.tensor("embeddings.token_type_embeddings.weight").dims()[0]);
    }

    private void addEmbeddings() throws IOException {
        OnnxTensor words = model.tensor("embeddings.word_embeddings.weight");
        writer.tensor("token_embd.weight", ggmlDims(words.dims()), GgmlType.F16, words::writeHalves);
        singles("token_types.weight", "embeddings.token_type_embeddings.weight");
        singles("position_embd.weight", "embeddings.position_embeddings.weight");
        norm("token_embd_norm", "embeddings.LayerNorm");
    }

    private void addLayer(int layer) throws IOException {
        String from = "encoder.layer.%d.".formatted(layer);
        String block = "blk.%d.".formatted(layer);
        linear(block + "attn_q", from + "attention.self.query");
        linear(block + "attn_k", from + "attention.self.key");
        linear(block + "attn_v", from + "attention.self.value");
        linear(block + "attn_output", from + "attention.output.dense");
        norm(block + "attn_output_norm", from + "attention.output.LayerNorm");
        linear(block + "ffn_up", from + "intermediate.dense");
        linear(block + "ffn_down", from + "output.dense");
        norm(block + "layer_output_norm", from + "output.LayerNorm");
    }

    /** A linear layer's bias has the layer's name; its matrix is known by the node that multiplies with it. */
    private void linear(String name, String from) throws IOException {
        OnnxTensor matrix = model.matrixOf("/" + nodePath(from) + "/MatMul");
        List<Long> dims = List.of((long) matrix.dims()[0], (long) matrix.dims()[1]);
        writer.tensor(name + ".weight", dims, GgmlType.F16, matrix::writeHalvesTransposed);
        singles(name + ".bias", from + ".bias");
    }

    /**
     * {@code encoder.layer.0.output.dense} is computed by {@code encoder/layer.0/output/dense}: numbers stay with their
     * list.
     */
    private static String nodePath(String layer) {
        return layer.replaceAll("\\.(?!\\d)", "/");
    }

    private void norm(String name, String from) throws IOException {
        singles(name + ".weight", from + ".weight");
        singles(name + ".bias", from + ".bias");
    }

    private void singles(String name, String from) throws IOException {
        OnnxTensor tensor = model.tensor(from);
        writer.tensor(name, ggmlDims(tensor.dims()), GgmlType.F32, tensor::writeSingles);
    }

    /** The dimension that lies together comes first. */
    private static List<Long> ggmlDims(int[] dims) {
        List<Long> reversed = new ArrayList<>();
        for (int dim : dims) {
            reversed.addFirst((long) dim);
        }
        return reversed;
    }
}
