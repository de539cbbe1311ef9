#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What podman and containerd do to a container of caisson's that runs: exec, health checks, pause,
# update, stats. In the guest only.

load lib
load engines

setup_file() {
	load engines
	engines_up
}

setup() { id=e2e$$x$BATS_TEST_NUMBER; }

teardown() { engines_clean; }

@test "podman exec: output, status, user, directory, environment" {
	pod_up
	run -0 pod exec "$id" echo 'a word'
	is "$output" 'a word'
	run -7 pod exec "$id" sh -c 'exit 7'
	run -0 pod exec --user 1000:1000 --workdir /tmp --env A=b "$id" sh -c 'id -u; pwd; echo $A'
	is "$output" $'1000\n/tmp\nb'
	run -0 pod exec -i "$id" cat <<<through
	is "$output" through
}

@test "podman exec: a missing command is 127, one that is no program 126, a missing directory 127" {
	pod_up
	run -127 pod exec "$id" nothing
	run -126 pod exec "$id" /etc
	run -127 pod exec --workdir /missing "$id" true
}

@test "podman exec: the container's walls are the process's" {
	pod_up
	run -0 pod exec "$id" cat /proc/self/status
	is "$(field Seccomp)" 2
	is "$(field CapEff)" 00000000800405fb
	is "$(field NoNewPrivs)" 0
	run -0 pod exec "$id" readlink /proc/self/ns/mnt
	is "$output" "$(readlink "/proc/$(pod inspect --format '{{.State.Pid}}' "$id")/ns/mnt")"
	run -0 pod exec --privileged "$id" cat /proc/self/status
	lacks "$(field CapEff)" 00000000800405fb
}

@test "podman exec -t and -it: a terminal" {
	pod_up
	run -0 pod exec -t "$id" sh -c 'tty; exit 0'
	has "$output" /dev/
	lacks "$output" 'not a tty'
	run -9 timeout 200 "$BATS_TEST_DIRNAME/terminal.py" run 33x111 -- \
		podman --runtime "$CAISSON" exec -it "$id" sh -c 'test -t 0 && echo yes; exit 9'
	has "$output" yes
}

@test "podman exec -d" {
	pod_up
	pod exec -d "$id" sh -c 'echo >/done; sleep 1000'
	until pod exec "$id" test -e /done; do sleep 1; done
	has "$(pod exec "$id" ps)" 'sleep 1000'
}

@test "podman exec in a user namespace" {
	pod_up --uidmap 0:100000:65536 --gidmap 0:100000:65536
	run -0 pod exec "$id" sh -c 'id -u; cat /proc/self/uid_map'
	is "${lines[0]}" 0
	is "$(xargs <<<"${lines[1]}")" '0 100000 65536'
}

@test "podman: a health check" {
	pod_up --health-cmd 'test -e /healthy' --health-interval disable --health-retries 1
	run ! pod healthcheck run "$id"
	pod exec "$id" touch /healthy
	run -0 pod healthcheck run "$id"
	is "$(pod inspect --format '{{.State.Health.Status}}' "$id")" healthy
}

@test "podman pause, unpause" {
	pod_up
	pod pause "$id"
	is "$(pod inspect --format '{{.State.Status}}' "$id")" paused
	is "$("$CAISSON" list | awk 'NR == 2 { print $3 }')" paused
	run ! pod exec "$id" true
	pod unpause "$id"
	is "$(pod inspect --format '{{.State.Status}}' "$id")" running
	pod exec "$id" true
}

@test "podman update" {
	pod_up --memory 64m
	run -0 pod update --memory 32m --pids-limit 44 --cpus 0.5 "$id"
	dir=$(group_of "$(pid_of "$id")")
	is "$(cat "$dir/memory.max" "$dir/pids.max" "$dir/cpu.max")" $'33554432\n44\n50000 100000'
}

@test "podman stats and top" {
	pod_up --memory 64m
	run -0 pod stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' "$id"
	has "$output" "$id 1 "
	has "$output" 67.11MB
	run -0 pod top "$id" args
	has "$output" 'sleep 1000'
}

@test "podman kill, stop of a paused container, and nothing of exec is left" {
	pod_up
	pod exec -d "$id" sleep 1000
	pod kill --signal TERM "$id" || :
	pod stop -t 1 "$id"
	is "$(pod inspect --format '{{.State.Status}}' "$id")" exited
	pod rm "$id"
	is "$(find /sys/fs/cgroup -type d -name 'libpod-*' -not -path '*conmon*')" ''
}

# rootless_waiting TEXT: the same beside a container of u1's that waits
rootless_waiting() {
	rootless_life "
		pod run -d --name $id --network none --memory 64m $image sleep 1000 >/dev/null
		$1
		pod rm -f -t 0 $id >/dev/null"
}

@test "podman rootless: exec, its user, its walls, its status" {
	run -0 rootless_waiting "
		pod exec $id id -u
		pod exec $id cat /proc/self/uid_map
		pod exec --user 5:6 $id id
		pod exec $id cat /proc/self/status
		pod exec $id sh -c 'exit 7'; echo status \$?
		pod exec $id nothing; echo status \$?
		pod exec -i $id cat <<<through"
	is "${lines[0]}" 0
	is "$(xargs <<<"${lines[1]}")" '0 1000 1'
	has "$output" 'uid=5 gid=6'
	is "$(field Seccomp)" 2
	has "$output" 'status 7'
	has "$output" 'status 127'
	has "$output" through
}

@test "podman rootless: exec on a terminal" {
	run -0 rootless_waiting "pod exec -t $id tty"
	has "$output" /dev/
	lacks "$output" 'not a tty'
}

@test "podman rootless: pause, unpause, update" {
	run -0 --separate-stderr rootless_waiting "
		pod pause $id >/dev/null
		pod inspect --format '{{.State.Status}}' $id
		pod unpause $id >/dev/null
		pod update --memory 32m $id >/dev/null
		pod exec $id cat /sys/fs/cgroup/memory.max"
	is "$output" $'paused\n33554432'
}

@test "containerd: ctr task exec" {
	contain -d "$image" "$id" sleep 1000 3>&-
	run -0 ctr task exec --exec-id x1 "$id" echo 'a word'
	is "$output" 'a word'
	run -7 ctr task exec --exec-id x2 "$id" sh -c 'exit 7'
	run ! ctr task exec --exec-id x3 "$id" nothing
	has "${output,,}" 'not found'
	run -0 ctr task exec --exec-id x4 --user 1000 --cwd /tmp "$id" sh -c 'id -u; pwd'
	is "$output" $'1000\n/tmp'
}

@test "containerd: ctr task exec with a terminal" {
	contain -d "$image" "$id" sleep 1000 3>&-
	run -0 timeout 200 "$BATS_TEST_DIRNAME/terminal.py" run 33x111 -- ctr task exec -t --exec-id x1 "$id" tty
	has "$output" /dev/
	lacks "$output" 'not a tty'
}

@test "containerd: ctr task pause, resume, ps, metrics" {
	contain -d --memory-limit 67108864 "$image" "$id" sleep 1000 3>&-
	ctr task pause "$id"
	has "$(ctr task ls | grep "$id")" PAUSED
	run ! ctr task exec --exec-id x1 "$id" true
	ctr task resume "$id"
	has "$(ctr task ls | grep "$id")" RUNNING
	pid=$(ctr task ls | awk -v id="$id" '$1 == id { print $2 }')
	has "$(ctr task ps "$id")" "$pid"
	run -0 ctr task metrics "$id"
	has "$output" 67108864
}

@test "nothing of all this is left" {
	sleep 1 # before a skip, too: the timer of bats 1.11 outlives a test that ends at once
	caisson_only
	is "$("$CAISSON" list --quiet)" ''
	is "$(find /sys/fs/cgroup -type d -name 'libpod-*' -not -path '*conmon*')" ''
	is "$(find /run/containerd/runc -mindepth 2 -type d)" ''
}
