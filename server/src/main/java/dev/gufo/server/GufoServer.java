package dev.gufo.server;

import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.access.RequestIds;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.error.ErrorTable;
import dev.gufo.server.error.MalformedRequests;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.health.Canary;
import dev.gufo.server.health.Health;
import dev.gufo.server.http.AddressShare;
import dev.gufo.server.http.BodyDeadline;
import dev.gufo.server.http.ClientEndPoint;
import dev.gufo.server.http.ConnectionLimits;
import dev.gufo.server.http.HeadAsGet;
import dev.gufo.server.http.HeaderDeadline;
import dev.gufo.server.http.Http1Connection;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.models.AdminAliases;
import dev.gufo.server.models.AliasHistory;
import dev.gufo.server.models.Aliases;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.pulls.Pulls;
import dev.gufo.server.responses.ResponseStore;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.util.JavalinBindException;
import io.javalin.util.JavalinException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.LowResourceMonitor;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running HTTP server. Its methods may be called from any thread. */
public final class GufoServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GufoServer.class);
    private static final Duration RETRY_AFTER_DRAIN = Duration.ofSeconds(5);
    /** Requests that are about to leave are not worth an interruption. */
    private static final Duration GRACE_AT_CLOSE = Duration.ofMillis(100);

    private static final Duration LAST_BYTES = Duration.ofSeconds(3);
    private static final Duration IDLE_AT_STOP = Duration.ofMillis(500);
    private static final int OUTPUT_BUFFER_BYTES = 8 << 10;

    private final ServerSettings settings;
    private final InFlight inFlight;
    private final Javalin javalin;
    private final int adminPort;
    private final Health health;
    private final Optional<ResponseStore> responses;
    private final Optional<FileStore> files;
    private final Aliases aliases;
    private final Accounting accounting;
    private final Pulls pulls;

    private GufoServer(
            ServerSettings settings,
            InFlight inFlight,
            Javalin javalin,
            int adminPort,
            Health health,
            Optional<ResponseStore> responses,
            Optional<FileStore> files,
            Aliases aliases,
            Accounting accounting,
            Pulls pulls) {
        this.pulls = pulls;
        this.aliases = aliases;
        this.responses = responses;
        this.files = files;
        this.adminPort = adminPort;
        this.health = health;
        this.accounting = accounting;
        this.settings = settings;
        this.inFlight = inFlight;
        this.javalin = javalin;
    }

    /**
     * Starts to listen; returns when connections are accepted. The models need not be loaded yet.
     *
     * @param models not closed with the server
     * @param storage not closed with the server
     * @throws JavalinBindException if a port is taken or forbidden
     * @throws dev.gufo.server.database.DatabaseException if the database fails
     */
    public static GufoServer start(ServerSettings settings, ServedModels models, Storage storage) {
        AdminPlace admin = settings.admin();
        var canary = new Canary();
        var accounting = Accounting.start(
                settings.accounting(), storage.database(), models, InstantSource.system(), storage.limits(), canary);
        Health health = Health.start(models, canary, storage.database(), accounting::ledgerTrouble);
        accounting.metrics().watch(health);
        Optional<ResponseStore> responses = settings.responses().on()
                ? Optional.of(ResponseStore.start(storage.database(), settings.responses(), InstantSource.system()))
                : Optional.empty();
        Optional<FileStore> files = FileStore.start(
                storage.database(), settings.files(), InstantSource.system(), ThreadLocalRandom::current);
        Aliases aliases = Aliases.start(models, new AliasHistory(storage.database(), InstantSource.system()));
        var inFlight = new InFlight(RETRY_AFTER_DRAIN);
        var pulls = new Pulls(settings.pulls());
        var table = new ErrorTable(settings.overflowStatus());
        var errors = new ErrorResponses(table, settings.maxBodyBytes(), RETRY_AFTER_DRAIN);
        var requestIds = new RequestIds(ThreadLocalRandom::current);
        var adminConnector = new AtomicReference<ServerConnector>();
        var routes = new Routes(
                settings,
                models,
                storage.keys(),
                accounting,
                health,
                inFlight,
                requestIds,
                errors,
                responses,
                files,
                pulls,
                new AdminAliases(aliases),
                admin.port().isPresent() ? Optional.of(() -> adminPort(adminConnector)) : Optional.empty());
        Javalin javalin = Javalin.create(config -> {
            configure(config, settings);
            config.requestLogger.http(accounting::log);
            admin.port()
                    .ifPresent(port -> config.jetty.addConnector((server, http) -> {
                        adminConnector.set(connector(server, http, settings, port));
                        return adminConnector.get();
                    }));
            config.router.javaLangErrorHandler(errors::fatal);
            config.jetty.modifyServer(server -> server.setErrorHandler(new MalformedRequests(table, requestIds)));
            routes.register(config.routes, config.unsafe.internalRouter);
        });
        boolean started = false;
        try {
            javalin.start();
            started = true;
        } finally {
            if (!started) {
                drain(inFlight, Duration.ZERO);
                health.close();
                responses.ifPresent(ResponseStore::close);
                files.ifPresent(FileStore::close);
                aliases.close();
                accounting.close();
                pulls.close();
            }
        }
        return new GufoServer(
                settings,
                inFlight,
                javalin,
                adminPort(adminConnector),
                health,
                responses,
                files,
                aliases,
                accounting,
                pulls);
    }

    /** The port of {@code /admin}, if it has one of its own; else -1. */
    public int adminPort() {
        return adminPort;
    }

    private static int adminPort(AtomicReference<ServerConnector> connector) {
        return connector.get() == null ? -1 : connector.get().getLocalPort();
    }

    /** Every method and path that it serves, as Javalin writes them: {@code GET /v1/models/<id>}. */
    List<String> served() {
        return javalin.unsafe.internalRouter.allHttpHandlers().stream()
                .map(handler -> handler.endpoint)
                .filter(endpoint -> endpoint.method.isHttpMethod())
                .map(endpoint -> endpoint.method.name() + " " + endpoint.path)
                .toList();
    }

    /** The port it listens on. */
    public int port() {
        return javalin.port();
    }

    /**
     * Takes no more requests, waits for the running ones, and cancels those that are not done in time: their clients
     * get an error, in a stream as its last event. Blocks up to the drain timeout and a little more; the port stays
     * open meanwhile, to say that the server is going.
     */
    public void drain() {
        drain(settings.drainTimeout());
    }

    private void drain(Duration timeout) {
        drain(inFlight, timeout);
    }

    private static void drain(InFlight inFlight, Duration timeout) {
        try {
            int late = inFlight.drain(timeout);
            if (late > 0) {
                LOG.warn("{} requests were not done within {} and were ended", late, timeout);
            }
        } catch (InterruptedException e) {
            LOG.warn("interrupted while waiting for requests to end");
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Stops: what still runs is cancelled as at the end of a {@link #drain}, and the answers on their way go out, for
     * which there are a few seconds. Idempotent.
     */
    @Override
    public void close() {
        drain(GRACE_AT_CLOSE);
        try {
            javalin.stop();
        } catch (JavalinException e) {
            LOG.warn("not all connections had ended in time", e);
        } finally {
            health.close();
            responses.ifPresent(ResponseStore::close);
            files.ifPresent(FileStore::close);
            aliases.close();
            accounting.close();
            pulls.close();
        }
    }

    private static void configure(JavalinConfig config, ServerSettings settings) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.concurrency.useVirtualThreads = true;
        // Compressed events would sit in the compressor's window.
        config.http.compressionStrategy = CompressionStrategy.NONE;
        config.http.prefer405over404 = true;
        config.http.defaultContentType = "application/json";
        config.jetty.threadPool = threads();
        config.jetty.modifyServer(server -> {
            server.getBeans(LowResourceMonitor.class).forEach(server::removeBean);
            // A stop waits for the last bytes of answers whose routes have returned.
            server.insertHandler(new GracefulHandler());
            server.insertHandler(new BodyDeadline(settings.connections().body()));
            server.insertHandler(new HeadAsGet());
            server.setStopTimeout(LAST_BYTES.toMillis());
        });
        config.jetty.addConnector((server, http) -> connector(server, http, settings, settings.port()));
    }

    /** A few platform threads accept and select; every request gets a virtual thread, as many as there are requests. */
    private static QueuedThreadPool threads() {
        var pool = new QueuedThreadPool(16, 3);
        pool.setName("http");
        pool.setVirtualThreadsExecutor(Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("request-", 0).factory()));
        return pool;
    }

    private static ServerConnector connector(Server server, HttpConfiguration http, ServerSettings settings, int port) {
        ConnectionLimits limits = settings.connections();
        http.setSendServerVersion(false);
        http.setSendDateHeader(true);
        http.setOutputBufferSize(OUTPUT_BUFFER_BYTES);
        var connector = new ClientConnector(server, http);
        connector.setHost(settings.host().replaceAll("[\\[\\]]", ""));
        connector.setPort(port);
        connector.setShutdownIdleTimeout(IDLE_AT_STOP.toMillis());
        connector.setIdleTimeout(limits.idle().toMillis());
        connector.addBean(new HeaderDeadline(connector.getScheduler(), limits.header()));
        connector.addBean(new AddressShare(limits.perAddress()));
        connector.addBean(new NetworkConnectionLimit(limits.connections(), connector));
        return connector;
    }

    /** Accepts clients on a port. */
    private static final class ClientConnector extends ServerConnector {
        ClientConnector(Server server, HttpConfiguration http) {
            super(server, 1, 1, Http1Connection.factory(http));
        }

        @Override
        protected SocketChannelEndPoint newEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key) {
            var client = new ClientEndPoint(channel, selector, key, getScheduler());
            client.setIdleTimeout(getIdleTimeout());
            return client;
        }
    }
}
