package dev.gufo.server.embeddings;

import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Vectors as JSON, written by hand: an answer may hold a million numbers.
 *
 * @param base64 as 32-bit floats, little endian, in base64; else as numbers
 * @param dimensions numbers to send of each vector; what is left of it is brought to the length 1 again
 */
record VectorJson(boolean base64, int dimensions) {
    private static final byte[] BEGIN = ascii("{\"object\":\"list\",\"data\":[");
    private static final byte[] ITEM = ascii("{\"object\":\"embedding\",\"index\":");
    private static final byte[] VECTOR = ascii(",\"embedding\":");

    /**
     * Writes the whole answer as it is made.
     *
     * @param vectors at least {@code dimensions} numbers each
     * @param tokens of all inputs
     * @throws IOException if the client has gone
     */
    void write(OutputStream out, String model, float[][] vectors, int tokens) throws IOException {
        var json = new JsonBytes();
        json.raw(BEGIN);
        for (int i = 0; i < vectors.length; i++) {
            json.raw(i == 0 ? "" : ",").raw(ITEM).number(i).raw(VECTOR);
            write(json, shortened(vectors[i]));
            json.raw("}");
            json.drainIfLong(out);
        }
        json.raw("],\"model\":").string(model).raw(",\"usage\":{\"prompt_tokens\":");
        json.number(tokens).raw(",\"total_tokens\":").number(tokens).raw("}}");
        json.drainTo(out);
    }

    /** The first numbers, as the vector of a model that was trained for this keeps its meaning in them. */
    private float[] shortened(float[] vector) {
        if (vector.length == dimensions) {
            return vector;
        }
        double squares = 0;
        for (int i = 0; i < dimensions; i++) {
            squares += (double) vector[i] * vector[i];
        }
        double length = squares == 0 ? 1 : Math.sqrt(squares);
        float[] first = new float[dimensions];
        for (int i = 0; i < dimensions; i++) {
            first[i] = (float) (vector[i] / length);
        }
        return first;
    }

    private void write(JsonBytes json, float[] vector) {
        if (base64) {
            ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(vector);
            json.raw("\"").raw(Base64.getEncoder().encode(bytes.array())).raw("\"");
            return;
        }
        for (int i = 0; i < vector.length; i++) {
            json.raw(i == 0 ? "[" : ",").raw(Float.toString(vector[i]));
        }
        json.raw("]");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
