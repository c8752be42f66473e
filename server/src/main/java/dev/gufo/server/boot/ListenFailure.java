package dev.gufo.server.boot;

import java.net.BindException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Why an address can't be listened on, in words for the operator.
 *
 * @param host as it was given
 * @param port of the API
 * @param adminPort of {@code /admin}, if it has one of its own
 */
record ListenFailure(String host, int port, OptionalInt adminPort) {
    /** One sentence with the address, the reason and the remedy. */
    String explain(Throwable failure) {
        StringBuilder said = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            said.append(cause.getMessage()).append('\n');
            switch (cause) {
                case UnresolvedAddressException _, UnknownHostException _ -> {
                    return "%s can't be listened on: no machine has that name; choose an address of this machine with --host"
                            .formatted(host);
                }
                case SocketException refused -> {
                    return explain(refused, said.toString());
                }
                default -> {} // what wraps it
            }
        }
        return "%s can't be listened on: %s".formatted(address(port), failure.getMessage());
    }

    /** The system's reason is in the text alone: Java has one class for most of them. */
    private String explain(SocketException refused, String said) {
        boolean isAdmin = adminPort.isPresent()
                && adminPort.getAsInt() != port
                && Pattern.compile(":" + adminPort.getAsInt() + "\\b")
                        .matcher(said)
                        .find();
        int at = isAdmin ? adminPort.getAsInt() : port;
        String option = isAdmin ? "--admin" : "--port";
        String reason = String.valueOf(refused.getMessage()).toLowerCase(Locale.ROOT);
        if (reason.contains("in use")) {
            return "%s can't be listened on: another program has it; stop that one or choose another port with %s"
                    .formatted(address(at), option);
        }
        if (reason.contains("cannot assign") || reason.contains("can't assign")) {
            return "%s can't be listened on: this machine has no such address; choose one of its own with --host"
                    .formatted(address(at));
        }
        if (reason.contains("permission denied")) {
            return "%s can't be listened on: this user may not use ports below 1024; choose another one with %s"
                    .formatted(address(at), option);
        }
        String why = refused instanceof BindException
                ? ""
                : " (" + refused.getClass().getSimpleName() + ")";
        return "%s can't be listened on: %s%s".formatted(address(at), refused.getMessage(), why);
    }

    private String address(int at) {
        return host.contains(":") && !host.startsWith("[") ? "[%s]:%d".formatted(host, at) : host + ":" + at;
    }
}
