package dev.gufo.server.http;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

/** What belongs to one client as far as addresses tell. */
public final class Network {
    private static final int IPV6_BYTES = 16;
    private static final int IPV6_NETWORK_BYTES = 8;

    private Network() {}

    /**
     * An IPv4 address itself; of an IPv6 address its network, since who has one address of it has the other 2^64 too.
     */
    public static String of(String address) {
        if (!address.contains(":")) {
            return address;
        }
        try {
            byte[] bytes =
                    InetAddress.ofLiteral(address.replaceAll("[\\[\\]]", "")).getAddress();
            return HexFormat.of()
                    .formatHex(bytes.length == IPV6_BYTES ? Arrays.copyOf(bytes, IPV6_NETWORK_BYTES) : bytes);
        } catch (IllegalArgumentException notLiteral) {
            return address;
        }
    }
}
