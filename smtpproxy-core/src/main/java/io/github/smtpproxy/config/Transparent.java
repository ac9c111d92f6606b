package io.github.smtpproxy.config;

/**
 * How the proxy stands in the way of clients that do not know of it (Linux). It learns where a client wanted to go, and its
 * own connection to that server comes from the client's address, so that neither side notices. Immutable.
 *
 * <p>The kernel must lead the connections here, see the page "Transparent mode". Where the proxy may not do its
 * part it does not start, because mail would go past it. The dialogue is hidden too where the endpoint is {@link Unseen}.
 */
public final class Transparent {

    /** How connections come to the proxy. */
    public enum Interception {
        /** By nftables' {@code tproxy}: as they are. The listener and the sockets to servers need CAP_NET_RAW or CAP_NET_ADMIN. */
        TPROXY,
        /** By nftables' {@code redirect}: their destination is replaced. The sockets to servers need the same capability. */
        REDIRECT,
        /** By policy routing, which makes all addresses this machine's own. No capability is needed. */
        ANY_IP
    }

    private final Interception interception;

    private Transparent(Interception interception) {
        this.interception = interception;
    }

    /** Connections that nftables' {@code tproxy} leads here. */
    public static Transparent tproxy() {
        return new Transparent(Interception.TPROXY);
    }

    /** Connections that nftables' {@code redirect} leads here. */
    public static Transparent redirect() {
        return new Transparent(Interception.REDIRECT);
    }

    /** Connections that policy routing leads here. */
    public static Transparent anyIp() {
        return new Transparent(Interception.ANY_IP);
    }

    /** How connections come to the proxy. */
    public Interception interception() {
        return interception;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Transparent that && interception == that.interception;
    }

    @Override
    public int hashCode() {
        return interception.hashCode();
    }

    @Override
    public String toString() {
        return interception.toString();
    }
}
