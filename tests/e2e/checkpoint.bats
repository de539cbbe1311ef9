#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore, by the criu that is installed; without one, or on a kernel that it does
# not know, all but the first tests are skipped (fakecriu.bats looks at what it is told).
# shellcheck disable=SC2154,SC2016 # bats gives output and status; $ in filters is jq's

load lib

need_criu() {
	need_root
	caisson_only
	local criu=
	for criu in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin; do
		[ ! -x $criu/criu ] || break
	done
	[ -x $criu/criu ] || skip "no criu here"
	PATH=$PATH:/usr/sbin $criu/criu check >/dev/null 2>&1 || skip "criu check: this kernel is not one for it"
	images=$BATS_TEST_TMPDIR/images
}

# counter: a container that counts, in memory and in a file
counter() {
	conf '.process.args = ["/bin/sh", "-c", $t]' --arg t \
		'i=0; while :; do i=$((i + 1)); echo $i >/tmp/n; echo "count $i"; sleep 0.1; done'
}

count() { cat "$bundle/rootfs/tmp/n" 2>/dev/null || echo 0; }

# counts FROM: the file gets beyond that number
counts() {
	local tries=0 n
	until n=$(count) && [ "${n:-0}" -gt "$1" ]; do
		[ $((tries++)) -lt $((patience * 10)) ] || { echo "still ${n:-nothing}"; return 1; }
		sleep 0.1
	done
}

started() {
	create
	caisson start "$id"
	counts 3
}

checkpoint() { caisson checkpoint --image-path "$images" --work-path "$BATS_TEST_TMPDIR" "$@" "$id"; }
restore() {
	alive=yes
	caisson restore --image-path "$images" --work-path "$BATS_TEST_TMPDIR" --bundle "$bundle" "$@" "$id"
}
# The same files again: criu compares the size of those that the images name.
restore_away() {
	restore --detach --pid-file "$bundle/pid" "$@" </dev/null >>"$bundle/out" 2>>"$bundle/err" 3>&- ||
		{ cat "$bundle/err"; grep -s Error "$BATS_TEST_TMPDIR/restore.log"; return 1; }
}

# refused: a restore that is expected to fail; what it says
refused() {
	local s=0
	restore --detach </dev/null >>"$bundle/out" 2>>"$bundle/err" 3>&- || s=$?
	cat "$bundle/err"
	return $s
}

# field_of PID NAME: a line of its status
field_of() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }

# terminal SOCKET LINE WANTED: holds the terminal that comes there, and types the line
terminal() {
	: >"$BATS_TEST_TMPDIR/tty"
	"$BATS_TEST_DIRNAME/console" "$@" >"$BATS_TEST_TMPDIR/tty" 2>&1 3>&- &
	holder=$!
	until [ -S "$1" ]; do sleep 0.1; done
}

says() {
	local tries=0
	until grep -q "$1" "$BATS_TEST_TMPDIR/tty"; do
		[ $((tries++)) -lt $((patience * 10)) ] || { cat "$BATS_TEST_TMPDIR/tty"; return 1; }
		sleep 0.1
	done
}

@test "restore --lsm-mount-context without a value: the words that podman looks for" {
	run caisson restore --lsm-mount-context
	is "$status" 1
	has "$output" 'requires an argument'
}

@test "checkpoint --help exits with 0 only where it would work" {
	caisson_only
	run caisson checkpoint --help
	has "$output" 'usage: caisson checkpoint'
	if [ "$(id -u)" = 0 ] && command -v criu >/dev/null && criu check >/dev/null 2>&1; then
		is "$status" 0
	else
		is "$status" 1
		has "$output" 'criu'
	fi
}

@test "what is not running cannot be checkpointed" {
	caisson_only
	run caisson checkpoint "$id"
	is "$status" 1
	has "$output" "does not exist"
	need_root
	counter
	create
	run caisson checkpoint "$id"
	is "$status" 1
	has "$output" "container not running: cannot checkpoint $id, which is created"
}

@test "a container goes on where it was, with its output where we are" {
	need_criu
	counter
	started
	checkpoint
	[ ! -e "$root/$id" ]
	is "$(cgroup_dir)" ''
	n=$(count)
	restore_away
	is "$(status_of)" running
	is "$(cat "$bundle/pid")" "$(caisson state "$id" | jq .pid)"
	counts "$n"
	is "$(sed -n "$((n + 1))p" "$bundle/out")" "count $((n + 1))"
	[ ! -s "$bundle/err" ]
}

@test "its walls are what they were: namespaces, capabilities, no_new_privs, filter, mounts, cgroup" {
	need_criu
	counter
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["getpriority"], "action": "SCMP_ACT_ERRNO"}]}'
	started
	pid=$(cat "$bundle/pid")
	before=$(for f in CapBnd CapEff CapPrm CapInh NoNewPrivs Seccomp Uid Gid; do field_of "$pid" $f; done)
	mounts=$(awk '{ print $4, $5, $6 }' "/proc/$pid/mountinfo" | sed "s,/[^ ]*$id,GROUP,; s,^/[^ ]*rootfs ,ROOT ," | sort)
	checkpoint
	restore_away
	pid=$(cat "$bundle/pid")
	is "$(for f in CapBnd CapEff CapPrm CapInh NoNewPrivs Seccomp Uid Gid; do field_of "$pid" $f; done)" "$before"
	is "$(awk '{ print $4, $5, $6 }' "/proc/$pid/mountinfo" | sed "s,/[^ ]*$id,GROUP,; s,^/[^ ]*rootfs ,ROOT ," | sort)" "$mounts"
	for ns in pid ipc uts mnt cgroup net; do
		[ "$(readlink "/proc/$pid/ns/$ns")" != "$(readlink /proc/self/ns/$ns)" ] || { echo "shared: $ns"; false; }
	done
	grep -qx "$pid" "$(cgroup_dir)/cgroup.procs"
	grep -q "0::/caisson-e2e/$id$" "/proc/$pid/cgroup"
	is "$(grep -c "$BATS_TEST_TMPDIR" /proc/self/mountinfo)" 0
}

@test "what was restored has a watcher of its own, and its end is told" {
	need_criu
	rm -f "$audit_log"
	counter
	started
	checkpoint
	restore_away
	is "$(pgrep -f "^caisson-watch $id " | wc -l)" 1
	caisson kill "$id" KILL
	becomes stopped
	caisson delete "$id"
	is "$(jq -r 'select(.event == "container.exit") | .unmapped.verdict.reason' "$audit_log" | xargs)" 'killed killed'
}

@test "exec, pause, kill and delete work on what was restored" {
	need_criu
	counter
	started
	checkpoint
	restore_away
	run caisson exec "$id" cat /proc/1/comm
	is "$output" sh
	caisson pause "$id"
	is "$(status_of)" paused
	caisson resume "$id"
	caisson kill "$id" KILL
	becomes stopped
	caisson delete "$id"
}

@test "--leave-running: it goes on, and the images too" {
	need_criu
	counter
	conf '.process.args[2] |= sub("echo \"count [$]i\"; "; "")' # what it writes would grow meanwhile
	started
	checkpoint --leave-running
	is "$(status_of)" running
	n=$(count)
	counts "$n"
	caisson delete --force "$id"
	restore_away
	is "$(status_of)" running
}

@test "a paused container stays paused when it is left running" {
	need_criu
	counter
	started
	caisson pause "$id"
	checkpoint --leave-running
	is "$(status_of)" paused
	caisson resume "$id"
	n=$(count)
	counts "$n"
}

@test "a restore in the foreground stays, passes signals on, and exits as the container does" {
	need_criu
	conf '.process.args = ["/bin/sh", "-c", $t]' --arg t \
		'trap "echo got it; exit 7" TERM; echo 9 >/tmp/n; while :; do sleep 0.1; done'
	started
	checkpoint
	alive=yes
	"$CAISSON" --root "$root" --audit-log none restore --image-path "$images" --bundle "$bundle" "$id" \
		</dev/null >>"$bundle/out" 2>>"$bundle/err" 3>&- &
	pid=$!
	becomes running
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	is "$status" 7
	is "$(cat "$bundle/out")" 'got it'
	[ ! -e "$root/$id" ]
}

@test "a pipe that was stdout is replaced by ours" {
	need_criu
	counter
	alive=yes
	{ caisson create --bundle "$bundle" --pid-file "$bundle/pid" "$id" </dev/null 2>"$bundle/err" 3>&-; } |
		cat >"$bundle/first" 3>&- &
	reader=$! # a bare wait would wait for bats's clock, too
	until [ -s "$bundle/pid" ] && caisson start "$id"; do sleep 0.1; done
	counts 3
	checkpoint
	wait "$reader"
	has "$(cat "$images/descriptors.json")" '"pipe:['
	n=$(count)
	{ restore --detach </dev/null 2>>"$bundle/err" 3>&-; } | cat >"$bundle/second" 3>&- &
	reader=$!
	counts "$((n + 3))"
	caisson delete --force "$id"
	wait "$reader"
	is "$(head -n 1 "$bundle/second")" "count $((n + 1))"
}

@test "bind mounts and a tmpfs: the one is the host's again, the other has its content" {
	need_criu
	counter
	mkdir "$bundle/host" && echo outside >"$bundle/host/file" && echo one >"$bundle/one"
	mount_add "{\"destination\": \"/mnt/dir\", \"type\": \"bind\", \"source\": \"$bundle/host\", \"options\": [\"rbind\", \"ro\"]}"
	mount_add "{\"destination\": \"/etc/one\", \"type\": \"bind\", \"source\": \"$bundle/one\", \"options\": [\"bind\"]}"
	mount_add '{"destination": "/cache", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m"]}'
	started
	caisson exec "$id" sh -c 'echo kept >/cache/f'
	checkpoint
	rm -rf "$bundle/rootfs/mnt" "$bundle/rootfs/etc/one" "$bundle/rootfs/cache" # as a fresh root has it
	echo changed >"$bundle/host/file"
	restore_away
	run caisson exec "$id" sh -c 'cat /mnt/dir/file /etc/one /cache/f; touch /mnt/dir/x 2>&1'
	has "$output" $'changed\none\nkept'
	has "$output" 'Read-only'
}

@test "--manage-cgroups-mode=ignore: it begins in the group of the config, with a namespace of it" {
	need_criu
	counter
	started
	checkpoint --manage-cgroups-mode ignore
	conf '.linux.cgroupsPath += "-2"'
	restore_away --manage-cgroups-mode ignore
	has "$(cat "/proc/$(cat "$bundle/pid")/cgroup")" "$id-2"
	run caisson exec "$id" grep ^0: /proc/1/cgroup
	is "$output" 0::/
	counts "$(count)"
}

@test "a bind mount through a symlink of the image comes back" {
	need_criu
	counter
	mkdir "$bundle/rootfs/real" && ln -s real "$bundle/rootfs/alias" && echo one >"$bundle/one"
	mount_add "{\"destination\": \"/alias/one\", \"type\": \"bind\", \"source\": \"$bundle/one\", \"options\": [\"bind\"]}"
	started
	checkpoint
	restore_away
	run caisson exec "$id" cat /real/one
	is "$output" one
}

@test "a read-only root is read-only again" {
	need_criu
	counter
	mount_add '{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}'
	conf '.root.readonly = true'
	create
	caisson start "$id"
	sleep 0.5
	checkpoint
	restore_away
	run caisson exec "$id" touch /etc/x
	has "$output" 'Read-only'
}

@test "a joined network namespace is joined again" {
	need_criu
	command -v ip >/dev/null || skip "needs ip"
	counter
	ip netns add "$id"
	namespace_drop network
	conf '.linux.namespaces += [{"type": "network", "path": $p}]' --arg p "/var/run/netns/$id"
	started || { ip netns del "$id"; false; }
	checkpoint || { ip netns del "$id"; false; }
	restore_away || { ip netns del "$id"; false; }
	ns=$(readlink "/proc/$(cat "$bundle/pid")/ns/net")
	want=$(stat -L -c 'net:[%i]' "/var/run/netns/$id")
	caisson delete --force "$id"
	ip netns del "$id"
	is "$ns" "$want"
}

@test "a terminal is made again, and its master given to the console socket" {
	need_criu
	command -v python3 >/dev/null || skip "needs python3"
	conf '.process.terminal = true | .process.args = ["/bin/sh", "-c",
		"while read -r line; do echo \"said $line\"; done"]'
	terminal "$BATS_TEST_TMPDIR/c1" hello 'said hello'
	create --console-socket "$BATS_TEST_TMPDIR/c1"
	caisson start "$id"
	says 'said hello'
	checkpoint
	kill "$holder"
	terminal "$BATS_TEST_TMPDIR/c2" again 'said again'
	restore_away --console-socket "$BATS_TEST_TMPDIR/c2"
	says 'said again'
	kill "$holder"
}

@test "a pre-dump, and then what has changed since" {
	need_criu
	counter
	started
	mkdir "$images"
	run caisson checkpoint --pre-dump --image-path "$images/pre" "$id"
	[ "$status" = 0 ] || [[ $output != *'irty tracking'* ]] || skip "no dirty tracking on this kernel"
	if [ "$status" != 0 ] && grep -q -i 'track' "$images/pre/dump.log"; then
		skip "no dirty tracking on this kernel"
	fi
	is "$status" 0
	is "$(status_of)" running
	caisson checkpoint --parent-path ../pre --image-path "$images/last" "$id"
	images=$images/last
	n=$(count)
	restore_away
	counts "$n"
}

@test "hooks: createRuntime knows the new process, the container's own do not run again" {
	need_criu
	counter
	conf '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "cat >>\($d)/hook"]}],
		createContainer: [{path: "/bin/sh", args: ["sh", "-c", "echo x >>\($d)/inner"]}]}' \
		--arg d "$BATS_TEST_TMPDIR"
	started
	checkpoint
	restore_away
	is "$(jq -s length "$BATS_TEST_TMPDIR/hook")" 2
	is "$(jq -s '.[1].pid' "$BATS_TEST_TMPDIR/hook")" "$(cat "$bundle/pid")"
	is "$(wc -l <"$BATS_TEST_TMPDIR/inner")" 1
}

@test "a hook that fails ends the restore, and nothing is left" {
	need_criu
	counter
	started
	checkpoint
	conf '.hooks = {createRuntime: [{path: "/bin/false"}]}'
	run refused
	is "$status" 1
	has "$output" 'createRuntime'
	[ ! -e "$root/$id" ]
}

# ---- enforced or refused ----

@test "an image without the filter that the config asks for is refused, and dies before it runs" {
	need_criu
	counter
	started
	checkpoint
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["getpriority"], "action": "SCMP_ACT_ERRNO"}]}'
	n=$(count)
	run refused
	is "$status" 1
	has "$output" 'restore: linux.seccomp: expected a filter: the image has none'
	sleep 0.5
	is "$(count)" "$n"
	[ ! -e "$root/$id" ]
}

@test "an image with more capabilities than the config gives is refused" {
	need_criu
	counter
	caps '["CAP_KILL", "CAP_CHOWN"]'
	started
	checkpoint
	caps '["CAP_KILL"]'
	run refused
	is "$status" 1
	has "$output" "restore: process.capabilities.bounding: expected no more than the config's: the image has more"
}

@test "an image that may gain privileges is refused where the config forbids it" {
	need_criu
	counter
	conf '.process.noNewPrivileges = false'
	started
	checkpoint
	conf '.process.noNewPrivileges = true'
	run refused
	is "$status" 1
	has "$output" 'restore: process.noNewPrivileges: expected true: the image has false'
}

@test "images that others can write are refused" {
	need_criu
	counter
	started
	checkpoint
	chmod 777 "$images"
	run refused
	is "$status" 1
	has "$output" 'expected a directory that only root can write'
}

@test "what criu cannot do is an error that names its log, and the container goes on" {
	need_criu
	conf '.process.args = ["/bin/sh", "-c", $t]' --arg t \
		'mkfifo /tmp/p; exec 5<>/tmp/p; rm /tmp/p; flock 5; i=0; while :; do i=$((i+1)); echo $i >/tmp/n; sleep 0.1; done'
	mkdir "$bundle/other"
	mount_add '{"destination": "/mnt", "type": "bind", "source": "/proc", "options": ["rbind"]}'
	conf '.process.args[2] = "sleep 1000 </mnt/self/mounts & i=0; while :; do i=$((i+1)); echo $i >/tmp/n; sleep 0.1; done"'
	started
	run checkpoint
	[ "$status" != 0 ] || skip "this criu can"
	is "$status" 1
	has "$output" 'criu: '
	has "$output" 'dump.log'
	is "$(status_of)" running
	counts "$(count)"
}

@test "a runtime that is killed in a restore leaves what delete --force cleans" {
	need_criu
	counter
	started
	checkpoint
	conf '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "echo $PPID >\($d)/ppid; sleep 1000"]}]}' \
		--arg d "$BATS_TEST_TMPDIR"
	alive=yes
	"$CAISSON" --root "$root" --audit-log none restore --detach --image-path "$images" --bundle "$bundle" "$id" \
		</dev/null >>"$bundle/out" 2>>"$bundle/err" 3>&- &
	until [ -s "$BATS_TEST_TMPDIR/ppid" ]; do sleep 0.1; done
	kill -KILL $!
	wait $! || :
	caisson delete --force "$id"
	is "$(cgroup_dir)" ''
}
