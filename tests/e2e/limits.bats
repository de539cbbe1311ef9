#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Limits, on a pure cgroup v2 tree: read back from the kernel, and bombs against them.

load lib

setup_file() {
	need_controller memory
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
}

limit() { conf '.linux.resources += $r' --argjson r "$1"; }
value() { cat "$(cgroup_dir)/$1"; }

# verdict: what the last run of this container ended of, as the audit log has it
verdict() {
	jq -r 'select(.container.uid == $id or .container.name == $id) |
		select(.event == "container.exit") | .unmapped.verdict.reason' --arg id "$id" "$audit_log"
}

# held JSON FILE VALUE: with these resources, that file of the cgroup has that value
held() {
	sleeper
	limit "$1"
	create
	is "$(value "$2")" "$3"
}

@test "memory.limit is memory.max" {
	held '{"memory": {"limit": 67108864}}' memory.max 67108864
}

@test "memory.limit -1 is no limit" {
	held '{"memory": {"limit": -1}}' memory.max max
}

@test "memory.reservation is memory.low" {
	held '{"memory": {"reservation": 1048576}}' memory.low 1048576
}

@test "memory.swap is memory and swap together" {
	held '{"memory": {"limit": 67108864, "swap": 100663296}}' memory.swap.max 33554432
}

@test "memory.swap equal to the limit is no swap" {
	held '{"memory": {"limit": 67108864, "swap": 67108864}}' memory.swap.max 0
}

@test "memory.swap -1 is swap without limit" {
	held '{"memory": {"limit": 67108864, "swap": -1}}' memory.swap.max max
}

@test "pids.limit is pids.max" {
	held '{"pids": {"limit": 33}}' pids.max 33
}

@test "cpu quota and period are cpu.max" {
	held '{"cpu": {"quota": 20000, "period": 50000}}' cpu.max '20000 50000'
}

@test "cpu quota alone has a period of 100 ms" {
	held '{"cpu": {"quota": 20000}}' cpu.max '20000 100000'
}

@test "cpu burst is cpu.max.burst" {
	held '{"cpu": {"quota": 20000, "period": 50000, "burst": 10000}}' cpu.max.burst 10000
}
@test "1024 cpu shares are weight 100" {
	newer_than_crun
	held '{"cpu": {"shares": 1024}}' cpu.weight 100
}

@test "2 cpu shares are weight 1" {
	held '{"cpu": {"shares": 2}}' cpu.weight 1
}

@test "262144 cpu shares are weight 10000" {
	held '{"cpu": {"shares": 262144}}' cpu.weight 10000
}

@test "cpu.idle is cpu.idle" {
	held '{"cpu": {"idle": 1}}' cpu.idle 1
}

@test "cpuset cpus and mems are the config's" {
	held '{"cpu": {"cpus": "1", "mems": "0"}}' cpuset.cpus 1
	is "$(value cpuset.mems)" 0
	is "$(awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$(<"$bundle/pid")/status")" 1
}
@test "block io limits are io.max" {
	local disk
	disk=$(</sys/block/vda/dev)
	held '{"blockIO": {"throttleReadBpsDevice": [{"major": '"${disk%:*}"', "minor": '"${disk#*:}"', "rate": 1048576}],
		"throttleWriteIOPSDevice": [{"major": '"${disk%:*}"', "minor": '"${disk#*:}"', "rate": 100}]}}' \
		io.max "$disk rbps=1048576 wbps=max riops=max wiops=100"
}

@test "huge pages are limited by size" {
	held '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}' hugetlb.2MB.max 4194304
	! is_caisson || is "$(value hugetlb.2MB.rsvd.max)" 4194304
}

@test "unified values are written, and last" {
	held '{"memory": {"limit": 67108864}, "unified": {"memory.max": "33554432", "memory.high": "16777216"}}' \
		memory.max 33554432
	is "$(value memory.high)" 16777216
}

@test "swap below the limit is refused" {
	newer_than_crun
	limit '{"memory": {"limit": 67108864, "swap": 1048576}}'
	run -1 inside true
	has "$output" swap
}

@test "a unified key with a slash is refused" {
	newer_than_crun
	limit '{"unified": {"../memory.max": "1"}}'
	run -1 inside true
	has "$output" '../memory.max'
}

@test "a limit that the kernel refuses stops the container, with the file's name" {
	caisson_only
	limit '{"cpu": {"cpus": "4000"}}'
	run -1 inside true
	has "$output" cpuset.cpus
}

@test "pids.limit 0 leaves room for the container's init alone" {
	newer_than_crun
	conf '.process.args = ["/bin/sleep", "1000"]' # which needs no process of a shell's
	limit '{"pids": {"limit": 0}}'
	create
	is "$(value pids.max)" 1
	caisson start "$id"
	is "$(status_of)" running
}

@test "a fork bomb stops at the pids limit" {
	limit '{"pids": {"limit": 20}}'
	conf '.process.args = ["/bin/sh", "-c", $t]' --arg t '
		n=0; while [ $n -lt 100 ]; do sleep 100 & n=$((n + 1)); done 2>/err; sleep 100'
	create
	caisson start "$id"
	until [ "$(awk '/^max/ { print $2 }' "$(cgroup_dir)/pids.events")" -gt 0 ]; do sleep 0.2; done
	[ "$(value pids.current)" -le 20 ]
}

@test "a memory bomb is killed and reported as oom" {
	limit '{"memory": {"limit": 16777216, "swap": 16777216}}'
	conf '.process.args = ["dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"]'
	run -137 caisson run --bundle "$bundle" "$id"
	! is_caisson || is "$(verdict)" oom
}

@test "a bomb in a child of the process is reported as oom, too" {
	limit '{"memory": {"limit": 16777216, "swap": 16777216}}'
	run -7 inside 'dd if=/dev/zero of=/dev/null bs=64M count=1; exit 7'
	! is_caisson || is "$(verdict)" oom
}

@test "one who only exits is not reported as oom" {
	caisson_only
	limit '{"memory": {"limit": 67108864}}'
	run -7 inside 'exit 7'
	is "$(verdict)" exited
}

@test "a spin is throttled by the cpu quota" {
	limit '{"cpu": {"quota": 10000, "period": 100000}}'
	conf '.process.args = ["/bin/sh", "-c", "while :; do :; done"]'
	create
	caisson start "$id"
	sleep 2
	[ "$(awk '/^nr_throttled/ { print $2 }' "$(cgroup_dir)/cpu.stat")" -gt 3 ]
}

@test "a device that no rule allows cannot be opened, though its node is there" {
	conf '.linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}]'
	limit '{"devices": [{"allow": false, "access": "rwm"}]}'
	run inside 'echo x >/dev/kmsg; echo x >/dev/null && echo open'
	has "$output" 'Operation not permitted'
	has "$output" open
}

@test "a device that a rule allows can be opened" {
	conf '.linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}]'
	limit '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rw"}]}'
	run -0 inside 'echo x >/dev/kmsg && echo open'
	is "$output" open
}

@test "a node that the container makes itself cannot be opened either" {
	caps '["CAP_MKNOD"]'
	limit '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "access": "m"}]}'
	run inside 'mknod /dev/disk b 254 0 && echo made; head -c 1 /dev/disk'
	has "$output" made
	has "$output" 'Operation not permitted'
}

@test "the process is never in another cgroup, not even at its first breath" {
	limit '{"pids": {"limit": 50}}'
	namespace_add cgroup
	run -0 inside 'cat /proc/self/cgroup'
	is "$output" 0::/
}

# ---- update: the kernel's word for what it holds afterwards ----

# updated BEFORE-JSON WORDS... -- FILE VALUE...: after update with these words
updated() {
	local words=()
	sleeper
	limit "$1"
	shift
	create
	while [ "$1" != -- ]; do words+=("$1"); shift; done
	shift
	caisson update "${words[@]}" "$id"
	while [ $# -gt 0 ]; do
		is "$1 $(value "$1")" "$1 $2"
		shift 2
	done
}

@test "update: memory, its reservation, swap" {
	updated '{"memory": {"limit": 67108864}, "pids": {"limit": 20}}' \
		--memory 32m --memory-reservation '15.5 MB' --memory-swap 48MiB -- \
		memory.max 33554432 memory.low 16252928 memory.swap.max 16777216 pids.max 20
}

@test "update: swap without memory counts from the limit that is there" {
	caisson_only
	updated '{"memory": {"limit": 67108864, "swap": 67108864}}' --memory-swap 96m -- \
		memory.max 67108864 memory.swap.max 33554432
}

@test "update: memory without swap leaves swap alone" {
	updated '{"memory": {"limit": 67108864, "swap": 100663296}}' --memory 32m -- \
		memory.max 33554432 memory.swap.max 33554432
}

@test "update: no limit" {
	updated '{"memory": {"limit": 67108864, "swap": 67108864}, "pids": {"limit": 20}, "cpu": {"quota": 20000, "period": 50000}}' \
		--memory -1 --memory-swap -1 --pids-limit -1 --cpu-quota -1 -- \
		memory.max max memory.swap.max max pids.max max cpu.max 'max 50000'
}

@test "update: cpu quota, period, weight, cpuset" {
	caisson_only # the weights of older peers differ
	updated '{"cpu": {"quota": 20000, "period": 50000}}' --cpu-quota 30000 --cpu-share 1024 --cpuset-cpus 0 -- \
		cpu.max '30000 50000' cpu.weight 100 cpuset.cpus 0
}

@test "update: a period alone keeps the quota, burst and idle" {
	caisson_only
	updated '{"cpu": {"quota": 20000, "period": 50000}}' --cpu-period 40000 --cpu-burst 10000 --cpu-idle 1 -- \
		cpu.max '20000 40000' cpu.max.burst 10000 cpu.idle 1
}

@test "update: controllers that create did not need" {
	updated '{}' --memory 64m --pids-limit 30 -- memory.max 67108864 pids.max 30
}

@test "update: JSON on standard input, as podman and the shim send it" {
	sleeper
	create
	caisson update --resources=- "$id" <<<'{"memory": {"limit": 67108864, "swap": 134217728}, "cpu": {"shares": 512, "quota": 20000, "period": 100000}, "pids": {"limit": 44},
		"devices": [{"allow": false, "access": "rwm"}], "unified": {"memory.high": "50331648"}}'
	is "$(value memory.max)" 67108864
	is "$(value memory.swap.max)" 67108864
	is "$(value cpu.max)" '20000 100000'
	is "$(value pids.max)" 44
	! is_caisson || is "$(value memory.high)" 50331648
}

@test "update: device rules stay as they are" {
	caps '["CAP_MKNOD"]'
	conf '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 11, access: "rwm"}]
		| .process.args = ["sleep", "1000"]'
	create
	caisson start "$id"
	caisson exec "$id" mknod /dev/kmsg1 c 1 11
	caisson exec "$id" mknod /dev/fuse1 c 10 229
	caisson update -r - "$id" <<<'{"pids": {"limit": 44}, "devices": [{"allow": true, "access": "rwm"}]}'
	run -0 caisson exec "$id" sh -c ': >/dev/kmsg1'
	run ! caisson exec "$id" sh -c ': </dev/fuse1'
	has "$output" 'not permitted'
}

@test "update: what is refused takes back all before it" {
	caisson_only
	sleeper
	limit '{"memory": {"limit": 67108864, "swap": 67108864}, "pids": {"limit": 20}, "cpu": {"quota": 20000, "period": 50000}}'
	create
	run -1 caisson update -r - "$id" <<<'{"memory": {"limit": 33554432, "swap": 50331648}, "pids": {"limit": 10}, "cpu": {"quota": 30000, "cpus": "4096"}}'
	has "$output" cpuset.cpus
	is "$(value memory.max) $(value memory.swap.max) $(value pids.max) $(value cpu.max)" '67108864 0 20 20000 50000'
}

@test "update: memory below what is used is refused where that is asked for" {
	caisson_only
	conf '.process.args = ["sh", "-c", "head -c 20m /dev/zero >/dev/shm/x; echo up; sleep 1000"]'
	conf '.mounts += [{destination: "/dev/shm", type: "tmpfs", source: "tmpfs"}]'
	create
	caisson start "$id"
	until grep -q up "$bundle/out"; do sleep 0.1; done
	run -1 caisson update -r - "$id" <<<'{"memory": {"limit": 4194304, "checkBeforeUpdate": true}}'
	has "$output" memory.current
	is "$(value memory.max)" max
}

@test "events: an oom kill is told, and the numbers are the kernel's" {
	caisson_only
	conf '.process.args = ["sh", "-c", "read x </go; dd if=/dev/zero of=/dev/null bs=64M count=1; read x </go"]'
	limit '{"memory": {"limit": 16777216, "swap": 16777216}}'
	mkfifo "$bundle/rootfs/go"
	create
	caisson start "$id"
	run -0 caisson events --stats "$id"
	is "$(jq .data.memory.usage.limit <<<"$output")" 16777216
	[ "$(jq .data.memory.usage.usage <<<"$output")" -gt 0 ]
	[ "$(jq .data.pids.current <<<"$output")" = 1 ]
	caisson events --interval 1h "$id" >"$bundle/events" 3>&- &
	sleep 2
	echo >"$bundle/rootfs/go"
	until [ -s "$bundle/events" ]; do sleep 0.2; done
	is "$(<"$bundle/events")" "{\"type\":\"oom\",\"id\":\"$id\"}"
	echo >"$bundle/rootfs/go"
	wait $!
}

@test "exec: the process is limited with the container" {
	limit '{"memory": {"limit": 16777216, "swap": 16777216}, "pids": {"limit": 5}}'
	conf '.process.args = ["sleep", "1000"]'
	create
	caisson start "$id"
	run -137 caisson exec "$id" dd if=/dev/zero of=/dev/null bs=64M count=1
	run ! caisson exec "$id" sh -c 'for i in 1 2 3 4 5 6 7; do sleep 5 & done; wait'
}

@test "exec: a container with groups of its own, and controllers in them, is entered beside its init" {
	newer_than_crun
	conf '.process.args = ["sleep", "1000"]'
	limit '{"memory": {"limit": 67108864}}'
	create
	caisson start "$id"
	dir=$(cgroup_dir)
	mkdir "$dir/inner"
	cat "$bundle/pid" >"$dir/inner/cgroup.procs"
	echo +memory >"$dir/cgroup.subtree_control"
	run -0 caisson exec "$id" cat /proc/self/cgroup
	has "$output" inner
}
