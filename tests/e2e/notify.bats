#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# notify.bats - SCMP_ACT_NOTIFY: the listener's way from the filter to the agent, whatever the
# policy says about the calls that such a way would need.

load lib

setup() {
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
	need_root
	newer_than_crun
	socket=$BATS_TEST_TMPDIR/agent
	log=$BATS_TEST_TMPDIR/agent.log
}

teardown() {
	[ -z "${agent-}" ] || kill "$agent" 2>/dev/null || :
	if [ -n "${alive-}" ]; then
		caisson delete --force "$id" || echo "delete --force: status $?"
	fi
	nothing_left
}

# agent [WORD...]: see agent.py
agent() {
	local tries=0
	: >"$log"
	python3 "$BATS_TEST_DIRNAME/agent.py" "$socket" "$log" "$@" 3>&- &
	agent=$!
	until [ -S "$socket" ]; do
		[ $((tries++)) -lt 100 ] || return 1
		sleep 0.1
	done
}

# notifying RULES-JSON [DEFAULT]: a policy of these rules
notifying() {
	conf '.linux.seccomp = {defaultAction: $default, listenerPath: $path,
			listenerMetadata: "the \"metadata\"", syscalls: $rules}' \
		--argjson rules "$1" --arg default "${2:-SCMP_ACT_ALLOW}" --arg path "$socket"
}

# notify NAME...: what NOTIFY is for; deny NAME...: what ERRNO is for
notify() { jq -nc '[{names: $ARGS.positional, action: "SCMP_ACT_NOTIFY"}]' --args "$@"; }
deny() {
	jq -nc '[{names: $ARGS.positional, action: "SCMP_ACT_ERRNO", errnoRet: 1},
		{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY"}]' --args "$@"
}

no_new_privs() { conf '.process.noNewPrivileges = $b' --argjson b "$1"; }
told() { jq -rc "select(has(\"$1\")) | $2" "$log"; }

# logged FILTER N: waits until as many lines of the agent's have come
logged() {
	local tries=0
	until [ "$(jq -c "select($1)" "$log" | wc -l)" -ge "$2" ]; do
		[ $((tries++)) -lt 100 ] || { echo "the agent was told:"; cat "$log"; return 1; }
		sleep 0.1
	done
}

@test "the agent gets one whole state with the listener and a pidfd" {
	agent
	conf '.annotations = {"a.key": "its value"}'
	notifying "$(notify mkdir mkdirat)"
	sleeper
	create
	caisson start "$id"
	logged 'has("whole")' 1
	is "$(told whole .received)" 2
	is "$(told whole '.whole.fds')" '["seccompFd","pidFd"]'
	is "$(told whole '.whole.metadata')" 'the "metadata"'
	is "$(told whole '.whole.ociVersion')" "$(jq -r .ociVersion "$bundle/config.json")"
	is "$(told whole '.whole.pid')" "$(cat "$bundle/pid")"
	is "$(told whole '.whole.state.pid')" "$(cat "$bundle/pid")"
	is "$(told whole '.pidfd')" "$(cat "$bundle/pid")"
	is "$(told whole '.whole.state.status')" created
	is "$(told whole '.whole.state.id')" "$id"
	is "$(told whole '.whole.state.bundle')" "$bundle"
	is "$(told whole '.whole.state.annotations["a.key"]')" "its value"
}

@test "the agent's answer is the call's" {
	agent mkdir=123
	notifying "$(notify mkdir)"
	run ! inside 'mkdir /tmp/a'
	has "$output" "No medium found"
	is "$(told call .call)" mkdir
}

@test "what the agent lets go on goes on" {
	agent
	notifying "$(notify mkdir)"
	run -0 inside 'mkdir /tmp/a && ls -d /tmp/a'
	is "$output" /tmp/a
}

@test "policies that notify of what a hand-over needs" {
	agent
	for nnp in true false; do
		for name in sendmsg sendto write read close futex execve; do
			no_new_privs $nnp
			notifying "$(notify $name)"
			run -0 inside 'echo through'
			is "$output" through
		done
		notifying "$(notify sendmsg sendto write read close futex execve exit_group)"
		run -0 inside 'echo through'
		is "$output" through
	done
	is "$(told whole .received | sort | uniq -c | xargs)" "16 2"
}

@test "policies that refuse what a hand-over needs" {
	agent
	for nnp in true false; do
		for name in sendmsg sendto read close futex sched_yield; do
			no_new_privs $nnp
			notifying "$(deny $name)"
			conf '.process.args = ["/bin/mkdir", "/tmp/" + $n]' --arg n "$nnp-$name"
			run -0 caisson run --bundle "$bundle" "$id"
			[ -d "$bundle/rootfs/tmp/$nnp-$name" ]
		done
		notifying "$(deny sendmsg sendto recvmsg write read close futex sched_yield)"
		conf '.process.args = ["/bin/mkdir", "/tmp/" + $n]' --arg n "$nnp-all"
		run caisson run --bundle "$bundle" "$id"
		[ -d "$bundle/rootfs/tmp/$nnp-all" ]
	done
	is "$(told call .call | sort | uniq -c | xargs)" "14 mkdir"
}

@test "a policy that notifies of everything" {
	agent
	for nnp in true false; do
		no_new_privs $nnp
		notifying '[]' SCMP_ACT_NOTIFY
		run -0 inside 'echo through'
		is "$output" through
	done
	[ "$(told call .call | grep -c execve)" -ge 2 ]
}

@test "a user without capabilities gets the same filter, and no capability from it" {
	agent
	for nnp in true false; do
		no_new_privs $nnp
		caps '["CAP_CHOWN", "CAP_NET_RAW"]'
		for user in 0 1000; do
			conf '.process.user = {uid: $u, gid: $u}' --argjson u $user
			conf 'del(.linux.seccomp)'
			run -0 inside 'grep ^Cap /proc/self/status'
			bare=$output
			notifying "$(notify mkdir)"
			run -0 inside 'grep ^Cap /proc/self/status; ! grep -q "Seccomp:.*0" /proc/self/status'
			is "$output" "$bare"
		done
	done
}

@test "in a user namespace" {
	agent mkdir=123
	ids_mapped
	notifying "$(notify mkdir)"
	for nnp in true false; do
		no_new_privs $nnp
		run ! inside 'mkdir /tmp/a'
		has "$output" "No medium found"
	done
	is "$(told whole '.pidfd == .whole.pid' | sort -u)" true
}

@test "exec has a listener of its own, told of its own process" {
	agent mkdir=123
	notifying "$(notify mkdir)"
	sleeper
	create
	caisson start "$id"
	run ! caisson exec "$id" mkdir /tmp/a
	has "$output" "No medium found"
	logged 'has("whole")' 2
	is "$(jq -rc 'select(has("whole")) | .whole.state.status' "$log" | xargs)" "created running"
	is "$(jq -rc 'select(has("whole")) | .whole.state.pid' "$log" | sort -u)" "$(cat "$bundle/pid")"
	is "$(jq -rc 'select(has("whole")) | .pidfd == .whole.pid' "$log" | sort -u)" true
	is "$(jq -rc 'select(has("whole")) | .whole.pid' "$log" | sort -u | wc -l)" 2
}

@test "a state larger than the socket's buffer arrives whole" {
	agent
	conf '.annotations = ([range(9000) | {key: "key.\(.)", value: ("x" * 60)}] | from_entries)'
	notifying "$(notify mkdir)"
	run -0 inside 'echo through'
	is "$output" through
	is "$(told whole '.whole.state.annotations | length')" 9000
	is "$(told whole .received)" 2
}

@test "flags that a listener has to do with" {
	agent
	for flags in '[]' '["SECCOMP_FILTER_FLAG_TSYNC"]' '["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]' \
		'["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]'; do
		for nnp in true false; do
			no_new_privs $nnp
			notifying "$(notify mkdir)"
			conf '.linux.seccomp.flags = $f' --argjson f "$flags"
			run -0 inside 'mkdir -p /tmp/a && echo through'
			is "$output" through
		done
	done
}

@test "without NOTIFY nobody is asked, and the flag for it means nothing" {
	notifying '[{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]'
	conf '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	run -0 inside 'mkdir /tmp/a || echo refused'
	has "$output" refused
}

@test "no agent: create says where it looked, and leaves nothing" {
	notifying "$(notify mkdir)"
	run ! caisson create --bundle "$bundle" "$id"
	has "$output" "linux.seccomp.listenerPath: $socket: failed to connect with seccomp agent: "
	has "$output" "no such file or directory"
	has "$output" "has to listen there"
	run ! caisson run --bundle "$bundle" "$id"
}

@test "an agent that goes before start: start says so, and nothing is executed" {
	agent
	notifying "$(notify mkdir)"
	conf '.process.args = ["/bin/touch", "/tmp/executed"]'
	create
	kill "$agent"
	wait "$agent" || :
	run ! caisson start "$id"
	has "$output" "linux.seccomp.listenerPath: hand the listener to $socket"
	[ ! -e "$bundle/rootfs/tmp/executed" ]
	becomes stopped
}

@test "an agent that goes with the listener leaves callers with ENOSYS, and start does not hang" {
	for nnp in true false; do
		rm -f "$socket"
		agent gone=1
		no_new_privs $nnp
		notifying "$(notify mkdir)"
		run ! inside 'mkdir /tmp/a'
		has "$output" "Function not implemented"
		rm -f "$socket"
		agent gone=1
		notifying "$(notify execve sendto sendmsg write)"
		run ! inside 'echo'
	done
}

@test "NOTIFY without listenerPath is refused" {
	notifying "$(notify mkdir)"
	conf 'del(.linux.seccomp.listenerPath, .linux.seccomp.listenerMetadata)'
	run ! caisson run --bundle "$bundle" "$id"
	has "$output" "linux.seccomp.listenerPath: expected the socket of who answers SCMP_ACT_NOTIFY"
}

@test "a policy of our own may notify" {
	caisson_only
	agent mkdir=123
	cat >"$BATS_TEST_TMPDIR/p.policy" <<-'P'
		policy p {
			default allow;
			notify mkdir;
		}
	P
	notifying '[]'
	conf '.annotations["org.caisson.seccomp.policy"] = $p' --arg p "$BATS_TEST_TMPDIR/p.policy"
	run ! inside 'mkdir /tmp/a'
	has "$output" "No medium found"
}

@test "a policy beside a profile that notifies: both hold, and only one may notify" {
	caisson_only
	agent mkdir=123
	echo 'policy p { default allow; deny ENOSPC rmdir | unlinkat; deny EPERM seccomp; }' >"$BATS_TEST_TMPDIR/p.policy"
	notifying "$(notify mkdir)"
	conf '.annotations["org.caisson.seccomp.policy"] = $p' --arg p "$BATS_TEST_TMPDIR/p.policy"
	run -1 inside true
	has "$output" 'permits seccomp(2)' # the profile has to be the last
	sed -i 's/deny EPERM seccomp;//' "$BATS_TEST_TMPDIR/p.policy"
	run ! inside 'mkdir /tmp/a; rmdir /tmp'
	has "$output" "No medium found"
	has "$output" "No space left on device"
	echo 'policy p { default allow; notify rmdir; }' >"$BATS_TEST_TMPDIR/p.policy"
	run -1 inside true
	has "$output" 'found it in both'
}

@test "a filter without a listener needs no second task, one with a listener says that it does" {
	caisson_only
	need_controller pids
	agent
	no_new_privs false
	conf '.linux.resources.pids.limit = 1 | .process.args = ["/bin/echo", "through"]
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
	run -0 caisson run --bundle "$bundle" "$id"
	is "$output" through
	notifying "$(notify mkdir)"
	run ! caisson run --bundle "$bundle" "$id"
	has "$output" "seccomp-courier: linux.seccomp: thread that hands over the listener"
	has "$output" "pids.limit must leave room for two"
}
