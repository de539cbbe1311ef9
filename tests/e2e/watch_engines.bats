#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Watchers and verdicts under podman and containerd, where somebody else is the parent. In the
# guest only.

load lib
load engines

bombs=${E2E_BOMBS:-3}
log=/var/log/caisson/audit.jsonl # engines name no other

setup_file() {
	load engines
	engines_up
}

setup() {
	id=e2e$$x$BATS_TEST_NUMBER
	rm -f "$log"
}

teardown() { engines_clean; }

# verdicts: of all that ended, a line each
verdicts() { jq -c 'select(.event == "container.exit") | .unmapped.verdict' "$log"; }

# ended N: waits for so many ends
ended() {
	local tries=0
	until [ "$(verdicts | wc -l)" -ge "$1" ]; do
		[ $((tries++)) -lt $((patience * 5)) ] || { cat "$log"; return 1; }
		sleep 0.2
	done
}

no_watcher() {
	local tries=0
	while pgrep -x caisson-watch >/dev/null; do
		[ $((tries++)) -lt 100 ] || { ps -eo pid,ppid,stat,args; return 1; }
		sleep 0.2
	done
}

@test "podman: run -d returns at once, and its watcher ends with the container" {
	pod run -d --name "$id" --network none "$image" sleep 1000
	is "$(pgrep -x caisson-watch | wc -l)" 1
	lacks "$(cat "/proc/$(pgrep -x caisson-watch)/cgroup")" libpod-"$(pod inspect -f '{{.Id}}' "$id")"/
	is "$(pod inspect -f '{{.State.Status}}' "$id")" running
	pod stop -t 0 "$id"
	is "$(pod inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$id")" 'exited 137'
	no_watcher
	ended 1
	is "$(verdicts | jq -r .reason)" killed
}

@test "podman: the exit code is what the container says, and the verdict never another" {
	for ((i = 0; i < bombs; i++)); do
		run -7 pod run --rm --network none "$image" sh -c 'exit 7'
	done
	ended "$bombs"
	verdicts
	# where the engine was faster, and the kernel is older than 6.15, nobody can know
	is "$(verdicts | jq -c '[.reason, .exit_code, .evidence]' | sort -u |
		grep -vxF '["exited",7,null]' | grep -vxF '["unknown",null,"not observable"]')" ''
	echo "# exit codes seen: $(verdicts | grep -c '"exit_code":7') of $bombs" >&3
}

@test "podman: oom of the leader, and of a grandchild, each time" {
	for ((i = 0; i < bombs; i++)); do
		run -137 pod run --rm --network none --memory 16m --memory-swap 16m "$image" tail /dev/zero
		run -7 pod run --rm --network none --memory 16m --memory-swap 16m "$image" \
			sh -c '(sh -c "tail /dev/zero; :"); exit 7'
	done
	ended $((2 * bombs))
	is "$(verdicts | jq -c '[.reason, .oom_scope]' | sort -u)" '["oom","self"]'
}

@test "podman: time limits come by annotation" {
	for ((i = 0; i < bombs; i++)); do
		run -137 pod run --rm --network none --annotation org.caisson.limit.wall-ms=1000 \
			--annotation org.caisson.limit.grace-ms=0 "$image" sleep 1000
		run -137 pod run --rm --network none --annotation org.caisson.limit.cpu-ms=1000 \
			--annotation org.caisson.limit.grace-ms=0 "$image" sh -c 'while :; do :; done'
	done
	ended $((2 * bombs))
	is "$(verdicts | jq -r .reason | sort | uniq -c | xargs)" "$bombs cpu $bombs wall"
}

@test "containerd: ctr run -d returns at once, and the shim sees no stranger" {
	contain -d "$image" "$id" sleep 1000
	is "$(pgrep -x caisson-watch | wc -l)" 1
	has "$(ctr task ls)" "$id"
	ctr task kill -s KILL "$id"
	ended 1
	is "$(verdicts | jq -r .reason)" killed
	no_watcher
	run -0 ctr task ls
	has "$output" STOPPED
	ctr task rm "$id"
}

@test "containerd: time limits and codes" {
	for ((i = 0; i < bombs; i++)); do
		run contain --rm --annotation org.caisson.limit.wall-ms=1000 \
			--annotation org.caisson.limit.grace-ms=0 "$image" "$id-$i" sleep 1000
		is "$status" 137
		run contain --rm "$image" "$id-x$i" sh -c 'exit 7'
		is "$status" 7
	done
	ended $((2 * bombs))
	is "$(verdicts | jq -r .reason | grep -c wall)" "$bombs"
	is "$(verdicts | jq -c '[.reason, .exit_code]' | sort -u | grep -vF wall |
		grep -vxF '["exited",7]' | grep -vxF '["unknown",null]')" ''
}

@test "containerd: oom of the leader, and of a grandchild, each time" {
	for ((i = 0; i < bombs; i++)); do
		run contain --rm --memory-limit 16777216 "$image" "$id-$i" tail /dev/zero
		is "$status" 137
		run contain --rm --memory-limit 16777216 "$image" "$id-x$i" sh -c '(sh -c "tail /dev/zero; :"); exit 7'
		is "$status" 7
	done
	ended $((2 * bombs))
	is "$(verdicts | jq -c '[.reason, .oom_scope]' | sort -u)" '["oom","self"]'
}

# ---- denials: what the engine's own profile refuses ----

audited=org.caisson.seccomp.audit=deny
refused='hostname x; exit 7'

# denied: what was told, each once
denied() {
	jq -c 'select(.event == "seccomp.denied") | .unmapped.seccomp | [.syscall, .errno, .exe]' "$log" | sort -u
}

# name_denied: that one call, in the verdict too, and nobody is left who waits for more
name_denied() {
	has "$output" 'ot permitted'
	ended 1
	is "$(denied)" '["sethostname","EPERM","/bin/busybox"]'
	is "$(verdicts | jq -c .denied)" '{"sethostname":1}'
	no_watcher
	rm "$log"
}

@test "podman: denied calls are told, the container's and those of exec, and answered" {
	run -7 pod run --rm --network none --annotation $audited "$image" sh -c "$refused"
	name_denied
	pod_up --annotation $audited
	run -7 pod exec "$id" sh -c "$refused"
	pod rm -f -t 0 "$id"
	name_denied
}

@test "containerd: denied calls are told, the container's and those of exec, and answered" {
	run -7 contain --rm --seccomp --annotation $audited "$image" "$id" sh -c "$refused"
	name_denied
	contain -d --seccomp --annotation $audited "$image" "$id" sleep 1000
	run -7 ctr task exec --exec-id e "$id" sh -c "$refused"
	ctr task kill -s KILL "$id"
	name_denied
}
