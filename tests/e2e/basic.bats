#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Each property of a config, read back from inside the container.

load lib

# ---- how it ends ----

@test "run gives the status of the process: 0" {
	run -0 inside 'exit 0'
	is "$output" ''
}

@test "run gives the status of the process: 7" {
	run -7 inside 'exit 7'
	is "$output" ''
}

@test "run gives 128 and the signal that killed the process" {
	local ended=0
	sleeper
	alive=yes
	caisson run --bundle "$bundle" "$id" >"$bundle/out" 2>&1 3>&- &
	becomes running
	caisson kill "$id" KILL
	wait $! || ended=$?
	is "$ended" 137
	nothing_left
}

@test "run leaves no process, cgroup, mount or state" {
	run -0 inside 'sleep 100 & exit 0'
	nothing_left
}

@test "standard input, output and error are the caller's" {
	run -0 --separate-stderr inside 'cat; echo loud >&2' <<<'a word'
	is "$output" 'a word'
	is "$stderr" 'loud'
}

@test "an executable that is missing ends run with 1 and says so" {
	conf '.process.args = ["/bin/nothing"]'
	run -1 caisson run --bundle "$bundle" "$id"
	has "$output" 'nothing'
	has "${output,,}" 'no such file or directory'
}

@test "an executable is found in PATH" {
	conf '.process.args = ["echo", "found"]'
	run -0 caisson run --bundle "$bundle" "$id"
	is "$output" found
}

# ---- namespaces ----

@test "each namespace asked for is a new one" {
	namespace_add cgroup
	run -0 inside 'for n in pid net ipc uts mnt cgroup; do readlink /proc/self/ns/$n; done'
	for n in pid net ipc uts mnt cgroup; do
		has "$output" "$n:["
		lacks "$output" "$(readlink /proc/self/ns/$n)"
	done
}

@test "a namespace not asked for is the caller's" {
	namespace_drop uts
	conf 'del(.hostname)'
	run -0 inside 'readlink /proc/self/ns/uts'
	is "$output" "$(readlink /proc/self/ns/uts)"
}

@test "the process is pid 1 and sees nobody else" {
	run -0 inside 'echo $$; ls /proc | grep -c "^[0-9]"; true'
	is "${lines[0]}" 1
	[ "${lines[1]}" -le 3 ]
}

@test "a network namespace is joined by its path" {
	unshare -n sleep 100 3>&- &
	other=$!
	until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
	conf '(.linux.namespaces[] | select(.type == "network")).path = $p' --arg p "/proc/$other/ns/net"
	run -0 inside 'readlink /proc/self/ns/net'
	is "$output" "$(readlink /proc/$other/ns/net)"
	kill $other
}

@test "a pid namespace is joined by its path" {
	unshare -p --fork sleep 100 3>&- &
	until other=$(pgrep -P $!); do sleep 0.1; done
	conf '(.linux.namespaces[] | select(.type == "pid")).path = $p' --arg p "/proc/$other/ns/pid"
	run -0 inside 'readlink /proc/self/ns/pid; echo $$'
	is "${lines[0]}" "$(readlink "/proc/$other/ns/pid")"
	[ "${lines[1]}" -gt 1 ]
	kill -KILL "$other"
}

# joined KIND FILE: a process in a namespace of its own, whose path the config then names
joined() {
	local option=$1 kind=$2 file=$3
	unshare "$option" sleep 100 3>&- &
	other=$!
	until [ "$(readlink /proc/$other/ns/$file)" != "$(readlink /proc/self/ns/$file)" ]; do sleep 0.1; done
	conf '(.linux.namespaces[] | select(.type == $k)).path = $p | del(.hostname)' \
		--arg k "$kind" --arg p "/proc/$other/ns/$file"
}

@test "an ipc namespace is joined by its path" {
	joined -i ipc ipc
	run -0 inside 'readlink /proc/self/ns/ipc'
	is "$output" "$(readlink /proc/$other/ns/ipc)"
	kill $other
}

@test "a uts namespace is joined by its path" {
	joined -u uts uts
	run -0 inside 'readlink /proc/self/ns/uts'
	is "$output" "$(readlink /proc/$other/ns/uts)"
	kill $other
}

@test "a cgroup namespace is joined by its path" {
	joined -C cgroup cgroup
	run -0 inside 'readlink /proc/self/ns/cgroup'
	is "$output" "$(readlink /proc/$other/ns/cgroup)"
	kill $other
}

@test "a mount namespace is joined by its path and left as it is" {
	joined -m mount mnt
	conf 'del(.mounts, .linux.maskedPaths, .linux.readonlyPaths) | .root = {path: "/"}'
	before=$(cat /proc/$other/mountinfo)
	run -0 inside 'readlink /proc/self/ns/mnt'
	is "$output" "$(readlink /proc/$other/ns/mnt)"
	is "$(cat /proc/$other/mountinfo)" "$before"
	kill $other
}

@test "a user namespace is joined by its path, and what it owns" {
	unshare -U -n sleep 100 3>&- &
	other=$!
	until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
	echo 0 100000 65536 >/proc/$other/uid_map
	echo 0 100000 65536 >/proc/$other/gid_map
	conf '.linux.namespaces += [{type: "user", path: "/proc/\($o)/ns/user"}]
		| (.linux.namespaces[] | select(.type == "network")).path = "/proc/\($o)/ns/net"' --arg o "$other"
	run -0 inside 'readlink /proc/self/ns/user; readlink /proc/self/ns/net; id -u; cat /proc/self/uid_map'
	is "${lines[0]}" "$(readlink /proc/$other/ns/user)"
	is "${lines[1]}" "$(readlink /proc/$other/ns/net)"
	is "${lines[2]}" 0
	is "$(xargs <<<"${lines[3]}")" '0 100000 65536'
	kill $other
}

@test "a new user namespace without mappings has the caller alone, as its user" {
	need_root
	conf 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces += [{type: "user"}]
		| .process.user = {uid: 7, gid: 8} | .mounts |= map(select(.type != "devpts"))'
	is "$(inside 'id -u; id -g; awk "{print \$1, \$2, \$3}" /proc/self/uid_map /proc/self/gid_map')" \
		$'7\n8\n7 0 1\n8 0 1'
	caisson_only
	conf '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 9}]'
	run ! inside true
	has "$output" 'linux.gidMappings: expected a mapping, because linux.uidMappings has some, found nothing'
}

@test "a user namespace has the maps of the config" {
	ids_mapped
	run -0 inside 'cat /proc/self/uid_map /proc/self/gid_map; id -u'
	for l in 0 1; do
		read -r a b c <<<"${lines[$l]}"
		is "$a $b $c" '0 100000 65536'
	done
	is "${lines[2]}" 0
}

@test "a user namespace without root is set up by the user that it has" {
	newer_than_crun
	namespace_add user
	conf '.linux.uidMappings = [{containerID: 1000, hostID: 100000, size: 1}]
		| .linux.gidMappings = [{containerID: 1000, hostID: 200000, size: 1}]
		| .process.user = {uid: 1000, gid: 1000}
		| (.mounts[] | select(.destination == "/dev/pts") | .options) -= ["gid=5"]'
	chown -R -h 100000:200000 "$bundle/rootfs"
	rmdir "$bundle/rootfs/proc"
	run -0 inside 'id -u; id -g; stat -c %u:%g /dev/shm'
	is "$output" $'1000\n1000\n1000:1000'
	sleeper
	create
	caisson start "$id"
	run -0 caisson exec "$id" id -u
	is "$output" 1000
}

@test "a time namespace has the offsets of the config" {
	newer_than_crun
	namespace_add time
	conf '.linux.timeOffsets = {boottime: {secs: 1000000000, nanosecs: 0}}'
	run -0 inside 'cut -d. -f1 /proc/uptime'
	[ "$output" -ge 1000000000 ]
}

@test "the loopback of a new network namespace is up" {
	run -0 inside 'ip -o link show lo; ping -c 1 -W 5 127.0.0.1 >/dev/null || nc -z 127.0.0.1 1; true'
	has "$output" ',UP'
}

@test "the host name is the config's" {
	conf '.hostname = "inner"'
	run -0 inside hostname
	is "$output" inner
	[ "$(hostname)" != inner ]
}

@test "a property whose name differs in case only is read, as runc reads it" {
	caisson_only
	conf '.Hostname = "folded" | .linux.MaskedPaths = ["/etc/passwd"] | del(.hostname, .linux.maskedPaths)'
	run -0 inside 'hostname; cat /etc/passwd'
	is "$output" folded
	conf '.hostName = "two"'
	run -1 inside :
	has "$output" 'hostname: expected string, found two values'
}

@test "the domain name is the config's" {
	newer_than_crun
	conf '.domainname = "example"'
	run -0 inside 'cat /proc/sys/kernel/domainname'
	is "$output" example
}

# ---- the file system ----

@test "the root is the bundle's and nothing of the host is in it" {
	touch "$bundle/rootfs/mark"
	run -0 inside 'ls /; ls /..; ls /../../..'
	wanted=$(ls "$bundle/rootfs")
	is "$output" "$wanted"$'\n'"$wanted"$'\n'"$wanted"
}

@test "the only mounts are those of the config" {
	run -0 inside "awk '{print \$5}' /proc/self/mountinfo"
	for m in / /proc /dev /dev/pts /dev/shm /dev/mqueue /sys; do
		[[ $'\n'$output$'\n' == *$'\n'$m$'\n'* ]] || { echo "missing $m"; false; }
	done
	masked=$(jq -r '.linux.maskedPaths[], .linux.readonlyPaths[]' "$bundle/config.json")
	for m in "${lines[@]}"; do
		case $m in
		/ | /proc | /dev | /dev/* | /sys | /sys/fs/cgroup) ;;
		*) has "$masked" "$m" ;;
		esac
	done
}

@test "a read-only root refuses a write" {
	conf '.root.readonly = true'
	run -1 inside 'touch /file'
	has "$output" 'Read-only file system'
}

@test "a working directory that is missing is made, also in a read-only root" {
	conf '.root.readonly = true | .process.cwd = "/not/there"'
	is "$(inside pwd)" /not/there
}

@test "a writable root takes a write" {
	run -0 inside 'echo text >/file'
	is "$(<"$bundle/rootfs/file")" text
}

@test "masked files are empty, masked directories too" {
	mkdir -p "$bundle/rootfs/secret"
	echo secret | tee "$bundle/rootfs/secret/file" >"$bundle/rootfs/file"
	conf '.linux.maskedPaths += ["/secret", "/file", "/not/there"]'
	run -0 inside 'ls /secret; cat /file; cat /proc/keys'
	is "$output" ''
}

@test "a masked directory takes no file" {
	mkdir -p "$bundle/rootfs/secret"
	conf '.linux.maskedPaths += ["/secret"]'
	run -1 inside 'touch /secret/x'
}

@test "read-only paths refuse a write" {
	mkdir -p "$bundle/rootfs/fixed"
	conf '.linux.readonlyPaths += ["/fixed", "/not/there"]'
	run inside 'touch /fixed/x; echo x >/proc/sys/kernel/hostname'
	[ "$status" != 0 ]
	is "$(grep -c 'Read-only file system' <<<"$output")" 2
}

@test "a directory of the host is bound, read-only where asked" {
	mkdir "$BATS_TEST_TMPDIR/shared"
	echo text >"$BATS_TEST_TMPDIR/shared/file"
	mount_add '{"destination": "/rw", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/shared", "options": ["rbind", "rw"]}'
	mount_add '{"destination": "/ro", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/shared", "options": ["rbind", "ro", "nosuid"]}'
	run -0 inside 'cat /ro/file; touch /ro/x || touch /rw/x; grep " /ro " /proc/self/mountinfo'
	is "${lines[0]}" text
	has "$output" 'Read-only file system'
	has "$output" 'nosuid'
	[ -e "$BATS_TEST_TMPDIR/shared/x" ]
}

@test "a source that only capabilities get to is bound, also for a user namespace" {
	need_root
	mkdir -p "$BATS_TEST_TMPDIR/home/docs"
	echo content >"$BATS_TEST_TMPDIR/home/docs/file"
	chown 1000 "$BATS_TEST_TMPDIR/home"
	chmod 700 "$BATS_TEST_TMPDIR/home"
	ids_mapped
	ln -s docs "$BATS_TEST_TMPDIR/home/link"
	conf '.mounts += [{destination: "/a", source: "\($h)/docs", options: ["rbind"]},
		{destination: "/b", source: "\($h)/link", options: ["bind", "ro"]}]' --arg h "$BATS_TEST_TMPDIR/home"
	is "$(inside 'cat /a/file /b/file; touch /b/x 2>/dev/null || echo refused')" $'content\ncontent\nrefused'
}

@test "a file of the host is bound and its place is made" {
	echo text >"$BATS_TEST_TMPDIR/one"
	mount_add '{"destination": "/some/where/one", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/one", "options": ["bind", "ro"]}'
	run -0 inside 'cat /some/where/one'
	is "$output" text
}

@test "what is mounted below a read-only mount has its place made there, as podman's secrets need it" {
	mkdir "$BATS_TEST_TMPDIR/secrets"
	echo text >"$BATS_TEST_TMPDIR/one"
	conf '.root.readonly = true'
	mount_add '{"destination": "/mnt/secrets", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/secrets", "options": ["bind", "rprivate", "ro", "nodev"]}'
	mount_add '{"destination": "/mnt/secrets/one", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/one", "options": ["bind", "ro"]}'
	mount_add '{"destination": "/mnt/t", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}'
	mount_add '{"destination": "/mnt/t/deep/dir", "type": "tmpfs", "source": "tmpfs", "options": ["rw"]}'
	[ "$CAISSON" != "$(command -v runc)" ] || skip "runc cannot make the place"
	run inside 'cat /mnt/secrets/one; touch /mnt/t/deep/dir/x && echo made
		touch /mnt/secrets/x; echo x >/mnt/secrets/one; touch /mnt/t/x; mkdir /mnt/t/deep/x; grep " /mnt/secrets " /proc/self/mountinfo'
	is "${lines[0]}" text
	is "${lines[1]}" made
	is "$(grep -c 'Read-only file system' <<<"$output")" 4
	has "${lines[-1]}" nodev
	is "$(ls "$BATS_TEST_TMPDIR/secrets")" one
}

@test "rro makes what is mounted below read-only as well" {
	mkdir -p "$BATS_TEST_TMPDIR/outer/inner"
	mount -t tmpfs none "$BATS_TEST_TMPDIR/outer/inner"
	mount_add '{"destination": "/in", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/outer", "options": ["rbind", "rro"]}'
	run inside 'touch /in/x; touch /in/inner/x'
	umount "$BATS_TEST_TMPDIR/outer/inner"
	is "$(grep -c 'Read-only file system' <<<"$output")" 2
}

@test "a tmpfs has the size, mode and flags of the config" {
	mount_add '{"destination": "/t", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "noexec", "nodev", "size=64k", "mode=1750"]}'
	run -0 inside 'stat -c %a /t; grep " /t " /proc/self/mountinfo; dd if=/dev/zero of=/t/x bs=1k count=65 2>&1; true'
	is "${lines[0]}" 1750
	for o in nosuid noexec nodev size=64k; do has "${lines[1]}" $o; done
	has "$output" 'No space left on device'
}

@test "a tmpfs without a mode has that of the directory it covers, and its own where there was none" {
	newer_than_crun
	mkdir -m 710 "$bundle/rootfs/there"
	mount_add '{"destination": "/there", "type": "tmpfs", "source": "tmpfs"}'
	mount_add '{"destination": "/made/for/it", "type": "tmpfs", "source": "tmpfs"}'
	run -0 inside 'stat -c %a /there /made/for/it /made/for'
	is "$output" $'710\n1777\n755'
}

@test "options longer than fsconfig takes reach the file system, and the mount its place" {
	local lowers='' i
	for i in 1 2 3 4 5 6; do
		mkdir -p "$BATS_TEST_TMPDIR/$(printf '%064d' $i)"
		echo $i >"$BATS_TEST_TMPDIR/$(printf '%064d' $i)/file$i"
		lowers+=${lowers:+:}$BATS_TEST_TMPDIR/$(printf '%064d' $i)
	done
	conf '.mounts += [{destination: "/o", type: "overlay", source: "overlay", options: ["nosuid", "noexec", "lowerdir=" + $l]}]' --arg l "$lowers"
	run inside 'cat /o/file1 /o/file6; grep -c . /proc/self/mountinfo; grep " /o " /proc/self/mountinfo; touch /o/x'
	is "${lines[0]}${lines[1]}" 16
	has "${lines[3]}" nosuid,
	has "${lines[3]}" noexec,
	has "$output" 'Read-only file system'
	conf '.mounts[-1].options[2] = "size=1m" | .mounts[-1].type = "tmpfs"'
	is "$(caisson run --bundle "$bundle" "$id" 2>/dev/null | sed -n 1p)" "${lines[2]}"
}

@test "tmpcopyup fills a tmpfs with what it hides" {
	mkdir -p "$bundle/rootfs/var/data"
	echo text >"$bundle/rootfs/var/data/file"
	mount_add '{"destination": "/var", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"]}'
	run -0 inside 'cat /var/data/file; echo new >/var/data/file'
	is "$output" text
	is "$(<"$bundle/rootfs/var/data/file")" text
}

@test "a source below the root shows the mounts before it, and no link of the image's leads it out" {
	mkdir -p "$BATS_TEST_TMPDIR"/{a/b,b} "$bundle"/rootfs/{tree,copy,out}
	echo a >"$BATS_TEST_TMPDIR/a/file"
	echo b >"$BATS_TEST_TMPDIR/b/file"
	mount_add '{"destination": "/tree", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/a", "options": ["rbind"]}'
	mount_add '{"destination": "/tree/b", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/b", "options": ["rbind"]}'
	mount_add '{"destination": "/copy", "type": "bind", "source": "'"$bundle"'/rootfs/tree", "options": ["rbind"]}'
	run -0 inside 'cat /copy/file /copy/b/file'
	is "$output" $'a\nb'
	caisson_only
	ln -s "$BATS_TEST_TMPDIR/a" "$bundle/rootfs/link"
	conf '.mounts[-1].source = $s' --arg s "$bundle/rootfs/link"
	run -1 inside true
	has "$output" 'no such file'
}

@test "a bound tree that holds the root is without what the container mounts there" {
	caisson_only # the peers show it all once more
	mount_add '{"destination": "/tmp", "type": "tmpfs", "source": "first"}'
	for source in / "$BATS_TEST_TMPDIR/" "${bundle%/*}//${bundle##*/}/."; do
		mount_add "$(jq -n --arg s "$source" '{destination: "/mnt", type: "bind", source: $s, options: ["rbind", "ro"]}')"
		run -0 inside "grep -cE ' /mnt/.*rootfs(/tmp)? ' /proc/self/mountinfo; ls /mnt"
		is "${lines[0]}" 0
		[ ${#lines[@]} -gt 1 ]
		conf 'del(.mounts[-1])'
	done
}

@test "mounts in the container do not reach the host" {
	caps '["CAP_SYS_ADMIN"]'
	run -0 inside 'mkdir -p /m && mount -t tmpfs none /m && echo mounted'
	is "$output" mounted
	run ! grep -F "$bundle" /proc/self/mountinfo
}

# shared_volume [JQ-OPTION...]: one that the host shares, with a mount below it in the container
shared_volume() {
	local v=$BATS_TEST_TMPDIR/v
	mkdir -p "$v/b"
	mount --bind "$v" "$v"
	mount --make-shared "$v"
	mount_add '{"destination": "/v", "type": "bind", "source": "'"$v"'", "options": ["rbind"]}'
	conf ".mounts[-1] += $1"
	mount_add '{"destination": "/v/b", "type": "tmpfs", "source": "none"}'
	run inside 'grep -c " /v/b " /proc/self/mountinfo'
	grep -F " $v/b " /proc/self/mountinfo && output=leaked
	umount -R "$v"
	is "$output" 1
}

@test "a mount below a volume does not appear on the host" {
	need_root
	shared_volume '{}'
}

@test "an idmapped mount has the map of its option, as podman passes crun's" {
	need_root
	newer_than_crun
	mkdir "$BATS_TEST_TMPDIR/vol"
	touch "$BATS_TEST_TMPDIR/vol/file"
	chown 3:4 "$BATS_TEST_TMPDIR/vol/file"
	conf '.mounts += [{destination: "/vol", source: $v, options: ["bind", "idmap=uids=0-0-1#3-700-1;gids=0-0-1#4-800-1"]}]' --arg v "$BATS_TEST_TMPDIR/vol"
	is "$(inside 'stat -c %u:%g /vol/file')" 700:800
}

@test "a mount below an id-mapped volume does not appear on the host" {
	need_root
	newer_than_crun
	shared_volume '{uidMappings: [{containerID: 0, hostID: 0, size: 65536}]} | .mounts[-1].gidMappings = .mounts[-1].uidMappings | .mounts[-1].options += ["idmap"]'
}

@test "the root's propagation is the config's" {
	conf '.linux.rootfsPropagation = "private"'
	run -0 inside 'grep " / / \| / " /proc/self/mountinfo'
	lacks "$output" 'shared:'
	lacks "$output" 'master:'
}

@test "a cgroup2 mount shows the container's own group as its root" {
	namespace_add cgroup
	run -0 inside 'cat /proc/self/cgroup | grep ^0; cat /sys/fs/cgroup/cgroup.procs; test -e /sys/fs/cgroup/cgroup.type; echo $?'
	is "${lines[0]}" 0::/
	has "$output" 1
}

# ---- devices ----

@test "the default devices are there with their numbers" {
	run -0 inside 'for d in null zero full random urandom tty; do stat -c "%n %F %t:%T %a" /dev/$d; done'
	is "$output" "/dev/null character special file 1:3 666
/dev/zero character special file 1:5 666
/dev/full character special file 1:7 666
/dev/random character special file 1:8 666
/dev/urandom character special file 1:9 666
/dev/tty character special file 5:0 666"
}

@test "the default links are there" {
	run -0 inside 'for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done'
	is "$output" "/proc/self/fd
/proc/self/fd/0
/proc/self/fd/1
/proc/self/fd/2
pts/ptmx"
}

@test "a device of the config is made with its owner and mode" {
	conf '.linux.devices = [{path: "/dev/own", type: "c", major: 1, minor: 3, fileMode: 432, uid: 5, gid: 6}]'
	run -0 inside 'stat -c "%F %t:%T %a %u:%g" /dev/own'
	is "$output" 'character special file 1:3 660 5:6'
}

# ---- the process ----

@test "without a cgroup, a device that the rules deny does not open, by mounts" {
	caisson_only # the peers let it
	conf '.linux.resources.devices = [{allow: false, access: "rwm"}] | del(.linux.cgroupsPath)
		| .linux.devices = [{path: "/dev/five", type: "c", major: 1, minor: 5, fileMode: 438}]'
	for d in "$bundle/rootfs" "$BATS_TEST_TMPDIR"; do
		mknod -m 666 "$d/zero" c 1 5 || skip "no device node can be made here"
		head -c 1 "$d/zero" >/dev/null || skip "no device node opens here"
	done
	mount_add '{"destination": "/bound", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'", "options": ["rbind", "rw"]}'
	conf '.process.args = ["/bin/sh", "-c", "head -c 3 /dev/five | wc -c; head -c 1 /zero; head -c 1 /bound/zero; echo >/dev/null && echo done"]'
	run -0 caisson --cgroup-manager disabled run --bundle "$bundle" "$id"
	is "${lines[0]}" 3
	has "$output" 'head: /zero: Permission denied'
	has "$output" 'head: /bound/zero: Permission denied'
	has "$output" done
	caps '["CAP_MKNOD"]'
	run -1 caisson --cgroup-manager disabled run --bundle "$bundle" "$id"
	has "$output" 'expected no CAP_MKNOD'
}

@test "the capability sets are those of the config" {
	conf '.process.capabilities = {
		bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"], effective: ["CAP_KILL"],
		permitted: ["CAP_KILL", "CAP_CHOWN"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}
		| .process.user = {uid: 1000, gid: 1000}'
	run -0 inside 'cat /proc/self/status'
	is "$(field CapBnd)" 00000000000000a1
	is "$(field CapPrm)" 0000000000000020
	is "$(field CapEff)" 0000000000000020
	is "$(field CapInh)" 0000000000000020
	is "$(field CapAmb)" 0000000000000020
}

@test "root without capabilities has none" {
	caps '[]'
	run -0 inside 'cat /proc/self/status'
	for s in CapInh CapPrm CapEff CapBnd CapAmb; do is "$(field $s)" 0000000000000000; done
}

@test "no capabilities in the config are no capabilities" {
	conf 'del(.process.capabilities)'
	run -0 inside 'cat /proc/self/status'
	for s in CapInh CapPrm CapEff CapBnd CapAmb; do is "$(field $s)" 0000000000000000; done
}

@test "an AppArmor profile is the config's" {
	[ -d /sys/kernel/security/apparmor ] || skip 'this kernel has no AppArmor'
	conf '.process.apparmorProfile = "unconfined"'
	run -0 inside 'cat /proc/self/attr/current'
	has "$output" unconfined
	conf '.process.apparmorProfile = "no-such-profile"'
	run -1 caisson run -b "$bundle" "$id"
	has "$output" 'no-such-profile'
}

@test "an AppArmor profile on a kernel without is refused" {
	[ ! -d /sys/kernel/security/apparmor ] || skip 'this kernel has AppArmor'
	conf '.process.apparmorProfile = "unconfined"'
	run -1 caisson run -b "$bundle" "$id"
	has "$output" 'process.apparmorProfile: expected a kernel with AppArmor'
}

@test "an idmapped mount shows its files as another's" {
	mkdir "$BATS_TEST_TMPDIR/files"
	touch "$BATS_TEST_TMPDIR/files/one"
	conf '.mounts += [{destination: "/files", type: "bind", source: $s, options: ["bind", "idmap"],
		uidMappings: [{containerID: 0, hostID: 4000, size: 10}],
		gidMappings: [{containerID: 0, hostID: 5000, size: 10}]}]' --arg s "$BATS_TEST_TMPDIR/files"
	run -0 inside 'stat -c "%u %g" /files/one'
	is "$output" '4000 5000'
}

@test "idmap without maps has those of the user namespace, a joined one's too" {
	newer_than_crun
	mkdir "$BATS_TEST_TMPDIR/files"
	touch "$BATS_TEST_TMPDIR/files/one"
	chown 7:8 "$BATS_TEST_TMPDIR/files/one"
	ids_mapped
	mount_add '{"destination": "/files", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/files", "options": ["bind", "idmap"]}'
	run -0 inside 'stat -c "%u %g" /files/one'
	is "$output" '7 8'
	unshare -U sleep 100 3>&- &
	other=$!
	until [ "$(readlink /proc/$other/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.1; done
	echo 0 100000 65536 >/proc/$other/uid_map
	echo 0 100000 65536 >/proc/$other/gid_map
	conf 'del(.linux.uidMappings, .linux.gidMappings)
		| (.linux.namespaces[] | select(.type == "user")).path = "/proc/\($o)/ns/user"' --arg o "$other"
	run -0 inside 'stat -c "%u %g" /files/one'
	kill $other
	is "$output" '7 8'
}

@test "an unknown capability is refused by name" {
	newer_than_crun
	caps '["CAP_NOTHING"]'
	run -1 inside true
	has "$output" CAP_NOTHING
}

@test "no_new_privs is on when asked for" {
	conf '.process.noNewPrivileges = true'
	run -0 inside 'cat /proc/self/status'
	is "$(field NoNewPrivs)" 1
}

@test "no_new_privs is off when not asked for" {
	conf '.process.noNewPrivileges = false'
	run -0 inside 'cat /proc/self/status'
	is "$(field NoNewPrivs)" 0
}

@test "uid, gid and additional groups are the config's" {
	conf '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6]}'
	run -0 inside 'cat /proc/self/status'
	is "$(field Uid)" '1000 1000 1000 1000'
	is "$(field Gid)" '1001 1001 1001 1001'
	is "$(xargs <<<"$(field Groups)")" '5 6'
}

@test "the umask is the config's" {
	conf '.process.user.umask = 27'
	run -0 inside umask
	is "$output" 0033
}

@test "the environment is the config's, with HOME from the root's passwd" {
	conf '.process.env = ["PATH=/bin", "A=one two", "B="] | .process.args = ["env"] | .process.user = {uid: 1000, gid: 1000}'
	run -0 caisson run --bundle "$bundle" "$id"
	is "$(sort <<<"$output")" $'A=one two\nB=\nHOME=/home/user\nPATH=/bin'
}

@test "of a variable that is there twice the last counts, and a HOME that is empty is none" {
	conf '.process.env = ["PATH=/none", "A=1", "A=2", "PATH=/bin", "HOME="] | .process.args = ["env"]'
	run -0 caisson run --bundle "$bundle" "$id"
	is "$(sort <<<"$output")" $'A=2
HOME=/root
PATH=/bin'
}

@test "the working directory is the config's" {
	conf '.process.cwd = "/etc"'
	run -0 inside pwd
	is "$output" /etc
}

@test "rlimits are the config's" {
	conf '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 64, hard: 128}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	run -0 inside 'cat /proc/self/limits'
	has "$(tr -s ' ' <<<"$output")" 'Max open files 64 128'
	has "$(tr -s ' ' <<<"$output")" 'Max core file size 0 0'
}

# limited COMMAND...: called by one whose own hard limit is lower
limited() { (ulimit -n 512 && "$@"); }

@test "a hard limit that root of a user namespace may not raise is set from outside" {
	need_root
	(( 0x$(awk '$1 == "CapEff:" { print $2 }' /proc/self/status) >> 24 & 1 )) ||
		skip 'needs CAP_SYS_RESOURCE'
	ids_mapped
	conf '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1000, hard: 2000}]'
	run -0 limited inside 'ulimit -Sn; ulimit -Hn'
	is "$output" $'1000\n2000'
	run -0 limited inside 'ulimit -Sn; ulimit -Hn' --pid-file "$bundle/pid"
	is "$output" $'1000\n2000'
	limited create
	alive=yes
	caisson start "$id"
	becomes stopped
	is "$(<"$bundle/out")" $'1000\n2000'
	caisson delete "$id"
	alive=
}

@test "oom_score_adj is the config's" {
	conf '.process.oomScoreAdj = 77'
	run -0 inside 'cat /proc/self/oom_score_adj'
	is "$output" 77
}

@test "a sysctl of a namespace is the config's" {
	conf '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4096"}'
	run -0 inside 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax'
	is "$output" $'1\n4096'
}

@test "a sysctl of the whole host is refused" {
	was=$(</proc/sys/kernel/panic)
	conf '.linux.sysctl = {"kernel.panic": "77"}'
	run -1 inside true
	has "$output" kernel.panic
	is "$(</proc/sys/kernel/panic)" "$was"
}

@test "the personality is the config's" {
	conf '.linux.personality = {domain: "LINUX32"}'
	run -0 inside 'uname -m'
	is "$output" i686
}

@test "the scheduler and nice value are the config's" {
	newer_than_crun
	conf '.process.scheduler = {policy: "SCHED_BATCH", nice: 5}'
	run -0 inside 'cut -d" " -f19,41 /proc/self/stat'
	is "$output" '5 3'
}

@test "the io priority is the config's" {
	newer_than_crun
	conf '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	run -0 inside 'ionice -p 1'
	is "$output" 'best-effort: prio 6'
}

@test "signals are at their defaults, whatever the caller ignores" {
	conf '.process.args = ["cat", "/proc/self/status"]'
	run -0 bash -c 'trap "" PIPE HUP INT USR1; exec "$@"' - "$CAISSON" --root "$root" run --bundle "$bundle" "$id"
	is "$(field SigIgn)" 0000000000000000
	is "$(field SigBlk)" 0000000000000000
}

@test "no descriptor of the caller's is open but 0, 1 and 2" {
	exec 8</etc/passwd 9</
	run -0 inside 'ls /proc/1/fd; true'
	exec 8<&- 9<&-
	is "$output" $'0\n1\n2'
}

@test "--preserve-fds keeps that many" {
	conf '.process.args = ["/bin/sh", "-c", "read l <&3; echo $l"]'
	exec 7<<<'from outside'
	run -0 bash -c 'exec 3<&7; exec "$@"' - "$CAISSON" --root "$root" run --preserve-fds 1 --bundle "$bundle" "$id"
	exec 7<&-
	is "$output" 'from outside'
}

# listening WORD...: a shell text in the container, called with two descriptors as systemd would
listening() {
	conf '.process.args = ["/bin/sh", "-c", $text] |
		.process.env += ["LISTEN_FDS=9", "LISTEN_PID=9"]' --arg text "$1"
	exec 7<<<one 8<<<two 9<<<three
	run bash -c 'exec 3<&7 4<&8 5<&9; export LISTEN_FDS=2 LISTEN_PID='"${2-\$\$}"'; exec "$@"' - \
		"$CAISSON" --root "$root" run "${@:3}" --bundle "$bundle" "$id"
	exec 7<&- 8<&- 9<&-
}

@test "the descriptors of LISTEN_FDS are handed on, and both variables are the container's" {
	caisson_only
	listening 'echo $LISTEN_FDS $LISTEN_PID $(cat <&3) $(cat <&4); ls /proc/self/fd | wc -l'
	is "$output" $'2 1 one two\n6'
	listening 'env | grep -c LISTEN; cat <&5' '$$' --preserve-fds 1
	is "$output" $'2\nthree'
}

@test "LISTEN_FDS that is meant for another process is left alone" {
	caisson_only
	listening 'echo $LISTEN_FDS $LISTEN_PID; (: <&3) 2>/dev/null || echo closed' 1
	is "$output" $'9 9\nclosed'
}

@test "a descriptor that is promised and not there refuses the container, our own are none" {
	caisson_only
	conf '.process.args = ["true"]'
	run -1 bash -c 'exec 3<&-; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"' - \
		"$CAISSON" --root "$root" run --bundle "$bundle" "$id"
	[[ $output == *'LISTEN_FDS: descriptor 3: bad file descriptor'* ]]
	run -1 bash -c 'exec 3<&-; exec "$@"' - \
		"$CAISSON" --root "$root" --audit-log "$audit_log" run --preserve-fds 1 --bundle "$bundle" "$id"
	is "$(jq -r 'select(.event == "container.create") | .container.name // .app.name' "$audit_log" | tail -n 1)" "$id"
	[[ $output == *'--preserve-fds: preserved-fd 0: descriptor 3: bad file descriptor'* ]]
	run -1 bash -c 'exec 3</dev/null 4<&-; exec "$@"' - \
		"$CAISSON" --root "$root" run --preserve-fds 2 --bundle "$bundle" "$id"
	[[ $output == *'--preserve-fds: preserved-fd 1: descriptor 4: bad file descriptor'* ]]
	run -1 "$CAISSON" --root "$root" run --preserve-fds 4294967295 --bundle "$bundle" "$id"
	[[ $output == *'--preserve-fds: preserved-fd 4294967294: descriptor 4294967297: bad file descriptor'* ]]
}

@test "--preserve-fds may have gaps below the last one, which stay closed" {
	[[ $CAISSON != *runc ]] || skip "runc wants all of them"
	conf '.process.args = ["/bin/sh", "-c", "cat <&9; cat <&12; cd /proc/self/fd; echo *"]'
	exec 7<<<nine 8<<<twelve
	run -0 bash -c 'exec 9<&7 12<&8 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 10<&- 11<&-; exec "$@"' - \
		"$CAISSON" --root "$root" run --preserve-fds 10 --bundle "$bundle" "$id"
	exec 7<&- 8<&-
	is "$output" $'nine\ntwelve\n0 1 12 2 3 9' # 3: of the shell itself
}

# ---- seccomp ----

arch='"architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"]'

@test "a filter is loaded and denies with its errno" {
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", '"$arch"', "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}'
	run -0 inside 'mkdir /d; cat /proc/self/status'
	is "$(field Seccomp)" 2
	has "$output" 'No space left on device'
	[ ! -e "$bundle/rootfs/d" ]
}

@test "a filter is loaded without no_new_privs, too" {
	conf '.process.noNewPrivileges = false'
	caps '["CAP_KILL"]'
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", '"$arch"', "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
	run -0 inside 'mkdir /d; cat /proc/self/status'
	is "$(field Seccomp)" 2
	is "$(field NoNewPrivs)" 0
	is "$(field CapBnd)" 0000000000000020
	has "$output" 'Operation not permitted'
}

@test "without a filter there is none" {
	conf 'del(.linux.seccomp)'
	run -0 inside 'cat /proc/self/status'
	is "$(field Seccomp)" 0
}

@test "a filter looks at arguments" {
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", '"$arch"', "syscalls": [
		{"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28,
		 "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}]}'
	run -0 inside 'trap : USR2; kill -USR2 $$ && echo allowed; kill -USR1 $$; true'
	has "$output" allowed
	has "$output" 'No space left on device'
}

@test "libseccomp's filter of the same rules answers the same, and a backend that is none is an error" {
	caisson_only
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", '"$arch"', "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
		{"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
		 "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}]}'
	for backend in caisson libseccomp; do
		run -0 inside 'mkdir /d; trap : USR2; kill -USR2 $$ && echo allowed; kill -USR1 $$; grep ^Seccomp: /proc/self/status' \
			"--seccomp-backend=$backend"
		has "$output" 'No space left on device'
		has "$output" allowed
		has "$output" 'Operation not permitted'
		is "$(field Seccomp)" 2
		sleeper
		create --seccomp-backend="$backend"
		is "$(caisson state "$id" | jq -r .caisson.policy.backend)" "$backend"
		caisson delete --force "$id"
	done
	run -1 inside true --seccomp-backend=kafel
	has "$output" '--seccomp-backend: caisson or libseccomp: kafel'
}

@test "a filter that kills ends run with 128 + SIGSYS" {
	seccomp '{"defaultAction": "SCMP_ACT_ALLOW", '"$arch"', "syscalls": [
		{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]}'
	conf '.process.args = ["mkdir", "/d"]'
	run -159 caisson run --bundle "$bundle" "$id"
}

@test "a filter need allow nothing of the runtime's own but the execve" {
	newer_than_crun
	seccomp '{"defaultAction": "SCMP_ACT_ERRNO", '"$arch"', "syscalls": [
		{"names": ["execve", "exit_group", "exit", "write", "brk", "arch_prctl", "set_tid_address",
		 "set_robust_list", "rseq", "prlimit64", "readlink", "readlinkat", "getrandom", "mprotect", "mmap",
		 "munmap", "uname", "fstat", "newfstatat", "ioctl", "prctl", "getuid", "rt_sigaction",
		 "rt_sigprocmask", "futex", "getpid"],
		 "action": "SCMP_ACT_ALLOW"}]}'
	conf '.process.args = ["/bin/echo", "through"]'
	run -0 caisson run --bundle "$bundle" "$id"
	is "$output" through
}

# ---- the cgroup ----

@test "the process is in the cgroup of the config" {
	sleeper
	create
	is "$(grep ^0 "/proc/$(<"$bundle/pid")/cgroup")" "0::/caisson-e2e/$id"
}

@test "the only process in the cgroup is the container's" {
	conf '.process.args = ["sleep", "100"]'
	create
	caisson start "$id"
	is "$(<"$(cgroup_dir)/cgroup.procs")" "$(<"$bundle/pid")"
}

@test "unknown controllers in the config's unified part are refused" {
	newer_than_crun
	conf '.linux.resources.unified = {"nothing.max": "1"}'
	run -1 inside true
	has "$output" nothing
}
