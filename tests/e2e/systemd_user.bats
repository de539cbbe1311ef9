#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# The systemd cgroup driver without root: the user u1 of the guest and its own manager, to which
# cpu, cpuset, io, memory and pids are delegated.

load lib
load session

setup_file() {
	in_guest
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
}

setup() {
	manager=--user
	user_bundle
	scope_named /user.slice/user-1000.slice/user@1000.service
	sleeper
}

teardown() {
	[ -n "${id-}" ] || return 0
	[ -z "${alive-}" ] || own delete --force "$id" || echo "delete --force: status $?"
	nothing_left
	unit_gone
	rm -rf "$home"
}

# from a group of root's, as in a shell of an ssh session, and with as little as podman hands on
outside() {
	chmod -R a+rX "$home"
	runuser -u u1 -- env -i XDG_RUNTIME_DIR=/run/user/1000 HOME=/home/u1 E2E_ID="$id" \
		"$CAISSON" --root "$root" "$@"
}
create() {
	alive=yes
	own --systemd-cgroup create --bundle "$bundle" --pid-file "$home/pid" "$id" >"$home/out" 2>"$home/err"
}
in_scope() {
	create
	own start "$id"
}

@test "systemd, a user: the container is in a scope of the user's manager, under its limits" {
	conf '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 33}, cpu: {shares: 2048, cpus: "0"}}'
	in_scope
	is "$(cut -d: -f3 "/proc/$(cat "$home/pid")/cgroup")" "$path"
	is "$(show Slice)" e2e-deep.slice
	is "$(file memory.max)" 67108864
	is "$(file pids.max)" 33
	is "$(file cpu.weight)" 174
	is "$(file cpuset.cpus)" 0
	is "$(show MemoryMax)" 67108864
	is "$(show TasksMax)" 33
	as_u1 systemctl --user daemon-reload
	is "$(file memory.max)" 67108864
	is "$(file pids.max)" 33
}

@test "systemd, a user: exec, update and delete need no more than XDG_RUNTIME_DIR" {
	in_scope
	run -0 outside exec "$id" cat /proc/self/cgroup
	is "$output" '0::/'
	outside update --pids-limit 44 "$id"
	is "$(file pids.max)" 44
	is "$(show TasksMax)" 44
	outside delete --force "$id"
	alive=
	[ ! -e "/sys/fs/cgroup$path" ]
}

@test "systemd, a user: from a group of root's systemd moves the init" {
	alive=yes
	outside --systemd-cgroup create --bundle "$bundle" --pid-file "$home/pid" "$id" >"$home/out" 2>"$home/err"
	is "$(cut -d: -f3 "/proc/$(cat "$home/pid")/cgroup")" "$path"
	outside start "$id"
	is "$(outside state "$id" | jq -r .status)" running
}

@test "systemd, a user: ids from a range" {
	conf '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}, {containerID: 1, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings | .linux.resources = {pids: {limit: 33}}
		| .process.user = {uid: 33, gid: 34}'
	in_scope
	is "$(file pids.max)" 33
	run -0 outside exec --user 33:34 "$id" id -u
	is "$output" 33
}

@test "systemd, a user: without a path the slice is user.slice" {
	conf 'del(.linux.cgroupsPath)'
	unit=caisson-$id.scope
	path=/user.slice/user-1000.slice/user@1000.service/user.slice/$unit
	in_scope
	is "$(cut -d: -f3 "/proc/$(cat "$home/pid")/cgroup")" "$path"
}

@test "systemd, a user: limits whose controllers are not delegated are refused, all in one message" {
	conf '.linux.resources = {pids: {limit: 33}, unified: {"misc.max": "x 1", "hugetlb.2MB.max": "0"}}'
	run ! own --systemd-cgroup run --bundle "$bundle" "$id"
	has "$output" 'wanted controller hugetlb misc'
	has "$output" 'Delegate=cpuset cpu io memory hugetlb pids misc'
}

@test "systemd, a user: with cgroupfs the same is refused with the same remedy" {
	conf '.linux.resources = {unified: {"hugetlb.2MB.max": "0"}} | del(.linux.cgroupsPath)'
	run ! own run --bundle "$bundle" "$id"
	has "$output" 'wanted controller hugetlb'
	has "$output" 'Delegate=cpuset cpu io memory hugetlb pids'
}

@test "systemd, a user: without a bus the way out is named" {
	conf '.process.args = ["/bin/true"]'
	chmod -R a+rX "$home"
	run ! unshare -m sh -c 'mount -t tmpfs none /run/user && exec runuser -u u1 -- env -i XDG_RUNTIME_DIR=/run/user/1000 "$@"' - \
		"$CAISSON" --root "$home/state" --audit-log none --systemd-cgroup run --bundle "$bundle" "$id"
	has "$output" 'expected a bus'
	has "$output" 'loginctl enable-linger'
}

@test "systemd, a user: the bus in /run/user is found without being told of" {
	conf '.process.args = ["/bin/true"]'
	chmod -R a+rX "$home"
	runuser -u u1 -- env -i "$CAISSON" --root "$root" --audit-log none --systemd-cgroup run --bundle "$bundle" "$id"
}
