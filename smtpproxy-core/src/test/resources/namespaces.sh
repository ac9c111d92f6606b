#!/bin/bash
# Three network namespaces, for TransparentTest: a client (c), the proxy's host (p), which routes, and a server (s).
# Run by: unshare --user --map-root-user --net --mount bash namespaces.sh. They vanish with the standard input. Another
# script that is run so may source it, and then they vanish with that.
set -euo pipefail
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
for n in c p s; do
  ip netns add $n
  ip -n $n link set lo up
done
ip link add eth0 netns c type veth peer name cl netns p
ip link add eth0 netns s type veth peer name sv netns p
# interface NAMESPACE NAME IPV4 IPV6
interface() {
  ip -n "$1" addr add "$3/24" dev "$2"
  ip -n "$1" -6 addr add "$4/64" dev "$2" nodad
  ip -n "$1" link set "$2" up
}
interface c eth0 10.91.1.2 fd91:1::2
interface p cl 10.91.1.1 fd91:1::1
interface p sv 10.91.2.1 fd91:2::1
interface s eth0 10.91.2.2 fd91:2::2
ip -n c route add default via 10.91.1.1
ip -n c -6 route add default via fd91:1::1
ip -n s route add default via 10.91.2.1
ip -n s -6 route add default via fd91:2::1
ip netns exec p bash -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
for n in p s; do
  ip netns exec $n bash -c 'echo 25 > /proc/sys/net/ipv4/ip_unprivileged_port_start'
done
[[ ${BASH_SOURCE[0]} == "$0" ]] || return 0
echo "ready $$"
exec cat > /dev/null
