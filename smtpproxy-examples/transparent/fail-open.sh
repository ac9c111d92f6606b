#!/bin/bash
# Leads SMTP connections of clients to a transparent proxy on this router, IPv4 and IPv6.
# Fail open: while the proxy is down, or lacks its capability, mail goes PAST IT, unfiltered and unseen.
#
#   fail-open.sh up|down tproxy INTERFACE [PORT [PROXY_PORT]]
#
#   INTERFACE   where the clients' connections come in
#   PORT        what is intercepted, 25 if not said
#   PROXY_PORT  where the proxy listens on this host, 2525 if not said
#
# There is none for redirect, which leads connections to the proxy's port whether somebody listens there or not.
#
# Needs root (CAP_NET_ADMIN), nftables and iproute2. The host must forward (net.ipv4.ip_forward=1,
# net.ipv6.conf.all.forwarding=1), and the servers' replies must come back through it.
set -euo pipefail
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

usage() { sed -n 's/^#   //p' "$0" >&2; exit 64; }
[[ $# -ge 3 && $# -le 5 && $1 =~ ^(up|down)$ && $2 =~ ^tproxy$ ]] || usage
what=$1 clients=$3 port=${4:-25} proxy=${5:-2525}
[[ $clients =~ ^[A-Za-z0-9._@-]{1,15}$ && $port =~ ^[0-9]{1,5}$ && $proxy =~ ^[0-9]{1,5}$ ]] || usage
table=smtpproxy mark=0x2525 routes=2525

down() {
  nft delete table inet $table 2> /dev/null || true
  for family in -4 -6; do
    while ip $family rule del fwmark $mark lookup $routes 2> /dev/null; do :; done
    ip $family route flush table $routes 2> /dev/null || true
  done
}

if [[ $what == down ]]; then
  down
  exit 0
fi
trap 'echo "fail-open.sh: the rules were not accepted: those of before hold; without any, mail passes UNFILTERED" >&2' ERR

# What bears the mark is delivered on this host, whatever address it is for.
for family in -4 -6; do
  [[ "$(ip $family rule list fwmark $mark)." == *"lookup $routes"[!0-9]* ]] || ip $family rule add fwmark $mark lookup $routes
  ip $family route replace local default dev lo table $routes
done

# At once in place of those of before.
nft -f - << RULES
table inet $table
delete table inet $table
table inet $table {
    # Replies of servers to the proxy, whose sockets have the clients' addresses. Before what is taken.
    chain replies { type filter hook prerouting priority mangle - 1; policy accept;
        meta l4proto tcp socket transparent 1 meta mark set $mark accept
    }
    chain take { type filter hook prerouting priority mangle; policy accept;
        iifname "$clients" meta nfproto ipv4 tcp dport $port tproxy ip to :$proxy meta mark set $mark accept
        iifname "$clients" meta nfproto ipv6 tcp dport $port tproxy ip6 to :$proxy meta mark set $mark accept
    }
}
RULES
