#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bombs: each ends as it should, and is called by its name, each time. E2E_BOMBS says how often
# each is thrown, E2E_LANES how many at a time.

load lib
load watch

bombs=${E2E_BOMBS:-3} lanes=${E2E_LANES:-1}

setup_file() {
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
}

# resources JSON: skips where the controllers are not
resources() {
	local c
	for c in $(jq -r 'keys[]' <<<"$1"); do need_controller "$c"; done
	conf '.linux.resources += $r' --argjson r "$1"
}
oom='{"memory": {"limit": 16777216, "swap": 16777216}}'

# ---- one throw, and a line of $verdicts on how it ended ----

exit_event() { grep -F '"event":"container.exit"' "$audit_log"; }

# ended: the record and the log say the same
ended() {
	recorded
	exit_event | grep -qF "\"verdict\":$(<"$root/$id/exit.json")"
	printf '{"detached": true, "verdict": %s}\n' "$(<"$root/$id/exit.json")" >>"$verdicts"
	caisson delete --force "$id"
}

# detached [COMMAND...]: by create, start, delete; that is done when it runs
detached() {
	create
	caisson start "$id" || :
	"$@"
	ended
}

# foreground: by run, whose status is the exit code
foreground() {
	run caisson run --bundle "$bundle" "$id" 3>&-
	printf '{"status": %d, "event": %s}\n' "$status" "$(exit_event)" >>"$verdicts"
}

# orphaned: the runtime in the foreground is killed, and the next command notices
orphaned() {
	local pid
	alive=yes
	E2E_ID=$id "$CAISSON" --root "$root" --audit-log "$audit_log" run --bundle "$bundle" "$id" \
		</dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	becomes running
	kill -KILL $pid
	wait $pid || :
	caisson state "$id"
	ended
}

killed() { caisson kill "$id" KILL; }

# ---- many throws ----

# lane N WAY...: each way in turn, as an N-th container
lane() {
	local i way n=$1
	id=$id-${n}x bundle=$bundle-$n audit_log=$BATS_TEST_TMPDIR/audit-$n.jsonl
	for ((i = n; i < bombs; i += lanes)); do
		for way in "${@:2}"; do
			echo "throw $i, $way"
			$way
			rm "$audit_log"
		done
	done
}

# lane_make N: its bundle, with the root tree of all
lane_make() {
	mkdir "$bundle-$1"
	jq '.root.path = $r | .linux.cgroupsPath += $n
		| .process.env |= map(if startswith("E2E_ID=") then . + $n else . end)' \
		--arg r "$bundle/rootfs" --arg n "-$1x" "$bundle/config.json" >"$bundle-$1/config.json"
}

# lane_left N: as teardown
lane_left() {
	local id=$id-$1x
	[ ! -e "$root/$id" ] || caisson delete --force "$id"
	nothing_left
}

# throw WAY...: all lanes, to their ends
throw() {
	local n of=() status=0
	verdicts=$BATS_TEST_TMPDIR/verdicts
	for ((n = 0; n < lanes; n++)); do
		lane_make $n
		lane $n "$@" >"$BATS_TEST_TMPDIR/lane-$n" 2>&1 3>&- &
		of[n]=$!
	done
	for ((n = 0; n < lanes; n++)); do
		wait "${of[n]}" || { status=1; tail -n 20 "$BATS_TEST_TMPDIR/lane-$n"; }
		lane_left $n || status=1
	done
	return $status
}

# ended_of REASON [ALWAYS [SEEN]]: all did, and this filter of jq's holds for each. Before Linux
# 6.15 the init's parent, which is not ours when we are detached, may have reaped it before anybody
# else could look: what follows from its status is unknown then, and nothing else; SEEN is what
# holds for the others.
ended_of() {
	local wrong
	wrong=$(jq -c '. as $throw | .verdict // .event.unmapped.verdict | select(
		if $throw.detached and .evidence == "not observable" then
			.exit_code == null and .reason ==
				if $reason | IN("seccomp", "pids", "exited") then "unknown" else $reason end
		else
			.reason == $reason and ($throw.detached or .exit_code == $throw.status)
				and ('"${3-true}"')
		end and ('"${2-true}"') | not)' --arg reason "$1" "$verdicts")
	echo "# $(wc -l <"$verdicts") ends, $(grep -c '"not observable"' "$verdicts" || :) with an unseen status" >&3
	is "$wrong" ''
}

# thrown REASON [ALWAYS [SEEN]]: both ways
thrown() {
	throw detached foreground
	ended_of "$@"
}

@test "the leader is killed for memory" {
	resources "$oom"
	conf '.process.args = ["/bin/tail", "/dev/zero"]'
	thrown oom '.oom_scope == "self" and .oom_kills >= 1' '.signal == 9'
}

@test "a grandchild is killed for memory, and the leader exits 7" {
	resources "$oom"
	text '(sh -c "tail /dev/zero; :"); exit 7'
	thrown oom '.oom_scope == "self"' '.exit_code == 7'
}

@test "a limit above the container's own is an ancestor's" {
	need_controller memory
	conf '.linux.cgroupsPath = "/caisson-e2e/above/" + $id' --arg id "$id"
	mkdir -p /sys/fs/cgroup/caisson-e2e/above
	echo '+memory' >/sys/fs/cgroup/cgroup.subtree_control
	echo '+memory' >/sys/fs/cgroup/caisson-e2e/cgroup.subtree_control
	echo 16M >/sys/fs/cgroup/caisson-e2e/above/memory.max
	echo 0 >/sys/fs/cgroup/caisson-e2e/above/memory.swap.max
	resources '{"memory": {"limit": 536870912}}'
	conf '.process.args = ["/bin/tail", "/dev/zero"]'
	lanes=1 # the kernel would choose among all below that limit
	thrown oom '.oom_scope == "ancestor"'
	rmdir /sys/fs/cgroup/caisson-e2e/above
}

@test "wall time, though SIGTERM is ignored" {
	text 'trap "" TERM; while :; do sleep 1; done'
	limit wall-ms "$(ms 500)"
	limit grace-ms 200
	thrown wall '.ended_with == "SIGKILL"'
}

@test "wall time, though the bomb has forked twice and left the session" {
	text 'setsid sh -c "trap \"\" TERM; (while :; do sleep 1; done) &"; trap "" TERM; while :; do sleep 1; done'
	limit wall-ms "$(ms 500)"
	limit grace-ms 0
	thrown wall
}

@test "processor time of all" {
	text 'while :; do :; done & while :; do :; done & wait'
	limit cpu-ms "$(ms 500)"
	limit grace-ms 0
	thrown cpu '.cpu_usec >= 500000'
}

@test "processes: who cannot fork and fails has ended of it" {
	resources '{"pids": {"limit": 16}}'
	text 'for i in $(seq 100); do sleep 100 & done'
	limit wall-ms 60000
	thrown pids '.pids_max_hits >= 1'
}

@test "processes: a fork bomb that copes with it ends of its time, and the hits are counted" {
	resources '{"pids": {"limit": 16}}'
	text '(sleep 0.5; for i in 1 2 3 4; do (while :; do sleep 1000 & done) & done) & exec sleep 1000'
	limit wall-ms "$(ms 1500)"
	limit grace-ms 0
	thrown wall '.pids_max_hits >= 1'
}

@test "a call that is killed for" {
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
		"syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}'
	conf '.process.args = ["/bin/mkdir", "/tmp/x"]'
	thrown seccomp true '.signal == 31'
}

@test "killed by its user" {
	conf '.process.args = ["sleep", "1000"]'
	throw 'detached killed'
	ended_of killed '.killed_by.uid == 0'
}

@test "its watcher is killed: the next has its time kept all the same" {
	text 'trap "" TERM; while :; do sleep 1; done'
	limit wall-ms "$(ms 3000)" # enough to kill before it is over
	limit grace-ms 0
	throw 'detached replaced'
	ended_of wall
}

@test "its runtime is killed: the next has its time kept all the same" {
	text 'trap "" TERM; while :; do sleep 1; done'
	limit wall-ms "$(ms 3000)" # enough to kill before it is over
	limit grace-ms 0
	throw orphaned
	ended_of wall
}

@test "an ordinary end is an ordinary end" {
	text 'exit 3'
	limit wall-ms 60000
	limit cpu-ms 60000
	thrown exited true '.exit_code == 3'
}

# ---- events ----

events() { jq -c 'select(.event == $e) | .unmapped.limit' --arg e "$1" "$audit_log"; }

@test "limits that are reached are events, each told at once and then counted" {
	resources "$oom"
	resources '{"pids": {"limit": 20}}'
	text 'for i in 1 2 3; do tail /dev/zero; done; for i in $(seq 60); do sleep 3 2>/dev/null & done; exit 0'
	create
	caisson start "$id"
	recorded
	is "$(events limit.oom | jq -s 'map(.count) | add')" "$(jq .oom_kills "$root/$id/exit.json")"
	is "$(events limit.pids | jq -s 'map(.count) | add')" \
		"$(jq .pids_max_hits "$root/$id/exit.json")"
	is "$(events limit.oom | head -n 1 | jq .limit)" 16777216
}

@test "warnings come where they are wanted, and nowhere else" {
	echo '{"watch": {"pollMs": 100, "warn": {"cpu": 0}}}' >"$bundle/caisson.json"
	resources '{"memory": {"limit": 33554432, "swap": 33554432}, "pids": {"limit": 10}}'
	mount_add '{"destination": "/fill", "type": "tmpfs", "source": "tmpfs"}'
	text 'head -c 29000000 /dev/zero >/fill/x; for i in 1 2 3 4 5 6 7 8; do sleep 4 & done; sleep 3'
	limit wall-ms 60000
	caisson run --bundle "$bundle" "$id"
	is "$(events resource.warning)" ''
	rm "$audit_log"
	caisson --config "$bundle/caisson.json" run --bundle "$bundle" "$id"
	has "$(events resource.warning)" '"resource":"memory"'
	has "$(events resource.warning)" '"resource":"pids"'
	is "$(events resource.warning | jq -s 'map(.threshold_pct) | unique' -c)" '[80]'
}

@test "who is held back by his share of the processors is told, and warned of before" {
	need_controller cpu
	echo '{"watch": {"pollMs": 100, "warn": {"cpu": 70}}}' >"$bundle/caisson.json"
	resources '{"cpu": {"quota": 10000, "period": 100000}}'
	text 'while :; do :; done'
	limit wall-ms "$(ms 3000)"
	run -137 caisson --config "$bundle/caisson.json" run --bundle "$bundle" "$id"
	[ "$(events limit.cpu_throttled | jq -s 'map(.count) | add')" -gt 0 ]
	has "$(events resource.warning)" '"resource":"cpu"'
}

# respond ACTION: what is done when the limit of processes is hit
respond() {
	jq -n '{watch: {responses: [{event: "limit.pids", action: $a, count: 2, windowMs: 60000}]}}' \
		--arg a "$1" >"$bundle/caisson.json"
	resources '{"pids": {"limit": 10}}'
	# a shell that cannot fork ends, so the leader becomes something that need not
	text '(sleep 0.5; for i in 1 2 3 4; do (while :; do sleep 1000 & done) & done) & exec sleep 1000'
	alive=yes
	caisson --config "$bundle/caisson.json" create "${@:2}" --bundle "$bundle" "$id" \
		</dev/null >"$bundle/out" 2>"$bundle/err" 3>&-
	caisson start "$id"
}

# told EVENT: waits for it
told() {
	local tries=0
	until jq -e 'select(.event == $e)' --arg e "$1" "$audit_log" >/dev/null; do
		[ $((tries++)) -lt $((patience * 5)) ] || { echo "no $1"; return 1; }
		sleep 0.2
	done
}

@test "a response can alert" {
	respond alert
	told alert.raised
	is "$(status_of)" running
}

@test "a response can freeze" {
	respond freeze
	told response.freeze
	is "$(status_of)" paused
}

@test "a response can throttle" {
	need_controller cpu
	resources '{"cpu": {"quota": 80000, "period": 100000}}'
	respond throttle
	told response.throttle
	is "$(cat "$(cgroup_dir)/cpu.max")" '40000 100000'
	is "$(status_of)" running
}

@test "a response can kill, and says so" {
	respond kill
	recorded
	is "$(jq -c '[.reason, .response_to]' "$root/$id/exit.json")" '["policy","limit.pids"]'
	told response.kill
}

@test "a dry run tells what would be done, and does nothing" {
	respond kill --responses-dry-run
	told response.kill
	is "$(events response.kill | jq .dry_run)" true
	sleep 2
	is "$(status_of)" running
}

@test "a response never touches another container" {
	need_controller pids
	first=$id id=$id-second
	conf '.linux.cgroupsPath += "-second" | .process.args = ["sleep", "1000"]'
	create
	caisson start "$id"
	second=$id id=$first
	conf '.linux.cgroupsPath = "/caisson-e2e/" + $id' --arg id "$id"
	respond kill
	recorded
	is "$(caisson state "$second" | jq -r .status)" running
	id=$second caisson delete --force "$second"
}

@test "the watcher is not what memory is taken from" {
	resources "$oom"
	text 'sleep 1000'
	create
	caisson start "$id"
	is "$(cat "/proc/$(pgrep -f "^caisson-watch $id ")/oom_score_adj")" -1000
}
