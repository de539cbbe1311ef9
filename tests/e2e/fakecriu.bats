#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore: what criu is told, to the last field, and what becomes of its answers. A
# program stands for criu that writes everything down; checkpoint.bats is about the true one.
# shellcheck disable=SC2154,SC2016 # bats gives output and status; $ in filters is jq's

load lib

setup() {
	caisson_only
	need_root
	command -v python3 >/dev/null || skip "needs python3"
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle root=$BATS_TEST_TMPDIR/root
	images=$BATS_TEST_TMPDIR/images work=$BATS_TEST_TMPDIR/work
	mkdir "$work"
	mount -t tmpfs fake /usr/local/sbin || skip "no mount of our own"
	install -m 755 "$BATS_TEST_DIRNAME/fakecriu" /usr/local/sbin/criu
	bundle_make
}

teardown() {
	! mountpoint -q /usr/local/sbin || umount /usr/local/sbin
	[ -n "${id-}" ] || return 0
	[ -z "${alive-}" ] || caisson delete --force "$id" || echo "delete --force: status $?"
	nothing_left
}

started() {
	sleeper
	create
	caisson start "$id"
}

checkpoint() { caisson checkpoint --image-path "$images" --work-path "$work" "$@" "$id"; }
asked() { jq -c "$1" "$work/request.json"; }

@test "checkpoint --help and doctor follow criu check" {
	run caisson checkpoint --help
	is "$status" 1
	has "$output" 'criu check: no: nothing is right'
	: >/usr/local/sbin/criu.check
	run caisson checkpoint --help
	is "$status" 0
	is "$(caisson doctor --json | jq -r '.checks[] | select(.name == "criu").state')" ok
}

@test "a criu that others can write is none" {
	chmod 777 /usr/local/sbin/criu
	started
	run checkpoint
	is "$status" 1
	[ ! -e "$work/request.json" ]
}

@test "dump: the process, the cgroup to freeze, what is outside, and nothing that was not asked" {
	mkdir "$bundle/host"
	mount_add "{\"destination\": \"/mnt/dir\", \"type\": \"bind\", \"source\": \"$bundle/host\", \"options\": [\"rbind\"]}"
	started
	checkpoint --leave-running
	is "$(asked .type)" '"dump"'
	is "$(asked .opts.pid)" "$(cat "$bundle/pid")"
	is "$(asked .opts.freeze_cgroup)" "\"/sys/fs/cgroup/caisson-e2e/$id\""
	is "$(asked .opts.ext_mnt)" '[["/mnt/dir","/mnt/dir"]]'
	is "$(asked .opts.manage_cgroups_mode)" 3
	is "$(asked .opts.log_file)" '"dump.log"'
	is "$(asked .images)" "\"$images\""
	is "$(asked '.opts | keys - ["images_dir_fd", "work_dir_fd", "log_level", "log_file", "pid", "freeze_cgroup",
		"ext_mnt", "external", "manage_cgroups_mode", "ext_masters", "evasive_devices", "orphan_pts_master",
		"leave_running"]')" '[]'
	is "$(asked '[.opts | .ext_masters, .orphan_pts_master, .leave_running]')" '[1,1,1]'
	is "$(stat -c %a "$images")" 700
}

@test "dump: stdio on the host's files is external, and descriptors.json has its names" {
	started
	checkpoint --leave-running
	is "$(jq -c 'map(test("^file\\[[0-9a-f]+:[0-9a-f]+\\]$"))' "$images/descriptors.json")" '[true,true,true]'
	is "$(asked .opts.external)" "$(jq -c . "$images/descriptors.json")"
	pid=$(cat "$bundle/pid")
	is "$(jq -r '.[1]' "$images/descriptors.json")" \
		"$(printf 'file[%x:%x]' "$(awk '/mnt_id/ { print $2 }' "/proc/$pid/fdinfo/1")" "$(stat -L -c %i "/proc/$pid/fd/1")")"
}

@test "dump: each option of runc's is one of criu's" {
	started
	exec 9>"$BATS_TEST_TMPDIR/status"
	checkpoint --leave-running --tcp-established --tcp-skip-in-flight --ext-unix-sk --shell-job --file-locks \
		--link-remap --auto-dedup --lazy-pages --manage-cgroups-mode strict --empty-ns network \
		--page-server 192.0.2.1:4711 --status-fd 9
	is "$(asked '[.opts | .tcp_established, .tcp_skip_in_flight, .ext_unix_sk, .shell_job, .file_locks, .link_remap,
		.auto_dedup, .lazy_pages]')" '[1,1,1,1,1,1,1,1]'
	is "$(asked .opts.manage_cgroups_mode)" 5
	is "$(asked .opts.empty_ns)" $((0x40000000))
	is "$(asked .opts.ps)" '["192.0.2.1",4711]'
	is "$(asked '.opts.status_fd > 2')" true
}

@test "dump: modes by word, and none else" {
	started
	for pair in soft:3 full:4 strict:5 ignore:0; do
		checkpoint --leave-running --manage-cgroups-mode "${pair%:*}"
		is "$(asked .opts.manage_cgroups_mode)" "${pair#*:}"
	done
	run checkpoint --manage-cgroups-mode hard
	has "$output" 'expected soft|full|strict|ignore'
	run checkpoint --empty-ns pid
	has "$output" 'expected network'
	run checkpoint --page-server nowhere
	has "$output" 'expected ADDRESS:PORT'
	run checkpoint --status-fd 77
	has "$output" 'descriptor 77 is not open'
}

@test "a file of options for criu is that of org.criu.config, if only root can write it" {
	local file=$BATS_TEST_TMPDIR/criu.conf
	conf '.annotations = {"org.criu.config": $f}' --arg f "$file"
	started
	run checkpoint --leave-running
	has "$output" "annotations.org.criu.config: $file: no such file or directory"
	echo tcp-established >"$file"
	checkpoint --leave-running
	is "$(asked .opts.config_file)" "\"$file\""
	mkdir -p -m 700 "$images"
	echo '["pipe:[77]","pipe:[77]","pipe:[77]"]' >"$images/descriptors.json"
	id=$id-2
	conf '.linux.cgroupsPath += "-2"'
	run ! caisson restore --image-path "$images" --work-path "$work" --bundle "$bundle" --detach "$id"
	is "$(asked .opts.config_file)" "\"$file\""
	id=${id%-2}
	chmod 666 "$file"
	rm "$work/request.json"
	run ! checkpoint --leave-running
	has "$output" "that only root can write: found $file, owner 0, mode 666"
	[ ! -e "$work/request.json" ]
	chmod 644 "$file"
	mkdir "$BATS_TEST_TMPDIR/open"
	mv "$file" "$BATS_TEST_TMPDIR/open"
	chmod 777 "$BATS_TEST_TMPDIR/open"
	conf '.annotations = {"org.criu.config": $f}' --arg f "$BATS_TEST_TMPDIR/open/criu.conf"
	caisson delete --force "$id"
	started
	run ! checkpoint --leave-running
	has "$output" "directories that only root can write: found $BATS_TEST_TMPDIR/open, owner 0, mode 777"
	[ ! -e "$work/request.json" ]
}

@test "restore: places below a bind are made on its source, and in no other file system" {
	mkdir -m 700 "$images"
	mkdir "$bundle/host" "$bundle/below"
	touch "$bundle/file"
	echo '["pipe:[77]","pipe:[77]","pipe:[77]"]' >"$images/descriptors.json"
	mount_add "{\"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"$bundle/host\", \"options\": [\"bind\"]}"
	mount_add "{\"destination\": \"/mnt/a/b\", \"type\": \"bind\", \"source\": \"$bundle/below\", \"options\": [\"bind\"]}"
	mount_add "{\"destination\": \"/mnt/a/b/c/file\", \"type\": \"bind\", \"source\": \"$bundle/file\", \"options\": [\"bind\"]}"
	mount_add '{"destination": "/t", "type": "tmpfs", "source": "tmpfs"}'
	mount_add '{"destination": "/t/x", "type": "tmpfs", "source": "tmpfs"}'
	run ! caisson restore --image-path "$images" --work-path "$work" --bundle "$bundle" --detach "$id"
	[ -d "$bundle/host/a/b" ]
	[ ! -e "$bundle/host/a/b/c" ]
	[ -f "$bundle/below/c/file" ]
	[ -d "$bundle/rootfs/t" ]
	[ ! -e "$bundle/rootfs/t/x" ]
	[ ! -e "$bundle/rootfs/mnt/a" ]
}

@test "pre-dump tracks memory and leaves the container alone; a parent is relative" {
	started
	mkdir -p "$images" "$BATS_TEST_TMPDIR/pre"
	checkpoint --pre-dump
	is "$(asked .type)" '"pre_dump"'
	is "$(asked .opts.track_mem)" 1
	[ ! -e "$images/descriptors.json" ]
	is "$(status_of)" running
	checkpoint --leave-running --parent-path ../pre
	is "$(asked '[.opts | .parent_img, .track_mem]')" '["../pre",1]'
	run checkpoint --parent-path /abs
	has "$output" 'expected a path relative to --image-path'
	run checkpoint --parent-path ../nothing
	has "$output" '--parent-path ../nothing'
}

@test "criu gets nothing but its arguments: no descriptor, no environment of ours" {
	started
	SECRET=1 checkpoint --leave-running
	is "$(asked '.environment | del(.LC_CTYPE) | keys')" '["PATH"]'
	is "$(asked .stdio)" '["/dev/null","/dev/null","/dev/null"]'
}

@test "what criu refuses is an error in its words, without the noise, and names the log" {
	started
	: >"$work/refuse"
	run checkpoint
	is "$status" 1
	has "$output" 'criu: (criu/y.c:2): it is'
	has "$output" "see $work/dump.log"
	is "$(status_of)" running
	[ ! -e "$root/$id/kill.json" ] # nobody has killed it
}

@test "what is ended by a checkpoint was killed, and the log says by whom" {
	rm -f "$audit_log"
	started
	checkpoint
	is "$(jq -c 'select(.event == "container.exit") | .unmapped.verdict | [.reason, .killed_by.uid]' "$audit_log")" \
		'["killed",0]'
	is "$(jq -c 'select(.event == "container.checkpoint") | [.container.uid, .status_id]' "$audit_log")" "[\"$id\",1]"
}

@test "no answer, and one that is none, are errors" {
	started
	: >"$work/silence"
	run checkpoint
	is "$status" 1
	has "$output" 'criu: expected an answer: it ended without'
	rm "$work/silence"
	: >"$work/garbage"
	run checkpoint
	is "$status" 1
	has "$output" 'criu: expected an answer of its RPC: found something else'
	is "$(status_of)" running
}

@test "restore: the root, the cgroup, the mounts, stdio, labels; a yes without a process is none" {
	rm -f "$audit_log"
	mkdir -m 700 "$images"
	mkdir "$bundle/host"
	echo '["pipe:[77]","file[1a:2b]","file[1a:2b]"]' >"$images/descriptors.json"
	mount_add "{\"destination\": \"/mnt/dir\", \"type\": \"bind\", \"source\": \"$bundle/host\", \"options\": [\"rbind\"]}"
	run caisson restore --image-path "$images" --work-path "$work" --bundle "$bundle" --detach \
		--tcp-established --tcp-close --file-locks --lsm-profile selinux:a_t --lsm-mount-context b_t \
		-no-subreaper --no-pivot "$id"
	is "$status" 1
	has "$output" 'criu: expected a process id: found 0'
	is "$(asked .type)" '"restore"'
	is "$(asked .opts.root)" "\"$bundle/rootfs\""
	is "$(asked .opts.cg_root)" "[[\"\",\"/caisson-e2e/$id\"]]"
	is "$(asked .opts.ext_mnt)" "[[\"/mnt/dir\",\"$bundle/host\"]]"
	is "$(asked '[.opts.inherit_fd[][0]]')" '["pipe:[77]","file[1a:2b]"]'
	is "$(asked '[.opts | .rst_sibling, .notify_scripts, .orphan_pts_master, .tcp_established, .tcp_close, .file_locks]')" \
		'[1,1,1,1,1,1]'
	is "$(asked '[.opts | .lsm_profile, .lsm_mount_context]')" '["selinux:a_t","b_t"]'
	is "$(jq -c 'select(.event == "container.restore") | [.status_id, .status_detail]' "$audit_log")" \
		'[2,"criu-restore: criu: expected a process id: found 0"]'
	[ -d "$bundle/rootfs/mnt/dir" ]
	[ ! -e "$root/$id" ]
	# a bind that may have a master outside is mounted as criu did before
	is "$(asked .opts.mntns_compat)" 1
	conf '.mounts[-1].options += ["rprivate"]'
	run caisson restore --image-path "$images" --work-path "$work" --bundle "$bundle" "$id"
	is "$(asked .opts.mntns_compat)" null
}
