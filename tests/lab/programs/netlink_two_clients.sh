#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# netlink_two_clients.sh PROBE    in the lab's guest: netlink/ against the real kernel, without IKE and without a daemon
#
#   client1 192.168.1.11 --+                                                       (every L2TP packet: port 1701 to 1701)
#                          nat 203.0.113.1 ---- server 203.0.113.10
#   client2 192.168.1.12 --+
#
# Both clients have an SA pair with the server (UDP encapsulation, reqid 1 and 2) and a tunnel and a session each. Shown:
# both reach their own session, control and data; clear text is neither seen nor answered nor sent; a rekey needs nobody;
# the monitor tells; and nothing is left behind.
set -euo pipefail
probe=$1
server=203.0.113.10 nat=203.0.113.1
log=$(mktemp -d)
failures=0

pass() { echo "ok    $*"; }
fail() { echo "FAIL  $*"; failures=$((failures + 1)); }
check() { local what=$1; shift; if "$@"; then pass "$what"; else fail "$what"; fi; }

make_hosts() {
  local host i
  for host in client1 client2 nat server; do
    ip netns add $host
    ip -n $host link set lo up
  done
  ip -n nat link add br0 type bridge
  ip -n nat link set br0 up
  ip -n nat addr add 192.168.1.1/24 dev br0
  for i in 1 2; do
    ip link add e0 netns client$i type veth peer name c$i netns nat
    ip -n nat link set c$i master br0 up
    ip -n client$i addr add 192.168.1.1$i/24 dev e0
    ip -n client$i link set e0 up
    ip -n client$i route add default via 192.168.1.1
  done
  ip link add e0 netns server type veth peer name out netns nat
  ip -n nat addr add $nat/24 dev out
  ip -n nat link set out up
  ip -n server addr add $server/24 dev e0
  ip -n server link set e0 up
  ip netns exec nat sysctl -qw net.ipv4.ip_forward=1
  ip netns exec nat nft -f - <<'RULES'
table ip nat {
  chain post {
    type nat hook postrouting priority 100
    ip saddr 192.168.1.11 udp sport 4500 snat to 203.0.113.1:10001
    ip saddr 192.168.1.12 udp sport 4500 snat to 203.0.113.1:10002
    ip saddr 192.168.1.12 udp sport 4510 snat to 203.0.113.1:10099
  }
}
RULES
}

# sa HOST SOURCE DESTINATION SPI REQID SOURCE-PORT DESTINATION-PORT [update]
sa() {
  ip -n "$1" xfrm state "${8-add}" src "$2" dst "$3" proto esp spi "$4" reqid "$5" mode transport replay-window 32 \
    aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128 encap espinudp "$6" "$7" 0.0.0.0
}

make_sas() {
  local i client
  for i in 1 2; do
    client=192.168.1.1$i
    sa client$i $client $server 0x10$i $i 4500 4500
    sa client$i $server $client 0x20$i $i 4500 4500
    ip -n client$i xfrm policy add dir out src $client dst $server proto udp sport 1701 dport 1701 \
      tmpl proto esp mode transport reqid $i
    ip -n client$i xfrm policy add dir in src $server dst $client proto udp sport 1701 dport 1701 \
      tmpl proto esp mode transport reqid $i
    sa server $nat $server 0x10$i $i 1000$i 4500
    sa server $server $nat 0x20$i $i 4500 1000$i
  done
}

# start HOST LOG ARGUMENT...: the probe in the background; its process id is in $started
start() {
  local host=$1 to=$2
  shift 2
  ip netns exec "$host" "$probe" "$@" >"$log/$to" 2>&1 &
  started=$!
}

wait_for() {
  local text=$1 file=$2
  for _ in $(seq 600); do
    grep -q "$text" "$log/$file" && return
    sleep 0.1
  done
  echo "no '$text' within a minute in $file:"; cat "$log/$file"
  return 1
}

# The client speaks first: a packet of the server that finds no mapping would take the port away from the NAT.
make_sessions() {
  local i
  for i in 1 2; do
    ip netns exec server "$probe" add $i 1$i 2000$i
    start client$i client$i session name=probe-c local=192.168.1.1$i port=1701 peer=$server tunnel=2$i peer-tunnel=1$i \
      session=20$i peer-session=10$i inner=172.16.0.1$i peer-inner=172.16.0.1
    sessions+=("$started")
    wait_for 'session is up' client$i
    sleep 1
    start server server$i session name=probe-s$i local=$server port=2000$i peer=$nat reqid=$i tunnel=1$i peer-tunnel=2$i \
      session=10$i peer-session=20$i inner=172.16.0.1 peer-inner=172.16.0.1$i
    sessions+=("$started")
    wait_for 'session is up' server$i
  done
}

# A firewall of the operator's that uses conntrack, and so makes the kernel track what is not kept out of it.
watch_conntrack() {
  ip netns exec server nft -f - <<'RULES'
table inet watch {
  chain input {
    type filter hook input priority 0
    udp dport 20001-20002 ct state untracked counter comment "in untracked"
    udp dport 20001-20002 ct state != untracked counter comment "in tracked"
  }
  chain output {
    type filter hook output priority 0
    udp sport 1701 ct state untracked counter comment "out untracked"
    udp sport 1701 ct state != untracked counter comment "out tracked"
  }
}
RULES
}
packets_of() { ip netns exec server nft list table inet watch | sed -n "s/.*packets \([0-9]*\) .*comment \"$1\".*/\1/p"; }

ping_from() { ip netns exec "$1" ping -c 5 -i 0.2 -W 2 -q "$2" | grep '5 received' >/dev/null; }
only_control_for() { grep -q "control for tunnel $2" "$log/$1" && ! grep 'control for tunnel' "$log/$1" | grep -qv "tunnel $2$"; }
# shellcheck disable=SC2016  # awk's own field
xfrm_errors() { ip netns exec "$1" awk '$2 > 0' /proc/net/xfrm_stat; }
counted() { ip netns exec server "$probe" counters; }
# check_counters WHAT IN OUT: OUT beyond what was counted while the sessions were made. A client that speaks before its
# server listens is sent an ICMP error, which the fence drops and counts.
check_counters() {
  local now expected="in $2 out $((out_before + $3))"
  now=$(counted)
  check "$1: $now, expected $expected" test "$now" = "$expected"
}
# A reader that leaves at the first match would end the probe by SIGPIPE, so it is read to its end.
sas_have() { ip netns exec server "$probe" sas | grep "$1" >/dev/null; }

check_traffic() {
  local i
  for i in 1 2; do
    check "client $i reaches the server" ping_from client$i 172.16.0.1
    check "the server reaches client $i" ping_from server 172.16.0.1$i
    check "server's socket $i got control messages for its tunnel only" only_control_for server$i 1$i
    check "client $i got control messages for its tunnel only" only_control_for client$i 2$i
  done
  check "no XFRM error on the server" test -z "$(xfrm_errors server)"
  check_counters "the fence met nothing" 0 0
  local way
  for way in in out; do
    check "packets $way go past conntrack" test "$(packets_of "$way untracked")" -gt 20
    check "all of them" test "$(packets_of "$way tracked")" = 0
  done
  ip netns exec server nft delete table inet watch
}

# What names no tunnel of the table goes to the SA's own socket: the element of tunnel 0.
check_unknown_tunnel() {
  ip netns exec server "$probe" add 1 0 20101
  ip -n client1 xfrm policy add dir out src 192.168.1.11 dst $server proto udp sport 1702 dport 1701 \
    tmpl proto esp mode transport reqid 1
  ip netns exec server timeout 60 /usr/bin/python3 -u - >"$log/unknown" <<'RECEIVE' &
import socket
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("203.0.113.10", 20101))
print("listening")
for _ in range(4):
    print("got", receiver.recv(2048).hex())
RECEIVE
  local receiver=$!
  wait_for listening unknown
  ip netns exec client1 /usr/bin/python3 - <<'SEND'
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("192.168.1.11", 1702))
# An SCCRQ's tunnel id, a forgotten tunnel with a Length and without, and what is no L2TP at all.
for text in ("c8020010000000000000000000000000", "c8020010006300000000000000000000", "0002006300000000", "ff"):
    sender.sendto(bytes.fromhex(text), ("203.0.113.10", 1701))
SEND
  wait $receiver || true
  check "tunnel 0, unknown tunnels and garbage reach the SA's socket" test "$(grep -c got "$log/unknown")" = 4
  check "the tunnels' sockets see none of it" only_control_for server1 11
  ip netns exec server "$probe" delete 1 0 20101
}

check_fence() {
  # Watched on the wire: an answer, also an ICMP error, would be seen.
  timeout 6 ip netns exec nat tcpdump -nni out 'src host 203.0.113.10 and (icmp or (udp and (port 1701 or portrange 20001-20002)))' \
    >"$log/leak" 2>/dev/null &
  local watcher=$!
  sleep 1
  ip netns exec nat /usr/bin/python3 - <<'SEND'
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("203.0.113.1", 1701))
for port in (1701, 20001, 20002):
    for _ in range(5):
        sender.sendto(b"\xc8\x02\x00\x14\x00\x0b\x00\x63" + bytes(12), ("203.0.113.10", port))
SEND
  ip netns exec server /usr/bin/python3 - <<'SEND' || true
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("203.0.113.10", 1701))
for _ in range(3):
    try:
        sender.sendto(bytes(12), ("203.0.113.1", 1701))
    except PermissionError:
        pass
SEND
  # Without its outbound SA a tunnel is silent.
  ip -n server xfrm state delete src $server dst $nat proto esp spi 0x201
  check "no data without an SA" eval '! ping_from server 172.16.0.11'
  wait $watcher || true
  check "nothing left in clear text, no ICMP" eval "! grep -q IP '$log/leak'"
  check_counters "clear text is counted" 15 3
  check "and not seen" eval "! grep -h 'control for tunnel' '$log'/server? | grep -v 'tunnel 1[12]\$' >/dev/null"
}

check_rekey() {
  sa client1 $server 192.168.1.11 0x211 1 4500 4500
  sa server $server $nat 0x211 1 4500 10001
  check "data after a new SA of the same reqid" ping_from server 172.16.0.11
  check "the monitor saw the old SA go" grep -q 'deleted reqid 1 spi 00000201' "$log/monitor"
  check "and the new one come" grep -q 'new reqid 1 spi 00000211 203.0.113.10 -> 203.0.113.1 ports 4500 10001' "$log/monitor"
  check "the list of SAs has it" sas_have 'reqid 1 spi 00000211'
  # Client 2's ESP comes from another port of the NAT: the kernel drops it and tells.
  sa client2 192.168.1.12 $server 0x102 2 4510 4500 update
  ip netns exec client2 ping -c 2 -W 1 -q 172.16.0.1 >/dev/null || true
  check "the monitor saw the NAT's new mapping" \
    grep -q 'mapping reqid 2 spi 00000102 203.0.113.1:10002 -> 203.0.113.1:10099' "$log/monitor"
}

check_end() {
  local pid i
  for pid in "${sessions[@]}"; do
    kill -TERM "$pid"
    wait "$pid" || fail "a session ended with status $?"
  done
  for i in 1 2; do ip netns exec server "$probe" delete $i 1$i 2000$i; done
  check "the rewriting table is empty" test -z "$(ip netns exec server "$probe" list)"
  ip netns exec server "$probe" remove
  check "the ruleset is empty" test -z "$(ip netns exec server nft list ruleset)"
  sleep 1
  for host in server client1 client2; do
    check "no interface left on $host" eval "! ip -n $host -o link | grep probe- >/dev/null"
    check "no tunnel left on $host" test -z "$(ip netns exec $host ip l2tp show tunnel)"
    check "no route of ours left on $host" test -z "$(ip -n $host route show proto 176)"
  done
}

sessions=()
helpers=()
make_hosts
make_sas
for host in server client1 client2; do
  start $host encapsulate-$host encapsulate
  helpers+=("$started")
done
start server monitor monitor
helpers+=("$started")
ip netns exec server "$probe" install
watch_conntrack
make_sessions
sleep 2
out_before=$(counted)
out_before=${out_before##* }
check_traffic
check_unknown_tunnel
check_fence
check_rekey
check_end
for pid in "${helpers[@]}"; do kill -TERM "$pid"; wait "$pid" || fail "a helper ended with status $?"; done
dmesg | grep -E 'WARNING|BUG:|Oops|refcount|unregister_netdevice' && fail "the kernel complained"
if ((failures)); then
  tail -n +1 "$log"/*
  echo "$failures failures"
  exit 1
fi
rm -r "$log"
echo "two clients: all passed"
