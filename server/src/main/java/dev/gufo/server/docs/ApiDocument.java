package dev.gufo.server.docs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * The OpenAPI document of {@code openapi.yaml}. It is read when it is first asked for and kept from then on: most
 * servers are never asked.
 *
 * @see <a href="https://spec.openapis.org/oas/v3.1.0">OpenAPI 3.1.0</a>
 */
final class ApiDocument {
    /** Written by the build from the POM; shared with the command line's version command. */
    private static final String VERSIONS = "/dev/gufo/server/cli/versions.properties";

    private ApiDocument() {}

    /** A class of its own, so that it is read on first use and by one thread. */
    private static final class Read {
        static final ObjectNode DOCUMENT = read();
    }

    /**
     * The document as JSON.
     *
     * @param server the URL under which the client reaches this server
     */
    static String json(String server) {
        ObjectNode document =
                Read.DOCUMENT.objectNode().setAll(Read.DOCUMENT); // a shallow copy: only the servers differ
        document.putArray("servers").addObject().put("url", server);
        return document.toString();
    }

    private static ObjectNode read() {
        try (InputStream yaml = ApiDocument.class.getResourceAsStream("openapi.yaml")) {
            var document = (ObjectNode) new YAMLMapper().readTree(yaml);
            document.withObject("/info").put("version", properties(VERSIONS).getProperty("gufo"));
            return document;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A properties file of the class path. */
    static Properties properties(String path) throws IOException {
        var properties = new Properties();
        try (InputStream in = ApiDocument.class.getResourceAsStream(path)) {
            properties.load(in);
        }
        return properties;
    }
}
