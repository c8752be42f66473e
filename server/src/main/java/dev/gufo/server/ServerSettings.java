package dev.gufo.server;

import com.google.errorprone.annotations.FormatMethod;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.batches.BatchHours;
import dev.gufo.server.doctor.DoctorRoutes;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.http.ConnectionLimits;
import dev.gufo.server.policy.ContentChecks;
import dev.gufo.server.pulls.Pulls;
import dev.gufo.server.responses.ResponseStore;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How the server listens and what it lets through.
 *
 * @param host name or address to listen on; anything but loopback needs a key or {@code insecure}
 * @param port 0 to 65535; 0 takes a free one
 * @param apiKeys any of them opens {@code /v1}; empty lets everyone in; of {@link #LEAST_KEY_LENGTH} characters on a
 *     network
 * @param insecure allows listening on a network without a key or with a short one, or with keys in the database
 * @param maxBodyBytes largest request body in bytes, 1 KiB to 1 GiB
 * @param overflowStatus status of a prompt that does not fit the context: 413, or 400 as OpenAI has it
 * @param strictContext refuses a {@code max_tokens} that the context has no room for, instead of stopping early
 * @param drainTimeout how long a stop waits for running requests, up to a day
 * @param heartbeat after this much silence a stream gets a comment, and a client is checked for being there; 10 ms to 1
 *     min
 * @param corsOrigins web pages that may call besides those of loopback: {@code scheme://host[:port]}, or {@code *} for
 *     all
 * @param allowedHosts names that the server answers to besides its own, {@code *} for all; see
 *     {@link dev.gufo.server.access.Hosts}
 * @param loadWait how long a request waits for a model to be loaded, up to an hour; 0 to refuse at once
 * @param connections how long clients may keep a connection waiting, and how many there may be
 * @param volatileLines whether lines of clients that are another with each request stay in prompts, so that nothing
 *     behind them is found of an earlier one
 * @param answerCacheBytes how much is kept of answers that would be the same again; 0 for none
 * @param web whether the page for people is served
 * @param pulls where models are downloaded to, if there is such a folder
 * @param doctor looks at libraries and devices for administrators; empty if there is nothing to look at
 * @param admin where keys are administered and usage is told
 * @param accounting how ledger, metrics and log are kept
 * @param responses whether and how long responses are kept in the database
 * @param files whether and how long callers' files are kept
 * @param batchShare how much of a model's sequences lines of batches may take: above 0, up to 1; or 0 if they have
 *     hours
 * @param batchHours when they may take all of them
 * @param policy what the content of requests and answers may be
 */
public record ServerSettings(
        String host,
        int port,
        List<String> apiKeys,
        boolean insecure,
        long maxBodyBytes,
        int overflowStatus,
        boolean strictContext,
        Duration drainTimeout,
        Duration heartbeat,
        List<String> corsOrigins,
        List<String> allowedHosts,
        Duration loadWait,
        ConnectionLimits connections,
        boolean volatileLines,
        long answerCacheBytes,
        boolean web,
        Optional<Pulls.Settings> pulls,
        Optional<DoctorRoutes.Examination> doctor,
        AdminPlace admin,
        Accounting.Settings accounting,
        ResponseStore.Settings responses,
        FileStore.Settings files,
        double batchShare,
        Optional<BatchHours> batchHours,
        ContentChecks.Settings policy) {
    public static final String DEFAULT_HOST = "127.0.0.1";
    public static final int DEFAULT_PORT = 8080;
    /** Characters of a key that opens the server to other machines. */
    public static final int LEAST_KEY_LENGTH = 16;

    public static final int DEFAULT_MAX_BODY_MIB = 16;
    public static final int DEFAULT_OVERFLOW_STATUS = 413;
    public static final int DEFAULT_DRAIN_SECONDS = 30;
    public static final int DEFAULT_HEARTBEAT_SECONDS = 5;
    public static final int DEFAULT_LOAD_WAIT_SECONDS = 120;
    public static final double DEFAULT_BATCH_SHARE = 0.5;

    /** On loopback, at port 8080, without a key. */
    public static final ServerSettings DEFAULT = builder().build();

    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]+");
    private static final Pattern NAME = Pattern.compile("\\*|[A-Za-z0-9._-]+|\\[?[0-9a-fA-F:.]+]?");
    private static final Pattern ORIGIN = Pattern.compile("\\*|https?://[^/\\s]+");

    public ServerSettings {
        apiKeys = List.copyOf(apiKeys);
        corsOrigins = List.copyOf(corsOrigins);
        allowedHosts = List.copyOf(allowedHosts);
        require(!host.isBlank(), "--host must not be empty");
        require(port >= 0 && port <= 65_535, "--port must be 0 to 65535, is %d", port);
        require(
                apiKeys.stream().allMatch(key -> KEY.matcher(key).matches()),
                "--api-key must be printable ASCII without spaces, and not empty");
        require(
                insecure || !apiKeys.isEmpty() || isLoopback(host),
                "--host %s can be reached from the network: set a key with --api-key or gufo keys create, or allow everyone with --insecure",
                host);
        require(
                insecure || isLoopback(host) || apiKeys.stream().allMatch(key -> key.length() >= LEAST_KEY_LENGTH),
                "--host %s can be reached from the network, and an --api-key of less than %d characters can be guessed: take a longer one, for"
                        + " instance of openssl rand -hex 16, or allow it with --insecure",
                host,
                LEAST_KEY_LENGTH);
        require(
                maxBodyBytes >= 1 << 10 && maxBodyBytes <= 1 << 30,
                "--max-body must be 1 KiB to 1 GiB, is %d bytes",
                maxBodyBytes);
        require(
                overflowStatus == 413 || overflowStatus == 400,
                "--overflow-status must be 413 or 400, is %d",
                overflowStatus);
        require(
                !drainTimeout.isNegative() && drainTimeout.compareTo(Duration.ofDays(1)) <= 0,
                "--drain-timeout must be 0 s to 1 day, is %s",
                drainTimeout);
        require(
                heartbeat.toMillis() >= 10 && heartbeat.compareTo(Duration.ofMinutes(1)) <= 0,
                "--heartbeat must be 10 ms to 1 min, is %s",
                heartbeat);
        require(
                !loadWait.isNegative() && loadWait.compareTo(Duration.ofHours(1)) <= 0,
                "--load-wait must be 0 s to 1 hour, is %s",
                loadWait);
        require(answerCacheBytes >= 0, "--answer-cache must be 0 or more, is %d", answerCacheBytes);
        require(
                batchShare <= 1 && (batchShare > 0 || (batchShare == 0 && batchHours.isPresent())),
                "--batch-share must be above 0 and at most 1, or 0 with --batch-hours, is %s",
                batchShare);
        for (String origin : corsOrigins) {
            require(ORIGIN.matcher(origin).matches(), "--cors-origin must be scheme://host[:port] or *, is %s", origin);
        }
        for (String name : allowedHosts) {
            require(NAME.matcher(name).matches(), "--allowed-host must be a name without port, or *, is %s", name);
        }
    }

    /** On loopback, at port 8080, without a key, until something else is set. */
    public static Builder builder() {
        return new Builder();
    }

    /** A copy to be changed. */
    public Builder with() {
        return builder()
                .host(host)
                .port(port)
                .apiKeys(apiKeys)
                .insecure(insecure)
                .maxBodyBytes(maxBodyBytes)
                .overflowStatus(overflowStatus)
                .strictContext(strictContext)
                .drainTimeout(drainTimeout)
                .heartbeat(heartbeat)
                .corsOrigins(corsOrigins)
                .allowedHosts(allowedHosts)
                .loadWait(loadWait)
                .connections(connections)
                .volatileLines(volatileLines)
                .answerCacheBytes(answerCacheBytes)
                .web(web)
                .pulls(pulls)
                .doctor(doctor)
                .admin(admin)
                .accounting(accounting)
                .responses(responses)
                .files(files)
                .batchShare(batchShare)
                .batchHours(batchHours)
                .policy(policy);
    }

    /**
     * Whether only this machine can connect to such an address. Names other than {@code localhost} are not looked up.
     */
    public static boolean isLoopback(String host) {
        if (host.toLowerCase(Locale.ROOT).equals("localhost")) {
            return true;
        }
        try {
            return InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
        } catch (IllegalArgumentException name) {
            return false;
        }
    }

    /** Without the keys: settings end up in logs. */
    @Override
    public String toString() {
        return "ServerSettings[%s:%d, %d keys]".formatted(host, port, apiKeys.size());
    }

    @FormatMethod
    private static void require(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(message.formatted(values));
        }
    }

    /** Names what it sets, and is checked as a whole when it is built. Used by one thread. */
    public static final class Builder {
        private String host = DEFAULT_HOST;
        private int port = DEFAULT_PORT;
        private List<String> apiKeys = List.of();
        private boolean insecure;
        private long maxBodyBytes = (long) DEFAULT_MAX_BODY_MIB << 20;
        private int overflowStatus = DEFAULT_OVERFLOW_STATUS;
        private boolean strictContext;
        private Duration drainTimeout = Duration.ofSeconds(DEFAULT_DRAIN_SECONDS);
        private Duration heartbeat = Duration.ofSeconds(DEFAULT_HEARTBEAT_SECONDS);
        private List<String> corsOrigins = List.of();
        private List<String> allowedHosts = List.of();
        private Duration loadWait = Duration.ofSeconds(DEFAULT_LOAD_WAIT_SECONDS);
        private ConnectionLimits connections = ConnectionLimits.DEFAULT;
        private boolean volatileLines;
        private long answerCacheBytes;
        private boolean web = true;
        private Optional<Pulls.Settings> pulls = Optional.empty();
        private Optional<DoctorRoutes.Examination> doctor = Optional.empty();
        private AdminPlace admin = AdminPlace.BESIDE;
        private Accounting.Settings accounting = Accounting.Settings.DEFAULT;
        private ResponseStore.Settings responses = ResponseStore.Settings.DEFAULT;
        private FileStore.Settings files = FileStore.Settings.DEFAULT;
        private double batchShare = DEFAULT_BATCH_SHARE;
        private Optional<BatchHours> batchHours = Optional.empty();
        private ContentChecks.Settings policy = ContentChecks.Settings.OFF;

        private Builder() {}

        /** Sets {@link ServerSettings#host}. */
        public Builder host(String value) {
            host = value;
            return this;
        }

        /** Sets {@link ServerSettings#port}. */
        public Builder port(int value) {
            port = value;
            return this;
        }

        /** Sets {@link ServerSettings#apiKeys}. */
        public Builder apiKeys(List<String> value) {
            apiKeys = value;
            return this;
        }

        /** Sets {@link ServerSettings#insecure}. */
        public Builder insecure(boolean value) {
            insecure = value;
            return this;
        }

        /** Sets {@link ServerSettings#maxBodyBytes}. */
        public Builder maxBodyBytes(long value) {
            maxBodyBytes = value;
            return this;
        }

        /** Sets {@link ServerSettings#overflowStatus}. */
        public Builder overflowStatus(int value) {
            overflowStatus = value;
            return this;
        }

        /** Sets {@link ServerSettings#strictContext}. */
        public Builder strictContext(boolean value) {
            strictContext = value;
            return this;
        }

        /** Sets {@link ServerSettings#drainTimeout}. */
        public Builder drainTimeout(Duration value) {
            drainTimeout = value;
            return this;
        }

        /** Sets {@link ServerSettings#heartbeat}. */
        public Builder heartbeat(Duration value) {
            heartbeat = value;
            return this;
        }

        /** Sets {@link ServerSettings#corsOrigins}. */
        public Builder corsOrigins(List<String> value) {
            corsOrigins = value;
            return this;
        }

        /** Sets {@link ServerSettings#allowedHosts}. */
        public Builder allowedHosts(List<String> value) {
            allowedHosts = value;
            return this;
        }

        /** Sets {@link ServerSettings#loadWait}. */
        public Builder loadWait(Duration value) {
            loadWait = value;
            return this;
        }

        /** Sets {@link ServerSettings#connections}. */
        public Builder connections(ConnectionLimits value) {
            connections = value;
            return this;
        }

        /** Sets {@link ServerSettings#volatileLines}. */
        public Builder volatileLines(boolean value) {
            volatileLines = value;
            return this;
        }

        /** Sets {@link ServerSettings#answerCacheBytes}. */
        public Builder answerCacheBytes(long value) {
            answerCacheBytes = value;
            return this;
        }

        /** Sets {@link ServerSettings#web}. */
        public Builder web(boolean value) {
            web = value;
            return this;
        }

        /** Sets {@link ServerSettings#pulls}. */
        public Builder pulls(Optional<Pulls.Settings> value) {
            pulls = value;
            return this;
        }

        /** Sets {@link ServerSettings#doctor}. */
        public Builder doctor(Optional<DoctorRoutes.Examination> value) {
            doctor = value;
            return this;
        }

        /** Sets {@link ServerSettings#responses}. */
        public Builder responses(ResponseStore.Settings value) {
            responses = value;
            return this;
        }

        /** Sets {@link ServerSettings#files}. */
        public Builder files(FileStore.Settings value) {
            files = value;
            return this;
        }

        /** Sets {@link ServerSettings#batchShare}. */
        public Builder batchShare(double value) {
            batchShare = value;
            return this;
        }

        /** Sets {@link ServerSettings#batchHours}. */
        public Builder batchHours(Optional<BatchHours> value) {
            batchHours = value;
            return this;
        }

        /** Sets {@link ServerSettings#policy}. */
        public Builder policy(ContentChecks.Settings value) {
            policy = value;
            return this;
        }

        /** Sets {@link ServerSettings#admin}. */
        public Builder admin(AdminPlace value) {
            admin = value;
            return this;
        }

        /** Sets {@link ServerSettings#accounting}. */
        public Builder accounting(Accounting.Settings value) {
            accounting = value;
            return this;
        }

        /**
         * Makes the record.
         *
         * @throws IllegalArgumentException if a value is out of its range
         */
        public ServerSettings build() {
            return new ServerSettings(
                    host,
                    port,
                    apiKeys,
                    insecure,
                    maxBodyBytes,
                    overflowStatus,
                    strictContext,
                    drainTimeout,
                    heartbeat,
                    corsOrigins,
                    allowedHosts,
                    loadWait,
                    connections,
                    volatileLines,
                    answerCacheBytes,
                    web,
                    pulls,
                    doctor,
                    admin,
                    accounting,
                    responses,
                    files,
                    batchShare,
                    batchHours,
                    policy);
        }
    }
}
