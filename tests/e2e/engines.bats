#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman (root and rootless) and containerd run containers with caisson. In the guest only.

load lib
load engines

setup_file() {
	load engines
	engines_up
}

setup() { id=e2e$$x$BATS_TEST_NUMBER; }

teardown() { engines_clean; }

@test "podman: runs a command and shows its output" {
	run -0 pod run --rm "$image" echo 'a word'
	is "$output" 'a word'
}

@test "podman: gives the command's status" {
	run -7 pod run --rm --network none "$image" sh -c 'exit 7'
}

@test "podman: a missing command is 127" {
	run -127 pod run --rm --network none "$image" nothing
}

@test "podman: a command that is no program is 126" {
	run -126 pod run --rm --network none "$image" /etc
}

@test "podman: its own profile and capabilities are in force" {
	run -0 pod run --rm --network none "$image" cat /proc/self/status
	is "$(field Seccomp)" 2
	is "$(field CapEff)" 00000000800405fb
	is "$(field NoNewPrivs)" 0
	run -0 pod run --rm --network none --cap-drop all --security-opt no-new-privileges "$image" cat /proc/self/status
	is "$(field CapBnd)" 0000000000000000
	is "$(field NoNewPrivs)" 1
}

@test "podman: limits are in the cgroup" {
	run -0 pod run --rm --network none --memory 64m --pids-limit 33 --cpus 0.5 "$image" \
		sh -c 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max'
	is "$output" $'67108864\n33\n50000 100000'
}

@test "podman: volumes, tmpfs, read-only root, user, work directory and environment" {
	mkdir -p "$BATS_TEST_TMPDIR/v"
	echo text >"$BATS_TEST_TMPDIR/v/file"
	run -0 pod run --rm --network none --read-only --user 1000:1000 --workdir /tmp --env A=b --hostname inner \
		--tmpfs /t:size=1m,mode=1777 -v "$BATS_TEST_TMPDIR/v:/v:ro" "$image" \
		sh -c 'cat /v/file; touch /x || touch /t/x; id -u; pwd; echo $A; hostname'
	has "$output" 'Read-only file system'
	is "$(grep -v touch <<<"$output")" $'text\n1000\n/tmp\nb\ninner'
}

@test "podman: -d, logs, stop, inspect" {
	pod run -d --name "$id" --network none "$image" sh -c 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 1 & wait $!; done' 3>&-
	until [ "$(pod logs "$id")" = up ]; do sleep 0.5; done
	is "$(pod inspect --format '{{.State.Status}}' "$id")" running
	pod stop -t 100 "$id"
	is "$(pod logs "$id")" $'up\nbye'
	is "$(pod inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$id")" 'exited 3'
	pod rm "$id"
}

@test "podman: a container killed for memory is marked so" {
	pod run --name "$id" --network none --memory 16m --memory-swap 16m "$image" dd if=/dev/zero of=/dev/null bs=64M count=1 3>&- || :
	is "$(pod inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' "$id")" 'true 137'
}

@test "podman: another container's namespaces are joined" {
	pod run -d --name "$id" "$image" sleep 1000 3>&-
	run -0 pod run --rm --network "container:$id" --pid "container:$id" --ipc "container:$id" "$image" \
		sh -c 'ps | grep -c "[s]leep 1000"'
	is "$output" 1
}

@test "podman: a user namespace of its own" {
	run -0 pod run --rm --network none --uidmap 0:100000:65536 --gidmap 0:100000:65536 "$image" cat /proc/self/uid_map
	is "$(xargs <<<"$output")" '0 100000 65536'
}

@test "podman: a terminal" {
	run -0 pod run --rm -t --network none "$image" sh -c 'tty; stty size'
	has "$output" /dev/
	lacks "$output" 'not a tty'
}

@test "podman: standard input" {
	run -0 pod run --rm -i --network none "$image" cat <<<'through'
	is "$output" through
}

@test "podman: --privileged and --init" {
	run -0 pod run --rm --privileged --init --network none "$image" sh -c 'cat /proc/1/comm; grep CapEff /proc/self/status'
	has "$output" init
	lacks "$output" 'CapEff: 0000000000000000'
}

@test "podman rootless: runs a command and shows its output" {
	run -0 rootless run --rm "$image" echo 'a word'
	is "$output" 'a word'
}

@test "podman rootless: gives the command's status" {
	run -7 rootless run --rm --network none "$image" sh -c 'exit 7'
}

@test "podman rootless: root inside is the user outside" {
	run -0 rootless run --rm --network none "$image" cat /proc/self/uid_map
	is "$(xargs <<<"${lines[0]}")" '0 1000 1'
}

@test "podman rootless: limits are in the cgroup" {
	run -0 as_u1 sh -c 'echo "$(cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/cgroup.controllers)"'
	has "$output" memory
	run -0 rootless run --rm --network none --memory 64m --pids-limit 33 "$image" \
		sh -c 'cd /sys/fs/cgroup; cat memory.max pids.max'
	is "$output" $'67108864\n33'
}

@test "podman rootless: --userns keep-id" {
	run -0 rootless run --rm --network none --userns keep-id "$image" id -u
	is "$output" 1000
}

@test "podman rootless: its own profile is in force" {
	run -0 rootless run --rm --network none "$image" cat /proc/self/status
	is "$(field Seccomp)" 2
}

@test "containerd: runs a command and shows its output" {
	run -0 contain --rm "$image" "$id" echo 'a word'
	is "$output" 'a word'
}

@test "containerd: gives the command's status" {
	run -7 contain --rm "$image" "$id" sh -c 'exit 7'
}

@test "containerd: a missing command is an error that names it" {
	run ! contain --rm "$image" "$id" nothing
	has "$output" nothing
	has "${output,,}" 'not found'
}

@test "containerd: limits, its own profile, read-only root, no new privileges" {
	run -0 contain --rm --memory-limit 67108864 --cpus 0.5 --seccomp --read-only "$image" "$id" \
		sh -c 'cat /proc/self/status; touch /x'  || [ "$status" = 1 ]
	is "$(field Seccomp)" 2
	is "$(field NoNewPrivs)" 1
	has "$output" 'Read-only file system'
}

@test "containerd: a bind mount that is read-only all the way down, a device" {
	mkdir -p "$BATS_TEST_TMPDIR/a/below"
	mount -t tmpfs none "$BATS_TEST_TMPDIR/a/below"
	run contain --rm --mount "type=bind,src=$BATS_TEST_TMPDIR/a,dst=/a,options=rbind:rro" --device /dev/kmsg "$image" "$id" \
		sh -c 'touch /a/below/x; ls -l /dev/kmsg; echo done'
	umount "$BATS_TEST_TMPDIR/a/below"
	has "$output" '/a/below/x: Read-only file system'
	has "$output" '1,  11'
	has "$output" done
}

@test "containerd: a user namespace" {
	run -0 contain --rm --uidmap 0:200000:65536 --gidmap 0:200000:65536 "$image" "$id" \
		sh -c 'id -u; xargs </proc/self/uid_map; stat -c %u /bin/busybox'
	is "$output" $'0\n0 200000 65536\n0'
}

@test "containerd: a task in the background is listed, killed and deleted" {
	contain -d "$image" "$id" sleep 1000 3>&-
	has "$(ctr task ls)" RUNNING
	ctr task kill -s KILL "$id"
	until ctr task ls | grep -q STOPPED; do sleep 0.5; done
	ctr task rm "$id" || :
	lacks "$(ctr task ls)" "$id"
	ctr container rm "$id"
}

@test "nothing of all this is left" {
	sleep 1 # before a skip, too: the timer of bats 1.11 outlives a test that ends at once
	caisson_only
	is "$("$CAISSON" list --quiet)" ''
	is "$(find /sys/fs/cgroup -type d -name 'libpod-*' -not -path '*conmon*')" ''
	is "$(find /run/containerd/runc -mindepth 2 -type d)" ''
}
