package dev.gufo.server.cli;

import dev.gufo.server.ServerSettings;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.boot.Converters;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Option;

/** Where {@code gufo serve} listens and who may come: options, filled by picocli. */
final class ListenOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = ServerSettings.DEFAULT_HOST,
            description = "Address to listen on" + DEFAULT)
    String host = "";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "" + ServerSettings.DEFAULT_PORT,
            description = "Port to listen on, 0 takes a free one" + DEFAULT)
    int port;

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description =
                    "A key that clients may use, repeatable; without one everybody may. At least 16 characters where other machines"
                            + " reach the server. Other users of the machine see it in the process list: prefer GUFO_API_KEY or the"
                            + " settings file.")
    List<String> apiKeys = new ArrayList<>();

    @Option(
            names = "--insecure",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "false",
            paramLabel = "true|false",
            description = "Allow an address that other machines reach without any key.")
    boolean insecure;

    @Option(
            names = "--cors-origin",
            paramLabel = "ORIGIN",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description = "An origin that browsers may call from, repeatable, * for all; loopback origins always may.")
    List<String> corsOrigins = new ArrayList<>();

    @Option(
            names = "--allowed-host",
            paramLabel = "NAME",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description =
                    "A name that clients may ask for this server under, as a proxy or your DNS calls it, repeatable, * for all; localhost and"
                            + " addresses always may. Without it names are checked only while no key is needed.")
    List<String> allowedHosts = new ArrayList<>();

    @Option(
            names = "--admin",
            arity = "1",
            paramLabel = "on|off|PORT",
            defaultValue = "on",
            converter = Converters.Admin.class,
            description =
                    "Whether /admin is served, for administrators' keys: beside the rest, not at all, or on a port of its own"
                            + DEFAULT)
    AdminPlace admin = AdminPlace.BESIDE;

    @Option(
            names = "--web",
            arity = "1",
            paramLabel = "on|off",
            defaultValue = "on",
            converter = Converters.OnOff.class,
            description = "Serve the page for people: chat at /, operation at /admin" + DEFAULT)
    boolean web;

    /** @param storedKeys whether the database has keys; asked only where others than this machine could come in */
    void into(ServerSettings.Builder settings, BooleanSupplier storedKeys) {
        boolean reached = apiKeys.isEmpty() && !ServerSettings.isLoopback(host);
        settings.host(host)
                .port(port)
                .apiKeys(apiKeys)
                .insecure(insecure || (reached && storedKeys.getAsBoolean()))
                .corsOrigins(corsOrigins)
                .allowedHosts(allowedHosts)
                .admin(admin)
                .web(web);
    }

    /** What a server on loopback may do, a proxy in front of it makes dangerous. */
    void warnOfShortKeys(PrintStream err) {
        if (apiKeys.stream().anyMatch(key -> key.length() < ServerSettings.LEAST_KEY_LENGTH)) {
            err.printf(
                    "gufo: an --api-key has less than %d characters: it can be guessed if others reach this server, through a proxy too%n",
                    ServerSettings.LEAST_KEY_LENGTH);
        }
    }
}
