#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What conmon, conmon-rs, podman, CRI-O, containerd's shim, buildah and moby execute, word for word,
# with their environment and stdio, and what they read afterwards. Only --audit-log is ours: no test
# writes into this machine's log.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # bats gives output, status and stderr; $ is jq's; @test

load lib

# rt WORD...: as a caller with the environment of $environment
rt() {
	timeout --foreground "$patience" env -i ${environment[@]+"${environment[@]}"} \
		"$CAISSON" --audit-log "$audit_log" "$@"
}

podman_env() { environment=(XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR"); }
crio_env() { environment=(PATH="$PATH" XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" CRI_O_EXTERNAL=1); }

setup() {
	caisson_only
	need_root
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle root=$BATS_TEST_TMPDIR/root pids=$BATS_TEST_TMPDIR/p
	mkdir "$pids"
	bundle_make
	podman_env
}

# conmon_create [GLOBAL...] -- [OPTION...]: stdio is conmon's pipes, stderr the container's
conmon_create() {
	local globals=()
	while [ "$1" != -- ]; do
		globals+=("$1")
		shift
	done
	shift
	alive=yes
	rt "${globals[@]}" create --bundle "$bundle" --pid-file "$pids/pidfile" "$@" "$id" \
		</dev/null >"$bundle/out" 2>"$bundle/err" 3>&-
}

created() { conmon_create --root "$root" --; }
started() {
	sleeper
	created
	rt --root "$root" start "$id"
}

# process TEXT [FILTER]: a process.json as engines write it for exec
process() {
	jq --arg t "$1" ".process | .args = [\"/bin/sh\", \"-c\", \$t] | ${2:-.}" "$bundle/config.json" >"$BATS_TEST_TMPDIR/process"
}

pid_file_is() { # FILE: digits and nothing else, of a process that lives
	is "$(tr -d 0-9 <"$1" | wc -c)" 0
	kill -0 "$(cat "$1")"
}

# ---- create ----

@test "crun's --config: another file in place of config.json, which exec and hooks go by later" {
	conf '.process.args = ["/bin/sleep", "99"] | .process.env += ["FROM=elsewhere"]
		| .root.path = "rootfs" | .hooks.poststop = [{path: "/bin/touch",
			args: ["touch", $f]}]' --arg f "$BATS_TEST_TMPDIR/stopped"
	mkdir "$bundle/sub"
	mv "$bundle/config.json" "$bundle/sub/other.json"
	alive=yes
	(cd "$bundle" && rt --root "$root" run -d --config sub/other.json "$id" </dev/null >/dev/null 3>&-)
	is "$(rt --root "$root" exec "$id" /bin/sh -c 'echo $FROM')" elsewhere
	is "$(readlink "$root/$id/status")" state.json # who waits for a container of crun's looks there
	rt --root "$root" delete --force "$id"
	[ -e "$BATS_TEST_TMPDIR/stopped" ]
}

@test "crun's --config: a bare config.json is the bundle's; any other name is the caller's" {
	echo '{"process": 7}' >"$BATS_TEST_TMPDIR/config.json"
	conf '.process.args = ["/bin/echo", "it ran"]'
	cd "$BATS_TEST_TMPDIR"
	is "$(rt --root "$root" run --config config.json --bundle "$bundle" "$id")" 'it ran'
	run ! rt --root "$root" run -f ./config.json --bundle "$bundle" "$id"
	has "$output" 'ociVersion: expected a version, found nothing'
	has "$output" "caisson check --config ./config.json $bundle"
	run ! rt check -f ./config.json "$bundle"
	has "$output" './config.json: process: expected object, found number'
	run ! rt --root "$root" create --config nowhere.json --bundle "$bundle" "$id"
	has "$output" 'nowhere.json: open: no such file or directory'
}

@test "conmon create: silent, a pid file without a newline, the container's stderr is its own" {
	conf '.process.args = ["/bin/sh", "-c", "echo to-stderr >&2"]'
	conmon_create --root "$root" -- --no-new-keyring
	is "$(cat "$bundle/out" "$bundle/err")" ''
	pid_file_is "$pids/pidfile"
	is "$(ls -A "$pids")" pidfile
	rt --root "$root" start "$id"
	becomes stopped
	is "$(cat "$bundle/err")" to-stderr
}

@test "conmon create for CRI-O: --root=R joined, its three variables, no log" {
	crio_env
	conmon_create "--root=$root" --
	rt --root "$root" state "$id" | jq -e '.status == "created"'
}

@test "conmon create from podman: --log-format=json, --log and its file apart, --cgroup-manager disabled" {
	conf 'del(.linux.cgroupsPath, .linux.resources)'
	conmon_create --root "$root" --log-format=json --log "$BATS_TEST_TMPDIR/oci-log" --cgroup-manager disabled --
	[ -e "$BATS_TEST_TMPDIR/oci-log" ]
	[ ! -s "$BATS_TEST_TMPDIR/oci-log" ]
}

@test "conmon create --no-pivot, --systemd-cgroup=false, a global twice" {
	conmon_create --root "$BATS_TEST_TMPDIR/other" --root "$root" --systemd-cgroup=false -- --no-pivot
	[ -d "$root/$id" ]
}

@test "conmon create with a console socket: one message that is not empty, one descriptor" {
	command -v python3 >/dev/null || skip "needs python3"
	conf '.process.terminal = true'
	"$BATS_TEST_DIRNAME/console" "$BATS_TEST_TMPDIR/console" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	holder=$!
	until [ -S "$BATS_TEST_TMPDIR/console" ]; do sleep 0.1; done
	conmon_create --root "$root" -- --console-socket "$BATS_TEST_TMPDIR/console"
	wait $holder
	is "$(cat "$BATS_TEST_TMPDIR/said")" ''
}

@test "a console socket's path may be longer than a socket's name" {
	command -v python3 >/dev/null || skip "needs python3"
	conf '.process.terminal = true'
	long=$BATS_TEST_TMPDIR/$(printf 'x%.0s' {1..120})
	mkdir "$long"
	(cd "$long" && exec "$BATS_TEST_DIRNAME/console" s 3>&-) &
	holder=$!
	until [ -S "$long/s" ]; do sleep 0.1; done
	conmon_create --root "$root" -- --console-socket "$long/s"
	wait $holder
}

@test "terminal and no console socket, and the other way round, are errors" {
	conf '.process.terminal = true'
	run conmon_create --root "$root" --
	is "$status" 1
	conf '.process.terminal = false'
	run conmon_create --root "$root" -- --console-socket "$BATS_TEST_TMPDIR/nowhere"
	is "$status" 1
	[ ! -e "$pids/pidfile" ]
}

@test "buildah: create, start, state until stopped, kill, delete; an id like buildah-buildah123" {
	id=buildah-buildah$$
	conf '.linux.cgroupsPath = "/caisson-e2e/" + $id' --arg id "$id"
	sleeper
	alive=yes
	rt --root "$root" create --bundle "$bundle" --pid-file "$bundle/pid" --no-new-keyring --no-pivot "$id" </dev/null >/dev/null 3>&-
	rt --root "$root" start "$id"
	has 'creating created running stopped' "$(rt --root "$root" state "$id" | jq -r .status)"
	rt --root "$root" kill "$id" SIGKILL
	becomes stopped
	rt --root "$root" delete "$id"
	alive=
}

# ---- exec ----

@test "conmon exec: --process, detached, its pid file is there when it returns" {
	started
	process 'sleep 100'
	rt --root "$root" exec --pid-file "$pids/exec" --process "$BATS_TEST_TMPDIR/process" --detach "$id" </dev/null >/dev/null 3>&-
	pid_file_is "$pids/exec"
	rt --root "$root" ps --format json "$id" | jq -e "index($(cat "$pids/exec"))"
}

@test "conmon exec --preserve-fds" {
	started
	process 'cat <&5 >/tmp/five; cat <&6 >>/tmp/five'
	echo five >"$BATS_TEST_TMPDIR/five"
	rt --root "$root" exec --pid-file "$pids/exec" --process "$BATS_TEST_TMPDIR/process" --preserve-fds 4 --detach "$id" \
		</dev/null >/dev/null 3</dev/null 4</dev/null 5<"$BATS_TEST_TMPDIR/five" 6<"$BATS_TEST_TMPDIR/five"
	until [ "$(cat "$bundle/rootfs/tmp/five" 2>/dev/null)" = $'five\nfive' ]; do sleep 0.1; done
}

@test "conmon exec with a console socket" {
	command -v python3 >/dev/null || skip "needs python3"
	started
	process 'sleep 100' '.terminal = true'
	"$BATS_TEST_DIRNAME/console" "$BATS_TEST_TMPDIR/console" 3>&- &
	holder=$!
	until [ -S "$BATS_TEST_TMPDIR/console" ]; do sleep 0.1; done
	rt --root "$root" exec --pid-file "$pids/exec" --process "$BATS_TEST_TMPDIR/process" --detach \
		--console-socket "$BATS_TEST_TMPDIR/console" "$id" </dev/null >/dev/null 3>&-
	wait $holder
}

@test "conmon-rs: --root twice, exec -d --pid-file=P with the command behind the id, options of it left alone" {
	sleeper
	alive=yes
	rt --root="$root" --root="$root" create --bundle "$bundle" --pid-file "$pids/p" "$id" </dev/null >/dev/null 3>&-
	rt --root="$root" --root="$root" start "$id"
	rt --root="$root" exec -d --pid-file="$pids/e" "$id" sh -c 'echo $0 $1 >/tmp/args; sleep 50' -d --detach </dev/null >/dev/null 3>&-
	pid_file_is "$pids/e"
	until [ -s "$bundle/rootfs/tmp/args" ]; do sleep 0.1; done
	is "$(cat "$bundle/rootfs/tmp/args")" '-d --detach'
}

@test "CRI-O exec: in the foreground, stdio inherited, exits as the process; 255 when it cannot be run" {
	crio_env
	started
	process 'read x; echo "got $x"; echo err >&2; exit 3'
	run --separate-stderr rt --root "$root" exec --process "$BATS_TEST_TMPDIR/process" "$id" <<<hello
	is "$status" 3
	is "$output" 'got hello'
	is "$stderr" err
	process 'kill -KILL $$'
	run rt --root "$root" exec --process "$BATS_TEST_TMPDIR/process" "$id" </dev/null
	is "$status" 137
	jq '.args = ["/nothing"]' "$BATS_TEST_TMPDIR/process" >"$BATS_TEST_TMPDIR/p2"
	run rt --root "$root" exec --process "$BATS_TEST_TMPDIR/p2" "$id" </dev/null
	is "$status" 255
}

@test "CRI-O exec with a tty: the runtime makes the container's terminal and proxies ours" {
	command -v python3 >/dev/null || skip "needs python3"
	crio_env
	started
	process 'tty; exit 5' '.terminal = true'
	run python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
		env -i "${environment[@]}" "$CAISSON" --audit-log "$audit_log" --root "$root" exec \
		--process "$BATS_TEST_TMPDIR/process" "$id"
	is "$status" 5
	has "$output" /dev/pts/0
}

# ---- direct calls ----

@test "podman direct: start, pause, resume, update by file, kill by number, delete --force, in its environment" {
	sleeper
	created
	rt --root "$root" start "$id"
	rt --root "$root" pause "$id"
	is "$(status_of)" paused
	rt --root "$root" resume "$id"
	echo '{"unified": {}}' >"$BATS_TEST_TMPDIR/resources"
	rt --root "$root" update "--resources=$BATS_TEST_TMPDIR/resources" "$id"
	rt --root "$root" kill "$id" 15
	becomes stopped
	rt --root "$root" kill --all "$id" 9
	rt --root "$root" delete --force "$id"
	run rt --root "$root" delete --force "$id"
	is "$status" 0
	is "$output" ''
	alive=
}

@test "podman direct: its probes for checkpoints" {
	run rt checkpoint --help
	has "$output" 'usage: caisson checkpoint'
	run rt restore --lsm-mount-context
	[[ $output == *'flag needs an argument'* || $output == *'requires an argument'* ]]
}

@test "conmon restore, podman checkpoint, the shim's restore: every word is known" {
	mkdir -m 700 "$BATS_TEST_TMPDIR/images"
	for words in "--detach --image-path $BATS_TEST_TMPDIR/images --work-path $BATS_TEST_TMPDIR --tcp-established --tcp-close --file-locks --lsm-profile=selinux:x --lsm-mount-context=x" \
		"--image-path $BATS_TEST_TMPDIR/images --work-path $BATS_TEST_TMPDIR --detach --no-pivot -no-subreaper"; do
		# shellcheck disable=SC2086 # words
		run rt --root "$root" restore --bundle "$bundle" --pid-file "$pids/r" $words "$id" </dev/null
		[ "$status" != 0 ]
		has "$output" criu
		lacks "$output" 'option'
	done
	run rt --root "$root" checkpoint --image-path /i --work-path /w --leave-running --leave-running --tcp-established \
		--file-locks --pre-dump --parent-path ../pre-checkpoint "$id"
	has "$output" 'does not exist'
}

@test "CRI-O direct: state, kill by KILL and by -a and number, update --resources - in two words" {
	crio_env
	started
	rt --root "$root" state "$id" | jq -e '.status == "running" and (.created | endswith("Z"))'
	echo '{}' | rt --root "$root" update --resources - "$id"
	rt --root "$root" kill -a "$id" 0 || rt --root "$root" kill -a "$id" 28
	rt --root "$root" kill "$id" KILL
	becomes stopped
	rt --root "$root" delete --force "$id"
	alive=
}

@test "containerd's shim: its globals, create, start, exec, ps, update on stdin, kill --all, delete" {
	sleeper
	alive=yes
	shim=(--root "$root" --log "$BATS_TEST_TMPDIR/log.json" --log-format json --rootless=false --criu /usr/bin/criu)
	rt "${shim[@]}" create --bundle "$bundle" --pid-file "$pids/init" --no-new-keyring "$id" </dev/null >/dev/null 3>&-
	rt "${shim[@]}" start "$id"
	process 'exit 0'
	rt "${shim[@]}" exec --process "$BATS_TEST_TMPDIR/process" --detach --pid-file "$pids/e" "$id" </dev/null >/dev/null 3>&-
	rt "${shim[@]}" ps --format json "$id" | jq -e 'type == "array" and all(type == "number")'
	echo '{"unified": {}}' | rt "${shim[@]}" update --resources=- "$id"
	rt "${shim[@]}" kill --all "$id" 9
	becomes stopped
	rt "${shim[@]}" delete "$id"
	[ ! -s "$BATS_TEST_TMPDIR/log.json" ]
	alive=
}

@test "features and --version: stdout is pure, stderr empty, without any environment" {
	environment=()
	run --separate-stderr rt features
	is "$stderr" ''
	jq -e '.ociVersionMin and .ociVersionMax and (.mountOptions | index("rro")) and (.linux.namespaces | index("user"))' <<<"$output"
	run --separate-stderr rt --version
	is "$stderr" ''
	is "$(sed -n 1p <<<"$output" | cut -d ' ' -f 1,2)" 'caisson version'
	grep -q '^commit: ' <<<"$output"
	grep -q '^spec: 1\.' <<<"$output"
	# moby splits each line with the word: only the first may have it
	is "$(grep -c version <<<"$output")" 1
}

# ---- the log ----

# log_of: the one object of the log, which must be all of it
log_of() { jq -s -e 'if length == 1 then .[0] else error("objects: \(length)") end' "$BATS_TEST_TMPDIR/log"; }

@test "a failure is one JSON object with level, msg and an RFC 3339 time, and plain text on stderr" {
	conf '.process.args = ["nothing-of-that-name"]'
	run --separate-stderr rt --root "$root" --log "$BATS_TEST_TMPDIR/log" --log-format json create --bundle "$bundle" "$id"
	is "$status" 1
	is "$output" ''
	log_of | jq -e '.level == "error" and (.time | test("^[0-9-]{10}T[0-9:]{8}(\\.[0-9]+)?Z$"))'
	has "$stderr" "$(log_of | jq -r .msg)"
}

# ---- the texts that callers match (contract 1.3) ----

podman_126='permission denied|operation not permitted'
podman_127='executable file not found in|no such file or directory|open executable'

# fails_with TEXT WORD...: on stderr, and as the log's message
fails_with() {
	local text=$1
	shift
	rm -f "$BATS_TEST_TMPDIR/log"
	run --separate-stderr rt --root "$root" --log "$BATS_TEST_TMPDIR/log" --log-format json "$@"
	[ "$status" != 0 ]
	has "$stderr" "$text"
	has "$(log_of | jq -r .msg)" "$text"
}
# to_podman, to_moby: the exit code that the message becomes
to_podman() {
	if grep -Eqi "$podman_126" <<<"$stderr"; then echo 126
	elif grep -Eqi "$podman_127" <<<"$stderr"; then echo 127
	else echo 125; fi
}
to_moby() {
	case ${stderr,,} in
	*'permission denied'* | *'is a directory'*) echo 126 ;;
	*'not a directory'* | *'executable file not found'* | *'no such file or directory'*) echo 127 ;;
	*) echo 125 ;;
	esac
}

@test "text: does not exist, of delete and of kill" {
	for words in "delete $id" "kill $id 9" "kill --all $id 9" "state $id" "start $id" "pause $id" "exec $id true"; do
		# shellcheck disable=SC2086 # words
		fails_with 'does not exist' $words
		is "$(to_podman)" 125
		is "$(to_moby)" 125
	done
}

@test "text: container not running and no such process, in lower case, of a kill that comes too late" {
	conf '.process.args = ["/bin/true"]'
	created
	rt --root "$root" start "$id"
	becomes stopped
	fails_with 'container not running' kill "$id" 9
	has "$stderr" 'no such process'
	is "$(to_podman)" 125
}

@test "text: permission denied of a file that cannot be executed: 126 for podman and for moby" {
	echo x >"$bundle/rootfs/bin/plain"
	conf '.process.args = ["/bin/plain"]'
	fails_with '' create --bundle "$bundle" "$id"
	is "$(to_podman)" 126
	is "$(to_moby)" 126
}

@test "text: executable file not found in PATH: 127, and at create" {
	conf '.process.args = ["nothing-of-that-name"]'
	fails_with 'executable file not found in' create --bundle "$bundle" "$id"
	is "$(to_podman)" 127
	is "$(to_moby)" 127
}

@test "text: no such file or directory of a path that is not there: 127" {
	conf '.process.args = ["/nothing"]'
	fails_with '' create --bundle "$bundle" "$id"
	has "$stderr" 'no such file or directory'
	is "$(to_podman)" 127
	is "$(to_moby)" 127
}

@test "text: is a directory: 126" {
	conf '.process.args = ["/bin"]'
	fails_with '' create --bundle "$bundle" "$id"
	has "$stderr" 'is a directory'
	is "$(to_podman)" 126
	is "$(to_moby)" 126
}

@test "text: not a directory: 127" {
	conf '.process.args = ["/bin/busybox/x"]'
	fails_with '' create --bundle "$bundle" "$id"
	has "$stderr" 'not a directory'
	is "$(to_moby)" 127
}

@test "text: a label that cannot be set names /proc/.../attr in backticks" {
	[ ! -e /sys/kernel/security/apparmor ] && [ ! -e /sys/fs/selinux/enforce ] || skip "this kernel could set one"
	conf '.process.apparmorProfile = "none-such"'
	fails_with '' create --bundle "$bundle" "$id"
	is "$(to_moby)" 125
}

@test "texts of runc's: given ID exists, paused, stopped, running, hooks, signals" {
	started
	fails_with 'container with given ID already exists' create --bundle "$bundle" "$id"
	fails_with 'cannot start an already running container' start "$id"
	fails_with "cannot delete container $id that is not stopped: running" delete "$id"
	fails_with 'unknown signal "NOPE"' kill "$id" NOPE
	rt --root "$root" pause "$id"
	fails_with 'cannot exec in a paused container' exec "$id" true
	rt --root "$root" resume "$id"
	rt --root "$root" kill "$id" 9
	becomes stopped
	fails_with 'cannot exec in a stopped container' exec "$id" true
	fails_with 'cannot start a container that has stopped' start "$id"
	rt --root "$root" delete "$id"
	conf '.hooks = {createRuntime: [{path: "/bin/true"}, {path: "/bin/false"}]}'
	fails_with 'error running createRuntime hook #1: ' create --bundle "$bundle" "$id"
	alive=
}
