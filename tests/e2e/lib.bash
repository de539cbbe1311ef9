# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2016 # bats gives output, status and lines; $ in filters is jq's
# lib.bash - what every end-to-end test uses: a bundle of a static busybox, edits of its config,
# the runtime under test, and the check that nothing is left behind.
#
# CAISSON names the runtime (default: the one in build/). With another runtime there, what only
# caisson promises is skipped: so the tests themselves are tried.

bats_require_minimum_version 1.5.0

top=$(realpath "${BATS_TEST_DIRNAME:?}/../..")
: "${CAISSON:=$top/build/caisson}"
CAISSON=$(command -v "$CAISSON") || { echo "CAISSON: no such program" >&2; exit 1; }
patience=${E2E_PATIENCE:-30} # seconds that one call may take
# so that no test writes into this machine's log
audit_log=${BATS_FILE_TMPDIR-}/audit.jsonl

setup_file() {
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
}

setup() {
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
}

teardown() {
	[ -n "${id-}" ] || return 0 # skipped by setup_file: nothing was begun
	if [ -n "${alive-}" ]; then
		caisson delete --force "$id" || echo "delete --force: status $?"
	fi
	nothing_left
	events_valid
}

teardown_file() { events_valid file; }

# events_valid [file]: the lines that were written since are events by our schema and OCSF's. In the
# guest, where python is slow, all of a file's tests together.
events_valid() {
	local status=0 log logs=()
	[ "${1-test}" != "${E2E_GUEST:+test}" ] && is_caisson || return 0
	for log in "$audit_log" "${BATS_TEST_TMPDIR-}/own.jsonl"; do
		[ ! -s "$log" ] || logs+=("$log")
	done
	[ ${#logs[@]} -gt 0 ] || return 0
	"$top/tests/events/validate" --seen "$audit_log.seen" "${logs[@]}" || status=$?
	[ $status != 1 ]
}

# ---- the runtime ----

is_caisson() { [ "${CAISSON##*/}" = caisson ]; }
caisson_only() { is_caisson || skip "only caisson promises this"; }
need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }
controller() { grep -qw "$1" /sys/fs/cgroup/cgroup.controllers; }
need_controller() { controller "$1" || skip "no $1 controller on cgroup v2 here"; }
# time namespaces and the like, which the peers of Debian 12 are without, and runc still in 13
newer_than_crun() {
	is_caisson || case $("$CAISSON" --version) in
	'crun version 1.'[0-9].* | 'runc version 1.'[01].*) skip "the peer is too old for this" ;;
	esac
}

# caisson WORD...: a call of the runtime, with a state directory of this test's own
caisson() {
	local own=(--root "$root")
	! is_caisson || own+=(--audit-log "$audit_log")
	E2E_ID=$id timeout --foreground "$patience" "$CAISSON" "${own[@]}" "$@"
}

# inside TEXT [OPTION...]: runs a shell text as the container's process
inside() {
	local text=$1
	shift
	conf '.process.args = ["/bin/sh", "-c", $text]' --arg text "$text"
	caisson run --bundle "$bundle" "$@" "$id"
}

# create [OPTION...]: a container whose output goes to files, for it outlives the call
create() {
	alive=yes
	caisson create --bundle "$bundle" --pid-file "$bundle/pid" "$@" "$id" \
		</dev/null >"$bundle/out" 2>"$bundle/err" 3>&-
}

# sleeper: a container that waits to be killed
sleeper() {
	conf '.process.args = ["/bin/sh", "-c", "trap exit TERM; while :; do sleep 1 & wait $!; done"]'
}

status_of() { caisson state "$id" | jq -r .status; }

# becomes STATUS: waits for it
becomes() {
	local tries=0
	until [ "$(status_of)" = "$1" ]; do
		[ $((tries++)) -lt $((patience * 5)) ] || { echo "still $(status_of)"; return 1; }
		sleep 0.2
	done
}

# ---- bundles ----

rootfs_make() {
	local applet
	mkdir -p "$1"/{bin,dev,etc,home,proc,sys,tmp,root}
	cp "$(command -v busybox)" "$1/bin/busybox"
	"$1/bin/busybox" --list | while read -r applet; do
		[ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"
	done
	printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' >"$1/etc/passwd"
}

bundle_make() {
	mkdir -p "$bundle" "$root"
	cp -a "$BATS_FILE_TMPDIR/rootfs" "$bundle/rootfs"
	"$CAISSON" spec --bundle "$bundle"
	conf '.process.terminal = false | .root.readonly = false | .process.env += ["E2E_ID=" + $id]
		| .linux.cgroupsPath = "/caisson-e2e/" + $id' --arg id "$id"
	# crun wants to raise a limit first, which a machine without CAP_SYS_RESOURCE refuses
	is_caisson || conf 'del(.linux.resources.devices)'
}

# conf FILTER [JQ-OPTION...]: edits config.json
conf() {
	local filter=$1
	shift
	jq "$@" "$filter" "$bundle/config.json" >"$bundle/new.json"
	mv "$bundle/new.json" "$bundle/config.json"
}

mount_add() { conf '.mounts += [$m]' --argjson m "$1"; }
namespace_add() { namespace_drop "$1" && conf '.linux.namespaces += [{type: $t}]' --arg t "$1"; }
namespace_drop() { conf '.linux.namespaces |= map(select(.type != $t))' --arg t "$1"; }
caps() {
	conf '.process.capabilities = (["bounding", "effective", "permitted", "inheritable", "ambient"]
		| map({(.): $c}) | add)' --argjson c "$1"
}
seccomp() { conf '.linux.seccomp = $s' --argjson s "$1"; }

# ids_mapped: a user namespace whose root is 100000 outside
ids_mapped() {
	namespace_add user
	conf '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R -h 100000:100000 "$bundle/rootfs"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/{file,test} "$BATS_TEST_TMPDIR" 2>/dev/null || :
}

# ---- what came out ----

# field NAME: a line of /proc/PID/status in the output
field() { awk -v name="$1:" '$1 == name { $1 = ""; print substr($0, 2) }' <<<"$output"; }

# is GOT WANTED, has TEXT PART, lacks TEXT PART
is() { [ "$1" = "$2" ] || { printf 'got:    %s\nwanted: %s\n' "$1" "$2"; return 1; }; }
has() { [[ $1 == *"$2"* ]] || { printf 'in:      %s\nmissing: %s\n' "$1" "$2"; return 1; }; }
lacks() { [[ $1 != *"$2"* ]] || { printf 'in:     %s\nunwanted: %s\n' "$1" "$2"; return 1; }; }

cgroup_dir() { find /sys/fs/cgroup -type d -name "*$id*" | head -n 1; }

# ---- nothing is left ----

leftovers() {
	find /sys/fs/cgroup -depth -type d -name "*$id*" 2>/dev/null
	grep -F "$BATS_TEST_TMPDIR" /proc/self/mountinfo
	find "$root" -mindepth 1 -maxdepth 1 -name "$id" 2>/dev/null
	grep -lz "^E2E_ID=$id\$" /proc/[0-9]*/environ 2>/dev/null | while read -r f; do
		tr '\0' ' ' <"${f%environ}cmdline"
	done
}

nothing_left() {
	local tries=0 left
	while left=$(leftovers) && [ -n "$left" ]; do
		[ $((tries++)) -lt 30 ] || { echo "left behind: $left"; return 1; }
		sleep 0.1
	done
}
