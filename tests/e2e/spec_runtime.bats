#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# runtime.md, runtime-linux.md and features.md of runtime-spec 1.3.0, as spec_config.bats.

load lib

#= runtime.md#state: what it has: lifecycle.bats: state has what the specification asks for
#= runtime.md#query-state: an unknown container is an error: lifecycle.bats: state of an unknown container says that it does not exist

@test "runtime.md#state: the bundle is an absolute path, the pid the host's while there is a process" {
	sleeper
	create
	run -0 caisson state "$id"
	is "$(jq -r .status <<<"$output")" created
	is "$(jq -r .pid <<<"$output")" "$(<"$bundle/pid")"
	is "$(jq -r .bundle <<<"$output")" "$(realpath "$bundle")"
	has "$(jq -r .ociVersion <<<"$output")" .
	caisson start "$id"
	is "$(caisson state "$id" | jq -r .pid)" "$(<"$bundle/pid")"
}

@test "runtime.md#query-state: no id is an error" {
	run ! caisson state
	run ! caisson state ''
}

@test "runtime.md#lifecycle: what is changed in config.json after create changes nothing" {
	conf '.process.args = ["sh", "-c", "echo one >/said"] | .hostname = "one"
		| .hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", $t]}]' --arg t "echo one >$BATS_TEST_TMPDIR/hook"
	create
	conf '.process.args = ["sh", "-c", "echo two >/said"] | .hooks.poststop[0].args[2] = $t' --arg t "echo two >$BATS_TEST_TMPDIR/hook"
	caisson start "$id"
	becomes stopped
	is "$(<"$bundle/rootfs/said")" one
	caisson delete "$id"
	alive=
	! is_caisson || is "$(<"$BATS_TEST_TMPDIR/hook")" one
}

#= runtime.md#lifecycle: a failing hook before the start ends the container: hooks.bats: a failing createRuntime hook stops the container and its words reach the user
#= runtime.md#lifecycle: a failing startContainer hook does, and undoes it: hooks.bats: a failing startContainer hook fails start and nothing is left
#= runtime.md#lifecycle: a failing poststart hook does, too: hooks.bats: a failing poststart hook fails start and stops the container

@test "runtime.md#lifecycle: a failing poststop hook keeps neither the next nor delete from their work" {
	conf '.hooks.poststop = [{path: "/bin/false"}, {path: "/bin/touch", args: ["touch", $f]}] | .process.args = ["true"]' --arg f "$BATS_TEST_TMPDIR/ran"
	create
	caisson start "$id"
	becomes stopped
	caisson delete "$id"
	alive=
	[ -e "$BATS_TEST_TMPDIR/ran" ]
	run ! caisson state "$id"
}

@test "runtime.md#errors: an error leaves the host as it was" {
	before=$(mount | sort | sha256sum)
	conf '.mounts += [{destination: "/a", type: "nonesuch", source: "none"}]'
	run ! caisson create --bundle "$bundle" "$id"
	run ! caisson state "$id"
	is "$(mount | sort | sha256sum)" "$before"
	nothing_left
	conf 'del(.mounts[-1])'
	run -0 inside true # and the name is free
}

@test "runtime.md#create: no id and no bundle are errors" {
	run ! caisson create
	run ! caisson create --bundle "$bundle"
	run ! caisson create --bundle "$BATS_TEST_TMPDIR/none" "$id"
	mkdir "$BATS_TEST_TMPDIR/empty"
	run ! caisson create --bundle "$BATS_TEST_TMPDIR/empty" "$id"
}

#= runtime.md#create: an id that is taken is an error: lifecycle.bats: the second container of a name is refused and the first lives on
#= runtime.md#create: the program does not run yet: lifecycle.bats: create prints nothing and runs nothing of the container's
#= runtime.md#start: not what is running already: lifecycle.bats: start of a started container is refused
#= runtime.md#start: nor what has stopped: lifecycle.bats: start of a stopped container is refused

@test "runtime.md#start: no id is an error" { run ! caisson start; }

@test "runtime.md#start: without a process there is nothing to start" {
	conf 'del(.process)'
	run ! caisson run --bundle "$bundle" "$id"
	[ "$status" -lt 126 ]
}

@test "runtime.md#create: needs no process, which only start is refused for" {
	caisson_only # the peers want one at create
	conf 'del(.process)'
	create
	is "$(status_of)" created
	run ! caisson start "$id"
	has "$output" 'process: expected one to start: found nothing'
	becomes stopped
	caisson delete "$id"
	alive=
}

#= runtime.md#kill: the signal arrives: lifecycle.bats: kill takes names with and without SIG, any case, and numbers
#= runtime.md#kill: what is stopped is an error: lifecycle.bats: kill of a stopped container says that it is not running

@test "runtime.md#kill: what is created, and not started, is reached" {
	create
	caisson kill "$id" KILL
	becomes stopped
}

@test "runtime.md#kill: no id is an error" { run ! caisson kill; }

#= runtime.md#delete: what runs is refused, and runs on: lifecycle.bats: delete of a running container is refused
#- runtime.md#delete: what is created and not started is an error: runc, crun and we kill and remove it, as engines expect (lifecycle.bats: delete of a created container kills and removes it)

@test "runtime.md#delete: no id is an error" { run ! caisson delete; }

@test "runtime.md#delete: what create made is gone, what was there before is not, and the id is free" {
	conf '.process.args = ["true"]'
	echo text >"$bundle/rootfs/kept"
	create
	caisson start "$id"
	becomes stopped
	caisson delete "$id"
	alive=
	nothing_left
	is "$(<"$bundle/rootfs/kept")" text
	run -0 inside true
}

#= runtime-linux.md#file-descriptors: three and no more: basic.bats: no descriptor of the caller's is open but 0, 1 and 2
#= runtime-linux.md#dev-symbolic-links: they are there: basic.bats: the default links are there

@test "features.md#structure: it is JSON on stdout, with the versions that are taken" {
	run --separate-stderr "$CAISSON" features
	[ "$status" = 0 ] || is_caisson || skip 'the peer has no features'
	[ "$status" = 0 ]
	is "$stderr" ''
	jq -e '(.ociVersionMin | test("^[0-9]+\\.[0-9]+\\.[0-9]+")) and (.ociVersionMax | test("^[0-9]+\\.[0-9]+\\.[0-9]+"))' <<<"$output"
}

@test "features.md#structure: it is not about this host" {
	caisson_only
	run -0 "$CAISSON" features
	here=$output
	run -0 unshare -m sh -c 'umount -l /sys/fs/cgroup; umount -l /proc; exec "$@"' - "$CAISSON" features
	is "$output" "$here"
}

@test "features.md#hooks: all of them" {
	caisson_only
	is "$("$CAISSON" features | jq -c '.hooks | sort')" '["createContainer","createRuntime","poststart","poststop","prestart","startContainer"]'
}

@test "features.md#mount-options: each that is told is taken" {
	caisson_only
	# binds have other tests; the last are for file systems that know them
	local skip='idmap|ridmap|bind|rbind|remount|copy-symlink|src-nofollow|dest-nofollow|tmpcopyup|iversion|acl|noacl'
	"$CAISSON" features | jq -r '.mountOptions[]' | grep -vxE "$skip" >"$bundle/options"
	[ "$(wc -l <"$bundle/options")" -gt 40 ]
	while read -r o; do
		mount_add '{"destination": "/m/'"$o"'", "type": "tmpfs", "source": "tmpfs", "options": ["'"$o"'"]}'
	done <"$bundle/options"
	run -0 inside true
}

@test "features-linux.md#namespaces: each that is told can be made" {
	caisson_only
	"$CAISSON" features | jq -r '.linux.namespaces[]' >"$bundle/kinds"
	is "$(sort "$bundle/kinds" | xargs)" 'cgroup ipc mount network pid time user uts'
	ids_mapped
	while read -r kind; do [ "$kind" = user ] || namespace_add "$kind"; done <"$bundle/kinds"
	run -0 inside true
}

@test "features-linux.md#capabilities: each that is told is known" {
	caisson_only
	conf '.process.capabilities = {bounding: $c.linux.capabilities}' --argjson c "$("$CAISSON" features)"
	last=$(cat /proc/sys/kernel/cap_last_cap)
	conf '.process.capabilities.bounding |= .[:$n]' --argjson n $((last + 1))
	run -0 inside 'cat /proc/self/status'
	[ $((0x$(field CapBnd))) -gt 0 ]
}

@test "features-linux.md#seccomp: each action, operator and architecture that is told is known" {
	caisson_only
	features=$("$CAISSON" features)
	for action in $(jq -r '.linux.seccomp.actions[]' <<<"$features" | grep -v NOTIFY); do
		seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["pivot_root"], "action": "'"$action"'"}]}'
		[ "$action" != SCMP_ACT_ALLOW ] || continue
		run -0 inside true
	done
	for op in $(jq -r '.linux.seccomp.operators[]' <<<"$features"); do
		seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["pivot_root"], "action": "SCMP_ACT_ERRNO",
			"args": [{"index": 0, "value": 1, "valueTwo": 1, "op": "'"$op"'"}]}]}'
		run -0 inside true
	done
}

#- features.md: the object's parts that are not lists: they are read by engines.bats, by the engines
