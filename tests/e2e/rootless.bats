#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# Without root: the user u1 of the guest, in a cgroup that systemd delegated to it.

load lib
load session

setup_file() {
	in_guest
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
}

setup() { user_bundle; }

teardown() {
	[ -z "${alive-}" ] || own delete --force "$id"
	nothing_left
	rm -rf "$home"
}

rootless() {
	conf '.process.args = ["/bin/sh", "-c", $text]' --arg text "$1"
	own run --bundle "$bundle" "$id"
}

ids_from_subuid() {
	conf '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}, {containerID: 1, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
}

@test "rootless: root inside is the user outside" {
	run -0 rootless 'id -u; touch /file; cat /proc/self/uid_map'
	is "${lines[0]}" 0
	is "$(xargs <<<"${lines[1]}")" '0 1000 1'
	is "$(stat -c %u "$bundle/rootfs/file")" 1000
}

@test "rootless: the status is the process's" {
	run -7 rootless 'exit 7'
}

@test "rootless: with one id, setgroups is denied" {
	run -0 rootless 'cat /proc/self/setgroups'
	is "$output" deny
}

@test "rootless: a range of ids comes through newuidmap" {
	ids_from_subuid
	caps '["CAP_CHOWN"]'
	run -0 rootless 'cat /proc/self/uid_map; touch /file; chown 5:6 /file'
	is "$(xargs <<<"$output")" '0 1000 1 1 100000 65536'
	is "$(stat -c %u:%g "$bundle/rootfs/file")" 100004:100005
}

@test "rootless: ids that are not the user's are refused" {
	conf '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 10}] | .linux.gidMappings = .linux.uidMappings'
	run ! rootless true
	[ "$status" -lt 126 ]
}

@test "rootless: another user of the range" {
	ids_from_subuid
	conf '.process.user = {uid: 33, gid: 34, additionalGids: [35]}'
	run -0 rootless 'id -u; id -g; id -G'
	is "$output" $'33\n34\n34 35'
}

@test "rootless: limits are in a group below the user's own" {
	conf '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 33}}'
	run -0 rootless 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max'
	is "$output" $'67108864\n33'
}

@test "rootless: a group that is not the user's is refused, and the way out named" {
	conf '.linux.resources = {memory: {limit: 67108864}} | .linux.cgroupsPath = "/system.slice/" + $id' --arg id "$id"
	run ! rootless true
	has "$output" system.slice
}

@test "rootless: the host's cgroups are not writable (CVE-2023-25809)" {
	namespace_drop cgroup
	run rootless 'mkdir /sys/fs/cgroup/e2e-escape 2>&1; find /sys/fs/cgroup -name e2e-escape | head -n 1'
	is "$(find /sys/fs/cgroup -name e2e-escape)" ''
}

@test "rootless: a filter and no_new_privs" {
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}'
	run -0 rootless 'mkdir /d; cat /proc/self/status'
	is "$(field Seccomp)" 2
	is "$(field NoNewPrivs)" 1
	has "$output" 'No space left on device'
}

@test "rootless: state and log are the user's own" {
	caisson_only
	conf '.process.args = ["/bin/true"]'
	run -0 as_u1 env E2E_ID="$id" "$CAISSON" run --bundle "$bundle" "$id"
	[ -d /run/user/1000/caisson ]
	has "$(cat /home/u1/.local/state/caisson/audit.jsonl)" "$id"
	is "$(stat -c '%U %a' /run/user/1000/caisson)" 'u1 1700' # sticky: not for systemd-tmpfiles to prune
}

@test "rootless: create, start, kill, delete" {
	conf '.process.args = ["/bin/sh", "-c", "trap exit TERM; while :; do sleep 1 & wait $!; done"]'
	alive=yes
	as_u1 sh -c '"$1" --root "$2" create --bundle "$3" "$4" </dev/null >/dev/null 2>&1' - "$CAISSON" "$root" "$bundle" "$id"
	skip_unless_alive
	own start "$id"
	is "$(own state "$id" | jq -r .status)" running
	own kill "$id" KILL
	until [ "$(own state "$id" | jq -r .status)" = stopped ]; do sleep 0.2; done
	own delete "$id"
	alive=
}

# the service that as_u1 makes ends with its first process, and takes the container along unless
# that has a group elsewhere
skip_unless_alive() {
	[ "$(own state "$id" | jq -r .status)" = created ] || skip 'systemd ended the container with its caller'
}
