#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2034,SC2154 # $ is jq's; output is bats's
# SELinux labels, read back: in a guest that boots with security=selinux and takes selinux.cil.

load lib

process=system_u:system_r:container_t:s0:c1,c2
files=system_u:object_r:container_file_t:s0:c1,c2

# a policy can be loaded only once: what was there before keeps its labels
setup_file() {
	grep -qw selinux /sys/kernel/security/lsm || skip 'this kernel runs without SELinux'
	mountpoint -q /sys/fs/selinux || mount -t selinuxfs none /sys/fs/selinux
	if [ "$(tr -d '\0' </proc/self/attr/current)" = kernel ]; then
		secilc -c "$(</sys/fs/selinux/policyvers)" -o "$BATS_FILE_TMPDIR/policy" -f /dev/null "$BATS_TEST_DIRNAME/selinux.cil"
		dd if="$BATS_FILE_TMPDIR/policy" of=/sys/fs/selinux/load bs=1M status=none
	fi
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
}

labelled() { conf '.process.selinuxLabel = $l' --arg l "$1"; }
current='tr -d "\\0" </proc/self/attr/current'

@test "a process has the config's SELinux label" {
	run -0 inside "$current"
	is "$output" system_u:system_r:kernel_t:s0
	labelled $process
	for nnp in true false; do
		conf '.process.noNewPrivileges = $n' --argjson n $nnp
		run -0 inside "$current"
		is "$output" $process
	done
}

@test "a label is given at start, to the process and not to the init before it" {
	labelled $process
	sleeper
	create
	is "$(tr -d '\0' <"/proc/$(<"$bundle/pid")/attr/current")" system_u:system_r:kernel_t:s0
	caisson start "$id"
	is "$(tr -d '\0' <"/proc/$(<"$bundle/pid")/attr/current")" $process
	caisson delete --force "$id"
	alive=
}

@test "a startContainer hook has the label of the process" {
	labelled $process
	conf '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", $t], env: ["PATH=/bin"]}]' --arg t "$current >/hook"
	run -0 inside "$current"
	is "$output" $process
	is "$(<"$bundle/rootfs/hook")" $process
}

@test "a label that the policy does not know refuses the container" {
	labelled system_u:system_r:nobody_t:s0
	run -1 inside true
	has "$output" 'process.selinuxLabel: write "system_u:system_r:nobody_t:s0" to `/proc/thread-self/attr/exec`: invalid argument'
}

# label_of FILE: of the container's, seen from outside
label_of() {
	python3 -c 'import os, sys; print(os.getxattr(sys.argv[1], "security.selinux").decode().rstrip("\0"))' \
		"/proc/$(<"$bundle/pid")/root$1"
}

@test "file systems have the mount label, proc and sysfs have none" {
	conf '.linux.mountLabel = $l' --arg l $files
	run -0 inside 'grep -E " /(dev|dev/pts|dev/shm|dev/mqueue|proc|sys) " /proc/self/mountinfo'
	for at in /dev /dev/pts /dev/shm; do
		has "$(grep " $at " <<<"$output")" "context=\"$files\""
	done
	for at in /proc /sys /dev/mqueue; do lacks "$(grep " $at " <<<"$output")" "$files"; done
}

@test "podman's label=nested: the root of a file system is labelled, files have labels of their own" {
	newer_than_crun
	conf '.linux.mountLabel = $l | .annotations["run.oci.mount_context_type"] = "rootcontext"' --arg l $files
	run -0 inside 'grep " /dev " /proc/self/mountinfo'
	has "$output" "rootcontext=\"$files\""
	lacks "$output" ",context=\"$files\""
}

@test "a file on a labelled file system has its label, the message queues' root too" {
	conf '.linux.mountLabel = $l' --arg l $files
	sleeper
	create
	for at in /dev /dev/null /dev/shm /dev/pts/ptmx /dev/mqueue; do is "$(label_of $at)" $files; done
	is "$(label_of /bin)" system_u:object_r:file_t:s0
	caisson delete --force "$id"
	alive=
}
