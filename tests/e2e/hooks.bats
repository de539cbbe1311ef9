#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154 # the texts are for other shells
# The six kinds of hooks: when and where they run, what they get, what their failure does.

load lib

kinds=(prestart createRuntime createContainer startContainer poststart poststop)
order=${BATS_TEST_TMPDIR-}/bundle/rootfs/order

# hook KIND TEXT [JSON]: a hook that is a shell text; JSON is merged in
hook() {
	conf '.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $text],
		env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "E2E_ID=" + $id]} + $more]' \
		--arg kind "$1" --arg text "$2" --argjson more "${3-null}" --arg id "$id"
}

@test "hooks run each at its time, in the order of the specification" {
	for k in "${kinds[@]}"; do
		if [ "$k" = startContainer ]; then file=/order; else file=$order; fi
		hook "$k" "echo $k.1 >>$file"
		hook "$k" "echo $k.2 >>$file"
	done
	conf '.process.args = ["/bin/sh", "-c", "sleep 1; echo process >>/order"]'
	create
	is "$(xargs <"$order")" 'prestart.1 prestart.2 createRuntime.1 createRuntime.2 createContainer.1 createContainer.2'
	rm "$order"
	caisson start "$id"
	becomes stopped
	is "$(grep -v process "$order" | xargs)" 'startContainer.1 startContainer.2 poststart.1 poststart.2'
	rm "$order"
	caisson delete "$id"
	alive=
	is "$(xargs <"$order")" 'poststop.1 poststop.2'
}

@test "each hook gets the state on its standard input" {
	for k in "${kinds[@]}"; do
		if [ "$k" = startContainer ]; then file=/state; else file=$bundle/rootfs/state; fi
		hook "$k" "cat >$file.$k"
	done
	run -0 inside true
	for k in "${kinds[@]}"; do
		is "$(jq -r .id "$bundle/rootfs/state.$k")" "$id"
		is "$(jq -r .bundle "$bundle/rootfs/state.$k")" "$(realpath "$bundle")"
		case $k in
		poststop) is "$(jq -r .status "$bundle/rootfs/state.$k")" stopped ;;
		*) [ "$(jq -r .pid "$bundle/rootfs/state.$k")" -gt 0 ] ;;
		esac
	done
	if is_caisson; then
		is "$(jq -r .status "$bundle/rootfs/state.createRuntime")" creating
		is "$(jq -r .status "$bundle/rootfs/state.startContainer")" created
		is "$(jq -r .status "$bundle/rootfs/state.poststart")" running
	fi
}

@test "createRuntime runs in the runtime's namespaces, createContainer and startContainer in the container's" {
	for k in createRuntime createContainer; do
		hook $k "for n in mnt net; do readlink /proc/self/ns/\$n; done >$BATS_TEST_TMPDIR/$k"
	done
	hook startContainer 'for n in mnt net; do readlink /proc/self/ns/$n; done >/startContainer'
	run -0 inside 'for n in mnt net; do readlink /proc/self/ns/$n; done'
	is "$(<"$BATS_TEST_TMPDIR/createRuntime")" "$(readlink /proc/self/ns/mnt /proc/self/ns/net)"
	is "$(<"$BATS_TEST_TMPDIR/createContainer")" "$output"
	is "$(<"$bundle/rootfs/startContainer")" "$output"
}

@test "a startContainer hook runs under the container's filter, and no other hook does" {
	newer_than_crun
	conf '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	hook createContainer "mkdir $bundle/rootfs/by-create"
	run -0 inside true
	[ -d "$bundle/rootfs/by-create" ]
	rmdir "$bundle/rootfs/by-create"
	hook startContainer 'grep -h ^Seccomp: /proc/self/status >/seen; exec mkdir /by-start'
	for nnp in true false; do
		conf '.process.noNewPrivileges = $n' --argjson n $nnp
		run ! inside true
		has "$output" 'error running startContainer hook #0: signal 31 (bad system call)'
		is "$(xargs <"$bundle/rootfs/seen")" 'Seccomp: 2'
		[ ! -e "$bundle/rootfs/by-start" ]
		rmdir "$bundle/rootfs/by-create"
	done
}

@test "a startContainer hook that cannot be executed is an error, with a filter too" {
	newer_than_crun
	conf '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}
		| .hooks.startContainer = [{path: "/none/such"}]'
	run ! inside true
	has "$output" 'error running startContainer hook #0: /none/such: run: no such file or directory'
}

@test "createContainer sees the container's mounts below its root, before the pivot" {
	hook createContainer "grep -c ' $bundle/rootfs/proc ' /proc/self/mountinfo >$BATS_TEST_TMPDIR/seen; true"
	run -0 inside true
	[ "$(<"$BATS_TEST_TMPDIR/seen")" -ge 1 ]
}

@test "a hook has the environment of the config and no other" {
	hook createRuntime "env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= | sort >$BATS_TEST_TMPDIR/env" '{"env": ["A=b", "PATH=/bin:/usr/bin"]}'
	CALLERS=secret run -0 inside true
	is "$(<"$BATS_TEST_TMPDIR/env")" $'A=b\nPATH=/bin:/usr/bin'
}

@test "a startContainer hook that is given no environment has the process's" {
	conf '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo $A $HOME >/env"]}]
		| .process.env += ["A=b"]'
	run -0 inside true
	is "$(<"$bundle/rootfs/env")" 'b /root'
}

@test "a hook starts in the bundle, and never among the image's files (CVE-2025-23266)" {
	caisson_only
	for k in "${kinds[@]}"; do
		[ "$k" = startContainer ] || hook "$k" "pwd -P >$BATS_TEST_TMPDIR/$k"
	done
	run -0 inside true
	for k in prestart createRuntime createContainer poststart poststop; do
		is "$(<"$BATS_TEST_TMPDIR/$k")" "$(realpath "$bundle")"
	done
}

@test "a hook has descriptors 0, 1 and 2 and no other" {
	hook createRuntime "exec ls /proc/self/fd >$BATS_TEST_TMPDIR/fds"
	exec 9</
	run -0 inside true
	exec 9<&-
	is "$(xargs <"$BATS_TEST_TMPDIR/fds")" '0 1 2 3' # 3 is ls's own
}

for_kind_that_fails() {
	hook "$1" 'echo reason of it >&2; exit 3'
	run -1 inside 'echo ran'
	lacks "$output" ran
	! is_caisson || has "$output" 'reason of it'
	nothing_left
}

@test "a failing prestart hook stops the container and its words reach the user" {
	for_kind_that_fails prestart
}

@test "a failing createRuntime hook stops the container and its words reach the user" {
	for_kind_that_fails createRuntime
}

@test "a failing createContainer hook stops the container and its words reach the user" {
	for_kind_that_fails createContainer
}

@test "a failing startContainer hook stops the container and its words reach the user" {
	for_kind_that_fails startContainer
}

@test "a failing hook is named" {
	caisson_only
	hook createRuntime true
	hook createRuntime 'exit 3'
	run -1 inside true
	has "$output" createRuntime
	has "$output" '#1' # from 0, as runc counts
}

# start_fails_by KIND: and what create made is undone
start_fails_by() {
	hook "$1" 'echo reason of it >&2; exit 3'
	hook poststop "touch $BATS_TEST_TMPDIR/stopped"
	sleeper
	create
	run -1 caisson start "$id"
	has "$output" 'reason of it'
	run -1 caisson state "$id"
	has "$output" 'does not exist'
	[ -e "$BATS_TEST_TMPDIR/stopped" ]
	run -0 caisson delete --force "$id" # engines do
	nothing_left
}

@test "a failing startContainer hook fails start and nothing is left" {
	caisson_only
	start_fails_by startContainer
}

@test "a failing poststart hook fails start and stops the container" {
	caisson_only
	start_fails_by poststart
}

@test "a failing poststop hook leaves nothing behind" {
	hook poststop 'exit 3'
	run inside true
	nothing_left
	caisson_only
	has "$output" 'caisson: warning: error running poststop hook #0: exit status 3'
}

@test "a hook that takes longer than its timeout is ended and fails" {
	hook createRuntime 'exec sleep 100' '{"timeout": 1}'
	SECONDS=0
	run -1 inside true
	[ $SECONDS -lt 50 ]
	nothing_left
}

@test "a hook that is missing fails and is named" {
	hook createRuntime true '{"path": "/bin/nothing"}'
	run -1 inside true
	has "$output" /bin/nothing
}

@test "a hook with a relative path is refused" {
	caisson_only
	hook createRuntime true '{"path": "bin/sh"}'
	run -1 inside true
	has "$output" 'hooks.createRuntime[0].path'
}
