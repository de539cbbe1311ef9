#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# What podman's options ask of a runtime: devices, volumes, sysctls, namespaces, hooks, terminals and
# the rest of a container's life. In the guest only.

load lib
load engines

setup_file() {
	load engines
	engines_up
}

setup() { id=e2e$$x$BATS_TEST_NUMBER; }
teardown() { engines_clean; }

# one_run OPTION... -- TEXT: a shell text in a container that is gone afterwards
one_run() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	pod run --rm --network none "${options[@]}" "$image" sh -c "$2"
}

# one_run_as OPTION... -- WORD...: a command in a container that is gone afterwards
one_run_as() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	pod run --rm --network none "${options[@]}" "$image" "$@"
}

@test "podman: attach to a process without a terminal" {
	pod run -d -i --name "$id" --network none "$image" sh -c 'read x; echo got $x; exit 4' 3>&-
	run pod attach "$id" <<<word
	is "$output" 'got word'
	is "$(pod wait "$id")" 4
}

@test "podman: create, start --attach, restart, wait, a second life" {
	pod create --name "$id" --network none "$image" sh -c 'echo up; test -e /once && exit 5; touch /once; exit 6'
	run -6 pod start --attach "$id"
	is "$output" up
	run -5 pod start --attach "$id"
	is "$(pod wait "$id")" 5
	is "$(pod logs "$id")" $'up\nup'
}

@test "podman: a restart policy" {
	pod run -d --name "$id" --network none --restart on-failure:1 "$image" sh -c 'echo up; exit 1' 3>&-
	once() { [ "$(pod inspect --format '{{.RestartCount}} {{.State.Status}}' "$id")" = '1 exited' ]; }
	eventually once
	is "$(pod logs "$id")" $'up\nup'
}

@test "podman: --timeout kills, a detached --rm container is gone" {
	run ! one_run --name "$id" --timeout 1 -- 'trap "" TERM; sleep 1000'
	pod run -d --rm --name "$id" --network none "$image" true 3>&-
	gone() { ! pod container exists "$id"; }
	eventually gone
}

@test "podman: a device, its permissions and a rule for one that is made later" {
	run one_run --device /dev/kmsg:/dev/mine:r --device-cgroup-rule 'c 1:5 rwm' --cap-add mknod -- '
		ls -l /dev/mine; true >/dev/mine; echo; true >/dev/null && echo null
		mknod /dev/five c 1 5 && head -c 3 /dev/five | wc -c
		mknod /dev/one c 1 1 && head -c 1 /dev/one; echo done'
	has "$output" '1,  11'
	has "$output" "can't create /dev/mine: Operation not permitted"
	has "$output" $'\nnull\n'
	has "$output" $'\n3\n'
	has "$output" '/dev/one: Operation not permitted'
}

@test "podman: a device by its CDI name brings nodes, mounts, environment and a hook" {
	mkdir -p /etc/cdi
	cat >/etc/cdi/e2e.json <<-END
		{"cdiVersion": "0.5.0", "kind": "e2e.test/thing", "devices": [{"name": "one", "containerEdits": {
			"deviceNodes": [{"path": "/dev/thing", "hostPath": "/dev/zero"}],
			"mounts": [{"hostPath": "/etc/hostname", "containerPath": "/given", "options": ["ro", "bind"]}],
			"hooks": [{"hookName": "createContainer", "path": "/bin/sh",
				"args": ["sh", "-c", "cat >$BATS_TEST_TMPDIR/hooked"]}],
			"env": ["THING=here"]}}]}
	END
	run -0 one_run --device e2e.test/thing=one -- 'head -c 3 /dev/thing | wc -c; cat /given; echo $THING'
	is "$output" $'3\nguest\nhere'
	is "$(jq -r .status "$BATS_TEST_TMPDIR/hooked")" creating
}

@test "podman: hooks of a folder run with the state" {
	mkdir -p "$BATS_TEST_TMPDIR/hooks"
	for stage in prestart createRuntime createContainer poststart poststop; do
		jq -n --arg s $stage --arg f "$BATS_TEST_TMPDIR/ran" '{version: "1.0.0", when: {always: true}, stages: [$s],
			hook: {path: "/bin/sh", args: ["sh", "-c", "echo \($s) $(cat | tr -d \" \\n\" | grep -o \"status\\\":\\\"[a-z]*\") >>\($f)"]}}' \
			>"$BATS_TEST_TMPDIR/hooks/$stage.json"
	done
	run -0 pod --hooks-dir "$BATS_TEST_TMPDIR/hooks" run --rm --network none "$image" echo inside
	is "$output" inside
	run -0 sed 's/status":"//' "$BATS_TEST_TMPDIR/ran"
	for line in 'prestart creat' 'createRuntime creat' 'createContainer creat' 'poststart running' 'poststop stopped'; do
		has "$output" "$line"
	done
}

@test "podman: sysctls, ulimits, the OOM score, umask and a time zone" {
	run -0 one_run --sysctl net.ipv4.ip_unprivileged_port_start=99 --sysctl kernel.msgmax=1234 \
		--ulimit nofile=111:222 --ulimit core=0 --oom-score-adj 321 --umask 027 -- '
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax /proc/self/oom_score_adj
		ulimit -n; ulimit -H -n; ulimit -c; umask'
	is "$output" $'99\n1234\n321\n111\n222\n0\n0027'
}

@test "podman: every limit of memory, cpu, block I/O, and free keys" {
	run -0 one_run --memory 64m --memory-swap 96m --memory-reservation 32m --cpuset-cpus 1 \
		--cpuset-mems 0 --device-write-bps /dev/vda:1mb --cgroup-conf memory.high=60000000 --pids-limit -1 -- '
		cd /sys/fs/cgroup; cat memory.max memory.swap.max memory.low memory.high cpuset.cpus cpuset.mems io.max pids.max'
	is "$output" $'67108864\n33554432\n33554432\n59998208\n1\n0\n'"$(</sys/block/vda/dev)"$' rbps=max wbps=1048576 riops=max wiops=max\nmax'
}

# group_files FILE...: of the container $id, as it sees them
group_files() { pod exec "$id" sh -c 'cd /sys/fs/cgroup; cat "$@"' - "$@"; }

@test "podman: an update of every limit at once, and one that leaves the others" {
	pod_up --pids-limit 1024
	run -0 pod update --cpu-shares 262144 --cpus 5 --cpuset-cpus 0 --cpuset-mems 0 --memory 1G --memory-swap 3G \
		--memory-reservation 400M --device-read-bps /dev/vda:10mb --device-read-iops /dev/vda:2000 \
		--device-write-bps /dev/vda:30mb --device-write-iops /dev/vda:4000 "$id"
	run -0 group_files cpu.weight cpu.max cpuset.cpus cpuset.mems memory.max memory.swap.max memory.low io.max
	is "$output" $'10000\n500000 100000\n0\n0\n1073741824\n2147483648\n419430400\n'"$(</sys/block/vda/dev) rbps=10485760 wbps=31457280 riops=2000 wiops=4000"
	run -0 pod update --memory 100M "$id"
	run -0 group_files memory.max pids.max cpu.max
	is "$output" $'104857600\n1024\n500000 100000'
}

@test "podman: a container keeps its cgroup manager, whoever starts it again" {
	run -0 podman --runtime "$CAISSON" --cgroup-manager systemd run --name "$id" --network none "$image" true
	is "$output" ''
	run -0 pod start -a "$id"
	is "$output" ''
	is "$(pod inspect --format '{{.HostConfig.CgroupManager}}' "$id")" systemd
}

@test "podman: volumes: named with the image's content, anonymous, overlay, chowned, image" {
	echo text >"$BATS_TEST_TMPDIR/file"
	mkdir "$BATS_TEST_TMPDIR/u"
	run -0 one_run -v "$id:/etc" -v /anonymous -v "$BATS_TEST_TMPDIR:/over:O" --user 7:8 \
		-v "$BATS_TEST_TMPDIR/u:/mine:U" --mount "type=image,source=$image,destination=/image" -- '
		grep -c root: /etc/passwd; echo more >>/over/file; cat /over/file; touch /mine/x; stat -c %u:%g /mine/x
		ls /image/bin/sh; stat -c %a /anonymous'
	podman volume rm "$id"
	has "$output" $'1\n'
	has "$output" $'text\n'
	has "$output" $'7:8\n/image/bin/sh'
	is "$(cat "$BATS_TEST_TMPDIR/file")" text
}

@test "podman: mounts: propagation, read-only, no execution, /dev/shm" {
	mkdir -p "$BATS_TEST_TMPDIR/a/below" "$BATS_TEST_TMPDIR/s"
	mount -t tmpfs none "$BATS_TEST_TMPDIR/a/below"
	mount --bind "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/s"
	mount --make-shared "$BATS_TEST_TMPDIR/s"
	cp /bin/busybox "$BATS_TEST_TMPDIR/a/"
	run one_run --shm-size 2m --cap-add sys_admin --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
		--mount "type=bind,src=$BATS_TEST_TMPDIR/a,dst=/a,ro" \
		-v "$BATS_TEST_TMPDIR/a:/n:noexec" -v "$BATS_TEST_TMPDIR/s:/s:rshared" -- '
		touch /a/x; touch /a/below/x; /n/busybox true; df -k /dev/shm | tail -n 1
		mkdir /s/m && mount -t tmpfs inside /s/m; echo done'
	has "$output" '/a/x: Read-only file system'
	has "$output" '/n/busybox: Permission denied'
	has "$(tr -s ' ' <<<"$output")" 'shm 2048'
	has "$(grep "$BATS_TEST_TMPDIR/s/m" /proc/self/mountinfo)" inside
	umount "$BATS_TEST_TMPDIR/s/m" "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/a/below"
}

@test "podman: --read-only with its writable places, a tmpfs with the content below it, masks lifted and added" {
	run one_run --read-only --tmpfs /etc --tmpfs /t:size=1m,mode=0710,noexec --security-opt mask=/proc/version \
		--security-opt unmask=/proc/kcore -- '
		touch /x; touch /tmp/x /run/x /dev/shm/x /etc/x && echo writable; grep -c root: /etc/passwd
		stat -c %a /t; head -c 4 /proc/version | wc -c; head -c 4 /proc/kcore >/dev/null; ls -l /proc/kcore | cut -c1; cat /proc/keys | wc -c'
	has "$output" '/x: Read-only file system'
	has "$output" $'writable\n1\n710\n0\n'
	is "${lines[-2]}" -
	is "${lines[-1]}" 0
}

@test "podman: secrets, as a file and as a variable" {
	echo -n hidden | podman secret create "$id" - >/dev/null
	run -0 one_run --secret "$id,mode=0400,uid=5" --secret "$id,type=env,target=WORD" -- "
		cat /run/secrets/$id; echo; stat -c '%a %u' /run/secrets/$id; echo \$WORD"
	podman secret rm "$id"
	is "$output" $'hidden\n400 5\nhidden'
}

@test "podman: a secret in a read-only container" {
	echo -n hidden | podman secret create "$id" - >/dev/null
	run one_run --read-only --secret "$id" -- "cat /run/secrets/$id; touch /run/secrets/x"
	podman secret rm "$id"
	has "$output" hidden
	has "$output" 'Read-only file system'
}

@test "podman: --userns=auto gives each its own ids, with volumes mapped" {
	mkdir "$BATS_TEST_TMPDIR/v"
	chmod 755 "$BATS_TEST_TMPDIR"
	pod_up --userns auto:size=4096
	run -0 one_run --userns auto:size=4096 -v "$BATS_TEST_TMPDIR/v:/v:idmap" -- 'xargs </proc/self/uid_map; id -u; touch /v/x'
	one=${lines[0]}
	is "${one##* }" 4096
	is "${lines[1]}" 0
	two=$(xargs <"/proc/$(pid_of "$id")/uid_map")
	is "${two##* }" 4096
	[ "$one" != "$two" ] || return 1
	is "$(stat -c %u "$BATS_TEST_TMPDIR/v/x")" 0
}

@test "podman: another container's user namespace is joined" {
	pod_up --userns auto:size=4096
	run -0 one_run --userns "container:$id" -- 'xargs </proc/self/uid_map; readlink /proc/self/ns/user'
	is "${lines[0]}" "$(xargs <"/proc/$(pid_of "$id")/uid_map")"
	is "${lines[1]}" "$(readlink "/proc/$(pid_of "$id")/ns/user")"
}

@test "podman: the host's namespaces" {
	run -0 pod run --rm --network host --pid host --ipc host --uts host --cgroupns host "$image" sh -c '
		for n in net pid ipc uts cgroup mnt; do readlink /proc/self/ns/$n; done; hostname'
	is "${lines[*]:0:5}" "$(for n in net pid ipc uts cgroup; do readlink "/proc/self/ns/$n"; done | xargs)"
	[ "${lines[5]}" != "$(readlink /proc/self/ns/mnt)" ] || return 1
	is "${lines[6]}" guest
}

@test "podman: killed with a shared pid namespace, nothing survives" {
	pod_up --pid host
	pod exec -d "$id" sleep 1234
	dir=$(group_of "$(pid_of "$id")")
	pod rm -f -t 0 "$id"
	[ ! -d "$dir" ] || { cat "$dir/cgroup.procs"; return 1; }
	lacks "$(ps ax -o args)" 'sleep 1234'
}

@test "podman: its own filter, a filter of a file, none" {
	jq -n '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}' \
		>"$BATS_TEST_TMPDIR/filter.json"
	run one_run --security-opt seccomp="$BATS_TEST_TMPDIR/filter.json" -- 'mkdir /d; cat /proc/self/status'
	has "$output" 'No space left on device'
	is "$(field Seccomp)" 2
	run -0 one_run --security-opt seccomp=unconfined -- 'cat /proc/self/status'
	is "$(field Seccomp)" 0
}

@test "podman: a container for systemd has its own writable cgroup and its tmpfs" {
	run -0 pod run --rm --network none --systemd always "$image" sh -c '
		mkdir /sys/fs/cgroup/x && echo made; grep -c " /run tmpfs\| /run/lock tmpfs\| /tmp tmpfs" /proc/mounts'
	is "$output" $'made\n3'
}

@test "podman: descriptors are handed in, as are activated sockets' names" {
	exec 5<<<'from outside'
	run -0 pod run --rm --network none --preserve-fds 3 "$image" sh -c 'cat <&5'
	exec 5<&-
	is "$output" 'from outside'
}

@test "podman: descriptors of a list, with gaps between them, for run and exec" {
	echo nine >"$BATS_TEST_TMPDIR/9"
	run -0 one_run --preserve-fd 9,12 -- 'cat <&9; ls /proc/self/fd | xargs' \
		9<"$BATS_TEST_TMPDIR/9" 10</dev/null 12</dev/null
	is "$output" $'nine\n0 1 12 2 3 9' # 3: of ls itself
	pod_up
	run -0 pod exec --preserve-fd 9 "$id" sh -c 'cat <&9' 9<"$BATS_TEST_TMPDIR/9" 10</dev/null
	is "$output" nine
}

@test "podman: exec has the container's umask and groups" {
	pod_up --umask 0724 --group-add 41,42
	run -0 pod exec "$id" sh -c 'umask; id -G'
	is "$output" $'0724\n0 41 42'
}

@test "podman: the groups of root's caller are kept, with a user namespace and without" {
	run -0 chroot --groups 1234 / podman --runtime "$CAISSON" --cgroup-manager cgroupfs run --rm --network none \
		--group-add keep-groups "$image" id -G
	has "$output" 1234
	run -0 chroot --groups 1234 / podman --runtime "$CAISSON" --cgroup-manager cgroupfs run --rm --network none \
		--uidmap 0:200000:5000 --group-add keep-groups "$image" id -G
	has "$output" 65534
}

@test "podman: a flag that the runtime does not know is named, a known one is taken" {
	run -126 pod --runtime-flag nothing-like-it run --rm --network none "$image" true
	has "$output" nothing-like-it
	run -0 pod --runtime-flag debug run --rm --network none "$image" echo 'a word'
	has "$output" 'a word'
	run -0 pod --log-level debug run --rm --network none "$image" echo 'a word'
	has "$output" 'a word'
}

@test "podman: 126 for what is there and cannot be executed, 127 for what is not, on every way" {
	for word in /etc /etc/passwd /dev/null; do run -126 pod run --rm --network none "$image" "$word"; done
	for word in nothing /nothing ./nothing /nothing/below; do run -127 pod run --rm --network none "$image" "$word"; done
	run -127 pod run --rm -t --network none "$image" nothing
	run -127 pod run -d --rm --network none "$image" nothing
	run -127 pod run --rm --network none --entrypoint '[""]' "$image"
	mkdir "$BATS_TEST_TMPDIR/empty"
	run -127 pod run --rm --network none --rootfs "$BATS_TEST_TMPDIR/empty"
	has "$output" 'executable file not found in $PATH'
	cp /bin/busybox "$BATS_TEST_TMPDIR/"
	run -126 one_run_as -v "$BATS_TEST_TMPDIR:/n:noexec" -- /n/busybox true
	[[ $output =~ exec.*permission\ denied ]] || { echo "$output"; return 1; }
}

@test "podman: a hook that fails is the container's end, at each stage" {
	mkdir "$BATS_TEST_TMPDIR/hooks"
	for stage in prestart createRuntime createContainer startContainer; do
		jq -n --arg s $stage '{version: "1.0.0", when: {always: true}, stages: [$s],
			hook: {path: "/bin/false"}}' >"$BATS_TEST_TMPDIR/hooks/a.json"
		run ! pod --hooks-dir "$BATS_TEST_TMPDIR/hooks" run --rm --network none "$image" echo inside
		lacks "$output" $'\ninside'
	done
}

@test "podman: the masks and mount options of /proc, a writable cgroup, a personality, limits of the host" {
	run -0 one_run --security-opt proc-opts=nosuid,noexec,hidepid=2 -- 'grep " /proc " /proc/mounts | head -n 1'
	has "$output" hidepid=
	run -0 one_run --security-opt unmask=ALL -- 'grep -c " /proc" /proc/mounts; mkdir /sys/fs/cgroup/x; ls -d /sys/fs/cgroup/x'
	is "$output" $'1\n/sys/fs/cgroup/x'
	run -0 one_run --personality LINUX32 --ulimit host -- 'uname -m; ulimit -n'
	is "$output" "i686"$'\n'"$(ulimit -n)"
}

@test "podman: --cgroups split and no-conmon, in a group of systemd's" {
	by_systemd() { systemd-run --quiet --wait --pipe --collect -p Delegate=yes podman --runtime "$CAISSON" run --rm --network none "$@"; }
	run -5 by_systemd --cgroups split "$image" sh -c 'exit 5'
	run -6 by_systemd --cgroups no-conmon "$image" sh -c 'exit 6'
}

@test "podman: every signal reaches the process" {
	pod run -d --name "$id" --network none "$image" sh -c '
		for i in 1 2 3 15 16 25 64; do trap "echo got $i" $i; done
		echo ready; while [ ! -e /stop ]; do sleep 0.1; done' 3>&-
	until [ "$(pod logs "$id")" = ready ]; do sleep 0.5; done
	for word in 1 -INT SIGQUIT TERM 16 SIGXFSZ RTMAX; do
		n=$(pod logs "$id" | wc -l)
		pod kill -s "$word" "$id"
		more() { [ "$(pod logs "$id" | wc -l)" -gt "$n" ]; }
		eventually more
	done
	pod exec "$id" touch /stop
	pod wait "$id"
	is "$(pod logs "$id" | tail -n +2 | xargs)" 'got 1 got 2 got 3 got 15 got 16 got 25 got 64'
}

@test "podman: init before start; what is initialised can be removed" {
	pod create --name "$id" --network none "$image" echo begun
	pod init "$id"
	is "$(pod inspect --format '{{.State.Status}}' "$id")" initialized
	run -0 pod start --attach "$id"
	is "$output" begun
	pod init "$id"
	pod rm -f -t 0 "$id"
}

@test "podman: the container's own word that it is ready reaches the caller" {
	systemd-run --quiet --unit "$id" -p Type=notify -p TimeoutStartSec=300 \
		podman --runtime "$CAISSON" --cgroup-manager cgroupfs run --rm --name "$id" --network none --sdnotify container \
		--rootfs /:O sh -c 'sleep 2; systemd-notify --ready --status="word of $NOTIFY_SOCKET"; exec sleep 1000'
	run -0 systemctl show -p ActiveState -p StatusText "$id"
	has "$output" active
	has "$output" 'word of /run/notify'
	systemctl kill --kill-whom=all -s KILL "$id"
}

@test "podman: a network of its own, a published port" {
	pod network create --disable-dns "$id" >/dev/null
	pod run -d --name "$id" --network "$id" -p 127.0.0.1:8099:99 "$image" \
		sh -c 'while :; do echo answer | nc -l -p 99; done' 3>&-
	answered() { [ "$(busybox nc -w 5 127.0.0.1 8099 </dev/null)" = answer ]; }
	eventually answered
	podman rm -f -t 0 "$id"
	podman network rm "$id"
}

@test "podman: commit, cp and diff of what runs" {
	pod_up
	pod exec "$id" sh -c 'echo new >/new'
	pod commit --quiet --pause "$id" "localhost/$id"
	run -0 pod run --rm --network none "localhost/$id" cat /new
	is "$output" new
	podman rmi "localhost/$id"
	is "$(pod inspect --format '{{.State.Status}}' "$id")" running
	echo in >"$BATS_TEST_TMPDIR/in"
	pod cp "$BATS_TEST_TMPDIR/in" "$id:/tmp/in"
	run -0 pod exec "$id" cat /tmp/in
	is "$output" in
}

@test "podman: a health check that its timer runs, and what follows a failure" {
	pod_up --health-cmd 'test ! -e /ill' --health-interval 2s --health-retries 1 --health-on-failure kill
	health() { [ "$(pod inspect --format '{{.State.Health.Status}}' "$id")" = "$1" ]; }
	eventually health healthy
	pod exec "$id" touch /ill
	ended() { [ "$(pod inspect --format '{{.State.Status}}' "$id")" = exited ]; }
	eventually ended
}

@test "podman: container checkpoint, restore; an archive becomes another container" {
	PATH=$PATH:/usr/sbin criu check || skip "criu check: this kernel is not one for it"
	mkdir "$BATS_TEST_TMPDIR/v"
	pod run -d --name "$id" --network none -v "$BATS_TEST_TMPDIR/v:/v" "$image" \
		sh -c 'i=0; while :; do i=$((i + 1)); echo $i >/n; sleep 0.1; done' 3>&-
	counted() { [ "$(pod exec "$1" cat /n)" -gt "$2" ]; }
	eventually counted "$id" 3
	pod container checkpoint "$id"
	is "$(pod inspect --format '{{.State.Status}} {{.State.Checkpointed}}' "$id")" 'exited true'
	pod container restore "$id"
	eventually counted "$id" 10
	n=$(pod exec "$id" cat /n)
	pod container checkpoint --compress none --export "$BATS_TEST_TMPDIR/a.tar" "$id"
	podman rm -f -t 0 "$id"
	pod container restore --import "$BATS_TEST_TMPDIR/a.tar" --name "$id"
	eventually counted "$id" "$n"
	pod stop -t 0 "$id"
}

@test "podman: restored twice, by name and by number, and the log goes on" {
	PATH=$PATH:/usr/sbin criu check || skip "criu check: this kernel is not one for it"
	pod run -d --name "$id" --network none "$image" sh -c 'while echo line; do sleep 0.2; done' 3>&-
	number=$(pod inspect --format '{{.Id}}' "$id")
	logged() { [ "$(pod logs "$id" | wc -l)" -gt "$1" ]; }
	for name in "$id" "$number"; do
		eventually logged 0
		run -0 pod container checkpoint "$name"
		is "$output" "$name"
		before=$(pod logs "$id" | wc -l)
		run -0 pod container restore "$name"
		is "$output" "$name"
		eventually logged "$before"
	done
}

# by_name OPTION...: podman with the runtime's name, which our file in contrib/ explains
by_name() {
	sed "s,^caisson = .*,${CAISSON##*/} = [\"$CAISSON\"],; s,\"caisson\",\"${CAISSON##*/}\"," \
		"$top/contrib/podman/caisson.conf" >"$BATS_TEST_TMPDIR/c.conf"
	CONTAINERS_CONF_OVERRIDE=$BATS_TEST_TMPDIR/c.conf podman --runtime "${CAISSON##*/}" --cgroup-manager cgroupfs "$@"
}

@test "podman: a runtime by its name in containers.conf, which then is asked for JSON errors" {
	run -0 by_name run --rm --network none "$image" echo 'a word'
	is "$output" 'a word'
	run -127 by_name run --rm --network none "$image" nothing
	has "$output" nothing
	lacks "$output" '"level"'
	run -126 by_name run --rm --network none "$image" /etc
}

@test "podman: --cgroups=disabled leaves the container in its caller's group" {
	run -0 by_name run --rm --network none --cgroups disabled --cgroupns host "$image" cat /proc/self/cgroup
	is "$output" "$(cat /proc/self/cgroup)"
	by_name run -d --name "$id" --network none --cgroups disabled "$image" sleep 1000 3>&-
	by_name run -d --name "$id-grouped" --network none "$image" sleep 1000 3>&-
	run by_name stats -a --no-stream --format '{{.Name}}'
	by_name rm -f -t 0 "$id" "$id-grouped"
	is "$(grep -F "$id" <<<"$output")" "$id-grouped" # others may be there
}

@test "podman: podman build: RUN, its mounts, its secret, its user, its network" {
	mkdir "$BATS_TEST_TMPDIR/b"
	echo copied >"$BATS_TEST_TMPDIR/b/file"
	echo -n hidden >"$BATS_TEST_TMPDIR/b/secret"
	cat >"$BATS_TEST_TMPDIR/b/Containerfile" <<-END
		FROM $image
		COPY file /file
		RUN --mount=type=secret,id=s --mount=type=tmpfs,target=/t --mount=type=cache,target=/c \
			cat /file /run/secrets/s >/made && touch /t/x /c/y && grep Seccomp: /proc/self/status >>/made && chmod 1777 /tmp
		USER 5:6
		WORKDIR /home
		RUN id -u >/tmp/who; pwd >>/tmp/who
	END
	run -0 pod build --isolation oci --network none --secret "id=s,src=$BATS_TEST_TMPDIR/b/secret" -t "localhost/$id" "$BATS_TEST_TMPDIR/b"
	run -0 pod run --rm --network none "localhost/$id" cat /made /tmp/who
	is "$output" $'copied\nhiddenSeccomp:\t2\n5\n/home'
	run ! pod build --isolation oci --network none - <<<"FROM $image"$'\n''RUN exit 9'
	has "$output" 'exit status 9'
	podman rmi "localhost/$id"
}

@test "nothing of all this is left" {
	sleep 1 # before a skip, too: the timer of bats 1.11 outlives a test that ends at once
	caisson_only
	is "$("$CAISSON" list --quiet)" ''
	is "$(find /sys/fs/cgroup -type d -name 'libpod-*' -not -path '*conmon*')" ''
}
