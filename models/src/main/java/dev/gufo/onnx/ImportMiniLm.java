package dev.gufo.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes the embedding model all-MiniLM-L6-v2, which a Maven artifact carries as ONNX with its tokenizer, as a GGUF
 * file. Run by the build with the file's path as its only argument; a file that is newer than the artifact and this
 * program stays as it is.
 */
public final class ImportMiniLm {
    private static final String MODEL = "/all-minilm-l6-v2.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-tokenizer.json";
    private static final String NAME = "all-MiniLM-L6-v2";
    private static final int HEADS = 12; // num_attention_heads of the model's config.json

    private ImportMiniLm() {}

    /** Imports to the path that is the only argument. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("usage: GGUF");
        }
        Path target = Path.of(arguments[0]);
        if (isCurrent(target)) {
            return;
        }
        Files.createDirectories(target.toAbsolutePath().getParent());
        try (InputStream onnx = open(MODEL);
                InputStream tokenizer = open(TOKENIZER)) {
            BertImport.convert(OnnxModel.read(onnx), WordPieces.read(tokenizer), NAME, HEADS)
                    .write(target);
        }
    }

    private static InputStream open(String resource) throws IOException {
        InputStream in = ImportMiniLm.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IOException("%s is not on the class path".formatted(resource));
        }
        return in;
    }

    private static boolean isCurrent(Path target) throws IOException {
        if (!Files.exists(target)) {
            return false;
        }
        FileTime written = Files.getLastModifiedTime(target);
        for (Path source : List.of(artifact(), program())) {
            if (newest(source).compareTo(written) > 0) {
                return false;
            }
        }
        return true;
    }

    private static FileTime newest(Path source) throws IOException {
        FileTime newest = FileTime.fromMillis(0);
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.toList()) {
                FileTime modified = Files.getLastModifiedTime(file);
                newest = modified.compareTo(newest) > 0 ? modified : newest;
            }
        }
        return newest;
    }

    /** The jar that holds the model. */
    private static Path artifact() throws IOException {
        URL url = ImportMiniLm.class.getResource(MODEL);
        if (url == null) {
            throw new IOException("%s is not on the class path".formatted(MODEL));
        }
        String path = url.getPath();
        return Path.of(URI.create(path.substring(0, path.indexOf('!'))));
    }

    private static Path program() throws IOException {
        try {
            return Path.of(ImportMiniLm.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IOException("where this program lies is no URI", e);
        }
    }
}
