#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
# podman with its default cgroup manager, systemd's, root and rootless. In the guest only.

load lib
load engines

setup_file() {
	in_guest
	load engines
	image_import "$BATS_FILE_TMPDIR"
}

setup() { id=e2e$$x$BATS_TEST_NUMBER; }

teardown() {
	[ -n "${id-}" ] || return 0
	pod rm -f -t 0 "$id" >/dev/null 2>&1 || :
	rootless rm -f -t 0 "$id" >/dev/null 2>&1 || :
}

pod() { podman --runtime "$CAISSON" --cgroup-manager systemd "$@"; }
# in what systemd started as a service, podman leaves its monitor there, which ends with it
rootless() { as_u1 env -u INVOCATION_ID podman --runtime "$CAISSON" --cgroup-manager systemd "$@"; }

# life RUN: one container's life in a scope, by that podman
life() {
	"$1" run -d --name "$id" --network none --memory 64m --pids-limit 33 --cpus 0.5 "$image" sleep 1000
	local full pid group
	full=$("$1" inspect --format '{{.Id}}' "$id")
	pid=$("$1" inspect --format '{{.State.Pid}}' "$id")
	group=$(cut -d: -f3 "/proc/$pid/cgroup")
	is "${group##*/}" "libpod-$full.scope"
	is "$(cat "/sys/fs/cgroup$group/memory.max")" 67108864
	is "$(cat "/sys/fs/cgroup$group/pids.max")" 33
	is "$(cat "/sys/fs/cgroup$group/cpu.max")" '50000 100000'
	is "$("$1" exec "$id" cat /sys/fs/cgroup/pids.max)" 33
	"$1" update --pids-limit 44 "$id"
	is "$(cat "/sys/fs/cgroup$group/pids.max")" 44
	"$1" pause "$id"
	is "$("$1" inspect --format '{{.State.Status}}' "$id")" paused
	"$1" unpause "$id"
	"$1" stats --no-stream --format '{{.PIDs}}' "$id"
	"$1" stop -t 1 "$id"
	[ ! -e "/sys/fs/cgroup$group" ]
	"$1" start "$id"
	is "$("$1" exec "$id" echo again)" again
	"$1" rm -f -t 0 "$id"
	[ ! -e "/sys/fs/cgroup$group" ]
}

@test "podman, systemd: a whole life as root" { life pod; }
@test "podman, systemd: a whole life as a user" { life rootless; }

@test "podman, systemd: status, output and oom" {
	run -7 pod run --rm --network none "$image" sh -c 'echo word; exit 7'
	is "$output" word
	# not its first process: systemd removes the group with that, and conmon may come too late to read it
	run -5 pod run --name "$id" --network none --memory 8m --memory-swap 8m "$image" \
		sh -c 'dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 3; exit 5'
	is "$(pod inspect --format '{{.State.OOMKilled}}' "$id")" true
}

@test "podman, systemd: the user's own defaults" {
	run -0 as_u1 podman --runtime "$CAISSON" run --rm --network none "$image" cat /proc/self/cgroup
	is "$output" '0::/'
}
