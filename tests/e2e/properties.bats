#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# properties.bats - what few containers ask for: network devices of the host, memory policies,
# processors of exec, classes of the processor's cache.

load lib

# ---- linux.memoryPolicy ----

policies() { sed -E 's/^[^ ]+ ((prefer |weighted )?[^ ]+).*/\1/' <<<"$1" | sort -u | xargs; }

need_numa() { [ -e /proc/self/numa_maps ] || skip "a kernel without NUMA"; }

@test "a memory policy is the container's, and that of exec" {
	newer_than_crun
	need_numa
	conf '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	run -0 inside 'cat /proc/self/numa_maps'
	is "$(policies "$output")" "bind=static:0"
	sleeper
	create
	caisson start "$id"
	run -0 caisson exec "$id" cat /proc/self/numa_maps
	is "$(policies "$output")" "bind=static:0"
}

@test "each mode of a memory policy" {
	newer_than_crun
	need_numa
	while read -r mode nodes shown; do
		conf '.linux.memoryPolicy = {mode: $m, nodes: $n}' --arg m "MPOL_$mode" --arg n "${nodes#-}"
		run inside 'cat /proc/self/numa_maps'
		if [ "$status" != 0 ]; then # MPOL_WEIGHTED_INTERLEAVE is of 6.9, LOCAL and MANY of 5.15
			has "$output" "linux.memoryPolicy: set mode"
			has "$output" "the kernel must know the mode"
			[ "$mode" = WEIGHTED_INTERLEAVE ]
		else
			is "$(policies "$output")" "$shown"
		fi
	done <<-'T'
		DEFAULT - default
		BIND 0 bind:0
		INTERLEAVE 0 interleave:0
		PREFERRED 0 prefer:0
		PREFERRED - local
		PREFERRED_MANY 0 prefer (many):0
		LOCAL - local
		WEIGHTED_INTERLEAVE 0 weighted interleave:0
	T
}

@test "nodes that the machine lacks are refused with the remedy" {
	newer_than_crun
	need_numa
	conf '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1000"}'
	run ! inside true
	has "$output" "memory-policy: linux.memoryPolicy: set mode 2, flags 0x0: invalid argument"
	has "$output" "/sys/devices/system/node/has_memory"
}

# ---- process.execCPUAffinity ----

need_two_processors() {
	all=$(awk '$1 == "Cpus_allowed_list:" { print $2 }' /proc/self/status)
	[[ $all == 0-* ]] || skip "needs processors 0 and 1: has $all"
}
allowed() { awk '$1 == "Cpus_allowed_list:" { print $2 }' <<<"$output"; }

# processors CONTAINER EXEC: which ones the container's own process has, and one that joins it
processors() {
	run -0 inside 'grep Cpus_allowed_list /proc/self/status'
	is "$(allowed)" "$1"
	sleeper
	create
	caisson start "$id"
	run -0 caisson exec "$id" grep Cpus_allowed_list /proc/self/status
	is "$(allowed)" "$2"
}

@test "a caller that is bound to a processor binds neither container nor exec" {
	need_two_processors
	taskset -cp 0 $BASHPID
	processors "$all" "$all"
}

@test "the processors of exec are not those of the container's own process" {
	newer_than_crun
	need_two_processors
	conf '.process.execCPUAffinity = {initial: "0", final: "1"}'
	processors "$all" 1
}

@test "the first processors of exec stay where no others follow" {
	newer_than_crun
	need_two_processors
	sleeper
	create
	caisson start "$id"
	jq '.process + {args: ["grep", "Cpus_allowed_list", "/proc/self/status"],
		execCPUAffinity: {initial: "1"}}' "$bundle/config.json" >"$bundle/process.json"
	run -0 caisson exec --process "$bundle/process.json" "$id"
	is "$(allowed)" 1
	[ -n "$(cgroup_dir)" ]
	run -0 caisson exec "$id" cat /proc/self/cgroup
	inside=$output
	jq '.args = ["cat", "/proc/self/cgroup"]' "$bundle/process.json" >"$bundle/process2.json"
	run -0 caisson exec --process "$bundle/process2.json" "$id"
	is "$output" "$inside"
}

@test "processors that the machine lacks are refused with the remedy" {
	newer_than_crun
	conf '.process.execCPUAffinity = {initial: "60000"}'
	sleeper
	create
	caisson start "$id"
	run -255 caisson exec "$id" true
	has "$output" "process.execCPUAffinity.initial: set: invalid argument"
	has "$output" "/sys/devices/system/cpu/online"
	jq '.process + {args: ["true"], execCPUAffinity: {final: "9999"}}' "$bundle/config.json" \
		>"$bundle/process.json"
	run -255 caisson exec --process "$bundle/process.json" "$id"
	has "$output" "process.execCPUAffinity.final: set: invalid argument"
}

# ---- linux.intelRdt ----

@test "classes of the cache are refused with the remedy where there is no resctrl" {
	newer_than_crun
	! grep -q " - resctrl " /proc/self/mountinfo || skip "there is one here"
	conf '.linux.intelRdt = {closID: "gold", schemata: ["L3:0=f"], enableMonitoring: true}'
	run ! inside true
	has "$output" "linux.intelRdt: expected a resctrl file system: found none"
	has "$output" "mount -t resctrl resctrl /sys/fs/resctrl"
	conf 'del(.linux.intelRdt)'
	sleeper
	create
	caisson start "$id"
	run ! caisson update --mem-bw-schema MB:0=20 "$id"
	has "$output" "update: expected a container with linux.intelRdt: $id has none"
}

# ---- linux.netDevices ----

# host_network: a network to take devices from, which is not this machine's
host_network() {
	need_root
	newer_than_crun
	unshare -n sleep 1000 3>&- &
	network=$!
	until [ "$(readlink /proc/$network/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.05
	done
	on_host ip link set lo up
	on_host ip link add host0 mtu 1400 address 02:00:00:00:00:07 type veth peer name peer0 ||
		skip "no veth here"
	on_host ip link set peer0 up
}
on_host() { nsenter --net=/proc/$network/ns/net "$@"; }
# from_host WORD...: the runtime, in that network
from_host() {
	on_host timeout --foreground "$patience" env E2E_ID="$id" "$CAISSON" --root "$root" \
		--audit-log "$audit_log" "$@"
}
run_from_host() {
	conf '.process.args = ["/bin/sh", "-c", $text]' --arg text "$1"
	from_host run --bundle "$bundle" "$id"
}
devices() { conf '.linux.netDevices = $d' --argjson d "$1"; }
devices_of_host() { on_host ip -o link | awk '{ print $2 }' | sort | xargs; }

teardown() {
	if [ -n "${alive-}" ]; then
		caisson delete --force "$id" || echo "delete --force: status $?"
	fi
	[ -z "${network-}" ] || kill "$network" || :
	[ -z "${joined-}" ] || kill "$joined" || :
	nothing_left
}

@test "a device of the host is the container's: renamed, up, with what it was given" {
	host_network
	on_host ip address add 192.0.2.7/24 brd 192.0.2.255 dev host0
	on_host ip address add 192.0.2.8/24 dev host0
	on_host ip address add 198.51.100.1 peer 198.51.100.2/32 dev host0
	on_host ip address add 2001:db8::7/64 nodad dev host0
	on_host ip address add 169.254.7.7/16 scope link dev host0
	on_host ip address add 192.0.2.99/24 valid_lft 600 preferred_lft 600 dev host0
	devices '{"host0": {"name": "lan0"}}'
	run -0 run_from_host 'ip -o link show; ip -o address show dev lan0'
	has "$output" "lan0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP"
	has "$output" "mtu 1400"
	has "$output" "02:00:00:00:00:07"
	has "$output" "inet 192.0.2.7/24 brd 192.0.2.255 scope global lan0"
	has "$output" "inet 192.0.2.8/24 scope global secondary lan0"
	has "$output" "inet 198.51.100.1 peer 198.51.100.2/32 scope global lan0"
	has "$output" "inet6 2001:db8::7/64"
	lacks "$output" "169.254.7.7"
	lacks "$output" "192.0.2.99"
	lacks "$output" "host0"
}

@test "a name is kept where no other is asked for, and a template makes one" {
	host_network
	on_host ip link add one type ifb
	on_host ip link add two type ifb
	devices '{"host0": {}, "one": {"name": "ctr%d"}, "two": {"name": "ctr%d"}}'
	run -0 run_from_host 'ls /sys/class/net | sort | xargs'
	is "$output" "ctr0 ctr1 host0 lo"
}

@test "names may be exchanged" {
	host_network
	on_host ip link add one address 02:00:00:00:00:01 type ifb
	devices '{"host0": {"name": "one"}, "one": {"name": "host0"}}'
	run -0 run_from_host 'cat /sys/class/net/one/address /sys/class/net/host0/address'
	is "$output" $'02:00:00:00:00:07\n02:00:00:00:00:01'
}

@test "hooks and sysctls see the device" {
	host_network
	devices '{"host0": {"name": "lan0"}}'
	conf '.linux.sysctl = {"net.ipv4.conf.lan0.forwarding": "1"}
		| .hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c",
			"nsenter --net=/proc/$(jq .pid)/ns/net ip -o link show lan0 >" + $f]}]' \
		--arg f "$BATS_TEST_TMPDIR/seen"
	run -0 run_from_host 'cat /proc/sys/net/ipv4/conf/lan0/forwarding'
	is "$output" 1
	has "$(cat "$BATS_TEST_TMPDIR/seen")" "lan0@if2: <"
}

@test "a device moves with create too, into a new user namespace and into a joined network" {
	host_network
	ids_mapped
	on_host ip link set host0 up
	devices '{"host0": {"name": "lan0"}}'
	run -0 run_from_host 'ip -o link show lan0'
	has "$output" "UP"
	sleep 0.2 # until the kernel has ended that network
	namespace_drop user
	conf 'del(.linux.uidMappings, .linux.gidMappings)'
	chown -R -h 0:0 "$bundle/rootfs"
	on_host ip link add host0 type ifb
	unshare -n sleep 1000 3>&- &
	joined=$!
	until [ "$(readlink /proc/$joined/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.05
	done
	namespace_drop network
	conf '.linux.namespaces += [{type: "network", path: $p}]' --arg p "/proc/$joined/ns/net"
	sleeper
	alive=yes
	from_host create --bundle "$bundle" "$id" </dev/null >"$bundle/out" 2>&1 3>&-
	has "$(nsenter --net=/proc/$joined/ns/net ip -o link)" "lan0"
	lacks "$(devices_of_host)" host0
}

@test "what cannot be had is said, and what was moved is given back as it was" {
	host_network
	on_host ip link set host0 up
	on_host ip address add 192.0.2.7/24 dev host0
	on_host ip link add one type ifb
	before=$(devices_of_host)
	devices '{"host0": {"name": "lan0"}, "one": {}, "missing": {}}'
	run ! run_from_host true
	has "$output" "net-devices: linux.netDevices.missing: expected a device of that name: found none"
	is "$(devices_of_host)" "$before"
	has "$(on_host ip -o address show dev host0)" "inet 192.0.2.7/24"
	has "$(on_host ip -o link show host0)" ",UP"
	lacks "$(on_host ip -o link show one)" ",UP"
	devices '{"host0": {"name": "lo"}}'
	run ! run_from_host true
	has "$output" "expected no device of the name lo in the container: found one"
	devices '{"lo": {"name": "lo2"}}'
	run ! run_from_host true
	has "$output" "linux.netDevices.lo: move it"
	has "$output" "belong to their namespace"
	is "$(devices_of_host)" "$before"
}

@test "a container that comes to nothing gives its devices back" {
	host_network
	on_host ip address add 192.0.2.7/24 dev host0
	before=$(devices_of_host)
	devices '{"host0": {"name": "lan0"}}'
	conf '.hooks.createRuntime = [{path: "/bin/false"}]'
	run ! run_from_host true
	has "$output" "createRuntime hook #0"
	is "$(devices_of_host)" "$before"
	has "$(on_host ip -o address show dev host0)" "inet 192.0.2.7/24"
	conf 'del(.hooks) | .process.args = ["/no/such/program"]'
	run ! from_host run --bundle "$bundle" "$id"
	is "$(devices_of_host)" "$before"
}

@test "our own network is none to move devices into" {
	host_network
	devices '{"host0": {}}'
	namespace_drop network
	run ! run_from_host true
	has "$output" "linux.netDevices: expected a network namespace for it, found none"
	conf '.linux.namespaces += [{type: "network", path: $p}]' --arg p "/proc/$network/ns/net"
	run ! run_from_host true
	has "$output" "expected a network namespace of the container's: found our own"
	has "$(devices_of_host)" "host0"
}

@test "features says all this" {
	caisson_only
	run -0 caisson features
	is "$(jq -c '.linux | [.netDevices.enabled, .intelRdt.enabled, .intelRdt.schemata,
		.intelRdt.monitoring]' <<<"$output")" '[true,true,true,true]'
	is "$(jq -c '.linux.memoryPolicy | [(.modes | length), (.flags | length)]' <<<"$output")" '[7,3]'
	is "$(jq -c '.linux.seccomp.actions | index("SCMP_ACT_NOTIFY") != null' <<<"$output")" true
	is "$(jq -c '.linux.seccomp.knownFlags
		| index("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") != null' <<<"$output")" true
}
