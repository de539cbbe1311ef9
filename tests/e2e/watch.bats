#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The watcher and the verdict: limits that OCI lacks, and what is said of each end. The bombs
# that need controllers are in bombs.bats.

load lib
load watch

# events: of the container; the log has some of its own
events() { jq -r .event "$audit_log" | grep -v '^log\.' | xargs; }

# seen: skips what needs the exit status of a detached container where that cannot be had for sure:
# its parent reaps it, and the kernel tells nobody else before 6.15
seen() {
	[ "$(printf '%s\n' 6.15 "$(uname -r)" | sort -V | head -n 1)" = 6.15 ] ||
		skip 'the kernel is older than 6.15'
}

# ended REASON [FILTER VALUE]...: what the log says, and the state and the record the same
ended() {
	local in_log
	in_log=$(jq -cS 'select(.event == "container.exit") | .unmapped.verdict' "$audit_log")
	is "$(jq -r .reason <<<"$in_log")" "$1"
	if [ -e "$root/$id" ]; then
		is "$(<"$root/$id/exit.json")" "$in_log"
		grep -qF "\"verdict\":$(<"$root/$id/exit.json")" "$audit_log"
		is "$(caisson state "$id" | jq -cS .caisson.verdict)" "$in_log"
	fi
	shift
	while [ $# -gt 0 ]; do
		is "$(jq -c "$1" <<<"$in_log")" "$2"
		shift 2
	done
}

# ---- in the foreground ----

@test "a run that has had its time gets SIGTERM, and after the grace time ends" {
	text 'trap "echo told" TERM; while :; do sleep 0.1; done'
	limit wall-ms "$(ms 300)"
	limit grace-ms 300
	run caisson run --bundle "$bundle" "$id"
	is "$status" 137
	is "$output" told
	ended wall .exit_code 137 .signal 9 .limit_ms "$(ms 300)" .ended_with '"SIGKILL"' '.wall_ms >= 600' true
	has "$(events)" limit.wall
}

@test "a run that ends within the grace time keeps its exit code, and the reason" {
	text 'trap "exit 3" TERM; while :; do sleep 0.05; done'
	limit wall-ms "$(ms 200)"
	limit grace-ms 20000
	run caisson run --bundle "$bundle" "$id"
	is "$status" 3
	ended wall .exit_code 3 .signal null .ended_with '"SIGTERM"'
}

@test "without a grace time the end comes at once" {
	text 'trap "" TERM; while :; do sleep 0.05; done'
	limit wall-ms "$(ms 200)"
	limit grace-ms 0
	run caisson run --bundle "$bundle" "$id"
	is "$status" 137
	ended wall .ended_with '"SIGKILL"'
}

@test "processor time counts for all processes together, however they are forked" {
	text 'for i in 1 2 3; do (while :; do :; done) & done; (setsid sh -c "while :; do :; done" &); wait'
	limit cpu-ms "$(ms 500)"
	limit grace-ms 0
	run caisson run --bundle "$bundle" "$id"
	is "$status" 137
	ended cpu .limit_ms "$(ms 500)" '.cpu_usec >= 500000' true
	has "$(events)" limit.cpu_time
}

@test "an idle container does not use up its processor time" {
	text 'sleep 1'
	limit cpu-ms "$(ms 300)"
	run -0 caisson run --bundle "$bundle" "$id"
	ended exited
}

@test "a limit that is not reached changes nothing" {
	text 'exit 7'
	limit wall-ms 60000
	limit cpu-ms 60000
	run caisson run --keep --bundle "$bundle" "$id"
	is "$status" 7
	ended exited .exit_code 7 .signal null
	caisson delete "$id"
}

@test "a run without such limits starts no process and writes no file for them" {
	text 'sleep 1'
	caisson run --bundle "$bundle" "$id" 3>&- &
	pid=$!
	becomes running
	is "$(watchers)" ''
	[ ! -e "$root/$id/watch.json" ]
	wait $pid
}

@test "what a limit says is read strictly, and what cannot be kept is refused" {
	limit wall-ms 5s
	run -1 caisson run --bundle "$bundle" "$id"
	has "$output" 'annotations.org.caisson.limit.wall-ms: expected milliseconds from 1 to'
	limit wall-ms "$(ms 500)"
	namespace_drop pid
	conf '.mounts |= map(select(.type != "proc"))
		| del(.linux.maskedPaths, .linux.readonlyPaths, .linux.resources)'
	run -1 caisson --cgroup-manager disabled run --bundle "$bundle" "$id"
	has "$output" 'expected a cgroup, to reach every process'
}

@test "the plan and the features name these limits" {
	limit wall-ms "$(ms 500)"
	run -0 caisson check --plan "$bundle"
	has "$output" "wall time: $(ms 500) ms"
	run -0 caisson features
	has "$output" org.caisson.limit.wall-ms
}

# ---- detached ----

@test "a detached container has a watcher, which ends with it" {
	seen
	text 'exit 7'
	create
	is "$(watchers | wc -l)" 1
	caisson start "$id"
	recorded
	no_watcher
	ended exited .exit_code 7
	is "$(events)" 'container.create container.start container.exit'
	caisson delete "$id"
}

@test "run --detach has one, too, and the log tells the beginning first" {
	seen
	text true
	caisson run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1 3>&-
	alive=yes
	recorded
	ended exited .exit_code 0
	is "$(events)" 'container.create container.start container.exit'
}

@test "wall time counts from the start, not from the creation" {
	text 'trap "" TERM; while :; do sleep 0.05; done'
	limit wall-ms "$(ms 500)"
	limit grace-ms 100
	create
	sleep 1
	is "$(status_of)" created
	caisson start "$id"
	is "$(status_of)" running
	recorded
	ended wall .ended_with '"SIGKILL"' '.wall_ms >= 600' true ".wall_ms < $(ms 5000)" true
	has "$(events)" 'container.start limit.wall container.exit'
}

@test "the watcher has its own descriptors and no others, a session of its own, and no stdio" {
	sleeper
	exec 7</etc/passwd
	up
	exec 7<&-
	pid=$(watchers)
	is "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | sort -u)" /dev/null
	run -0 ls -l "/proc/$pid/fd"
	lacks "$output" passwd
	lacks "$output" pipe:
	is "$(ps -o sid= -p "$pid" | xargs)" "$pid"
	is "$(readlink "/proc/$pid/cwd")" /
	lacks "$(<"/proc/$pid/cgroup")" "$id"
	is "$(tr '\0' ' ' <"/proc/$pid/environ")" ''
}

@test "watchers have little memory of their own, and sleep" {
	need_root
	sleeper
	up
	pid=$(watchers)
	# a second one, so that what is shared is seen as shared
	first=$id id=$id-second
	conf '.linux.cgroupsPath += "-second"'
	up
	second=$id id=$first
	private=$(awk '/^Private_(Clean|Dirty)/ { n += $2 } END { print n }' "/proc/$pid/smaps_rollup")
	slept=$(awk '/^voluntary/ { print $2 }' "/proc/$pid/status")
	sleep 2
	woken=$(awk '/^voluntary/ { print $2 }' "/proc/$pid/status")
	id=$second caisson delete --force "$second"
	[ "$private" -le 300 ] || { echo "$private KiB"; return 1; }
	is "$woken" "$slept"
}

@test "who ends it is named: kill, delete --force, and a stranger" {
	seen
	sleeper
	conf '.process.args = ["sleep", "1000"]'
	up
	caisson kill "$id" KILL
	recorded
	ended killed .signal 9 .killed_by.uid "$(id -u)"
	caisson delete "$id"
	rm "$audit_log"

	up
	caisson delete --force "$id"
	ended killed .signal 9
	is "$(events)" 'container.create container.start container.exit container.delete'
	rm "$audit_log"

	up
	kill -KILL "$(<"$bundle/pid")"
	recorded
	ended signaled .signal 9 .killed_by null
}

@test "a signal that the container handles has not killed it" {
	seen
	text 'trap "exit 5" TERM; while :; do sleep 0.05; done'
	up
	sleep 0.3
	caisson kill "$id" TERM
	recorded
	ended exited .exit_code 5
}

@test "a kill that comes too late is not the reason" {
	seen
	text 'exit 3'
	up
	becomes stopped
	run -1 caisson kill "$id" KILL
	recorded
	ended exited .exit_code 3
	[ ! -e "$root/$id/kill.json" ]
}

@test "a program that was never executed has not exited" {
	seen
	printf '\177ELF nonsense' >"$bundle/rootfs/bin/nonsense"
	chmod 755 "$bundle/rootfs/bin/nonsense"
	conf '.process.args = ["/bin/nonsense"]'
	create
	run -1 caisson start "$id"
	recorded
	ended runtime
}

@test "a container that was never started, or never made, ends as it should" {
	sleeper
	create
	caisson delete "$id"
	ended killed .wall_ms 0
	rm "$audit_log"
	alive=
	conf '.process.args = ["/nosuch"]'
	run -1 caisson create --bundle "$bundle" "$id"
	no_watcher
	is "$(events)" container.create
}

@test "a call that the filter kills for is the reason" {
	seen
	text 'mkdir /tmp/x; exit 0'
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
		"syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}'
	conf '.process.args = ["/bin/mkdir", "/tmp/x"]'
	up
	recorded
	ended seccomp .signal 31
}

@test "without a pid namespace the limit reaches all, though the init has ended" {
	seen
	need_root
	namespace_drop pid
	conf '.mounts |= map(select(.type != "proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
	text '(trap "" TERM; while :; do sleep 0.05; done) & exit 0'
	limit wall-ms 60000
	up
	recorded
	ended exited .exit_code 0
	[ -n "$(watchers)" ] # somebody is still there
	caisson delete --force "$id"
	no_watcher
}

# ---- configuration ----

configured() { printf '%s' "$1" >"$bundle/caisson.json"; }
with() { caisson --config "$bundle/caisson.json" "$@"; }

# The kernel may have told of the empty group before the watcher looks, or removed it.
@test "without a pid namespace no watcher stays, however soon the group is gone" {
	local n
	namespace_drop pid
	conf 'del(.linux.resources, .linux.maskedPaths, .linux.readonlyPaths) | .mounts = []'
	text 'sleep 1000 & exec sleep 0.02'
	export -f caisson is_caisson
	export patience CAISSON root audit_log bundle id
	seq 80 | xargs -P 4 -I{} bash -c '
		caisson run --detach --bundle "$bundle" "$id-{}" </dev/null >/dev/null 2>&1
		sleep "0.0$(({} * 7 % 10))"
		caisson delete --force "$id-{}"' 3>&-
	for n in {1..30}; do
		! pgrep -f "^caisson-watch $id-" >/dev/null || sleep 0.5
	done
	is "$(pgrep -fa "^caisson-watch $id-")" ''
}

@test "a warning comes before the limit, once, where it is configured" {
	text 'sleep 1000'
	limit wall-ms "$(ms 1000)"
	limit grace-ms 0
	configured '{"watch": {"warn": {}}}'
	run -137 with run --bundle "$bundle" "$id"
	is "$(events)" 'container.create container.start resource.warning limit.wall container.exit container.delete'
	is "$(jq -c 'select(.event == "resource.warning") | .unmapped.limit |
		[.resource, .threshold_pct, .limit, .count]' "$audit_log")" "[\"time\",80,$(ms 1000),1]"
}

@test "a configured response ends a container, and says what it answered" {
	text 'sleep 1000'
	limit wall-ms "$(ms 2000)"
	limit grace-ms 0
	configured '{"watch": {"warn": {}, "responses": [{"event": "resource.warning", "action": "kill"}]}}'
	run -137 with run --bundle "$bundle" "$id"
	ended policy .response_to '"resource.warning"' '.wall_ms >= 1600' true
	has "$(events)" 'resource.warning response.kill container.exit'
}

@test "a dry run tells what would be done, and does nothing" {
	text 'sleep 1000'
	limit wall-ms "$(ms 1000)"
	limit grace-ms 0
	configured '{"watch": {"warn": {}, "responses": [{"event": "resource.warning", "action": "kill"}]}}'
	run -137 with run --responses-dry-run --bundle "$bundle" "$id"
	ended wall
	is "$(jq -c 'select(.event == "response.kill") | .unmapped.limit.dry_run' "$audit_log")" true
}

@test "a response can cut the network, in what was asked for and in nothing else" {
	need_root
	conf '.process.capabilities[] += ["CAP_NET_RAW"]' # ping's socket is a raw one of IP
	text 'while ping -q -c 1 -W 1 127.0.0.1 >/dev/null; do echo up; sleep 0.1; done; echo cut; exit 0'
	limit wall-ms "$(ms 5000)"
	configured '{"watch": {"warn": {"time": 20}, "responses": [{"event": "resource.warning", "action": "cut-network"}]}}'
	with run --bundle "$bundle" "$id" >"$bundle/said"
	is "$(uniq "$bundle/said" | xargs)" 'up cut'
	ended exited .exit_code 0
	is "$(jq -r 'select(.event == "response.cut_network") | [.status_id, .unmapped.limit.response_to] | join(" ")' "$audit_log")" \
		'1 resource.warning'
}

@test "a configuration that is not understood starts nothing" {
	text true
	configured '{"watch": {"wran": {}}}'
	run -1 with run --bundle "$bundle" "$id"
	has "$output" 'caisson.json: watch.wran: unknown key'
	chmod 666 "$bundle/caisson.json"
	run -1 with run --bundle "$bundle" "$id"
	has "$output" 'that nobody else writes'
	run -0 caisson --config none run --bundle "$bundle" "$id"
}

# ---- killed watchers, killed runtimes ----

@test "a container whose watcher was killed goes on, and the next command starts another" {
	text 'trap "" TERM; while :; do sleep 0.05; done'
	limit wall-ms "$(ms 4000)" # longer than all that follows takes
	limit grace-ms 0
	up
	replaced
	is "$(watchers | wc -l)" 1
	has "$(events)" watch.lost
	recorded
	ended wall .ended_with '"SIGKILL"'
}

@test "an end that nobody saw is told as such, once" {
	conf '.process.args = ["sleep", "1000"]'
	up
	kill -KILL "$(watchers)"
	no_watcher
	kill -KILL "$(<"$bundle/pid")"
	becomes stopped
	caisson state "$id" >/dev/null
	ended unknown .exit_code null .evidence '"not watched"'
	caisson delete "$id"
	is "$(events)" 'container.create container.start container.exit container.delete'
}

@test "an end is told once, and kept, though the state has no room" {
	need_root
	seen
	mount -t tmpfs -o size=64k,mode=700 none "$root"
	sleeper
	limit wall-ms 600000
	up
	cat /dev/zero >"$root/filler" 2>/dev/null || true
	kill -KILL "$(<"$bundle/pid")"
	recorded
	ended signaled
	run -0 caisson state "$id"
	rm "$root/filler"
	run -0 caisson delete "$id"
	is "$(grep -c container.exit "$audit_log")" 1
	umount "$root"
}

@test "an end that a stopped watcher does not tell is told without it, once" {
	conf '.process.args = ["sleep", "1000"]'
	up
	pid=$(watchers)
	kill -STOP "$pid"
	caisson delete --force "$id"
	kill -CONT "$pid"
	no_watcher
	is "$(events)" 'container.create container.start container.exit container.delete'
	ended killed .exit_code null .killed_by.uid "$(id -u)"
}

@test "a killed runtime leaves a container with limits, which the next command watches" {
	text 'trap "" TERM; while :; do sleep 0.05; done'
	limit wall-ms "$(ms 2000)"
	limit grace-ms 0
	alive=yes
	E2E_ID=$id "$CAISSON" --root "$root" --audit-log "$audit_log" run --bundle "$bundle" "$id" \
		</dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	becomes running
	kill -KILL $pid
	wait $pid || :
	is "$(status_of)" running
	is "$(watchers | wc -l)" 1
	recorded
	ended wall
}

@test "a container cannot reach its watcher" {
	seen
	text 'kill -KILL -1; sleep 5; exit 4'
	up
	pid=$(watchers)
	sleep 0.5
	is "$(watchers)" "$pid"
	recorded
	ended exited .exit_code 4
}
