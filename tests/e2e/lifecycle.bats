#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# create, start, state, kill, delete, list: what engines call, and the texts that they match.

load lib

setup() {
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
	sleeper
}

log=(--log-format json --log)

# logged FILE: the file is exactly one JSON object, an error with a time that engines can read
logged() {
	is "$(jq -s length "$1")" 1
	is "$(jq -r .level "$1")" error
	[[ $(jq -r .time "$1") =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?(Z|[+-][0-9:]{5})$ ]]
}

@test "start says when the init died before it executed anything" {
	caisson_only
	conf '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["execve"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	create
	run -1 caisson start "$id"
	[[ $output == *"the container's init died before it executed anything"* ]]
	becomes stopped
	caisson delete "$id"
	alive=
}

@test "a container goes from created to running to stopped to nothing" {
	create
	is "$(status_of)" created
	caisson start "$id"
	is "$(status_of)" running
	caisson kill "$id" TERM
	becomes stopped
	caisson delete "$id"
	run ! caisson state "$id"
	alive=
	nothing_left
}

@test "create prints nothing and runs nothing of the container's" {
	conf '.process.args = ["touch", "/ran"]'
	create
	is "$(<"$bundle/out")$(<"$bundle/err")" ''
	[ ! -e "$bundle/rootfs/ran" ]
	run -0 caisson start "$id"
	is "$output" ''
	becomes stopped
	[ -e "$bundle/rootfs/ran" ]
}

@test "the pid file holds the pid, in digits only" {
	create
	[[ $(xxd -p "$bundle/pid" 2>/dev/null || od -An -tx1 "$bundle/pid" | tr -d ' \n') =~ ^(3[0-9])+$ ]]
	is "$(<"$bundle/pid")" "$(caisson state "$id" | jq .pid)"
	[ -d "/proc/$(<"$bundle/pid")" ]
}

@test "state has what the specification asks for" {
	conf '.annotations = {"org.example.key": "a value"}'
	create
	run -0 --separate-stderr caisson state "$id"
	is "$stderr" ''
	is "$(jq -r .id <<<"$output")" "$id"
	is "$(jq -r .bundle <<<"$output")" "$(realpath "$bundle")"
	is "$(jq -r .pid <<<"$output")" "$(<"$bundle/pid")"
	is "$(jq -r '.annotations["org.example.key"]' <<<"$output")" 'a value'
	[[ $(jq -r .ociVersion <<<"$output") =~ ^1\.[0-9]+\.[0-9]+ ]]
	[[ $(jq -r .created <<<"$output") =~ ^20[0-9]{2}-.*Z$ ]]
}

@test "the pid of a stopped container is 0" {
	conf '.process.args = ["true"]'
	create
	caisson start "$id"
	becomes stopped
	is "$(caisson state "$id" | jq .pid)" 0
}

@test "state and check tell a filter that is proved from one that was sampled" {
	caisson_only
	local many policy=$bundle/wide.policy
	many=$(printf '%s, ' 0x{1..9}00000007)
	echo 'policy wide { default allow; deny EPERM mmap when addr == 7; }' >"$policy"
	conf '.annotations["org.caisson.seccomp.policy"] = $p' --arg p "$policy"
	run -0 caisson check --plan "$bundle"
	grep -qx '  verified: [0-9]* cells' <<<"$output"
	create
	is "$(caisson state "$id" | jq -c '.caisson.policy | [.name, .pairwise, .cells > 100]')" \
		'["wide",false,true]'
	run -0 caisson delete --force "$id"

	conf 'del(.annotations["org.caisson.seccomp.policy"]) | .linux.seccomp = {
		defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	create
	is "$(caisson state "$id" | jq -c '.caisson.policy | [.name, .pairwise, .cells > 100]')" \
		'["linux.seccomp",false,true]'
	run -0 caisson delete --force "$id"
	conf 'del(.linux.seccomp) | .annotations["org.caisson.seccomp.policy"] = $p' --arg p "$policy"

	echo "policy wide { default allow; deny EPERM mmap when addr in { ${many%, } }
		&& length in { ${many%, } } && prot in { ${many%, } } && flags in { ${many%, } }
		&& offset in { ${many%, } }; deny EPERM mmap when addr == 7; }" >"$policy"
	run -0 caisson check --plan "$bundle"
	grep -qx '  verified: [0-9]* cells, pairs of arguments only' <<<"$output"
	create
	is "$(caisson state "$id" | jq -c '.caisson.policy | [.name, .pairwise, .cells > 100000]')" \
		'["wide",true,true]'
	run -0 caisson delete --force "$id"
}

@test "state of an unknown container says that it does not exist" {
	caisson_only
	run -1 --separate-stderr caisson state nobody
	is "$output" ''
	has "$stderr" 'does not exist'
}

@test "the second container of a name is refused and the first lives on" {
	create
	run -1 create
	! is_caisson || has "$(<"$bundle/err")" 'container with given ID already exists'
	is "$(status_of)" created
}

@test "names that lead elsewhere are refused" {
	local own=$id name
	alive=yes
	for name in '' . .. a/b ../x; do
		id=$name
		run -1 create
		[ -s "$bundle/err" ]
	done
	id=$own
	is "$(find "$root" -mindepth 1 -not -path '*/.*')" ''
}

@test "names with other characters than letters, digits and _+.- are refused" {
	caisson_only
	local own=$id name
	for name in 'a b' $'a\nb' .hidden 'a*' 'ä'; do
		id=$name
		run -1 create
	done
	id=$own
	is "$(find "$root" -mindepth 1)" ''
}

@test "an executable that is missing fails create, with a text that engines know" {
	conf '.process.args = ["/bin/nothing"]'
	run -1 create
	has "$(tr '[:upper:]' '[:lower:]' <"$bundle/err")" 'no such file or directory'
	[ ! -e "$bundle/pid" ]
	run ! caisson state "$id"
}

@test "a name missing in PATH fails create, with a text that engines know" {
	conf '.process.args = ["nothing"]'
	run -1 create
	has "$(tr '[:upper:]' '[:lower:]' <"$bundle/err")" 'executable file'
	has "$(<"$bundle/err")" 'not found in'
}

@test "a file that is not executable fails create as permission denied" {
	touch "$bundle/rootfs/plain"
	conf '.process.args = ["/plain"]'
	run -1 create
	has "$(tr '[:upper:]' '[:lower:]' <"$bundle/err")" 'permission denied'
}

@test "start of a started container is refused" {
	create
	caisson start "$id"
	run -1 caisson start "$id"
	! is_caisson || has "$output" 'cannot start an already running container'
}

@test "start of a stopped container is refused" {
	conf '.process.args = ["true"]'
	create
	caisson start "$id"
	becomes stopped
	run -1 caisson start "$id"
	! is_caisson || has "$output" 'cannot start a container that has stopped'
}

@test "start of an unknown container is refused" {
	run -1 caisson start nobody
	! is_caisson || has "$output" 'does not exist'
}

@test "start fails when the executable's interpreter is missing, and says why" {
	caisson_only
	printf '#!/bin/nothing\n' >"$bundle/rootfs/script"
	chmod 755 "$bundle/rootfs/script"
	conf '.process.args = ["/script"]'
	create
	run -1 caisson start "$id"
	has "${output,,}" 'no such file or directory'
	has "$output" /script
}

@test "start returns though the created process has died" {
	create
	kill -KILL "$(<"$bundle/pid")"
	run timeout 20 "$CAISSON" --root "$root" start "$id"
	[ "$status" != 0 ]
	[ "$status" != 124 ]
}

@test "kill takes names with and without SIG, any case, and numbers" {
	newer_than_crun
	local n=0
	conf '.process.args = ["/bin/sh", "-c", $t]' --arg t '
		for s in 1 10 12 28; do trap "echo $s >>/got" $s; done
		echo ready >/got; while :; do sleep 1 & wait $!; done'
	create
	caisson start "$id"
	until [ -e "$bundle/rootfs/got" ]; do sleep 0.1; done
	for s in SIGUSR1:10 usr2:12 HUP:1 28:28; do
		caisson kill "$id" "${s%:*}"
		until grep -qx "${s#*:}" "$bundle/rootfs/got" || [ $((n++)) -gt 100 ]; do sleep 0.1; done
	done
	is "$(<"$bundle/rootfs/got")" $'ready\n10\n12\n1\n28'
}

@test "kill without a signal is SIGTERM" {
	create
	caisson start "$id"
	sleep 0.3
	caisson kill "$id"
	becomes stopped
}

@test "an unknown signal is refused by name" {
	newer_than_crun
	create
	run -1 caisson kill "$id" NOTHING
	! is_caisson || has "$output" 'unknown signal "NOTHING"'
	is "$(status_of)" created
}

@test "kill of a stopped container says that it is not running" {
	conf '.process.args = ["true"]'
	create
	caisson start "$id"
	becomes stopped
	run -1 caisson kill "$id" KILL
	! is_caisson || has "$output" 'container not running'
	! is_caisson || has "$output" 'no such process'
}

@test "kill --all of a stopped container is no error" {
	caisson_only
	conf '.process.args = ["true"]'
	create
	caisson start "$id"
	becomes stopped
	run -0 caisson kill --all "$id" KILL
}

@test "kill --all without a cgroup: SIGKILL ends the pid namespace, and what has stopped is no error" {
	caisson_only
	conf 'del(.linux.cgroupsPath, .linux.resources)'
	sleeper
	create_ungrouped() { alive=yes && caisson --cgroup-manager disabled create --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1 3>&-; }
	create_ungrouped
	caisson start "$id"
	run -1 caisson kill --all "$id" TERM
	has "$output" 'it runs without one'
	caisson kill --all "$id" KILL
	becomes stopped
	run -0 caisson kill --all "$id" TERM
	is "$output" ''
}

@test "without privileges: the owner is named, and what is created is not entered" {
	caisson_only
	need_root
	user=64321 # nobody's
	as_user() {
		setpriv --reuid $user --regid $user --clear-groups env HOME=/nowhere timeout --foreground "$patience" "$CAISSON" \
			--root "$root" --audit-log none --cgroup-manager disabled "$@"
	}
	as_user --version >/dev/null 2>&1 || skip "$CAISSON is not for others"
	setpriv --reuid $user --regid $user --clear-groups unshare --user true || skip "no user namespaces without root"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/{file,test} "$BATS_TEST_TMPDIR" 2>/dev/null || :
	rm "$bundle/config.json"
	chown -R -h $user:$user "$bundle" "$root"
	as_user spec --rootless --bundle "$bundle"
	conf '.process.terminal = false'
	sleeper
	as_user create --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1 3>&-
	is "$(as_user state "$id" | jq -r .owner)" "#$user"
	has "$(as_user list)" "#$user"
	run -255 as_user exec "$id" true
	has "$output" 'hint: without privileges, start it first'
	as_user start "$id"
	run -0 as_user exec "$id" true
	as_user delete --force "$id"
}

@test "kill of an unknown container says that it does not exist" {
	run -1 caisson kill nobody KILL
	! is_caisson || has "$output" 'does not exist'
}

@test "kill --all reaches processes without a pid namespace" {
	namespace_drop pid
	conf '.process.args = ["/bin/sh", "-c", "sleep 1000 & sleep 1000 & wait"]'
	create
	caisson start "$id"
	sleep 0.5
	caisson kill --all "$id" KILL
	becomes stopped
	caisson delete "$id"
	alive=
	nothing_left
}

@test "kill KILL ends what outlives the first process, without a pid namespace" {
	newer_than_crun
	namespace_drop pid
	conf '.process.args = ["/bin/sh", "-c", "sleep 1000 & sleep 1000 & sleep 0.5"]'
	create
	caisson start "$id"
	becomes stopped
	dir=$(cgroup_dir)
	is "$(wc -l <"$dir/cgroup.procs")" 2
	run -1 caisson kill "$id" TERM
	run -0 caisson kill "$id" KILL
	until [ "$(wc -l <"$dir/cgroup.procs")" = 0 ]; do sleep 0.1; done
	run -1 caisson kill "$id" KILL
	has "$output" 'container not running'
}

@test "a second container in a cgroup that is in use is refused, and the first lives on" {
	newer_than_crun
	create
	caisson start "$id"
	run -1 caisson run --bundle "$bundle" "$id-2"
	has "$output" "container's cgroup is not empty"
	is "$(status_of)" running
}

@test "a group that is there, empty and frozen, is refused and not waited for" {
	caisson_only
	local dir=/sys/fs/cgroup/caisson-e2e/$id
	mkdir -p "$dir"
	echo 1 >"$dir/cgroup.freeze"
	run -1 caisson run --bundle "$bundle" "$id"
	has "$output" "container's cgroup unexpectedly frozen"
	rmdir "$dir"
}

@test "a created container is ended by SIGTERM" {
	caisson_only
	create
	caisson kill "$id" TERM
	becomes stopped
}

@test "delete of a running container is refused" {
	create
	caisson start "$id"
	run -1 caisson delete "$id"
	! is_caisson || has "$output" "cannot delete container $id that is not stopped: running"
	is "$(status_of)" running
}

@test "delete of a created container kills and removes it" {
	create
	run -0 caisson delete "$id"
	is "$output" ''
	alive=
	nothing_left
}

@test "delete --force of a running container kills and removes it" {
	create
	caisson start "$id"
	run -0 caisson delete --force "$id"
	is "$output" ''
	alive=
	nothing_left
}

@test "delete --force removes what a dead first process left, without a pid namespace" {
	namespace_drop pid
	conf '.process.args = ["/bin/sh", "-c", "sleep 1000 & sleep 1000 & exit 0"]'
	create
	caisson start "$id"
	becomes stopped
	run -0 caisson delete --force "$id"
	alive=
	nothing_left
}

@test "delete --force of an unknown container is no error and silent" {
	run -0 caisson delete --force nobody
	is "$output" ''
}

@test "delete of an unknown container says that it does not exist" {
	run -1 caisson delete nobody
	! is_caisson || has "$output" 'does not exist'
}

@test "delete --force twice is no error" {
	create
	caisson delete --force "$id"
	run -0 caisson delete --force "$id"
	alive=
}

@test "list prints ids, a table and JSON" {
	create
	is "$(caisson list --quiet)" "$id"
	run -0 caisson list
	has "${lines[0]}" STATUS
	has "${lines[1]}" "$id"
	has "${lines[1]}" created
	run -0 caisson list --format json
	is "$(jq -r '.[].id' <<<"$output")" "$id"
	is "$(jq -r '.[].status' <<<"$output")" created
}

@test "list of nothing is an empty JSON array" {
	run -0 caisson list --format json
	is "$(jq -c '. // []' <<<"$output")" '[]'
}

@test "an error is one JSON object in the log, and text on standard error" {
	conf '.process.args = ["/bin/nothing"]'
	run -1 --separate-stderr caisson "${log[@]}" "$bundle/log" create --bundle "$bundle" "$id"
	is "$output" ''
	has "$stderr" /bin/nothing
	logged "$bundle/log"
	! is_caisson || has "$stderr" "$(jq -r .msg "$bundle/log")"
}

@test "the log is there after a call that went well, and empty" {
	alive=yes
	caisson "${log[@]}" "$bundle/log" create --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1 3>&-
	[ -e "$bundle/log" ]
	[ ! -s "$bundle/log" ]
}

@test "options are taken as --option value, --option=value and doubled" {
	caisson_only
	create
	run -0 "$CAISSON" --root="$root" --log-format=text --log-format=text --systemd-cgroup=false \
		--rootless=auto --criu /bin/true state "$id"
	is "$(jq -r .id <<<"$output")" "$id"
}

@test "an unknown option is an error, not the container's problem" {
	run ! create --nothing
	[ "$status" -lt 126 ]
	has "$(<"$bundle/err")" nothing
}

@test "--version names the program, the commit and the specification" {
	run -0 "$CAISSON" --version
	[[ ${lines[0]} =~ ^[a-z]+\ version\ [0-9]+\.[0-9]+ ]]
	has "$output" $'\ncommit: '
	has "$output" $'\nspec: '
}

@test "features is JSON, with what engines look for" {
	caisson_only
	run -0 --separate-stderr caisson features
	is "$stderr" ''
	is "$(jq '.mountOptions | index("rro") != null' <<<"$output")" true
	is "$(jq '.linux.namespaces | index("user") != null' <<<"$output")" true
	is "$(jq -r '.ociVersionMin, .ociVersionMax' <<<"$output" | grep -c '^1\.')" 2
	is "$(jq '.hooks | length' <<<"$output")" 6
}

@test "a config with an error is refused with its place" {
	caisson_only
	conf '.process.cwd = "relative"'
	run -1 create
	has "$(<"$bundle/err")" process.cwd
	nothing_left
}

@test "check prints every problem at once and touches nothing" {
	caisson_only
	conf '.process.cwd = "relative" | .process.rlimits = [{type: "RLIMIT_NOTHING", soft: 1, hard: 1}] | .unheard = 1'
	run ! caisson check "$bundle"
	has "$output" process.cwd
	has "$output" 'process.rlimits[0].type'
	has "$output" unheard
	nothing_left
}

@test "a broken config is refused with its place" {
	printf '{"ociVersion": "1.0.0",\n "process": ]}' >"$bundle/config.json"
	run -1 create
	[ -s "$bundle/err" ]
	nothing_left
}

@test "what containers did is in the audit log, a JSON line each" {
	caisson_only
	conf '.process.args = ["/bin/sh", "-c", "exit 3"]'
	run -3 caisson run --bundle "$bundle" "$id"
	is "$(jq -r 'select(.container.uid == $id or .container.name == $id) | .event' --arg id "$id" "$audit_log" |
		xargs)" 'container.create container.start container.exit container.delete'
}

@test "two creates at once of one name: one wins, one is refused" {
	local won=0
	alive=yes
	for n in 1 2; do
		caisson create --bundle "$bundle" "$id" </dev/null >"$bundle/out.$n" 2>&1 3>&- &
		pids[n]=$!
	done
	for n in 1 2; do wait "${pids[n]}" && won=$((won + 1)); done
	is "$won" 1
	is "$(status_of)" created
}

@test "a create killed at any moment leaves what delete --force removes" {
	alive=yes
	for ms in 0 1 2 3 5 8 12; do
		timeout -s KILL "0.$(printf %03d $ms)1" "$CAISSON" --root "$root" create --bundle "$bundle" "$id" \
			</dev/null >/dev/null 2>&1 3>&- || :
		run -0 caisson delete --force "$id"
		nothing_left
	done
}

@test "root of a user namespace has its own directory, where the host's root has none yet" {
	caisson_only
	need_root
	own=$(mktemp -d)
	install -m 755 "$CAISSON" "$own/caisson"
	install -d -m 700 -o 12345 -g 12345 "$own/run" "$own/run/caisson" "$own/run/caisson/broken"
	install -m 600 -o 12345 -g 12345 /dev/null "$own/run/caisson/broken/state.json"
	chmod 755 "$own"
	in_namespace() {
		unshare -m sh -c 'mount -t tmpfs -o mode=755 none /run && cd "$1" && shift &&
			exec setpriv --reuid 12345 --regid 12345 --clear-groups unshare -Ur "$@"' - "$own" "$@"
	}
	in_namespace true || skip "no user namespace for a user"
	run -1 in_namespace env XDG_RUNTIME_DIR="$own/run" ./caisson --audit-log none state broken
	rm -r "$own"
	has "$output" 'state.json: line 1'
}
