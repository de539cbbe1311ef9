#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# denials.bats - denied calls as events: the container is answered as without them, whoever dies.

load lib

setup() {
	caisson_only
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
	rm -f "$audit_log"
}

audit() { conf '.annotations["org.caisson.seccomp.audit"] = $v' --arg v "${1:-deny}"; }
text() { conf '.process.args = ["/bin/sh", "-c", $t]' --arg t "$1"; }

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
	is "$(denied '[.class_uid, .activity_id, .kernel.name]')" '[1003,4,"mkdir"]'
	is "$(told 'select(.event == "container.exit") | .unmapped.verdict.denied')" '{"mkdir":1}'
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
	until [ -e "$bundle/rootfs/tmp/said" ]; do sleep 0.1; done
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
	until [ -e "$bundle/rootfs/tmp/said" ]; do sleep 0.1; done
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
	until [ -e "$bundle/rootfs/tmp/said" ]; do sleep 0.1; done
	has "$(<"$bundle/err")" 'Function not implemented'
	caisson state "$id" >/dev/null
	is "$(told 'select(.event == "watch.lost") | .unmapped.limit.resource' | sort -u | xargs)" 'seccomp_listener null'
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
