#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# What a container, or a neighbour, can do to the runtime while it works, beyond what has a number
# of its own in cve.bats. The bundle is the attacker's.

load lib

# native NAME [OPTION...]: a static program of C text on stdin, in the container's /bin
native() {
	local name=$1
	shift
	command -v gcc >/dev/null || skip "no compiler here"
	gcc -static -pthread -x c -o "$bundle/rootfs/bin/$name" "$@" - || skip "no static libc here"
}

# neighbour FILTER [JQ-OPTION...]: a config in 2/ that joins the mounts and pids of the container
neighbour() {
	local filter=$1
	shift
	mkdir -p "$bundle/2"
	jq '.linux |= {cgroupsPath: (.cgroupsPath + "-2"), namespaces: [{type: "mount", path: "\($ns)/mnt"},
		{type: "pid", path: "\($ns)/pid"}]} | del(.mounts, .hostname) | '"$filter" \
		--arg ns "/proc/$(<"$bundle/pid")/ns" "$@" "$bundle/config.json" >"$bundle/2/config.json"
}

@test "a root in joined mounts does not lead out by way of a descriptor" {
	sleeper
	create
	caisson start "$id"
	mkdir "$bundle/rootfs/srv"
	echo outside >"$BATS_TEST_TMPDIR/mark"
	neighbour '.root = {path: "/srv/r"} | .process.args = ["/bin/cat", $mark]' \
		--arg mark "$BATS_TEST_TMPDIR/mark"
	exec 9</
	for n in 3 4 5 6 7 8 9 10 11 12 13 14; do
		ln -sfn "/proc/self/fd/$n/../../../../../../../../.." "$bundle/rootfs/srv/r"
		run caisson run --bundle "$bundle/2" "$id-2"
		lacks "$output" outside
		has "$output" "root.path: open /srv/r"
		[ "$status" != 0 ]
	done
	exec 9<&-
}

@test "joined mounts, with a clock of its own, are entered as they stand" {
	sleeper
	create
	caisson start "$id"
	mkdir -p "$bundle/rootfs/srv"
	echo joined >"$bundle/rootfs/srv/mark"
	neighbour '.root = {path: "/"} | .process.args = ["/bin/cat", "/srv/mark"]
		| .linux.timeOffsets = {boottime: {secs: 5}} | .linux.namespaces += [{type: "time"}]'
	run -0 caisson run --bundle "$bundle/2" "$id-2"
	is "$output" joined
}

# The kernel shows such a process as a zombie, and cgroup.kill passes it over.
leaderless='#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
static void *stay(void *arg) { for (;;) pause(); return arg; }
int main(int argc, char **argv)
{
	pthread_t t;
	if (argc > 1 && fork() != 0)
		stay(argv);
	pthread_create(&t, NULL, stay, NULL);
	syscall(SYS_exit, 0);
}'

@test "an init whose first thread has ended is running, and can be killed" {
	native leaderless <<<"$leaderless"
	conf '.process.args = ["/bin/leaderless"]'
	create
	caisson start "$id"
	until grep -q "^State:.*zombie" "/proc/$(<"$bundle/pid")/status"; do sleep 0.1; done
	is "$(status_of)" running
	run -1 caisson delete "$id"
	caisson kill "$id" KILL
	becomes stopped
	caisson delete "$id"
}

@test "a neighbour of the init whose first thread has ended is killed with the rest" {
	native leaderless <<<"$leaderless"
	namespace_drop pid
	conf '.process.args = ["/bin/leaderless", "beside"] | del(.linux.maskedPaths, .linux.readonlyPaths)
		| .mounts |= map(select(.type != "proc"))'
	create
	caisson start "$id"
	until grep -q "^State:.*zombie" $(sed 's,.*,/proc/&/status,' "$(cgroup_dir)/cgroup.procs"); do sleep 0.1; done
	caisson delete --force "$id"
}

@test "a state that could not be read back is not begun" {
	conf '.annotations = {a: ("x" * 1100000)}'
	run -1 create
	has "$(<"$bundle/err")" 'state.json: expected at most 1048576 bytes'
	conf 'del(.annotations) | .hooks = {poststop: [range(240000) | {path: "/x/y"}]}'
	jq -c . "$bundle/config.json" >"$bundle/new.json"
	mv "$bundle/new.json" "$bundle/config.json"
	run -1 create
	has "$(<"$bundle/err")" 'hooks: expected at most 4194304 bytes'
	alive=
}

@test "delete --force ends what another version made, and does not lie" {
	sleeper
	create
	caisson start "$id"
	sed -i 's/"version":1/"version":2/' "$root/$id/state.json"
	run -1 caisson delete "$id"
	has "$output" 'written by another version of caisson'
	mv "$root/$id/state.json" "$bundle/kept"
	echo '{' >"$root/$id/state.json"
	run -1 caisson delete --force "$id"
	has "$output" 'state.json: '
	mv "$bundle/kept" "$root/$id/state.json"
	caisson delete --force "$id"
}

@test "a container that nests groups without end is listed, killed and removed" {
	ids_mapped
	conf '(.mounts[] | select(.type == "cgroup") | .options) |= map(select(. != "ro"))
		| .process.args = ["/bin/sh", "-c", "cd /sys/fs/cgroup && i=0 && while [ $i -lt 90 ]; do
			mkdir a && cd a || exit; i=$((i + 1)); done; touch /nested; exec sleep 1000"]'
	create
	caisson start "$id"
	until [ -e "$bundle/rootfs/nested" ]; do
		[ -e "/proc/$(<"$bundle/pid")/ns" ] || skip "cgroup2 is not writable in a user namespace here"
		sleep 0.1
	done
	run -0 caisson ps "$id"
	has "$output" "$(<"$bundle/pid")"
	caisson kill --all "$id" KILL
	becomes stopped
	caisson delete "$id"
}

@test "a container that is deleted leaves its group to the next one" {
	conf '.process.args = ["/bin/true"]'
	create
	caisson start "$id"
	becomes stopped
	mkdir "$bundle/2"
	jq '.process.args = ["/bin/sleep", "1000"]' "$bundle/config.json" >"$bundle/2/config.json"
	ln -s ../rootfs "$bundle/2/rootfs"
	caisson create --bundle "$bundle/2" "$id-2" </dev/null >/dev/null 2>&1 3>&-
	caisson start "$id-2"
	run -0 caisson kill --all "$id" KILL
	caisson delete "$id"
	sleep 0.5
	run -0 caisson state "$id-2"
	is "$(jq -r .status <<<"$output")" running
	caisson delete --force "$id-2"
}

@test "a mount label is not lost beside an option that fsconfig cannot carry" {
	caisson_only
	[ ! -e /sys/fs/selinux/enforce ] || skip "here the label is taken"
	long=$(printf '%0200d' 0)
	mkdir -p "$bundle/$long/a" "$bundle/$long/b"
	mount_add '{"destination": "/home", "type": "overlay", "source": "overlay",
		"options": ["lowerdir='"$bundle/$long/a:$bundle/$long/b"'"]}'
	run inside true
	[ "$status" = 0 ] || skip "no overlay here: $output"
	conf '.linux.mountLabel = "system_u:object_r:container_file_t:s0:c1,c2"
		| .mounts |= map(select(.type == "overlay" or .type == "proc"))'
	run -1 inside true
	has "$output" /home
}
