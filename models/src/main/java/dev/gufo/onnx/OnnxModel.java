package dev.gufo.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The weights of an ONNX file, and which node multiplies with which of them: exporters name the matrices of linear
 * layers by numbers, while the nodes keep the names of the layers. Everything else in the file is skipped.
 *
 * @see <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">ModelProto, GraphProto, NodeProto and
 *     TensorProto, onnx.proto</a>
 */
final class OnnxModel {
    private static final int MODEL_GRAPH = 7;
    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_INITIALIZER = 5;
    private static final int NODE_INPUT = 1;
    private static final int NODE_NAME = 3;
    private static final int TENSOR_DIMS = 1;
    private static final int TENSOR_DATA_TYPE = 2;
    private static final int TENSOR_NAME = 8;
    private static final int TENSOR_RAW_DATA = 9;
    private static final int DATA_TYPE_FLOAT = 1;

    private final Map<String, OnnxTensor> tensors = new HashMap<>();
    private final Map<String, List<String>> inputsOfNodes = new HashMap<>();

    private OnnxModel() {}

    /**
     * Reads a file.
     *
     * @throws IOException if it can't be read or is no ONNX file
     */
    static OnnxModel read(InputStream in) throws IOException {
        OnnxModel model = new OnnxModel();
        CodedInputStream message = CodedInputStream.newInstance(in.readAllBytes());
        message.enableAliasing(true); // tensors stay where they were read
        fields(message, field -> field == MODEL_GRAPH && nested(message, model::readGraphField));
        return model;
    }

    /**
     * The weights of this name.
     *
     * @throws IOException if there are none, or no 32-bit floats
     */
    OnnxTensor tensor(String name) throws IOException {
        OnnxTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IOException("the model has no weights " + name);
        }
        return tensor;
    }

    /** Whether there are weights of this name. */
    boolean hasTensor(String name) {
        return tensors.containsKey(name);
    }

    /** The matrix that the node of this name multiplies its input with. */
    OnnxTensor matrixOf(String node) throws IOException {
        List<String> inputs = inputsOfNodes.get(node);
        if (inputs == null || inputs.size() != 2) {
            throw new IOException("the model has no multiplication " + node);
        }
        return tensor(inputs.get(1));
    }

    /** Takes a field's value out of a message, or leaves it to be skipped. */
    private interface FieldReader {
        boolean read(int field) throws IOException;
    }

    private interface MessageReader {
        boolean read(CodedInputStream message, int field) throws IOException;
    }

    private static void fields(CodedInputStream message, FieldReader reader) throws IOException {
        for (int tag = message.readTag(); tag != 0; tag = message.readTag()) {
            if (!reader.read(WireFormat.getTagFieldNumber(tag))) {
                message.skipField(tag);
            }
        }
    }

    private static boolean nested(CodedInputStream message, MessageReader reader) throws IOException {
        int limit = message.pushLimit(message.readUInt32());
        fields(message, field -> reader.read(message, field));
        message.popLimit(limit);
        return true;
    }

    private boolean readGraphField(CodedInputStream message, int field) throws IOException {
        return switch (field) {
            case GRAPH_NODE -> readNode(message);
            case GRAPH_INITIALIZER -> readTensor(message);
            default -> false;
        };
    }

    private boolean readNode(CodedInputStream message) throws IOException {
        List<String> inputs = new ArrayList<>();
        String[] name = {""};
        nested(message, (node, field) -> {
            switch (field) {
                case NODE_INPUT -> inputs.add(node.readString());
                case NODE_NAME -> name[0] = node.readString();
                default -> {
                    return false;
                }
            }
            return true;
        });
        inputsOfNodes.put(name[0], inputs);
        return true;
    }

    private boolean readTensor(CodedInputStream message) throws IOException {
        RawTensor raw = new RawTensor();
        nested(message, raw::readField);
        if (raw.type == DATA_TYPE_FLOAT) {
            int[] dims = raw.dims.stream().mapToInt(Math::toIntExact).toArray();
            tensors.put(raw.name, OnnxTensor.of(raw.name, dims, raw.data));
        }
        return true;
    }

    private static final class RawTensor {
        private final List<Long> dims = new ArrayList<>();
        private String name = "";
        private int type;
        private ByteBuffer data = ByteBuffer.allocate(0);

        boolean readField(CodedInputStream message, int field) throws IOException {
            switch (field) {
                case TENSOR_DIMS -> dims.add(message.readInt64());
                case TENSOR_DATA_TYPE -> type = message.readInt32();
                case TENSOR_NAME -> name = message.readString();
                case TENSOR_RAW_DATA -> data = message.readByteBuffer();
                default -> {
                    return false;
                }
            }
            return true;
        }
    }
}
