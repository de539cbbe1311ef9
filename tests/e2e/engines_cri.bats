#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# Pods of Kubernetes' by containerd's CRI, the runtime being that of a handler. In the guest only.

load lib
load engines
load cri

setup_file() {
	load engines
	load cri
	engines_up
	cri_up
	pod=$(cri RunPodSandbox "$(pod_text shared) runtime_handler: \"${CAISSON##*/}\"" | value pod_sandbox_id)
	export pod
	[ -n "$pod" ]
}

setup() {
	id=e2e$$x$BATS_TEST_NUMBER
	log=/var/log/e2e-pods/$id.log
}

teardown() {
	[ -z "${c-}" ] || cri RemoveContainer "container_id: '$c'" || :
	[ -z "${own_pod-}" ] || pod_gone "$own_pod" || :
	umount -R "$BATS_TEST_TMPDIR/s" 2>/dev/null || :
}

teardown_file() {
	load cri
	pod_gone "$pod"
}

# pod_text NAME [SECURITY [LINUX]]: the pod's configuration, as a field of a request
pod_text() {
	printf 'config { metadata { name: "%s" uid: "%s-uid" namespace: "e2e" } hostname: "%s" log_directory: "/var/log/e2e-pods"
		linux { cgroup_parent: "/kubepods/e2e" security_context { namespace_options { %s } %s } %s } }' \
		"$1" "$1" "${host_name-inner}" "${namespaces:-pid: CONTAINER}" "${2-}" "${3-}"
}

pod_gone() {
	cri StopPodSandbox "pod_sandbox_id: '$1'" && cri RemovePodSandbox "pod_sandbox_id: '$1'"
}

# own [SECURITY [LINUX]]: a pod of this test's own; $namespaces says which are whose
own() {
	own_text=$(pod_text "$id" "$@")
	own_pod=$(cri RunPodSandbox "$own_text runtime_handler: \"${CAISSON##*/}\"" | value pod_sandbox_id)
	[ -n "$own_pod" ]
}

# make COMMAND [CONFIG [SECURITY [LINUX]]]: a container, its command being words in protobuf's text
# form, in the test's own pod or else in the shared one
make() {
	c=$(cri CreateContainer "pod_sandbox_id: '${own_pod:-$pod}' config { metadata { name: '$id' } image { image: '$image' }
		$1 log_path: '$id.log' ${2-}
		linux { security_context { namespace_options { ${namespaces:-pid: CONTAINER} } ${3-} } ${4-} } }
		sandbox_${own_text:-$(pod_text shared)}" | value container_id)
	[ -n "$c" ]
}

# start SHELL-TEXT [CONFIG [SECURITY [LINUX]]]
start() {
	local text
	text=$(jq -n --arg t "$1" '$t')
	shift
	make "command: '/bin/sh' args: '-c' args: $text" "$@"
	cri StartContainer "container_id: '$c'"
}

in_state() { [ "$(cri ContainerStatus "container_id: '$c'" | value state)" = "$1" ]; }
exit_code() { cri ContainerStatus "container_id: '$c'" | value exit_code; }
logged() { cut -d ' ' -f 4- "$log"; }
sleeps='trap "exit 3" TERM; while :; do sleep 1 & wait $!; done'
# inside TEXT: the standard output of a shell in the container, its status in exec_status
inside() {
	local answer
	answer=$(cri ExecSync "container_id: '$c' cmd: '/bin/sh' cmd: '-c' cmd: $(jq -n --arg t "$1" '$t')")
	exec_status=$(value exit_code <<<"$answer")
	printf %b "$(value stdout <<<"$answer")"
}

@test "cri: the node is ready, an unknown handler is refused" {
	run -0 cri Status
	has "$(xargs <<<"$output")" 'type: RuntimeReady status: true'
	has "$(xargs <<<"$output")" 'type: NetworkReady status: true'
	run ! cri RunPodSandbox "$(pod_text none) runtime_handler: 'nobody'"
	has "$output" nobody
}

@test "cri: a pod is ready, has an address on the bridge, and is the runtime's of its handler" {
	run -0 cri PodSandboxStatus "pod_sandbox_id: '$pod'"
	is "$(value state <<<"$output")" '' # READY is 0
	has "$(value ip <<<"$output")" 10.88.77.
	is "$(value runtime_handler <<<"$output")" "${CAISSON##*/}"
	has "$("$CAISSON" --root /run/containerd/runc/k8s.io list -q)" "$pod"
	ping -c 1 -W 60 "$(value ip <<<"$output")" || busybox ping -c 1 -W 60 "$(value ip <<<"$output")"
}

@test "cri: a container's output is in its log, its status is told" {
	start 'echo a word; echo another >&2; exit 7'
	eventually in_state EXITED
	is "$(exit_code)" 7
	has "$(<"$log")" 'stdout F a word'
	has "$(<"$log")" 'stderr F another'
}

@test "cri: user, groups, capabilities, filter, no new privileges, read-only root, masks" {
	start 'cat /proc/self/status; touch /x; touch /proc/sys/kernel/domainname; cat /proc/timer_list | wc -c; hostname; echo $A; pwd' '
		envs { key: "A" value: "b" } working_dir: "/tmp"' '
		run_as_user { value: 5 } run_as_group { value: 6 } supplemental_groups: 7
			capabilities { drop_capabilities: "ALL" add_capabilities: "NET_BIND_SERVICE" } no_new_privs: true readonly_rootfs: true
			seccomp { profile_type: RuntimeDefault } masked_paths: "/proc/timer_list" readonly_paths: "/proc/sys"'
	eventually in_state EXITED
	output=$(logged)
	is "$(field Uid)" '5 5 5 5'
	is "$(field Gid)" '6 6 6 6'
	is "$(field Groups)" '6 7'
	is "$(field CapBnd)" 0000000000000400
	is "$(field Seccomp)" 2
	is "$(field NoNewPrivs)" 1
	has "$output" '/x: Read-only file system'
	has "$output" '/proc/sys/kernel/domainname: Read-only file system'
	has "$output" $'0\ninner\nb\n/tmp'
}

@test "cri: exec sync: output, status, a missing command, a time limit" {
	start "$sleeps"
	is "$(inside 'echo a word; id -u')" $'a word\n0'
	inside 'exit 9' >/dev/null
	is "$exec_status" 9
	run -0 cri ExecSync "container_id: '$c' cmd: 'sh' cmd: '-c' cmd: 'echo out; echo err >&2'"
	is "$(value stdout <<<"$output")" 'out\n'
	is "$(value stderr <<<"$output")" 'err\n'
	run ! cri ExecSync "container_id: '$c' cmd: 'nothing'"
	has "$output" nothing
	run -4 cri ExecSync "container_id: '$c' cmd: 'sleep' cmd: '1000' timeout: 2"
	lacks "$(inside 'ps -o args')" 'sleep 1000'
}

@test "cri: limits at the start, an update, then stats of container and pod" {
	start "$sleeps" '' '' 'resources { memory_limit_in_bytes: 67108864 cpu_quota: 50000 cpu_period: 100000 cpu_shares: 1024
		oom_score_adj: 500 cpuset_cpus: "0" unified { key: "memory.high" value: "60000000" } }'
	files='cd /sys/fs/cgroup; cat memory.max cpu.max cpuset.cpus memory.high; cat /proc/1/oom_score_adj'
	is "$(inside "$files")" $'67108864\n50000 100000\n0\n59998208\n500'
	cri UpdateContainerResources "container_id: '$c' linux { memory_limit_in_bytes: 100663296 cpu_quota: 20000 cpu_period: 100000 cpuset_cpus: '1' }"
	is "$(inside "$files")" $'100663296\n20000 100000\n1\n59998208\n500'
	run -0 cri ContainerStats "container_id: '$c'"
	[ "$(grep -c 'value: [1-9]' <<<"$output")" -ge 2 ] || { echo "$output"; return 1; }
	run -0 cri PodSandboxStats "pod_sandbox_id: '$pod'"
	has "$output" process_count
}

@test "cri: stop lets the container end, kills it when it does not" {
	start "$sleeps"
	cri StopContainer "container_id: '$c' timeout: 100"
	in_state EXITED
	is "$(exit_code)" 3
	cri StopContainer "container_id: '$c' timeout: 1" # once more is no error
	cri RemoveContainer "container_id: '$c'"
	start 'trap "" TERM; while :; do sleep 1; done'
	cri StopContainer "container_id: '$c' timeout: 1"
	is "$(exit_code)" 137
}

@test "cri: containers of a pod share its network, IPC and host name, not its processes" {
	start "$sleeps"
	pid=$("$CAISSON" --root /run/containerd/runc/k8s.io state "$c" | jq .pid)
	other=$("$CAISSON" --root /run/containerd/runc/k8s.io state "$pod" | jq .pid)
	for n in net ipc uts; do
		is "$(readlink "/proc/$pid/ns/$n")" "$(readlink "/proc/$other/ns/$n")"
	done
	for n in pid mnt; do
		[ "$(readlink "/proc/$pid/ns/$n")" != "$(readlink "/proc/$other/ns/$n")" ] || return 1
	done
	is "$(inside 'ps -o args | grep -c [p]ause')" 0
	run -0 cri ContainerStats "container_id: '$c'"
}

@test "cri: a pod with shared processes and a sysctl, whose end ends its containers" {
	namespaces='pid: POD'
	own '' 'sysctls { key: "net.ipv4.ip_unprivileged_port_start" value: "99" }'
	start 'ps -o args; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; trap "" TERM; while :; do sleep 1; done'
	said() { grep -q ' 99$' "$log"; }
	eventually said
	has "$(logged)" pause
	pod_gone "$own_pod"
	run ! cri ContainerStatus "container_id: '$c'"
	c='' own_pod=''
	lacks "$("$CAISSON" --root /run/containerd/runc/k8s.io list -q)" "$own_pod."
}

@test "cri: mounts, propagation and devices" {
	mkdir -p "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/r"
	mount -t tmpfs e2e "$BATS_TEST_TMPDIR/s"
	mount --make-shared "$BATS_TEST_TMPDIR/s"
	mkdir "$BATS_TEST_TMPDIR/s/m"
	start 'touch /r/x; true </dev/mine && echo opened; true >/dev/mine; mount -t tmpfs inside /s/m && echo mounted' "
		mounts { container_path: '/r' host_path: '$BATS_TEST_TMPDIR/r' readonly: true }
		mounts { container_path: '/s' host_path: '$BATS_TEST_TMPDIR/s' propagation: BIDIRECTIONAL }
		devices { container_path: '/dev/mine' host_path: '/dev/fuse' permissions: 'r' }" \
		"capabilities { add_capabilities: 'SYS_ADMIN' }"
	eventually in_state EXITED
	has "$(logged)" '/r/x: Read-only file system'
	has "$(logged)" 'opened'
	has "$(logged)" '/dev/mine: Operation not permitted'
	has "$(logged)" mounted
	has "$(grep "$BATS_TEST_TMPDIR/s/m " /proc/self/mountinfo)" inside
}

@test "cri: a missing command is an error that names it, and the container's status" {
	make "command: '/nothing'"
	run ! cri StartContainer "container_id: '$c'"
	has "$output" /nothing
	has "${output,,}" 'no such file'
	run -0 cri ContainerStatus "container_id: '$c'"
	is "$(value state <<<"$output")" EXITED
	is "$(value exit_code <<<"$output")" 128
	has "$output" /nothing
}

@test "cri: a container killed for memory is marked so" {
	start 'dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 1' '' '' 'resources {
		memory_limit_in_bytes: 16777216 memory_swap_limit_in_bytes: 16777216 unified { key: "memory.oom.group" value: "1" } }'
	eventually in_state EXITED
	run -0 cri ContainerStatus "container_id: '$c'"
	is "$(value reason <<<"$output")" OOMKilled
	is "$(value exit_code <<<"$output")" 137
}

@test "cri: a container with a terminal" {
	start 'tty; test -t 1 && echo yes' 'tty: true'
	eventually in_state EXITED
	has "$(logged)" /dev/
	has "$(logged)" yes
}

@test "cri: a privileged container on the host's network" {
	namespaces='network: NODE pid: CONTAINER' host_name=
	own 'privileged: true'
	start 'ls /dev/vda; cat /proc/self/status; readlink /proc/self/ns/net; mount -o remount,rw /sys && echo writable' '' 'privileged: true'
	eventually in_state EXITED
	output=$(logged)
	has "$output" /dev/vda
	is "$(field Seccomp)" 0
	is "$(field CapEff)" "$(awk '/CapEff/ { print $2 }' /proc/self/status)"
	has "$output" "$(readlink /proc/self/ns/net)"
	has "$output" writable
}

@test "cri: a pod with hostUsers false: ids of its own in every container, exec and volumes too" {
	namespaces='pid: CONTAINER userns_options {
		mode: POD uids { host_id: 200000 length: 65536 } gids { host_id: 200000 length: 65536 } }'
	own
	start "$sleeps"
	is "$(inside 'id -u; xargs </proc/self/uid_map; stat -c %u /bin/busybox; touch /x; stat -c %u /x')" $'0\n0 200000 65536\n0\n0'
	pid=$("$CAISSON" --root /run/containerd/runc/k8s.io state "$c" | jq .pid)
	is "$(awk '/^Uid/ { print $2 }' "/proc/$pid/status")" 200000
}

@test "cri: the host's processes and IPC, and none of the container's is left among them" {
	namespaces='pid: NODE ipc: NODE'
	own
	start "sleep 12321 & $sleeps"
	for n in pid ipc; do
		is "$(inside "readlink /proc/self/ns/$n")" "$(readlink "/proc/self/ns/$n")"
	done
	has "$(ps -eo args)" 'sleep 12321'
	cri StopContainer "container_id: '$c' timeout: 100"
	is "$(exit_code)" 3
	none_left() { [[ $(ps -eo args) != *'sleep 12321'* ]]; }
	eventually none_left
}

@test "cri: a filter from a file, which names no architecture; none where it is unconfined" {
	filter=$BATS_TEST_TMPDIR/filter.json
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["chmod", "fchmodat", "sethostname"], "action": "SCMP_ACT_ERRNO"}]}' >"$filter"
	start "$sleeps" '' "seccomp { profile_type: Localhost localhost_ref: '$filter' } capabilities { add_capabilities: 'SYS_ADMIN' }"
	has "$(inside 'chmod 700 /tmp 2>&1')" 'Operation not permitted'
	has "$(inside 'hostname other 2>&1')" 'Operation not permitted'
	cri StopContainer "container_id: '$c' timeout: 100"
	cri RemoveContainer "container_id: '$c'"
	start "$sleeps" '' "seccomp { profile_type: Unconfined } capabilities { add_capabilities: 'SYS_ADMIN' }"
	output=$(inside 'cat /proc/self/status')
	is "$(field Seccomp)" 0
	inside 'hostname inner && chmod 700 /tmp'
	is "$exec_status" '' # 0, which is not told
}

@test "cri: a set-user-id program is root's, and with no_new_privs the user's" {
	mkdir "$BATS_TEST_TMPDIR/s"
	mount -t tmpfs e2e "$BATS_TEST_TMPDIR/s" # /tmp may be nosuid
	install -m 4755 /usr/bin/cat "$BATS_TEST_TMPDIR/s/cat"
	install -m 400 /dev/null "$BATS_TEST_TMPDIR/s/secret"
	echo secret >"$BATS_TEST_TMPDIR/s/secret"
	volumes="mounts { container_path: '/s' host_path: '$BATS_TEST_TMPDIR/s' readonly: true }
		mounts { container_path: '/lib' host_path: '/lib' readonly: true } mounts { container_path: '/lib64' host_path: '/lib64' readonly: true }"
	start '/s/cat /s/secret' "$volumes" 'run_as_user { value: 1000 }'
	eventually in_state EXITED
	is "$(logged)" secret
	cri RemoveContainer "container_id: '$c'"
	rm "$log"
	start '/s/cat /s/secret' "$volumes" 'run_as_user { value: 1000 } no_new_privs: true'
	eventually in_state EXITED
	has "$(logged)" 'Permission denied'
}

# seen WAY: "out" and "in" are mounts made later, on the host and in the container: which of them is
# seen on the other side
seen() {
	local s=$BATS_TEST_TMPDIR/s
	mkdir -p "$s"
	mount -t tmpfs e2e "$s"
	mount --make-shared "$s"
	mkdir "$s/out" "$s/in"
	start "$sleeps" "mounts { container_path: '/s' host_path: '$s' propagation: $1 }" 'capabilities { add_capabilities: "SYS_ADMIN" }'
	mount -t tmpfs e2e "$s/out"
	inside 'mount -t tmpfs e2e /s/in'
	is "$exec_status" ''
	inside 'grep -o "/s/out " /proc/self/mountinfo' | grep -o out || :
	grep -o "$s/in " /proc/self/mountinfo | grep -o 'in ' || :
	cri StopContainer "container_id: '$c' timeout: 100"
	cri RemoveContainer "container_id: '$c'"
	c=
	umount -R "$s"
}

@test "cri: mounts that come later are seen as the propagation says" {
	is "$(seen PRIVATE)" ''
	is "$(seen HOST_TO_CONTAINER)" out
	is "$(seen BIDIRECTIONAL | xargs)" 'out in' # xargs: without the blank that ends a path
}

@test "cri: a volume by way of a symlink; below a read-only one, what is mounted stays writable" {
	mkdir "$BATS_TEST_TMPDIR/s"
	mount -t tmpfs e2e "$BATS_TEST_TMPDIR/s"
	mkdir "$BATS_TEST_TMPDIR/s/m"
	mount -t tmpfs e2e "$BATS_TEST_TMPDIR/s/m"
	ln -s s "$BATS_TEST_TMPDIR/link"
	start 'touch /v/x; touch /v/m/x && echo below' "mounts { container_path: '/v' host_path: '$BATS_TEST_TMPDIR/link' readonly: true }"
	eventually in_state EXITED
	has "$(logged)" '/v/x: Read-only file system'
	has "$(logged)" below
}

@test "cri: sysctls of a pod's IPC are its containers'" {
	own '' 'sysctls { key: "kernel.shm_rmid_forced" value: "1" } sysctls { key: "fs.mqueue.msg_max" value: "100" }'
	start "$sleeps"
	is "$(inside 'cat /proc/sys/kernel/shm_rmid_forced /proc/sys/fs/mqueue/msg_max')" $'1\n100'
}

@test "cri: what is exec'd has the container's capabilities and no way to write cgroups" {
	start "$sleeps" '' 'capabilities { add_capabilities: "NET_ADMIN" drop_capabilities: "NET_RAW" } supplemental_groups: 1234'
	output=$(inside 'cat /proc/self/status; id -G')
	# NET_ADMIN is 12 and NET_RAW 13
	is $((0x$(field CapEff) >> 12 & 3)) 1
	is "$(field CapBnd)" "$(field CapEff)"
	has "$output" 1234
	has "$(inside 'mkdir /sys/fs/cgroup/x 2>&1')" 'Read-only file system'
	cri StopContainer "container_id: '$c' timeout: 100"
	cri RemoveContainer "container_id: '$c'"
	start "$sleeps" '' 'capabilities { drop_capabilities: "ALL" }'
	output=$(inside 'cat /proc/self/status')
	is "$(field CapBnd)" 0000000000000000
}

@test "cri: only a child is killed for memory, and the container is marked so" {
	start 'dd if=/dev/zero of=/dev/null bs=20M' '' '' 'resources {
		memory_limit_in_bytes: 15728640 memory_swap_limit_in_bytes: 15728640 }'
	eventually in_state EXITED
	run -0 cri ContainerStatus "container_id: '$c'"
	is "$(value reason <<<"$output")" OOMKilled
	is "$(value exit_code <<<"$output")" 137
}

@test "cri: what was never started, and what runs, is removed" {
	make "command: '/bin/sh'"
	cri RemoveContainer "container_id: '$c'"
	start "trap '' TERM; while :; do sleep 1; done"
	cri RemoveContainer "container_id: '$c'"
	lacks "$("$CAISSON" --root /run/containerd/runc/k8s.io list -q)" "$c"
	c=
}

@test "cri: containers live through containerd's end and its next start" {
	start "$sleeps"
	containerd_again
	in_state RUNNING
	is "$(inside 'echo a word')" 'a word'
	cri StopContainer "container_id: '$c' timeout: 100"
	is "$(exit_code)" 3
}

@test "cri: a pod that is removed with a running container leaves nothing" {
	own
	start 'trap "" TERM; while :; do sleep 1; done'
	has "$(find /sys/fs/cgroup/kubepods/e2e -type d)" "$c"
	pod_gone "$own_pod"
	lacks "$(find /sys/fs/cgroup -type d)" "$c"
	lacks "$(find /sys/fs/cgroup -type d)" "$own_pod"
	lacks "$("$CAISSON" --root /run/containerd/runc/k8s.io list -q)" "$c"
	c='' own_pod=''
}
