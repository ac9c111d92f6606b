#!/bin/bash
# Leads SMTP connections of clients to a transparent proxy on this router, IPv4 and IPv6.
# Fail closed: while the proxy is down, or lacks its capability, clients reach no server at all on this port.
#
#   fail-closed.sh up|down tproxy|redirect INTERFACE [PORT [PROXY_PORT]]
#
#   INTERFACE   where the clients' connections come in
#   PORT        what is intercepted, 25 if not said
#   PROXY_PORT  where the proxy listens on this host, 2525 if not said
#
# Needs root (CAP_NET_ADMIN), nftables and iproute2. The host must forward (net.ipv4.ip_forward=1,
# net.ipv6.conf.all.forwarding=1), and the servers' replies must come back through it.
set -euo pipefail
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

usage() { sed -n 's/^#   //p' "$0" >&2; exit 64; }
[[ $# -ge 3 && $# -le 5 && $1 =~ ^(up|down)$ && $2 =~ ^(tproxy|redirect)$ ]] || usage
what=$1 how=$2 clients=$3 port=${4:-25} proxy=${5:-2525}
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

gate="chain gate { type filter hook forward priority 0; policy accept;
        iifname \"$clients\" tcp dport $port reject with tcp reset
    }"
is_gated() { [[ $(nft -n list chain inet $table gate 2> /dev/null) == *"iifname \"$clients\" tcp dport $port "* ]]; }
failed() {
  if is_gated; then
    echo "fail-closed.sh: the rules were not accepted; clients at $clients reach no server past the proxy" >&2
  else
    echo "fail-closed.sh: THERE IS NO GATE: if this host forwards, mail from $clients passes UNFILTERED" >&2
  fi
}
trap failed ERR

# The gate first and alone: it holds even where the kernel lacks what the other rules need.
is_gated || nft -f - <<< "table inet $table { $gate
}"

# What bears the mark is delivered on this host, whatever address it is for.
for family in -4 -6; do
  [[ "$(ip $family rule list fwmark $mark)." == *"lookup $routes"[!0-9]* ]] || ip $family rule add fwmark $mark lookup $routes
  ip $family route replace local default dev lo table $routes
done

if [[ $how == tproxy ]]; then
  take="chain take { type filter hook prerouting priority mangle; policy accept;
        iifname \"$clients\" meta nfproto ipv4 tcp dport $port tproxy ip to :$proxy meta mark set $mark accept
        iifname \"$clients\" meta nfproto ipv6 tcp dport $port tproxy ip6 to :$proxy meta mark set $mark accept
    }"
else
  take="chain take { type nat hook prerouting priority dstnat; policy accept;
        iifname \"$clients\" tcp dport $port redirect to :$proxy
    }"
fi

# At once in place of those of before.
nft -f - << RULES
table inet $table
delete table inet $table
table inet $table {
    # Replies of servers to the proxy, whose sockets have the clients' addresses. Before what is taken.
    chain replies { type filter hook prerouting priority mangle - 1; policy accept;
        meta l4proto tcp socket transparent 1 meta mark set $mark accept
    }
    $take
    # What the proxy has not taken does not get past it.
    $gate
}
RULES
