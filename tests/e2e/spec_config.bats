#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# config.md of runtime-spec 1.3.0: what a runtime MUST and SHOULD, sentence by sentence, where no
# other test shows it. spec-list makes spec.md of these files; its lines here:
#   #= ANCHOR: what: FILE.bats: title     another test shows it
#   #- ANCHOR: what: why                  nobody shows it
#   #! ANCHOR: what: how                  shown, and ours is stricter than the specification

load lib

refused() {
	run ! inside "${1:-true}"
	[ "$status" -lt 126 ]
}

#! config.md#specification-version: another major version is refused, a later minor one with properties that 1.3 does not have: what they ask for is not known
@test "config.md#specification-version: a version that is none is refused" {
	caisson_only
	for v in '""' '"1"' '"x.y.z"' '"2.0.0"' 1 null; do
		conf ".ociVersion = $v"
		refused
	done
}

@test "config.md#specification-version: a later minor version is taken as far as it is known" {
	conf '.ociVersion = "1.9.0"'
	run -0 inside 'echo word'
	is "$output" word
	caisson_only
	conf '.linux.newWall = true'
	refused
	has "$output" 'linux.newWall: expected a property of 1.3 or before'
	conf '.ociVersion = "1.3.0"'
	run -0 inside true
}

#= config.md#root: a read-only root is read-only: basic.bats: a read-only root refuses a write

@test "config.md#root: the path is absolute, or relative to the bundle" {
	echo text >"$bundle/rootfs/file"
	conf '.root.path = "./rootfs"'
	run -0 inside 'cat /file'
	is "$output" text
	conf '.root.path = $p' --arg p "$bundle/rootfs"
	run -0 inside 'cat /file'
	is "$output" text
}

@test "config.md#root: a path without a directory is an error" {
	conf '.root.path = "none"'
	refused
	touch "$bundle/none"
	refused
}

@test "config.md#mounts: and listed in it, wherever they come from" {
	mkdir "$BATS_TEST_TMPDIR/data"
	mount_add '{"destination": "/mnt/a", "type": "tmpfs", "source": "tmpfs"}'
	for to in /mnt/b /mnt/a/c; do
		mount_add "$(jq -n --arg s "$BATS_TEST_TMPDIR/data" --arg to $to '{destination: $to, source: $s, options: ["rbind"]}')"
	done
	mount_add '{"destination": "/mnt/d", "source": "/", "options": ["bind"]}'
	mount_add '{"destination": "/mnt/e", "type": "tmpfs", "source": "tmpfs"}'
	run -0 inside "awk '\$5 ~ \"^/mnt\" { print \$5 }' /proc/self/mountinfo"
	is "$(xargs <<<"$output")" '/mnt/a /mnt/b /mnt/a/c /mnt/d /mnt/e'
}

@test "config.md#mounts: options of a file system are moot beside bind" {
	mkdir "$BATS_TEST_TMPDIR/data"
	mount_add "$(jq -n --arg s "$BATS_TEST_TMPDIR/data" '{destination: "/mnt", source: $s, options: ["nosuid", "mode=755", "size=1k", "bind"]}')"
	run -0 inside 'dd if=/dev/zero of=/mnt/x bs=4k count=2 2>/dev/null && grep " /mnt " /proc/self/mountinfo'
	has "$output" nosuid
}

@test "config.md#mounts: they are mounted in the order of the list" {
	mount_add '{"destination": "/tmp", "type": "tmpfs", "source": "first"}'
	mount_add '{"destination": "/tmp/below", "type": "tmpfs", "source": "second"}'
	mount_add '{"destination": "/home", "type": "tmpfs", "source": "third", "options": ["mode=700"]}'
	mount_add '{"destination": "/home", "type": "tmpfs", "source": "fourth", "options": ["mode=711"]}'
	run -0 inside 'grep -E "^(first|second|third|fourth) " /proc/mounts | cut -d" " -f1,2; stat -c %a /home'
	is "${lines[0]} ${lines[1]} ${lines[2]} ${lines[3]}" 'first /tmp second /tmp/below third /home fourth /home'
	is "${lines[4]}" 711
}

@test "config.md#mounts: a relative destination is below the root" {
	newer_than_crun
	conf '.process.cwd = "/etc"'
	mount_add '{"destination": "tmp/relative", "type": "tmpfs", "source": "here"}'
	run -0 inside 'grep ^here /proc/mounts'
	has "$output" ' /tmp/relative '
}

@test "config.md#mounts: a relative source of a bind is below the bundle" {
	mkdir "$bundle/volume"
	echo text >"$bundle/volume/file"
	mount_add '{"destination": "/volume", "type": "bind", "source": "volume", "options": ["bind"]}'
	cd /
	run -0 inside 'cat /volume/file'
	is "$output" text
}

@test "config.md#mounts: a source that is not there is an error" {
	mount_add '{"destination": "/volume", "type": "bind", "source": "/none/such", "options": ["bind"]}'
	refused
}

@test "config.md#mounts: a file system that the kernel does not know is an error" {
	mount_add '{"destination": "/volume", "type": "nonesuch", "source": "none"}'
	refused
}

#= config.md#linux-mount-options: rro makes all below read-only: basic.bats: rro makes what is mounted below read-only as well
#= config.md#linux-mount-options: ro and bind: basic.bats: a directory of the host is bound, read-only where asked
#= config.md#linux-mount-options: tmpcopyup: basic.bats: tmpcopyup fills a tmpfs with what it hides
#= config.md#linux-mount-options: idmap: basic.bats: an idmapped mount shows its files as another's
@test "config.md#linux-mount-options: each flag that is set is set, and each that is cleared is clear" {
	local options=(ro nosuid nodev noexec noatime nodiratime) clears=(rw suid dev exec atime diratime) n
	for n in "${!options[@]}"; do
		mount_add '{"destination": "/set'$n'", "type": "tmpfs", "source": "set'$n'", "options": ["'"${options[n]}"'"]}'
		mount_add '{"destination": "/clear'$n'", "type": "tmpfs", "source": "clear'$n'", "options": ["'"${options[n]}"'", "'"${clears[n]}"'"]}'
	done
	run -0 inside 'cat /proc/mounts'
	for n in "${!options[@]}"; do
		has ",$(awk -v n=set$n '$1 == n { print $4 }' <<<"$output")," ",${options[n]},"
		lacks ",$(awk -v n=clear$n '$1 == n { print $4 }' <<<"$output")," ",${options[n]},"
	done
}

@test "config.md#linux-mount-options: all that are a MUST are taken" {
	local o
	for o in async atime defaults dev diratime dirsync exec lazytime loud noatime nodev nodiratime noexec noiversion \
		nolazytime norelatime nostrictatime nosuid private relatime ro rprivate rshared rslave runbindable rw \
		shared silent slave strictatime suid sync unbindable; do
		mount_add '{"destination": "/m/'$o'", "type": "tmpfs", "source": "tmpfs", "options": ["'$o'"]}'
	done
	mount_add '{"destination": "/m/remount", "type": "tmpfs", "source": "tmpfs"}'
	mount_add '{"destination": "/m/remount", "type": "tmpfs", "source": "tmpfs", "options": ["remount", "ro"]}'
	mount_add '{"destination": "/m/bind", "type": "bind", "source": "rootfs/etc", "options": ["bind"]}'
	mount_add '{"destination": "/m/rbind", "type": "bind", "source": "rootfs/etc", "options": ["rbind"]}'
	run -0 inside 'ls /m/bind; touch /m/remount/x 2>&1; true'
	has "$output" passwd
	has "$output" 'Read-only'
}

@test "config.md#linux-mount-options: the recursive ones reach what is mounted below" {
	newer_than_crun
	local o
	mkdir -p "$BATS_TEST_TMPDIR/v/below"
	mount -t tmpfs below "$BATS_TEST_TMPDIR/v/below"
	for o in rro rnosuid rnodev rnoexec rnoatime rnodiratime; do
		mount_add '{"destination": "/m/'$o'", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/v", "options": ["rbind", "'$o'"]}'
	done
	run inside 'cat /proc/mounts'
	umount "$BATS_TEST_TMPDIR/v/below"
	[ "$status" = 0 ]
	for o in ro nosuid nodev noexec noatime nodiratime; do
		has ",$(awk -v d="/m/r$o/below" '$2 == d { print $4 }' <<<"$output")," ",$o,"
	done
}

@test "config.md#linux-mount-options: propagation is what is asked for" {
	local o
	for o in shared slave private unbindable; do
		mount_add '{"destination": "/m/'$o'", "type": "tmpfs", "source": "tmpfs", "options": ["'$o'"]}'
	done
	run -0 inside 'cat /proc/self/mountinfo'
	has "$(grep ' /m/shared ' <<<"$output")" shared:
	lacks "$(grep ' /m/private ' <<<"$output")" shared:
	has "$(grep ' /m/unbindable ' <<<"$output")" unbindable
}

@test "config.md#linux-mount-options: an option that is nobody's is the file system's" {
	mount_add '{"destination": "/m", "type": "tmpfs", "source": "tmpfs", "options": ["nr_inodes=123"]}'
	run -0 inside 'grep " /m " /proc/mounts'
	has "$output" nr_inodes=123
	mount_add '{"destination": "/n", "type": "tmpfs", "source": "tmpfs", "options": ["nonesuch"]}'
	refused
}

@test "config.md#process: cwd must be absolute" {
	newer_than_crun
	conf '.process.cwd = "tmp"'
	refused
	conf 'del(.process.cwd)'
	refused
}

#= config.md#process: the process is where cwd says: basic.bats: the working directory is the config's
#= config.md#process: env is the environment: basic.bats: the environment is the config's, with HOME from the root's passwd
#= config.md#process: a terminal where it is asked for: terminal.bats: the process has a terminal of its own
#= config.md#process: consoleSize: terminal.bats: the config's console size is the terminal's

@test "config.md#process: consoleSize without a terminal is ignored" {
	conf '.process.consoleSize = {height: 3, width: 4}'
	run -0 inside 'test -t 0 && echo terminal; true'
	lacks "$output" terminal
}

@test "config.md#process: args are those of execvp, found in the PATH of the config" {
	mkdir "$bundle/rootfs/own"
	printf '#!/bin/sh\necho "$0 $# $2"\n' >"$bundle/rootfs/own/program"
	chmod 755 "$bundle/rootfs/own/program"
	conf '.process.env = ["PATH=/own"] | .process.args = ["program", "a b", "c  d"]'
	run -0 caisson run --bundle "$bundle" "$id"
	is "$output" '/own/program 2 c  d'
	conf '.process.args = []'
	refused_args
}
refused_args() {
	run ! caisson run --bundle "$bundle" "$id"
	[ "$status" -lt 126 ]
}

#= config.md#posix-process: rlimits are set: basic.bats: rlimits are the config's

@test "config.md#posix-process: a limit that the kernel does not know is an error" {
	conf '.process.rlimits = [{type: "RLIMIT_NONE", soft: 1, hard: 1}]'
	refused
}

@test "config.md#posix-process: a limit that is there twice is an error" {
	caisson_only
	conf '.process.rlimits = [{type: "RLIMIT_CORE", soft: 1, hard: 1}, {type: "RLIMIT_CORE", soft: 2, hard: 2}]'
	refused
}

@test "config.md#posix-process: a soft limit above the hard one is an error" {
	conf '.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]'
	refused
}

#= config.md#linux-process: the capability sets: basic.bats: the capability sets are those of the config
#! config.md#linux-process: a capability that cannot be granted: refused by name (basic.bats: an unknown capability is refused by name), where the specification wants a warning
#= config.md#linux-process: noNewPrivileges: basic.bats: no_new_privs is on when asked for
#= config.md#linux-process: oomScoreAdj: basic.bats: oom_score_adj is the config's
#= config.md#linux-process: scheduler: basic.bats: the scheduler and nice value are the config's
#= config.md#linux-process: ioPriority: basic.bats: the io priority is the config's
#= config.md#linux-process: apparmorProfile: basic.bats: an AppArmor profile is the config's
#= config.md#linux-process: selinuxLabel: selinux.bats: a process has the config's SELinux label

@test "config.md#linux-process: without oomScoreAdj the score stays as it is" {
	caisson_only
	conf 'del(.process.oomScoreAdj)'
	run -0 bash -c 'echo 17 >/proc/self/oom_score_adj; exec "$@"' - "$CAISSON" --audit-log none --root "$root" run --bundle "$bundle" "$id"
	conf '.process.args = ["cat", "/proc/self/oom_score_adj"]'
	run -0 bash -c 'echo 17 >/proc/self/oom_score_adj; exec "$@"' - "$CAISSON" --audit-log none --root "$root" run --bundle "$bundle" "$id"
	is "$output" 17
}

@test "config.md#linux-process: a scheduler or an io class that is none is an error" {
	newer_than_crun
	conf '.process.scheduler = {policy: "SCHED_NONE"}'
	refused
	conf 'del(.process.scheduler) | .process.ioPriority = {class: "IOPRIO_CLASS_NONE_SUCH", priority: 1}'
	refused
}

#= config.md#posix-platform-user: uid, gid, additionalGids: basic.bats: uid, gid and additional groups are the config's
#= config.md#posix-platform-user: umask: basic.bats: the umask is the config's

@test "config.md#hostname: it is that of the container's uts namespace, and of no other" {
	was=$(uname -n)
	conf '.hostname = "e2e-host"'
	run -0 inside 'uname -n'
	is "$output" e2e-host
	is "$(uname -n)" "$was"
}

#= config.md#domainname: it is the container's: basic.bats: the domain name is the config's

#= config.md#posix-platform-hooks: their time and order: hooks.bats: hooks run each at its time, in the order of the specification
#= config.md#posix-platform-hooks: the state is on stdin: hooks.bats: each hook gets the state on its standard input
#= config.md#posix-platform-hooks: their namespaces: hooks.bats: createRuntime runs in the runtime's namespaces, createContainer and startContainer in the container's
#= config.md#posix-platform-hooks: env is theirs alone: hooks.bats: a hook has the environment of the config and no other
#= config.md#posix-platform-hooks: a path is absolute: hooks.bats: a hook with a relative path is refused
#= config.md#posix-platform-hooks: timeout: hooks.bats: a hook that takes longer than its timeout is ended and fails

@test "config.md#posix-platform-hooks: a timeout must be greater than zero" {
	caisson_only
	conf '.hooks.createRuntime = [{path: "/bin/true", timeout: 0}]'
	refused
	conf '.hooks.createRuntime[0].timeout = -1'
	refused
}

@test "config.md#posix-platform-hooks: args are those of execv" {
	conf '.hooks.createRuntime = [{path: "/bin/sh", args: ["name", "-c", "echo $0 >$1", "zero", $f]}]' --arg f "$BATS_TEST_TMPDIR/out"
	run -0 inside true
	is "$(<"$BATS_TEST_TMPDIR/out")" zero
}

@test "config.md#annotations: unknown keys are no error, and the state has them" {
	conf '.annotations = {"org.example.key": "a value", "none.such": ""}'
	create
	is "$(caisson state "$id" | jq -r '.annotations["org.example.key"]')" 'a value'
}

@test "config.md#annotations: a value that is no string is an error, and an empty key" {
	caisson_only
	conf '.annotations = {"a.b": 1}'
	refused
	conf '.annotations = {"": "x"}'
	refused
}

@test "config.md#extensibility: properties that nobody knows are no error" {
	conf '.nonesuch = {a: [1, null]} | .process.nonesuch = 1 | .linux.nonesuch = [] | .mounts[0].nonesuch = "x"
		| .root.nonesuch = true | .linux.resources.nonesuch = {}'
	run -0 inside 'echo here'
	is "$output" here
}

@test "config.md#valid-values: a value that is invalid is an error" {
	local edit
	for edit in '.process.user.uid = "0"' '.process.args = "sh"' '.mounts = {}' '.root = []' '.linux.namespaces = {}' \
		'.process.env = [1]' '.hostname = 1'; do
		bundle_make_again
		conf "$edit"
		refused_args
	done
}
bundle_make_again() {
	[ -e "$bundle/kept.json" ] || cp "$bundle/config.json" "$bundle/kept.json"
	cp "$bundle/kept.json" "$bundle/config.json"
}

#- config.md#platform-specific-configuration: the parts of Windows, Solaris, z/OS, FreeBSD and of machines: this is Linux
