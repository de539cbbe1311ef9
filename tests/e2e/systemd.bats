#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# The systemd cgroup driver, against the guest's own systemd.

load lib
load session

setup_file() {
	in_guest
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
}

setup() {
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
	scope_named ""
}

teardown() {
	[ -n "${id-}" ] || return 0
	[ -z "${alive-}" ] || caisson delete --force "$id" || echo "delete --force: status $?"
	nothing_left
	unit_gone
}

# in_scope [OPTION...]: a container that waits, made and started
in_scope() {
	sleeper
	create "$@"
	caisson start "$id"
}
# as create in lib, with the driver
create() {
	alive=yes
	caisson --systemd-cgroup create --bundle "$bundle" --pid-file "$bundle/pid" "$@" "$id" \
		</dev/null >"$bundle/out" 2>"$bundle/err" 3>&-
}
scoped() {
	conf '.process.args = ["/bin/sh", "-c", $text]' --arg text "$1"
	caisson --systemd-cgroup run --bundle "$bundle" "$id"
}

# ---- life ----

@test "systemd: the container is in a scope of its slice" {
	in_scope
	is "$(cut -d: -f3 "/proc/$(cat "$bundle/pid")/cgroup")" "$path"
	is "$(show ActiveState)" active
	is "$(show Slice)" e2e-deep.slice
	is "$(show ControlGroup)" "$path"
	is "$(show Delegate)" yes
	is "$(show DefaultDependencies)" no
	has "$(show Description)" "$id"
	for what in Memory CPU IO Tasks; do
		is "$(show "${what}Accounting")" yes
	done
}

@test "systemd: the scope is gone after delete" {
	in_scope
	caisson delete --force "$id"
	alive=
	[ ! -e "/sys/fs/cgroup$path" ]
	is "$(show LoadState)" not-found
}

@test "systemd: the scope goes with the init, and delete finds nothing to do" {
	in_scope
	caisson kill "$id" KILL
	becomes stopped
	unit_gone
	caisson delete "$id"
	alive=
}

@test "systemd: a foreground run leaves no scope" {
	run -3 scoped 'cat /proc/self/cgroup; exit 3'
	is "$output" '0::/'
	unit_gone
}

@test "systemd: the status of one that the oom killer ended, and its scope is collected" {
	conf '.linux.resources.memory = {limit: 8388608, swap: 8388608}'
	run scoped 'dd if=/dev/zero of=/dev/null bs=64M count=1'
	is "$status" 137
	unit_gone
}

@test "systemd: without a path the slice is system.slice" {
	conf 'del(.linux.cgroupsPath)'
	unit=caisson-$id.scope
	path=/system.slice/$unit
	in_scope
	is "$(cut -d: -f3 "/proc/$(cat "$bundle/pid")/cgroup")" "$path"
	is "$(show Slice)" system.slice
}

@test "systemd: exec, pause, ps, kill know the driver from the state" {
	in_scope
	run -0 caisson exec "$id" cat /proc/self/cgroup
	is "$output" '0::/'
	run -0 caisson ps --format json "$id"
	has "$output" "$(cat "$bundle/pid")"
	caisson pause "$id"
	is "$(status_of)" paused
	caisson resume "$id"
	caisson kill --all "$id" KILL
	becomes stopped
	unit_gone
}

@test "systemd: processes that outlive the init are ended by delete" {
	namespace_drop pid
	conf '.process.args = ["/bin/sh", "-c", "sleep 1000 & exec sleep 1000"]'
	create
	caisson start "$id"
	kill -KILL "$(cat "$bundle/pid")"
	becomes stopped
	is "$(show ActiveState)" active
	caisson delete "$id"
	alive=
	[ ! -e "/sys/fs/cgroup$path" ]
}

# ---- limits ----

limits() {
	conf '.linux.resources += {memory: {limit: 67108864, reservation: 33554432, swap: 100663296},
		pids: {limit: 33}, cpu: {shares: 2048, quota: 55500, period: 50000, cpus: "0", mems: "0"}}'
}

limits_hold() {
	is "$(file memory.max)" 67108864
	is "$(file memory.low)" 33554432
	is "$(file pids.max)" 33
	is "$(file cpu.weight)" 174
	is "$(file cpuset.cpus)" 0
	is "$(show MemoryMax)" 67108864
	is "$(show MemoryLow)" 33554432
	is "$(show TasksMax)" 33
	is "$(show CPUWeight)" 174
	is "$(show AllowedCPUs)" 0
	is "$(show AllowedMemoryNodes)" 0
	is "$(show CPUQuotaPerSecUSec)" 1.110000s
	is "$(show CPUQuotaPeriodUSec)" 50ms
}

@test "systemd: limits are in the files and known to systemd" {
	limits
	in_scope
	limits_hold
	is "$(file cpu.max)" '55500 50000'
	[ ! -e "/sys/fs/cgroup$path/memory.swap.max" ] || is "$(file memory.swap.max)" 33554432
	is "$(show MemorySwapMax)" 33554432
}

@test "systemd: limits outlive a daemon-reload" {
	limits
	conf '.linux.resources.unified = {"memory.high": "50331648"}'
	in_scope
	systemctl daemon-reload
	limits_hold
	is "$(file memory.high)" 50331648
	is "$(show MemoryHigh)" 50331648
}

@test "systemd: a quota is rounded up for systemd, exact for the kernel" {
	conf '.linux.resources.cpu = {quota: 12345, period: 100000}'
	in_scope
	is "$(file cpu.max)" '12345 100000'
	is "$(show CPUQuotaPerSecUSec)" 130ms
}

@test "systemd: no limit, and pids.limit 0, which is the init alone" {
	conf '.linux.resources = {memory: {limit: -1}, pids: {limit: 0}} | .process.args = ["/bin/sleep", "1000"]'
	create
	caisson start "$id"
	is "$(file memory.max)" max
	is "$(show MemoryMax)" infinity
	is "$(file pids.max)" 1
	is "$(show TasksMax)" 1
}

@test "systemd: what systemd has no word for is in the files" {
	conf '.linux.resources = {unified: {"pids.max": "44", "cpu.idle": "1", "memory.oom.group": "1"}}'
	in_scope
	is "$(file pids.max)" 44
	is "$(show TasksMax)" 44
	is "$(file cpu.idle)" 1
	is "$(file memory.oom.group)" 1
}

@test "systemd: io weights and rates" {
	disk=$(lsblk -dno MAJ:MIN /dev/vda | tr -d ' ')
	conf '.linux.resources.blockIO = {weight: 500, throttleReadBpsDevice: [
		{major: ($d | split(":")[0] | tonumber), minor: ($d | split(":")[1] | tonumber), rate: 1048576}]}' --arg d "$disk"
	in_scope
	has "$(file io.max)" "$disk rbps=1048576"
	has "$(show IOReadBandwidthMax)" 1048576
	is "$(show IOWeight)" 4950
	systemctl daemon-reload
	has "$(file io.max)" "$disk rbps=1048576"
}

@test "systemd: an update reaches the files and systemd, and the rest stays" {
	limits
	in_scope
	caisson update --memory 80000000 --memory-swap 80000000 --pids-limit 44 "$id"
	is "$(file memory.max)" 79998976
	is "$(file pids.max)" 44
	is "$(show MemoryMax)" 80000000
	is "$(show TasksMax)" 44
	is "$(show CPUWeight)" 174
	is "$(file cpu.max)" '55500 50000'
	caisson update --cpu-quota 25000 "$id"
	is "$(file cpu.max)" '25000 50000'
	is "$(show CPUQuotaPerSecUSec)" 500ms
	caisson update --cpu-period 90000 "$id"
	is "$(file cpu.max)" '25000 90000'
	is "$(show CPUQuotaPerSecUSec)" 280ms
	caisson update --cpu-period 50000 "$id"
	systemctl daemon-reload
	is "$(file pids.max)" 44
	is "$(file cpu.max)" '25000 50000'
}

@test "systemd: an update that the kernel refuses changes nothing anywhere" {
	limits
	in_scope
	run ! caisson update --pids-limit 44 --cpuset-cpus 4000 "$id"
	limits_hold
}

# ---- devices ----

devices() {
	caps '["CAP_MKNOD", "CAP_KILL"]'
	conf '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 200, access: "rw"}]'
}

devices_hold() {
	run caisson exec "$id" sh -c '[ -e /dev/disk ] || mknod /dev/disk b 254 0; head -c 1 /dev/disk'
	[ "$status" != 0 ]
	has "$output" 'Operation not permitted'
	caisson exec "$id" sh -c 'echo hello >/dev/null; head -c 1 /dev/zero'
}

programs() { jq -r .deviceProgram "$root/$id/state.json"; }

@test "systemd: device rules hold, before a daemon-reload and after it" {
	devices
	in_scope
	is "$(show DevicePolicy)" strict
	has "$(show DeviceAllow)" '/dev/char/1:3 rwm'
	has "$(show DeviceAllow)" '/dev/char/10:200 rw'
	devices_hold
	systemctl daemon-reload
	devices_hold
}

@test "systemd: the device filter that the state knows is ours, and an update leaves it" {
	devices
	in_scope
	before=$(programs)
	[ "$before" -gt 0 ]
	caisson update --pids-limit 44 "$id"
	is "$(programs)" "$before"
	devices_hold
}

@test "systemd: without rules every device may be used" {
	caps '["CAP_MKNOD", "CAP_KILL"]'
	conf 'del(.linux.resources)'
	in_scope
	is "$(show DevicePolicy)" auto
	caisson exec "$id" sh -c 'mknod /dev/disk b 254 0 && head -c 1 /dev/disk'
}

# ---- annotations ----

@test "systemd: annotations become properties" {
	conf '.annotations += {"org.systemd.property.TimeoutStopUSec": "uint64 7000000",
		"org.systemd.property.RuntimeMaxSec": "3600", "org.systemd.property.After": "[\u0027dbus.socket\u0027]"}'
	in_scope
	is "$(show TimeoutStopUSec)" 7s
	is "$(show RuntimeMaxUSec)" 1h
	has "$(show After)" dbus.socket
}

@test "systemd: an annotation that is no property is refused" {
	conf '.annotations += {"org.systemd.property.TimeoutStopUSec": "uint64 seven"}'
	run ! scoped true
	has "$output" 'annotations.org.systemd.property.TimeoutStopUSec'
	conf '.annotations = {"org.systemd.property.PIDs": "[uint32 1]"}'
	run ! scoped true
	has "$output" "the runtime's own"
	conf '.annotations = {"org.systemd.property.NoSuchProperty": "uint64 7"}'
	run ! scoped true
	has "$output" NoSuchProperty
}

# ---- what goes wrong ----

@test "systemd: a name that is taken is an error, and who has it lives on" {
	in_scope
	first=$id
	id=other-$id
	run ! caisson --systemd-cgroup run --bundle "$bundle" "$id"
	has "$output" "$unit"
	has "$output" 'choose another'
	id=$first
	is "$(status_of)" running
	is "$(show ActiveState)" active
}

@test "systemd: a group that is there and frozen is refused and not waited for" {
	mkdir -p "/sys/fs/cgroup$path"
	echo 1 >"/sys/fs/cgroup$path/cgroup.freeze"
	run -1 caisson --systemd-cgroup run --bundle "$bundle" "$id"
	has "$output" "container's cgroup unexpectedly frozen"
	rmdir "/sys/fs/cgroup$path" 2>/dev/null || :
}

@test "systemd: a scope that has failed does not stand in the way" {
	systemd-run --scope --quiet --unit="$unit" -p RuntimeMaxSec=1 sleep 100 || :
	is "$(show ActiveState)" failed
	in_scope
	is "$(show ActiveState)" active
}

@test "systemd: a path of cgroupfs is refused" {
	conf '.linux.cgroupsPath = "/a/b"'
	run ! scoped true
	has "$output" 'expected SLICE:PREFIX:NAME'
}

# in_private_run TEXT: with another /run/dbus
in_private_run() {
	unshare -m sh -c 'mount -t tmpfs none /run/dbus && . "$0" && shift && exec "$@"' "$@"
}

@test "systemd: without a bus the error is clear and nothing is left" {
	conf '.process.args = ["/bin/true"]'
	echo : >"$BATS_TEST_TMPDIR/prepare"
	run ! in_private_run "$BATS_TEST_TMPDIR/prepare" - "$CAISSON" --root "$root" --audit-log none --systemd-cgroup run --bundle "$bundle" "$id"
	has "$output" 'expected a bus'
	has "$output" system_bus_socket
}

# a socket that takes connections and never answers
deaf_bus() {
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(100)
time.sleep(600)' "$1" 3>&- &
	deaf=$!
	until [ -S "$1" ]; do sleep 0.1; done
}

@test "systemd: a bus that hangs is an error in bounded time and nothing is left" {
	conf '.process.args = ["/bin/true"]'
	deaf_bus "$BATS_TEST_TMPDIR/deaf"
	echo ": >/run/dbus/system_bus_socket && mount --bind $BATS_TEST_TMPDIR/deaf /run/dbus/system_bus_socket" >"$BATS_TEST_TMPDIR/prepare"
	began=$SECONDS
	run in_private_run "$BATS_TEST_TMPDIR/prepare" - "$CAISSON" --root "$root" --audit-log none --systemd-cgroup run --bundle "$bundle" "$id"
	kill "$deaf"
	is "$status" 1
	has "$output" 'within 30 s'
	[ $((SECONDS - began)) -lt 120 ]
	run -0 caisson list --quiet
	is "$output" ''
}

@test "systemd: with a bus that hangs delete still ends the container" {
	in_scope
	deaf_bus "$BATS_TEST_TMPDIR/deaf"
	echo ": >/run/dbus/system_bus_socket && mount --bind $BATS_TEST_TMPDIR/deaf /run/dbus/system_bus_socket" >"$BATS_TEST_TMPDIR/prepare"
	in_private_run "$BATS_TEST_TMPDIR/prepare" - "$CAISSON" --root "$root" --audit-log none delete --force "$id"
	kill "$deaf"
	alive=
	[ ! -e "/sys/fs/cgroup$path" ]
}

@test "systemd: without its program the driver says how to get it" {
	conf '.process.args = ["/bin/true"]'
	cp "$CAISSON" "$BATS_TEST_TMPDIR/caisson"
	run ! "$BATS_TEST_TMPDIR/caisson" --root "$root" --audit-log none --systemd-cgroup run --bundle "$bundle" "$id"
	has "$output" 'expected the program caisson-systemd'
	has "$output" libsystemd-dev
}

@test "systemd: features says that the driver is there" {
	is "$("$CAISSON" features | jq -c '[.linux.cgroup.systemd, .linux.cgroup.systemdUser]')" '[true,true]'
}

@test "systemd: a runtime that is killed while it waits for the bus leaves nothing" {
	conf '.process.args = ["/bin/true"]'
	deaf_bus "$BATS_TEST_TMPDIR/deaf"
	echo ": >/run/dbus/system_bus_socket && mount --bind $BATS_TEST_TMPDIR/deaf /run/dbus/system_bus_socket" >"$BATS_TEST_TMPDIR/prepare"
	run in_private_run "$BATS_TEST_TMPDIR/prepare" - timeout -s KILL 10 \
		"$CAISSON" --root "$root" --audit-log none --systemd-cgroup run --bundle "$bundle" "$id"
	kill "$deaf"
	[ "$status" != 0 ]
	sleep 1
	is "$(pgrep caisson)" ''
	caisson delete --force "$id"
	run -0 caisson list --quiet
	is "$output" ''
}

@test "systemd: a step that fails or a runtime that is killed at it leaves nothing" {
	conf '.process.args = ["/bin/true"]'
	export CAISSON_FAULT=state
	run caisson --systemd-cgroup run --bundle "$bundle" "$id"
	[ "$status" != 0 ] || skip 'needs a build with --enable-fault'
	for step in state-pid scope device-filter ready; do
		for how in '' :kill; do
			export CAISSON_FAULT=$step$how
			run caisson --systemd-cgroup run --bundle "$bundle" "$id"
			[ "$status" != 0 ]
			unset CAISSON_FAULT
			caisson delete --force "$id"
			nothing_left
			unit_gone
		done
	done
}

@test "systemd: another container under the name of one that is gone is not touched" {
	in_scope
	caisson kill "$id" KILL
	becomes stopped
	unit_gone
	first=$id
	id=other-$id
	caisson --systemd-cgroup create --bundle "$bundle" "$id" </dev/null >"$bundle/out" 2>"$bundle/err" 3>&-
	caisson delete --force "$first"
	is "$(status_of)" created
	is "$(show ActiveState)" active
	caisson delete --force "$id"
	id=$first
	alive=
}
