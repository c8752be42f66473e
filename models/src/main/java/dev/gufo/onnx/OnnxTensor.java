package dev.gufo.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Weights that an ONNX file holds, as 32-bit floating point numbers.
 *
 * @param dims sizes, the one whose elements lie together last
 * @param values as many as the product of {@code dims}
 */
record OnnxTensor(int[] dims, FloatBuffer values) {
    /** A tensor of 32-bit floats from their bytes, little endian. */
    static OnnxTensor of(String name, int[] dims, ByteBuffer bytes) throws IOException {
        long elements = 1;
        for (int dim : dims) {
            elements *= dim;
        }
        if (bytes.remaining() != elements * Float.BYTES) {
            throw new IOException("%s has %d bytes for %d numbers".formatted(name, bytes.remaining(), elements));
        }
        return new OnnxTensor(dims, bytes.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
    }

    /** Writes all values as they are. */
    void writeSingles(OutputStream out) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(values.limit() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values.duplicate());
        out.write(bytes.array());
    }

    /** Writes a matrix row by row as 16-bit floats. */
    void writeHalves(OutputStream out) throws IOException {
        writeHalves(out, dims[0], dims[1], dims[1], 1);
    }

    /**
     * Writes a matrix column by column as 16-bit floats: ONNX multiplies rows with it, llama.cpp with its transpose.
     */
    void writeHalvesTransposed(OutputStream out) throws IOException {
        writeHalves(out, dims[1], dims[0], 1, dims[1]);
    }

    private void writeHalves(OutputStream out, int rows, int columns, int rowStep, int columnStep) throws IOException {
        ByteBuffer row = ByteBuffer.allocate(columns * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int r = 0; r < rows; r++) {
            row.clear();
            for (int c = 0; c < columns; c++) {
                row.putShort(Float.floatToFloat16(values.get(r * rowStep + c * columnStep)));
            }
            out.write(row.array());
        }
    }
}
