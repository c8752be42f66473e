package dev.gufo.server.cli;

import dev.gufo.server.ServerSettings;
import dev.gufo.server.boot.Converters;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.responses.ResponseStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which responses and files {@code gufo serve} keeps, and how long: options, filled by picocli. */
final class KeepOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--responses-store",
            arity = "1",
            paramLabel = "on|off",
            defaultValue = "on",
            converter = Converters.OnOff.class,
            description = "Keep responses of /v1/responses in the database, unless they say store: false" + DEFAULT)
    boolean responsesStore;

    @Option(
            names = "--responses-retention",
            paramLabel = "TIME",
            defaultValue = "30d",
            converter = Converters.Time.class,
            description = "How long they are kept, such as 30d or 12h; 0 for ever" + DEFAULT)
    Duration responsesRetention = Duration.ZERO;

    @Option(
            names = "--responses-size",
            paramLabel = "SIZE",
            defaultValue = "1GiB",
            converter = Converters.ByteSize.class,
            description = "How much is kept of all together; beyond that the oldest are deleted" + DEFAULT)
    long responsesSize;

    @Option(
            names = "--files-bytes",
            paramLabel = "SIZE",
            defaultValue = "10GiB",
            converter = Converters.ByteSize.class,
            description = "How much the files of /v1/files may take on disk, all together; 0 takes no files" + DEFAULT)
    long filesBytes;

    @Option(
            names = "--files-bytes-per-key",
            paramLabel = "SIZE",
            defaultValue = "0",
            converter = Converters.ByteSize.class,
            description = "How much of that one key may have; 0 for all of it" + DEFAULT)
    long filesBytesPerKey;

    @Option(
            names = "--files-retention",
            paramLabel = "TIME",
            defaultValue = "30d",
            converter = Converters.Time.class,
            description = "How long files are kept, such as 30d or 12h; 0 until they are deleted" + DEFAULT)
    Duration filesRetention = Duration.ZERO;

    /** @param dataDir where files are kept */
    void into(ServerSettings.Builder settings, Path dataDir) {
        settings.responses(new ResponseStore.Settings(responsesStore, responsesRetention, responsesSize))
                .files(new FileStore.Settings(
                        Optional.of(dataDir.resolve("files")), filesBytes, filesBytesPerKey, filesRetention));
    }
}
