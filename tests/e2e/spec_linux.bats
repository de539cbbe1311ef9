#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# config-linux.md of runtime-spec 1.3.0, as spec_config.bats.

load lib

refused() {
	run ! inside "${1:-true}"
	[ "$status" -lt 126 ]
}

# host NAMESPACE: the link of ours
host() { readlink "/proc/self/ns/$1"; }

@test "config-linux.md#default-filesystems: /proc, /sys, /dev/pts and /dev/shm are of their kinds" {
	run -0 inside 'grep -E "^[^ ]+ (/proc|/sys|/dev/pts|/dev/shm) " /proc/mounts | cut -d" " -f2,3 | sort'
	is "$output" $'/dev/pts devpts\n/dev/shm tmpfs\n/proc proc\n/sys sysfs'
}

#= config-linux.md#namespaces: without a path each is new: basic.bats: each namespace asked for is a new one
#= config-linux.md#namespaces: what is not in the list is the runtime's: basic.bats: a namespace not asked for is the caller's
#= config-linux.md#namespaces: a path is joined: basic.bats: a network namespace is joined by its path

@test "config-linux.md#namespaces: a path to a namespace of another kind is an error" {
	conf '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/uts"'
	refused
}

@test "config-linux.md#namespaces: a path that is no namespace is an error, or not there, or not absolute" {
	local path
	for path in /etc/passwd /none/such proc/self/ns/net; do
		conf '(.linux.namespaces[] | select(.type == "network")).path = $p' --arg p "$path"
		refused
	done
}

@test "config-linux.md#namespaces: a kind that is there twice is an error" {
	conf '.linux.namespaces += [{type: "ipc"}]'
	refused
}

@test "config-linux.md#namespaces: a kind that is none is an error" {
	conf '.linux.namespaces += [{type: "nonesuch"}]'
	refused
}

#= config-linux.md#user-namespace-mappings: the maps are the config's: basic.bats: a user namespace has the maps of the config

@test "config-linux.md#user-namespace-mappings: nobody changes whose the files are" {
	ids_mapped
	touch "$bundle/rootfs/of-root"
	run -0 inside 'stat -c %u /bin/busybox'
	is "$output" 0
	is "$(stat -c %u "$bundle/rootfs/of-root")" 0
	is "$(stat -c %u "$bundle/rootfs/bin/busybox")" 100000
}

#= config-linux.md#offset-for-time-namespace: the clocks are moved: basic.bats: a time namespace has the offsets of the config

@test "config-linux.md#offset-for-time-namespace: offsets without a time namespace are an error" {
	newer_than_crun
	conf '.linux.timeOffsets = {monotonic: {secs: 7}}'
	refused
}

#= config-linux.md#devices: they are made with owner and mode: basic.bats: a device of the config is made with its owner and mode

@test "config-linux.md#devices: another file that is there already is an error" {
	conf '.mounts |= map(select(.destination | startswith("/dev") | not))
		| .linux.devices = [{path: "/dev/e2e", type: "c", major: 1, minor: 7, fileMode: 438, uid: 0, gid: 0}]'
	touch "$bundle/rootfs/dev/e2e"
	if is_caisson; then
		refused
		has "$output" "/dev/e2e has incorrect ftype: 100000 doesn't match expected 20000"
		rm "$bundle/rootfs/dev/e2e"
		mknod "$bundle/rootfs/dev/e2e" c 1 5
		refused
		has "$output" "/dev/e2e has incorrect major:minor: 1:5 doesn't match expected 1:7"
	fi
	rm "$bundle/rootfs/dev/e2e"
	run -0 inside 'stat -c "%F %t:%T" /dev/e2e'
	is "$output" 'character special file 1:7'
}

@test "config-linux.md#devices: a pipe takes no numbers" {
	newer_than_crun
	conf '.linux.devices = [{path: "/dev/e2e", type: "p", fileMode: 384}]'
	run -0 inside 'stat -c "%F %a" /dev/e2e'
	is "$output" 'fifo 600'
}

@test "config-linux.md#devices: a type that is none is an error" {
	conf '.linux.devices = [{path: "/dev/e2e", type: "x", major: 1, minor: 7}]'
	refused
}

#= config-linux.md#default-devices: they are there: basic.bats: the default devices are there with their numbers
#= config-linux.md#default-devices: /dev/console with a terminal: terminal.bats: /dev/console is the terminal

@test "config-linux.md#default-devices: /dev/ptmx is that of /dev/pts" {
	run -0 inside 'readlink -f /dev/ptmx; stat -L -c %t:%T /dev/ptmx'
	has "$output" /dev/pts/ptmx
	has "$output" 5:2
}

#= config-linux.md#cgroup-path: an absolute path is below the mount point: basic.bats: the process is in the cgroup of the config

@test "config-linux.md#cgroup-path: one path is one place, each time" {
	create
	first=$(cgroup_dir)
	caisson delete --force "$id"
	create
	is "$(cgroup_dir)" "$first"
	[ -n "$first" ]
}

@test "config-linux.md#cgroup-path: without one there is still a group of the container's own" {
	caisson_only
	conf 'del(.linux.cgroupsPath)'
	create
	[ -n "$(cgroup_dir)" ]
	grep -qx "$(<"$bundle/pid")" "$(cgroup_dir)/cgroup.procs"
}

@test "config-linux.md#cgroup-path: a path that leads out is an error" {
	caisson_only
	conf '.linux.cgroupsPath = "/../../escape"'
	refused
	conf '.linux.cgroupsPath = "/"'
	refused
}

@test "config-linux.md#cgroup-ownership: root of the container owns its group, and only what is delegated" {
	newer_than_crun
	ids_mapped
	namespace_add cgroup
	conf '(.mounts[] | select(.type == "cgroup")).options -= ["ro"]'
	create
	dir=$(cgroup_dir)
	is "$(stat -c %u "$dir")" 100000
	is "$(stat -c %u "$dir/cgroup.procs")" 100000
	is "$(stat -c %u "$dir/cgroup.type")" 0
	is "$(stat -c %u "${dir%/*}")" 0
}

@test "config-linux.md#cgroup-ownership: a group that is mounted read-only stays the host's" {
	newer_than_crun
	ids_mapped
	namespace_add cgroup
	create
	is "$(stat -c %u "$(cgroup_dir)")" 0
}

#= config-linux.md#allowed-device-list: what no rule allows cannot be opened: limits.bats: a device that no rule allows cannot be opened, though its node is there

@test "config-linux.md#allowed-device-list: the rules are applied in their order" {
	newer_than_crun
	caps '["CAP_MKNOD", "CAP_SYSLOG"]'
	conf '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, access: "rwm"},
		{allow: false, type: "c", major: 1, minor: 11, access: "w"}]'
	run -0 inside "$try_kmsg"
	is "$output" $'read\nnot written'
	conf '.linux.resources.devices |= [.[0], .[2], .[1]]'
	run -0 inside "$try_kmsg"
	is "$output" $'read\nwritten'
}
try_kmsg='mknod /dev/e2e c 1 11
	(exec </dev/e2e) 2>/dev/null && echo read || echo not read
	(exec >/dev/e2e) 2>/dev/null && echo written || echo not written
	rm /dev/e2e'

#= config-linux.md#memory: limit: limits.bats: memory.limit is memory.max
#= config-linux.md#memory: reservation: limits.bats: memory.reservation is memory.low
#= config-linux.md#memory: swap: limits.bats: memory.swap is memory and swap together
#= config-linux.md#memory: checkBeforeUpdate: limits.bats: update: memory below what is used is refused where that is asked for
#- config-linux.md#memory: kernel, kernelTCP, swappiness, disableOOMKiller, useHierarchy: cgroup v1 only; refused, not ignored
#= config-linux.md#cpu: shares: limits.bats: 1024 cpu shares are weight 100
#= config-linux.md#cpu: quota and period: limits.bats: cpu quota and period are cpu.max
#= config-linux.md#cpu: burst: limits.bats: cpu burst is cpu.max.burst
#= config-linux.md#cpu: cpus and mems: limits.bats: cpuset cpus and mems are the config's
#= config-linux.md#cpu: idle: limits.bats: cpu.idle is cpu.idle
#- config-linux.md#cpu: realtimeRuntime and realtimePeriod: cgroup v1 only; refused, not ignored
#= config-linux.md#block-io: throttles: limits.bats: block io limits are io.max
#- config-linux.md#block-io: weight: no scheduler of the guest's has it
#= config-linux.md#huge-page-limits: by size: limits.bats: huge pages are limited by size
#- config-linux.md#network: classID, priorities: cgroup v1 only; refused, not ignored
#= config-linux.md#pids: limit: limits.bats: pids.limit is pids.max
#- config-linux.md#rdma: limits: the guest has no such device
#= config-linux.md#unified: keys and values are files and texts: limits.bats: unified values are written, and last
#= config-linux.md#unified: a controller that is not there is an error: basic.bats: unknown controllers in the config's unified part are refused

@test "config-linux.md#unified: a file that is not there is an error" {
	newer_than_crun
	conf '.linux.resources.unified = {"cgroup.nonesuch": "1"}'
	refused
}

@test "config-linux.md#unified: a value that the kernel refuses is an error" {
	newer_than_crun
	conf '.linux.resources.unified = {"cgroup.max.depth": "many"}'
	refused
}

#= config-linux.md#sysctl: they are set: basic.bats: a sysctl of a namespace is the config's
#! config-linux.md#sysctl: one of the whole host: refused (basic.bats: a sysctl of the whole host is refused), as runc and crun do

@test "config-linux.md#sysctl: a name that is none is an error" {
	conf '.linux.sysctl = {"net.ipv4.nonesuch": "1"}'
	refused
}

#= config-linux.md#seccomp: actions and errnoRet: basic.bats: a filter is loaded and denies with its errno
#= config-linux.md#seccomp: args: basic.bats: a filter looks at arguments

@test "config-linux.md#seccomp: a rule without names is an error" {
	caisson_only
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}]}'
	refused
}

@test "config-linux.md#seccomp: an action or an operator that is none is an error" {
	seccomp '{"defaultAction": "SCMP_ACT_NONESUCH"}'
	refused
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO",
		"args": [{"index": 0, "value": 1, "op": "SCMP_CMP_NONESUCH"}]}]}'
	refused
}

@test "config-linux.md#seccomp: defaultErrnoRet is that of the default action" {
	newer_than_crun
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
	run inside 'mkdir /d'
	has "$output" 'not permitted'
	conf '.linux.seccomp.syscalls[0].errnoRet = 5'
	run inside 'mkdir /d'
	has "$output" 'Input/output error'
}

#= config-linux.md#rootfs-mount-propagation: it is set: basic.bats: the root's propagation is the config's

@test "config-linux.md#rootfs-mount-propagation: a word that is none is an error" {
	conf '.linux.rootfsPropagation = "nonesuch"'
	refused
}

#= config-linux.md#masked-paths: they cannot be read: basic.bats: masked files are empty, masked directories too
#= config-linux.md#readonly-paths: they cannot be written: basic.bats: read-only paths refuse a write

@test "config-linux.md#masked-paths: a path that is not there is no error, nor a read-only one" {
	conf '.linux.maskedPaths += ["/none/such"] | .linux.readonlyPaths += ["/none/such", "/etc/passwd/x"]'
	run -0 inside true
}

@test "config-linux.md#masked-paths: they are absolute, read-only ones too" {
	caisson_only
	conf '.linux.maskedPaths = ["etc"]'
	refused
	conf '.linux.maskedPaths = [] | .linux.readonlyPaths = ["etc"]'
	refused
}

#= config-linux.md#mount-label: file systems have it: selinux.bats: file systems have the mount label, proc and sysfs have none
#= config-linux.md#personality: the domain: basic.bats: the personality is the config's

@test "config-linux.md#personality: a domain that is none is an error" {
	newer_than_crun
	conf '.linux.personality = {domain: "NONESUCH"}'
	refused
}

#- config-linux.md#network-devices: they are moved: the tests come with the property
#- config-linux.md#memory-policy: it is set: the tests come with the property
#- config-linux.md#intelrdt: a class of service: no processor of the guest's has it
