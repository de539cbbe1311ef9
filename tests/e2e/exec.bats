#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec: one more process in a container that is there.

load lib

setup() {
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
	conf '.process.args = ["sleep", "1000"]'
}

up() {
	create "$@"
	caisson start "$id"
}

# within WORD...: exec
within() { caisson exec "$@"; }

# process_file FILTER: writes process.json from the config's process
process_file() { jq ".process | $1" "$bundle/config.json" >"$bundle/process.json"; }

# on_terminal SIZE [NEW-SIZE] -- WORD...: exec on a terminal
on_terminal() {
	local size=$1 new=()
	shift
	[ "$1" = -- ] || { new=(resize "$1"); shift; }
	shift
	timeout "$patience" "$BATS_TEST_DIRNAME/terminal.py" run "$size" "${new[@]}" -- \
		"$CAISSON" --root "$root" exec "$@"
}

socket_open() {
	"$BATS_TEST_DIRNAME/terminal.py" receive "$1" >"$BATS_TEST_TMPDIR/received" 2>&1 3>&- &
	engine=$!
	until [ -S "$1" ]; do sleep 0.1; done
}

# logged FILE: the file is exactly one JSON object, an error
logged() {
	is "$(jq -s length "$1")" 1
	is "$(jq -r .level "$1")" error
}

# ---- where it runs ----

@test "a command runs, with our stdio, and its status is ours" {
	up
	run -0 within "$id" cat <<<'a word'
	is "$output" 'a word'
	run -7 within "$id" sh -c 'exit 7'
	run -143 within "$id" sh -c 'kill $$'
}

@test "it is in all namespaces of the container" {
	newer_than_crun
	namespace_add time
	up
	init=$(<"$bundle/pid")
	run -0 within "$id" sh -c 'for n in user cgroup ipc uts net pid time mnt; do readlink /proc/self/ns/$n; done'
	is "$output" "$(for n in user cgroup ipc uts net pid time mnt; do readlink /proc/$init/ns/$n; done)"
}

@test "it is in the cgroup of the container" {
	up
	within -d --pid-file "$bundle/pid2" "$id" sleep 1000
	is "$(cat "/proc/$(<"$bundle/pid2")/cgroup" | grep ^0)" "$(grep ^0 "/proc/$(<"$bundle/pid")/cgroup")"
}

@test "it can be in a group below, and nowhere else" {
	newer_than_crun
	up
	mkdir "$(cgroup_dir)/below"
	run -0 within --cgroup below "$id" cat /proc/self/cgroup
	has "$output" 0::/below
	run -0 within --cgroup :/below "$id" cat /proc/self/cgroup
	has "$output" 0::/below
	run -255 within --cgroup ../.. "$id" true
	run -255 within --cgroup missing "$id" true
}

@test "a container that may hold no process in its own group is entered beside its init" {
	newer_than_crun
	up
	dir=$(cgroup_dir)
	mkdir "$dir/inner"
	echo "$(<"$bundle/pid")" >"$dir/inner/cgroup.procs"
	c=$(awk '{ print $1 }' "$dir/cgroup.controllers")
	[ -n "$c" ] || skip 'no controller on cgroup v2 here'
	echo "+$c" >"$dir/cgroup.subtree_control"
	run -0 within "$id" cat /proc/self/cgroup
	has "$output" inner
	is_caisson || return 0
	run -255 within --cgroup / "$id" true
	has "$output" 'to cgroups: device or resource busy'
}

@test "a container that is created can be entered" {
	create
	run -0 within "$id" echo text
	is "$output" text
	is "$(status_of)" created
}

@test "a user namespace is entered, as its root" {
	ids_mapped
	up
	run -0 within "$id" sh -c 'id -u; cat /proc/self/uid_map; readlink /proc/self/ns/user'
	is "${lines[0]}" 0
	is "$(xargs <<<"${lines[1]}")" '0 100000 65536'
	is "${lines[2]}" "$(readlink "/proc/$(<"$bundle/pid")/ns/user")"
	run -0 within -u 7:8 "$id" id
	has "$output" 'uid=7 gid=8'
}

@test "the host's pid namespace is no obstacle" {
	newer_than_crun
	namespace_drop pid
	conf '.mounts |= map(select(.destination != "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	up
	run -0 within "$id" echo text
	is "$output" text
}

# ---- who it is ----

@test "cwd, user, groups, environment and HOME are those of the command line" {
	newer_than_crun
	up
	run -0 within --cwd /tmp -u 1000:1000 -g 5 --additional-gids=6 -e A=b --env=PATH=/bin:/x "$id" \
		sh -c 'pwd; id -u; id -g; id -G; echo $A $PATH $HOME'
	is "$output" $'/tmp\n1000\n1000\n1000 5 6\nb /bin:/x /home/user'
}

@test "the environment has each name once" {
	up
	run -0 within -e PATH=/bin "$id" env
	is "$(grep -c ^PATH= <<<"$output")" 1
}

@test "capabilities are the container's and those that are added, never inheritable" {
	newer_than_crun
	caps '["CAP_KILL"]'
	up
	run -0 within "$id" cat /proc/self/status
	is "$(field CapEff)" 0000000000000020
	run -0 within --cap CAP_SYS_NICE "$id" cat /proc/self/status
	is "$(field CapEff)" 0000000000800020
	is "$(field CapBnd)" 0000000000800020
	is "$(field CapAmb)" 0000000000000020
	is "$(field CapInh)" 0000000000000020
}

@test "a capability that is added is ambient where the config has it inheritable" {
	newer_than_crun
	caps '["CAP_KILL"]'
	conf '.process.capabilities.inheritable += ["CAP_SYS_NICE"] | .process.capabilities.bounding += ["CAP_SYS_NICE"]'
	up
	run -0 within --cap CAP_SYS_NICE "$id" cat /proc/self/status
	is "$(field CapAmb)" 0000000000800020
	is "$(field CapInh)" 0000000000800020
}

@test "no-new-privs is the container's, and can be added" {
	conf '.process.noNewPrivileges = false'
	up
	run -0 within "$id" cat /proc/self/status
	is "$(field NoNewPrivs)" 0
	run -0 within --no-new-privs "$id" cat /proc/self/status
	is "$(field NoNewPrivs)" 1
}

@test "rlimits, umask, oom score and scheduler are the container's" {
	newer_than_crun
	conf '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}] | .process.user.umask = 63
		| .process.oomScoreAdj = 100 | .process.scheduler = {policy: "SCHED_BATCH", nice: 3}'
	up
	run -0 within "$id" sh -c 'ulimit -n; umask; cat /proc/self/oom_score_adj; cut -d" " -f 19 /proc/self/stat'
	is "$output" $'100\n0077\n100\n3'
}

@test "the container's policy is in force, with and without no-new-privs" {
	newer_than_crun
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}'
	for nnp in true false; do
		conf ".process.noNewPrivileges = $nnp"
		up
		run -1 within "$id" mkdir /x
		has "$output" 'not supported'
		run -0 within "$id" cat /proc/self/status
		is "$(field Seccomp)" 2
		is "$(field NoNewPrivs)" "$([ $nnp = true ] && echo 1 || echo 0)"
		caisson delete --force "$id"
	done
}

@test "the filter is the one that the container was made with" {
	caisson_only
	local policy=$BATS_TEST_TMPDIR/one.policy
	echo 'policy one { default allow; deny EXDEV mkdir | mkdirat; }' >"$policy"
	chmod 644 "$policy"
	conf '.annotations["org.caisson.seccomp.policy"] = $p' --arg p "$policy"
	up
	echo 'policy one { default allow; }' >"$policy"
	run -1 within "$id" mkdir /x
	has "$output" 'Invalid cross-device link'
	rm "$policy"
	run -1 within "$id" mkdir /x
	has "$output" 'Invalid cross-device link'
}

# both STATEMENTS RULES: a policy, and a profile of the engine's beside it
both() {
	echo "policy one { default allow; $1 }" >"$BATS_TEST_TMPDIR/one.policy"
	conf '.annotations["org.caisson.seccomp.policy"] = $p' --arg p "$BATS_TEST_TMPDIR/one.policy"
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": ['"$2"']}'
}
refused_by_both() {
	run "$@" sh -c 'mkdir /x; rmdir /tmp; ln -s a /b; grep Seccomp_filters /proc/self/status'
	has "$output" "'/x': Invalid cross-device link"
	has "$output" "'/tmp': No space left on device"
	has "$output" '/b: Invalid cross-device link' # both refuse: the newer filter's errno, seccomp(2)
	has "$(tr -d ' \t' <<<"$output")" 'Seccomp_filters:2'
}

@test "a policy does not replace the engine's profile: what either refuses is refused, in exec too" {
	caisson_only
	local mkdir='{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 18}'
	local links='{"names": ["symlink", "symlinkat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}'
	local loads='{"names": ["seccomp"], "action": "SCMP_ACT_ERRNO"}'
	local policy='deny ENOSPC rmdir | unlinkat; deny EXDEV symlink | symlinkat;'
	for nnp in true false; do
		conf ".process.noNewPrivileges = $nnp"
		both "$policy deny EPERM seccomp;" "$mkdir, $links"
		up
		refused_by_both within "$id"
		caisson state "$id" | jq -e '.caisson.policy | .sha256 != .profile.sha256 and .profile.instructions > 3'
		run -0 caisson check --plan "$bundle"
		has "$output" 'beside it: linux.seccomp, loaded before it'
		caisson delete --force "$id"
	done
	# who permits the other to be loaded goes first
	both 'deny ENOSPC rmdir | unlinkat;' "$mkdir, $loads"
	run -0 caisson check --plan "$bundle"
	has "$output" 'beside it: linux.seccomp, loaded after it'
	run inside 'mkdir /x; rmdir /tmp'
	has "$output" "'/x': Invalid cross-device link"
	has "$output" "'/tmp': No space left on device"
	both 'deny EPERM seccomp;' "$loads"
	run -1 inside true
	has "$output" 'found that neither does'
	# the profile's denials would be missing in the record
	both '' "$mkdir"
	conf '.annotations["org.caisson.seccomp.audit"] = "deny"'
	run -1 inside true
	has "$output" 'found a policy beside linux.seccomp'
}

@test "a filter that is not the state's is refused" {
	caisson_only
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}'
	up
	printf '\0\0\0\0\1\0\0\0\6\0\0\0\0\0\377\177' >"$root/$id/filter"
	run -255 within "$id" true
	has "$output" 'filter: expected the one whose digest the state has: found another'
	: >"$root/$id/filter"
	run -255 within "$id" true
	has "$output" 'filter: expected a seccomp filter: found 0 bytes'
	rm "$root/$id/filter"
	run -255 within "$id" true
	has "$output" 'filter: open the copy'
}

@test "a process that is killed by the policy is 128 and SIGSYS" {
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}'
	up
	run -159 within "$id" mkdir /x
}

# ---- --process ----

@test "--process FILE is the whole process" {
	up
	process_file '.args = ["sh", "-c", "pwd; id -u; echo $X; ulimit -n"] | .cwd = "/tmp" | .user.uid = 1000
		| .env += ["X=y"] | .rlimits = [{type: "RLIMIT_NOFILE", soft: 64, hard: 64}]'
	run -0 within --process "$bundle/process.json" "$id"
	is "$output" $'/tmp\n1000\ny\n64'
}

@test "what --process FILE leaves out is the container's, and never more" {
	newer_than_crun
	caps '["CAP_KILL"]'
	up
	echo '{"args": ["cat", "/proc/self/status"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"]}' >"$bundle/process.json"
	run -0 within -p "$bundle/process.json" "$id"
	is "$(field CapEff)" 0000000000000020
	is "$(field NoNewPrivs)" 1
}

@test "--process reads a pipe too, and --resources" {
	up
	process_file '.args = ["echo", "from a pipe"]'
	run -0 within --process <(sleep 0.3; cat "$bundle/process.json") "$id"
	is "$output" 'from a pipe'
	caisson update --resources <(sleep 0.3; echo '{}') "$id"
}

@test "a --process FILE that is wrong is refused with the place" {
	caisson_only
	up
	process_file '.cwd = "relative"'
	run -255 within -p "$bundle/process.json" "$id"
	has "$output" cwd
	echo '[' >"$bundle/process.json"
	run -255 within -p "$bundle/process.json" "$id"
	run -255 within -p "$bundle/missing" "$id"
	has "$output" missing
	run -255 within -p "$bundle/config.json" "$id" true
}

# ---- in the background ----

@test "detached: the pid file is there, and the process goes on" {
	up
	within --detach --pid-file "$bundle/pid2" "$id" sleep 1000 </dev/null >"$bundle/said" 2>&1
	is "$(<"$bundle/said")" ''
	[[ $(<"$bundle/pid2") =~ ^[0-9]+$ ]]
	is "$(wc -l <"$bundle/pid2")" 0
	is "$(tr '\0' ' ' <"/proc/$(<"$bundle/pid2")/cmdline")" 'sleep 1000 '
}

@test "a signal to a foreground exec is the process's" {
	up
	caisson exec "$id" sh -c 'trap "echo got; exit 5" TERM; echo up; while :; do sleep 0.1; done' >"$bundle/out2" 3>&- &
	until grep -q up "$bundle/out2"; do sleep 0.1; done
	pkill -TERM -f "^$CAISSON.*exec $id"
	status=0
	wait $! || status=$?
	is "$status" 5
	is "$(<"$bundle/out2")" $'up\ngot'
}

@test "the process dies with the container" {
	namespace_add pid
	up
	caisson exec "$id" sh -c 'echo up; sleep 1000' >"$bundle/out2" 3>&- &
	until grep -q up "$bundle/out2"; do sleep 0.1; done
	caisson kill "$id" KILL
	status=0
	wait $! || status=$?
	is "$status" 137
}

@test "--preserve-fds hands descriptors on, and no other is open" {
	newer_than_crun
	up
	exec 7<"$bundle/config.json"
	run -0 within "$id" sh -c 'ls /proc/self/fd'
	is "$(xargs <<<"$output")" '0 1 2 3' # 3: of ls itself
	exec 7<&-
	run -0 bash -c "exec 3<<<text; $(declare -f caisson is_caisson); root=$root id=$id audit_log=$audit_log CAISSON=$CAISSON patience=$patience; caisson exec --preserve-fds 1 $id cat <&3 /proc/self/fd/3"
	is "$output" text
	run -255 bash -c "exec 3<&- 4<&-; $(declare -f caisson is_caisson); root=$root id=$id audit_log=$audit_log CAISSON=$CAISSON patience=$patience; caisson exec --preserve-fds 2 $id true"
}

# pidfd_wait SOCKET: an engine that waits for a pidfd
pidfd_wait() {
	python3 - "$1" >"$bundle/got" 3>&- <<-'PY' &
		import array, os, socket, sys
		l = socket.socket(socket.AF_UNIX); l.bind(sys.argv[1]); l.listen(1)
		c, _ = l.accept()
		data, anc, _, _ = c.recvmsg(100, socket.CMSG_SPACE(16))
		fd = array.array("i", anc[0][2])[0]
		print(data.decode(), [x.split()[1] for x in open(f"/proc/self/fdinfo/{fd}") if x.startswith("Pid:")][0])
	PY
	engine=$!
	until [ -S "$1" ]; do sleep 0.1; done
}

@test "--pidfd-socket gets a pidfd" {
	caisson_only
	up
	pidfd_wait "$bundle/s"
	within -d --pid-file "$bundle/pid2" --pidfd-socket "$bundle/s" "$id" sleep 1000
	wait $engine
	is "$(<"$bundle/got")" "setns $(<"$bundle/pid2")"
}

@test "--pidfd-socket of create gets one of the init" {
	caisson_only
	pidfd_wait "$bundle/s"
	create --pidfd-socket "$bundle/s"
	wait $engine
	is "$(<"$bundle/got")" "standard $(<"$bundle/pid")"
}

@test "--pidfd-socket that nobody listens on is an error, and leaves no container" {
	caisson_only
	run -1 caisson create --bundle "$bundle" --pidfd-socket "$bundle/none" "$id"
	has "$output" "--pidfd-socket $bundle/none: connect: no such file"
	run -1 caisson state "$id"
}

@test "a process goes to where the init is whose own group is gone" {
	caisson_only
	up
	local own away=/sys/fs/cgroup/$id-away
	own=$(cgroup_dir)
	mkdir "$away"
	cat "$bundle/pid" >"$away/cgroup.procs"
	rmdir "$own"
	run -0 within "$id" grep -o '^0::.*' /proc/self/cgroup
	has "$output" "/$id-away"
	caisson delete --force "$id"
	alive=
	rmdir "$away"
}

# ---- a terminal ----

@test "-t gives a terminal of the container's, with our size" {
	newer_than_crun
	up
	run -0 on_terminal 33x111 -- -t "$id" sh -c 'tty; stty size; echo text >/dev/tty'
	has "$output" /dev/pts/
	has "$output" '33 111'
	has "$output" text
}

@test "without -t there is none, though the container has one" {
	up
	run -1 within "$id" tty
	has "$output" 'not a tty'
}

@test "the status goes through the terminal, and a change of size" {
	newer_than_crun
	up
	run -9 on_terminal 33x111 44x122 -- -t "$id" sh -c 'echo up; n=0; until [ "$(stty size)" = "44 122" ] || [ $n -gt 50 ]; do sleep 0.2; n=$((n+1)); done; stty size; exit 9'
	has "$output" '44 122'
}

@test "terminal in --process FILE, in the foreground as CRI-O calls it" {
	newer_than_crun
	up
	process_file '.args = ["tty"] | .terminal = true'
	run -0 on_terminal 24x80 -- --process "$bundle/process.json" "$id"
	has "$output" /dev/pts/
}

@test "an engine's socket gets the terminal, as conmon calls it" {
	up
	process_file '.args = ["echo", "a word"] | .terminal = true'
	socket_open "$BATS_TEST_TMPDIR/socket"
	within --pid-file "$bundle/pid2" --process "$bundle/process.json" --detach --console-socket "$BATS_TEST_TMPDIR/socket" "$id"
	wait $engine
	is "$(<"$BATS_TEST_TMPDIR/received")" $'1 descriptor, text yes, terminal True\na word'
}

@test "a terminal that nobody holds is refused, and a socket without one" {
	caisson_only
	up
	run -255 within -d -t "$id" true
	has "$output" console
	run -255 within -d --console-socket "$bundle/none" "$id" true
	has "$output" terminal
}

# ---- what goes wrong: the words that engines match ----

@test "a missing command is 255, and says so" {
	newer_than_crun
	up
	run -255 within "$id" nothing
	has "$output" 'executable file not found in $PATH'
	run -255 within "$id" /nothing
	has "${output,,}" 'no such file or directory'
	run -255 within "$id" /etc
	has "${output,,}" 'is a directory'
	has "${output,,}" 'permission denied'
	run -255 within "$id" /etc/passwd
	has "${output,,}" 'permission denied'
}

@test "a failed exec leaves one object in a JSON log" {
	newer_than_crun
	up
	run -255 caisson --log "$bundle/log" --log-format json exec -d --pid-file "$bundle/pid2" "$id" nothing
	logged "$bundle/log"
	has "$(jq -r .msg "$bundle/log")" 'executable file not found in $PATH'
}

@test "a work directory that is missing is refused, and not made" {
	up
	run -255 within --cwd /missing "$id" true
	has "${output,,}" 'no such file or directory'
	[ ! -e "$bundle/rootfs/missing" ]
}

@test "a container that is not there, stopped or paused is not entered" {
	newer_than_crun
	run -255 within "$id" true
	has "$output" 'does not exist'
	conf '.process.args = ["true"]'
	up
	becomes stopped
	run -255 within "$id" true
	has "$output" 'cannot exec in a stopped container'
}

@test "words of exec that make no sense are refused" {
	newer_than_crun
	up
	for words in '-u root' '-u 1x' '-u 4294967295' '-u 1:' '-g x' '-c CAP_NONE' '-e X' '--cwd x'; do
		run -255 within $words "$id" true
	done
	run -255 within "$id"
	run -255 within
	run -255 within --no-such-option "$id" true
}

@test "the options of the command are not ours" {
	up
	run -0 within "$id" echo -e --user x
	is "$output" '--user x'
}

# ---- who is hostile ----

@test "CVE-2019-5736: our binary is not in reach of the container" {
	caisson_only
	up
	ln -s /proc/self/exe "$bundle/rootfs/bin/self"
	run within "$id" /bin/self --version
	lacks "$output" caisson\ version
	[ "$status" != 0 ]
	printf '#!/proc/self/exe\n' >"$bundle/rootfs/bin/script"
	chmod 755 "$bundle/rootfs/bin/script"
	run within "$id" /bin/script
	[ "$status" != 0 ]
}

@test "CVE-2024-21626: no directory and no program is found by way of a descriptor" {
	newer_than_crun
	cp "$bundle/rootfs/bin/busybox" "$BATS_TEST_TMPDIR/busybox"
	echo secret >"$BATS_TEST_TMPDIR/mark"
	up
	exec 9</
	for n in 3 4 5 6 7 8 9 10 11 12; do
		run within --cwd "/proc/self/fd/$n" "$id" sh -c "cat ../../../../../../../..$BATS_TEST_TMPDIR/mark .$BATS_TEST_TMPDIR/mark"
		lacks "$output" secret
		[ "$status" != 0 ]
		for over in . ../../../.. ../../../../../../../../..; do
			run within "$id" "/proc/self/fd/$n/$over$BATS_TEST_TMPDIR/busybox" echo outside
			lacks "$output" outside
			[ "$status" != 0 ]
		done
	done
	exec 9<&-
}

@test "CVE-2019-19921: a /proc that the container has covered takes no write of ours" {
	caisson_only
	caps '["CAP_SYS_ADMIN"]'
	conf '.process.args = ["sh", "-c", "mount -t tmpfs none /proc && mkdir -p /proc/self/attr && touch /proc/self/attr/exec /proc/self/stat; exec sleep 1000"]
		| .process.oomScoreAdj = 200'
	up
	until "$CAISSON" --audit-log none --root "$root" exec "$id" test -e /proc/self/stat; do sleep 0.1; done
	run -0 within "$id" sh -c 'mount -t proc proc /proc; cat /proc/self/oom_score_adj'
	is "$output" 200
}

@test "a passwd of the container's that is no file harms nobody" {
	rm "$bundle/rootfs/etc/passwd"
	mkfifo "$bundle/rootfs/etc/passwd"
	up
	run -0 within "$id" sh -c 'echo $HOME'
	is "$output" /
	rm "$bundle/rootfs/etc/passwd"
	ln -s /dev/zero "$bundle/rootfs/etc/passwd"
	run -0 within "$id" sh -c 'echo $HOME'
	is "$output" /
}

@test "nothing of the host's is in the process's links to itself" {
	up
	run -0 within "$id" sh -c 'for l in root cwd exe; do readlink /proc/self/$l; done'
	is "$output" $'/\n/\n/bin/busybox'
}

# ---- the log ----

@test "the audit log has the process, and how it ended" {
	caisson_only
	up
	run -3 within "$id" sh -c 'exit 3'
	line=$(jq -c "select(.event == \"container.exec\" and .app.name == \"$id\")" "$audit_log")
	is "$(jq -r .process.cmd_line <<<"$line")" "sh -c 'exit 3'"
	is "$(jq -r .status_id <<<"$line")" 1
	line=$(jq -c "select(.event == \"container.exec_end\" and .app.name == \"$id\")" "$audit_log")
	is "$(jq -r .process.exit_code <<<"$line")" 3
	run -255 within "$id" nothing
	is "$(jq -r "select(.event == \"container.exec\" and .status_id == 2 and .app.name == \"$id\") | .unmapped.step" "$audit_log")" executable
}
