#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# denials.bats - denied calls as events: the container is answered as without them, whoever dies.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # $ of jq's and the container's; set here, and in lib.bash
load lib
load watch

setup_file() {
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
	mkdir "$BATS_FILE_TMPDIR/policies"
	cp "$BATS_TEST_DIRNAME"/../../seccomp/policies/*.policy "$BATS_FILE_TMPDIR/policies/" 2>/dev/null || :
	chmod -R go-w,a+rX "$BATS_FILE_TMPDIR"
	gcc -O2 -static -o "$BATS_FILE_TMPDIR/tries" "$BATS_TEST_DIRNAME/policies/tries.c" || :
}

audit() { conf '.annotations["org.caisson.seccomp.audit"] = $v' --arg v "${1:-deny}"; }

# denying NAME...: EPERM for these, by a filter that allows the rest
denying() {
	seccomp "$(jq -nc '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [
		{names: $ARGS.positional, action: "SCMP_ACT_ERRNO", errnoRet: 1}]}' --args "$@")"
}

# told FILTER: of the events, one a line
told() { jq -c "$1" "$audit_log"; }
denied() { told "select(.event == \"seccomp.denied\") | ${1:-.}"; }

@test "a denied call is told: who, what, by which rule; and gets its errno" {
	denying sethostname mkdir mkdirat
	audit
	run inside 'mkdir /tmp/d; echo $?'
	is "$status" 0
	has "$output" "mkdir: can't create directory '/tmp/d': Operation not permitted"
	is "$(denied .unmapped.seccomp.syscall)" '"mkdir"'
	is "$(denied .unmapped.seccomp.errno)" '"EPERM"'
	is "$(denied .unmapped.seccomp.exe)" '"/bin/busybox"'
	is "$(denied .unmapped.seccomp.comm)" '"mkdir"'
	is "$(denied .unmapped.seccomp.count)" 1
	is "$(denied .unmapped.seccomp.args.mode)" '"0777"'
	is "$(denied .unmapped.seccomp.paths_racy.path)" '"/tmp/d"'
	is "$(denied .unmapped.seccomp.rule)" '"linux.seccomp.syscalls[0]"'
	is "$(denied .policy.name)" '"linux.seccomp"'
	is "$(denied '[.class_uid, .activity_id, .kernel.name, .action_id]')" '[1003,4,"mkdir",2]'
	is "$(denied .message)" "\"container $id was refused a call: mkdir\""
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict.denied')" '{"mkdir":1}'
}

# ---- the answers ----

# tried: what the program `tries' gets
tried() {
	[ -x "$BATS_FILE_TMPDIR/tries" ] || skip 'no compiler here'
	cp "$BATS_FILE_TMPDIR/tries" "$bundle/rootfs/bin/"
	conf '.process.args = ["/bin/tries"]'
	caisson run --bundle "$bundle" "$id"
}

# alike: the same with and without audit, and what was told is what was denied but for ENOSYS
alike() {
	local without with
	[ -x "$BATS_FILE_TMPDIR/tries" ] || skip 'no compiler here' # in $() it would skip nothing
	without=$(tried)
	for kind in deny exec deny,exec; do
		audit $kind
		rm -f "$audit_log"
		with=$(tried)
		[ "$without" = "$with" ] || { diff <(echo "$without") <(echo "$with"); return 1; }
	done
	[ "$(grep -c 'errno 1$' <<<"$without")" -ge "$1" ]
	[ "$(denied | wc -l)" -ge "$1" ]
	is "$(denied 'select(.unmapped.seccomp.errno == "ENOSYS")')" ''
	is "$(denied 'select(.unmapped.seccomp.syscall == "getppid")')" ''
}

@test "the errno is the same with and without audit: an engine's profile" {
	seccomp "$(<"$BATS_TEST_DIRNAME/../sim/engine-default.json")"
	alike 20
}

@test "the errno is the same with and without audit: our policies" {
	for policy in untrusted container shell; do
		[ -e "$BATS_FILE_TMPDIR/policies/$policy.policy" ] || skip 'the policies are not here'
		conf '.annotations = {"org.caisson.seccomp.policy": $p}' \
			--arg p "$BATS_FILE_TMPDIR/policies/$policy.policy"
		alike 10
		has "$(denied .unmapped.seccomp.rule | xargs)" .policy:
		is "$(denied .policy.name | sort -u)" "\"$policy\""
	done
}

@test "a policy audits by its own words, without the annotation" {
	cat >"$BATS_TEST_TMPDIR/p.policy" <<-END
		policy p {
			default allow;
			audit deny EACCES mkdir | mkdirat as "no directories";
			audit allow rmdir;
		}
	END
	conf '.annotations["org.caisson.seccomp.policy"] = $p' --arg p "$BATS_TEST_TMPDIR/p.policy"
	run inside 'mkdir /tmp/a; rmdir /tmp'
	has "$output" 'Permission denied'
	is "$(denied '.unmapped.seccomp | [.errno, .reason, .rule]')" \
		"[\"EACCES\",\"no directories\",\"$BATS_TEST_TMPDIR/p.policy:3\"]"
	is "$(denied .policy.name)" '"p"'
	is "$(told 'select(.event == "seccomp.allowed") | .unmapped.seccomp.syscall')" '"rmdir"'
}

@test "without no-new-privileges, with a user namespace, in a created container that is entered" {
	denying mkdir mkdirat
	audit
	conf '.process.noNewPrivileges = false'
	ids_mapped
	text 'mkdir /tmp/x; sleep 1000'
	create
	run caisson exec "$id" /bin/mkdir /tmp/e
	has "$output" 'Operation not permitted'
	caisson start "$id"
	down
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict.denied')" '{"mkdir":2}'
}

# hears: skips where the kernel's audit is not ours to read
hears() {
	python3 -c 'import socket
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
s.bind((0, 0))
s.setsockopt(270, 1, 1)' 2>/dev/null || skip "the kernel's audit cannot be heard here"
}

@test "what the filter kills for or logs is told where the kernel's audit may be heard" {
	hears
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"},
		{"names": ["rmdir"], "action": "SCMP_ACT_LOG"}]}'
	audit
	run inside 'exec /bin/mkdir /tmp/d'
	is "$status" 159
	is "$(denied '.unmapped.seccomp | [.syscall, .action, .exe, .count]')" '["mkdir","kill","/bin/busybox",1]'
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict | [.reason, .denied]')" '["seccomp",{"mkdir":1}]'
	for _ in 1 2 3 4 5; do # the kernel tells later than it does, and once in a while after the end
		run inside 'exec /bin/rmdir /tmp/x'
		[ -z "$(told 'select(.event == "seccomp.allowed")')" ] || break
	done
	is "$(told 'select(.event == "seccomp.allowed") | .unmapped.seccomp | [.syscall, .action]')" '["rmdir","log"]'
	text 'exec /bin/mkdir /tmp/d'
	up
	becomes stopped
	down
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict.denied' | tail -n 1)" '{"mkdir":1}'
}

@test "a process of another container is not ours" {
	hears
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}'
	audit
	text 'sleep 1000'
	up
	jq '.process.args = ["/bin/mkdir", "/tmp/x"] | .linux.cgroupsPath += "-2" | .annotations = {}' \
		"$bundle/config.json" >"$bundle/new.json"
	mkdir "$bundle/2" && mv "$bundle/new.json" "$bundle/2/config.json" && mv "$bundle/rootfs" "$bundle/2/"
	run -159 caisson run --bundle "$bundle/2" "$id-2"
	sleep 0.3
	is "$(denied)" ''
	down
}

# ---- what does not go together ----

@test "an agent of the user's is refused beside an audit, by check too" {
	denying mkdir
	audit
	conf '.linux.seccomp.listenerPath = "/run/agent"'
	run caisson run --bundle "$bundle" "$id"
	is "$status" 1
	has "$output" 'annotations.org.caisson.seccomp.audit: expected no other listener, of which a process has one: found linux.seccomp.listenerPath'
	run caisson check "$bundle"
	has "$output" 'expected no other listener'
	conf '.linux.seccomp.syscalls += [{names: ["rmdir"], action: "SCMP_ACT_NOTIFY"}]'
	run caisson run --bundle "$bundle" "$id"
	has "$output" 'found calls for SCMP_ACT_NOTIFY'
	[ ! -e "$root/$id" ]
}

@test "an audit of nothing, and words that are none, are refused" {
	audit
	conf 'del(.linux.seccomp)'
	run caisson run --bundle "$bundle" "$id"
	has "$output" 'expected a policy to audit: found none'
	denying mkdir
	audit all
	run caisson run --bundle "$bundle" "$id"
	has "$output" 'expected off, deny, exec, or deny,exec: found "all"'
	audit off
	run -0 inside true
	is "$(denied)" ''
}

@test "check warns where an audited policy lets io_uring through" {
	denying mkdir
	audit
	run caisson check "$bundle"
	has "$output" 'io_uring: what goes through a ring is neither refused nor recorded'
	denying mkdir io_uring_setup
	run caisson check "$bundle"
	lacks "$output" io_uring
}

# ---- who watches ----

watcher() { pgrep -f "^caisson-watch $id " || :; }
holder() { pgrep -f "^caisson-hold $id " || :; }

gone() { # COMMAND: waits until it prints nothing
	local tries=0
	while [ -n "$("$@")" ]; do
		[ $((tries++)) -lt 50 ] || { echo "still there: $("$@")"; return 1; }
		sleep 0.1
	done
}

up() {
	create
	caisson start "$id"
}

down() {
	caisson delete --force "$id"
	alive=
	gone watcher
	gone holder
}

@test "beside a detached container stand a watcher and a second holder, and go with it" {
	denying mkdir mkdirat
	audit
	text 'mkdir /tmp/d; sleep 1000'
	up
	[ -n "$(watcher)" ] && [ -n "$(holder)" ]
	caisson exec "$id" /bin/mkdir /tmp/e || is $? 1
	is "$(caisson state "$id" | jq .caisson.policy.audited)" true
	down
	is "$(denied .unmapped.seccomp.syscall | xargs)" 'mkdir mkdir'
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict.denied')" '{"mkdir":2}'
}

@test "a killed watcher: calls wait, the next command starts another, which answers them" {
	denying mkdir mkdirat
	audit
	text 'until [ -e /tmp/go ]; do sleep 0.1; done; mkdir /tmp/d; echo $? >/tmp/said; sleep 1000'
	up
	kill -9 "$(watcher)"
	gone watcher
	touch "$bundle/rootfs/tmp/go"
	sleep 0.5
	[ ! -e "$bundle/rootfs/tmp/said" ] # it waits
	caisson state "$id" >/dev/null
	until [ -s "$bundle/rootfs/tmp/said" ]; do sleep 0.1; done
	is "$(<"$bundle/rootfs/tmp/said")" 1
	has "$(<"$bundle/err")" 'Operation not permitted'
	is "$(told 'select(.event == "watch.lost") | .event')" '"watch.lost"'
	caisson exec "$id" /bin/mkdir /tmp/e || is $? 1
	down
	is "$(denied .unmapped.seccomp.count | xargs)" '1 1'
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict.denied')" '{"mkdir":2}'
}

@test "every program that is executed is told, with a digest of its words" {
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW"}'
	audit exec
	run -0 inside '/bin/true a b; /bin/echo "x  y"'
	is "$(told 'select(.event == "process.exec") | .unmapped.seccomp.path' | xargs)" '/bin/sh /bin/true /bin/echo'
	is "$(told 'select(.event == "process.exec") | .unmapped.seccomp.args_sha256' | tail -n 1)" \
		"\"$(printf '/bin/echo\0x  y\0' | sha256sum | cut -d ' ' -f 1)\""
	is "$(told 'select(.event == "process.exec") | .unmapped.seccomp.args_n' | xargs)" '3 3 2'
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict.denied')" null
}

@test "a second holder that dies is told, and denials stay denials" {
	denying mkdir mkdirat
	audit
	text 'mkdir /tmp/a; until [ -e /tmp/go ]; do sleep 0.1; done; mkdir /tmp/b; echo $? >/tmp/said; sleep 1000'
	up
	kill -9 "$(holder)"
	gone holder
	touch "$bundle/rootfs/tmp/go"
	until [ -s "$bundle/rootfs/tmp/said" ]; do sleep 0.1; done
	is "$(<"$bundle/rootfs/tmp/said")" 1
	is "$(told 'select(.event == "watch.lost") | .unmapped.limit.resource')" '"seccomp_listener"'
	run caisson exec "$id" /bin/true
	is "$status" 255
	has "$output" 'notify.sock: connect to who keeps the container'
	down
}

@test "watcher and holder dead: ENOSYS, and the gap is told" {
	denying mkdir mkdirat
	audit
	text 'until [ -e /tmp/go ]; do sleep 0.1; done; mkdir /tmp/b; echo $? >/tmp/said; sleep 1000'
	up
	kill -9 "$(holder)"
	gone holder
	kill -9 "$(watcher)"
	gone watcher
	touch "$bundle/rootfs/tmp/go"
	until [ -s "$bundle/rootfs/tmp/said" ]; do sleep 0.1; done
	has "$(<"$bundle/err")" 'Function not implemented'
	caisson state "$id" >/dev/null
	is "$(told 'select(.event == "watch.lost") | .unmapped.limit.resource' | sort -u | xargs)" 'seccomp_listener watcher'
	down
}

# ---- floods ----

@test "a flood of denied calls: the wall limit holds, the log stays small, all are counted" {
	denying mkdir mkdirat
	audit
	conf '.annotations["org.caisson.limit.wall-ms"] = "2000" | .annotations["org.caisson.limit.grace-ms"] = "0"'
	text 'for i in 1 2 3 4; do (while :; do mkdir /tmp/a /tmp/b /tmp/c /tmp/d /tmp/e /tmp/f 2>/dev/null; done) & done; wait'
	run inside 'for i in 1 2 3 4; do (while :; do mkdir /tmp/a /tmp/b /tmp/c /tmp/d /tmp/e /tmp/f 2>/dev/null; done) & done; wait'
	is "$status" 137
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict | [.reason, .wall_ms < 3500]')" '["wall",true]'
	[ "$(denied | wc -l)" -lt 10 ]
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict.denied.mkdir')" \
		"$(denied .unmapped.seccomp.count | jq -s add)"
}

@test "arguments without end make few lines, and who is slow is not the others" {
	native_flood
	denying mkdir
	audit
	conf '.process.args = ["/bin/flood", "30000"]'
	run -0 caisson run --bundle "$bundle" "$id"
	[ "$(denied | wc -l)" -lt 40 ]
	is "$(denied .unmapped.seccomp.count | jq -s add)" 120000
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict.denied.mkdir')" 120000
	is "$(jq -rc 'select(.event == "seccomp.denied" and .unmapped.seccomp.args == null) | .event' "$audit_log" | head -n 1)" seccomp.denied
}

native_flood() {
	command -v gcc >/dev/null || skip 'no compiler here'
	gcc -O2 -static -x c -o "$bundle/rootfs/bin/flood" - <<-'END' || skip 'no static libc here'
		#include <errno.h>
		#include <stdlib.h>
		#include <sys/syscall.h>
		#include <sys/wait.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			int n = atoi(argv[1]), status, bad = 0;
			for (int p = 0; p < 4; p++)
				if (fork() == 0) {
					for (int i = 0; i < n; i++)
						if (syscall(SYS_mkdir, "/x", i & 0xfff) == 0 || errno != EPERM)
							_exit(1);
					_exit(0);
				}
			while (wait(&status) > 0)
				bad |= status;
			return bad != 0;
		}
	END
}

@test "watchers that are killed in a flood: each call gets its errno, and none is left waiting" {
	native_flood
	denying mkdir
	audit
	text '/bin/flood 20000; echo $? >/tmp/said; sleep 1000'
	up
	for _ in 1 2 3 4 5 6; do
		kill -9 "$(watcher)"
		gone watcher
		caisson state "$id" >/dev/null
		[ -n "$(watcher)" ]
	done
	for ((i = 0; i < patience * 10; i++)); do
		[ ! -s "$bundle/rootfs/tmp/said" ] || break
		sleep 0.1
	done
	is "$(<"$bundle/rootfs/tmp/said")" 0
	down
	is "$(told 'select(.event == "watch.lost")' | wc -l)" 6
	# a call that was in hand when the watcher died may have been counted or not
	n=$(told 'select(.event == "container.exit") | .unmapped.verdict.denied.mkdir')
	[ "$n" -ge 79990 ] && [ "$n" -le 80000 ] || { echo "counted $n"; return 1; }
}

@test "programs that are executed without end: bounded in the log, and counted" {
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW"}'
	audit exec
	run -0 inside 'i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i + 1)); done'
	[ "$(told 'select(.event == "process.exec")' | wc -l)" -lt 900 ]
	is "$(told 'select(.event == "process.exec") | .unmapped.seccomp.count' | jq -s add)" 1001
}

# ---- from inside ----

@test "watcher and holder are out of the container's reach: signals, tracing, memory" {
	denying mkdir mkdirat
	audit
	text 'kill -9 -1; for i in $(seq 2 200); do kill -9 $i; done 2>/dev/null; ls /proc >/tmp/seen; mkdir /tmp/x; sleep 1000'
	up
	before="$(watcher) $(holder)"
	until [ -s "$bundle/rootfs/tmp/seen" ]; do sleep 0.1; done
	sleep 0.3
	is "$(watcher) $(holder)" "$before"
	for p in $before; do
		lacks "$(<"/proc/$p/cgroup")" "$id"
		is "$(grep -c . "/proc/$p/task/$p/children")" 0
		# not even another process of the same user looks into it
		is "$(stat -c %u "/proc/$p")" 0
	done
	is "$(denied .unmapped.seccomp.syscall)" '"mkdir"'
	down
}

@test "names that a container chooses cannot forge a line of the log" {
	denying mkdir mkdirat
	audit deny,exec
	run -127 inside 'cp /bin/busybox "/tmp/a
{\"event\": \"forged\"}"; mkdir "/tmp/
{\"event\": \"forged\"}"; "/tmp/a
{\"event\": \"forged\"}" true'
	is "$(told .event | grep -c forged)" 0
	is "$(jq -c . "$audit_log" | wc -l)" "$(wc -l <"$audit_log")"
	has "$(denied .unmapped.seccomp.paths_racy.path)" '\n'
}

@test "without root: told all the same, the executable too" {
	home=$BATS_TEST_TMPDIR/home
	mkdir "$home" && mv "$bundle" "$home/b" && mkdir "$home/root"
	bundle=$home/b
	denying mkdir mkdirat
	audit deny,exec
	namespace_drop network && namespace_drop cgroup && namespace_add user
	conf '.linux.uidMappings = [{containerID: 0, hostID: 54321, size: 1}] | .linux.gidMappings = .linux.uidMappings
		| del(.linux.cgroupsPath, .linux.resources) | .mounts |= map(select(.type != "sysfs" and .type != "cgroup")
		| .options |= (. // [] | map(select(startswith("gid=") | not))))'
	text '/bin/mkdir /tmp/d; exit $?'
	chown -R 54321:54321 "$home"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/{file,test} "$BATS_TEST_TMPDIR"
	mine() {
		(cd / && setpriv --reuid 54321 --regid 54321 --clear-groups env HOME="$home" timeout "$patience" \
			"$CAISSON" --cgroup-manager disabled --root "$home/root" --audit-log "$home/audit.jsonl" "$@")
	}
	mine features >/dev/null || skip 'the program is not readable to others here'
	run mine run --bundle "$bundle" "$id"
	has "$output" 'Operation not permitted'
	audit_log=$home/audit.jsonl
	is "$(denied '.unmapped.seccomp | [.syscall, .exe, .container_pid > 1]')" '["mkdir","/bin/busybox",true]'
	# the first execve(2) is our own process's, into which a user may not look
	is "$(told 'select(.event == "process.exec") | .unmapped.seccomp.path' | xargs)" 'null /bin/mkdir'
	text 'mkdir /tmp/d; sleep 1000'
	mine run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1 3>&-
	[ -n "$(watcher)" ] && [ -n "$(holder)" ]
	run mine exec "$id" /bin/mkdir /tmp/e
	has "$output" 'Operation not permitted'
	mine delete --force "$id"
	gone watcher
	gone holder
}

# ---- with the rest ----

@test "a response to denials ends the container, and its reason says so" {
	denying mkdir
	audit
	echo '{"watch": {"responses": [{"event": "seccomp.denied", "count": 3, "windowMs": 60000, "action": "kill"}]}}' \
		>"$BATS_TEST_TMPDIR/caisson.json"
	chmod 644 "$BATS_TEST_TMPDIR/caisson.json"
	conf '.annotations["org.caisson.limit.grace-ms"] = "0"'
	text 'mkdir /tmp/1; mkdir /tmp/2; mkdir /tmp/3; sleep 1000'
	run caisson --config "$BATS_TEST_TMPDIR/caisson.json" run --bundle "$bundle" "$id"
	is "$status" 137
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict | [.reason, .response_to, .denied.mkdir]')" \
		'["policy","seccomp.denied",3]'
}

@test "no image of an audited container is written or taken" {
	need_root
	denying mkdir
	audit
	text 'sleep 1000'
	up
	run caisson checkpoint --image-path "$BATS_TEST_TMPDIR/i" "$id"
	is "$status" 1
	has "$output" 'expected a filter without a listener, which no image has'
	is "$(status_of)" running
	down
	mkdir -p "$BATS_TEST_TMPDIR/i"
	run caisson restore --image-path "$BATS_TEST_TMPDIR/i" --bundle "$bundle" "$id"
	is "$status" 1
	has "$output" 'expected a filter without a listener, which no image has'
}
