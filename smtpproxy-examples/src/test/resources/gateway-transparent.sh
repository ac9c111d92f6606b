#!/bin/bash
# A mail from a client over TLS, through the gateway's jar as a transparent proxy, to a server: IPv4, then IPv6, each in a
# network namespace of its own. Prints what each of them says. Run by GatewayTransparentIT:
#
#   unshare --user --map-root-user --net --mount bash gateway-transparent.sh JAVA CLASSPATH FOLDER TRUST OPTION...
#
#   FOLDER   has chain.pem and key.pem, the server's
#   TRUST    whom the client trusts, in PEM
#   OPTION   of the gateway
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
examples=$here/../../..
. "$examples/../smtpproxy-core/src/test/resources/namespaces.sh"
java=$1 classpath=$2 folder=$3 trust=$4
shift 4
server='' gateway=''
trap 'kill $server $gateway 2> /dev/null' EXIT

exec 3< <(exec ip netns exec s "$java" -Xmx64m -cp "$classpath" io.github.smtpproxy.examples.TlsServer "$folder"/{chain,key}.pem)
server=$!
read -r line <&3
ip netns exec p bash "$examples/transparent/fail-closed.sh" up tproxy cl
exec 4< <(exec ip netns exec p "$java" -Xmx64m -Dorg.slf4j.simpleLogger.defaultLogLevel=info \
  -jar "$examples/target/smtpproxy-gateway.jar" --listen '[::]:2525' "$@" 2>&1)
gateway=$!
while read -r line <&4; do
  echo "gateway: $line"
  [[ $line == listening* ]] && break
done

lines='EHLO client.example\nMAIL FROM:<a@client.example>\nRCPT TO:<b@server.example>\nDATA\nSubject: hello\n\nbody\n.\nQUIT\n'
for server_address in 10.91.2.2 '[fd91:2::2]'; do
  printf "$lines" | ip netns exec c timeout 60 openssl s_client -starttls smtp -connect "$server_address:25" \
    -servername server.example -CAfile "$trust" -verify_return_error -verify_hostname server.example -crlf -quiet 2>&1 | sed 's/^/client: /' || true
done
kill $server $gateway
sed 's/^/gateway: /' <&4
cat <&3
