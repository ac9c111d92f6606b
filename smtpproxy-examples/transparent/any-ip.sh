#!/bin/bash
# Makes a host of its own (a machine, a container or a network namespace that does nothing else) deliver SMTP connections of
# clients to a transparent proxy by policy routing: no nftables, and no capability for the proxy. Fail closed: while the
# proxy is down its port refuses.
#
#   any-ip.sh up|down CLIENTS SERVERS
#
#   CLIENTS  the interface where clients' connections come in
#   SERVERS  the interface that leads to servers
#
# The proxy must listen on port 25 of all addresses. The rule of the local table is replaced: do not try this on a host that
# you reach by the network only, before you have tried it elsewhere. "up" may be repeated, as when addresses have changed.
set -euo pipefail
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
usage() { sed -n 's/^#   //p' "$0" >&2; exit 64; }
[[ $# -eq 3 && $1 =~ ^(up|down)$ ]] || usage
what=$1 clients=$2 servers=$3

# The rule of the local table comes back before ours go: at no time are this host's own addresses without one.
down() {
  [[ -n $(ip rule list pref 0) ]] || ip rule add pref 0 lookup local
  for own in 0.0.0.0/1 128.0.0.0/1; do ip route del local $own dev lo table local 2> /dev/null || true; done
  for pref in 10 11 20 30 40; do
    for family in -4 -6; do
      while ip $family rule del pref $pref 2> /dev/null; do :; done
    done
  done
  for family in -4 -6; do ip $family route del local default dev lo table 100 2> /dev/null || true; done
  echo 0 > /proc/sys/net/ipv6/ip_nonlocal_bind
}

down
[[ $what == up ]] || exit 0
trap 'trap - ERR; down; echo "any-ip.sh: a rule was not accepted; there are none now" >&2' ERR

for family in -4 -6; do
  ip $family rule add pref 10 iif "$clients" ipproto tcp dport 25 lookup 100
  ip $family rule add pref 11 iif "$servers" ipproto tcp sport 25 lookup 100
  ip $family route add local default dev lo table 100
done
# The router's own addresses stay its own.
for own in 127.0.0.0/8 $(ip -4 -o addr show scope global | awk '{ sub("/.*", "", $4); print $4 }'); do
  ip rule add pref 20 to "$own" lookup local
done
ip rule add pref 30 lookup main
ip rule add pref 40 lookup local
ip rule del pref 0
# All other addresses may be bound, and connected from.
ip route add local 0.0.0.0/1 dev lo table local
ip route add local 128.0.0.0/1 dev lo table local
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind
