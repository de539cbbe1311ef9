#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# What runtimes have been broken by: a test for each flaw that makes the attack. The bundle, or a
# volume in it, is the attacker's, who may also be at work while the container is made.
# SECURITY.md lists the flaws and what closes them.

load lib

rounds=25

setup() {
	# a peer that has the flaw does to this machine what the attack wants: CVE-2026-41579 its /dev
	is_caisson || [ -n "${E2E_GUEST-}" ] || skip "an attack on a peer: in the guest only"
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	outside=$BATS_TEST_TMPDIR/outside
	bundle_make
	mkdir "$outside"
}

teardown() {
	[ -n "${id-}" ] || return 0
	[ -z "${swapper-}" ] || kill "$swapper" 2>/dev/null || :
	[ -z "${alive-}" ] || caisson delete --force "$id" || echo "delete --force: status $?"
	nothing_left
}

# swaps A B: they change places until the test ends
swaps() {
	"$BATS_TEST_DIRNAME/swap.py" "$1" "$2" 3>&- &
	swapper=$!
}

# each_round COMMAND...: as often as it takes for a swap to come at a bad moment
each_round() {
	for ((round = 1; round <= rounds; round++)); do
		"$@" || { echo "in round $round"; return 1; }
	done
	kill -0 "$swapper" # it was at work all the time
}

# ran TEXT: as "inside", and only looks at what came out: a refusal is well, too
ran() { run inside "$@" && [ "$status" -lt 128 ]; }

untouched() { is "$(find "$outside" -mindepth 1)" ''; }

# without_dev: nothing is mounted on /dev, which is the image's
without_dev() { conf '.mounts |= map(select(.destination | startswith("/dev") | not))'; }

mount_drop() { conf '.mounts |= map(select(.destination != $d))' --arg d "$1"; }

# volume NAME: a directory of the host that is in the container and in others, too
volume() {
	mkdir "$BATS_TEST_TMPDIR/$1"
	mount_add '{"destination": "/'"$1"'", "type": "bind", "source": "'"$BATS_TEST_TMPDIR/$1"'", "options": ["rbind"]}'
}

# beside: config.json of a container in the pid namespace of $id
beside() {
	jq '.process.args = ["sleep", "1000"] | .linux.cgroupsPath += "-victim" | .root.path = $root
		| (.linux.namespaces[] | select(.type == "pid")).path = $pid' \
		--arg pid "/proc/$(<"$bundle/pid")/ns/pid" --arg root "$bundle/rootfs" "$bundle/config.json"
}

@test "CVE-2016-9962: a neighbour in the pid namespace can neither read nor write the runtime" {
	# the runtime that is attacked is a copy
	mkdir "$BATS_TEST_TMPDIR/copy"
	cp "$CAISSON" "$BATS_TEST_TMPDIR/copy/"
	CAISSON=$BATS_TEST_TMPDIR/copy/${CAISSON##*/}
	was=$(sha256sum <"$CAISSON")
	caps '["CAP_DAC_OVERRIDE", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_CHOWN", "CAP_KILL"]'
	conf '.process.args = ["/bin/sh", "-c", $t]' --arg t '
		echo ready >/ready
		until [ -e /victim ]; do sleep 0.1; done
		for p in /proc/[0-9]*; do
			case $(cat $p/comm) in sh | sleep) continue ;; esac
			echo "victim $p" >>/result
			(echo x >>$p/exe) 2>/dev/null && echo wrote >>/result
			(exec 9<$p/exe) 2>/dev/null && exec 9<$p/exe
			readlink $p/fd/0 >/dev/null && echo read >>/result
			dd if=$p/mem bs=1 count=1 2>/dev/null && echo read >>/result
		done
		echo armed >/armed
		until [ -e /started ]; do sleep 0.1; done
		[ ! -e /proc/self/fd/9 ] || { (echo x >>/proc/self/fd/9) 2>/dev/null && echo wrote >>/result; }
		echo done >/done; sleep 1000'
	create
	caisson start "$id"
	until [ -e "$bundle/rootfs/ready" ]; do sleep 0.1; done

	attacker=$id id=$id-victim
	mkdir "$bundle/2"
	beside >"$bundle/2/config.json"
	caisson create --bundle "$bundle/2" "$id" </dev/null >/dev/null 2>&1 3>&-
	touch "$bundle/rootfs/victim"
	until [ -e "$bundle/rootfs/armed" ]; do sleep 0.1; done
	caisson start "$id"
	touch "$bundle/rootfs/started"
	until [ -e "$bundle/rootfs/done" ]; do sleep 0.1; done
	caisson delete --force "$id"
	id=$attacker

	has "$(<"$bundle/rootfs/result")" victim
	lacks "$(<"$bundle/rootfs/result")" wrote
	! is_caisson || lacks "$(<"$bundle/rootfs/result")" read
	is "$(sha256sum <"$CAISSON")" "$was"
}

@test "CVE-2019-5736: an image that makes the runtime execute itself gets no hold of the host's binary" {
	mkdir "$BATS_TEST_TMPDIR/copy"
	cp "$CAISSON" "$BATS_TEST_TMPDIR/copy/"
	CAISSON=$BATS_TEST_TMPDIR/copy/${CAISSON##*/}
	was=$(sha256sum <"$CAISSON")
	printf '#!/proc/self/exe\n' >"$bundle/rootfs/bin/script"
	chmod 755 "$bundle/rootfs/bin/script"
	ln -s /proc/self/exe "$bundle/rootfs/bin/alias"
	for program in /proc/self/exe /bin/alias /bin/script; do
		conf '.process.args = [$p, "--version"]' --arg p "$program"
		run caisson run --bundle "$bundle" "$id"
		lacks "$output" 'version 1'
	done

	# one that waits inside holds on to what the runtime was started from, and writes when it is gone
	caps '["CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN"]'
	conf '.process.args = ["/bin/sh", "-c", $t]' --arg t '
		until [ -e /stop ]; do
			for p in /proc/[0-9]*; do
				[ $p = /proc/1 ] || (
					exec 9<$p/exe || exit
					case $(readlink /proc/self/fd/9) in *busybox | /memfd:*) exit ;; esac
					(for n in $(seq 300); do
						(echo x >/proc/self/fd/9) && echo wrote >/result && break
						usleep 10000
					done) &
				) 2>/dev/null
			done
		done; sleep 1000'
	create
	caisson start "$id"
	mkdir "$bundle/2"
	beside >"$bundle/2/config.json"
	for ((round = 1; round <= 5; round++)); do
		caisson exec "$id" true
		E2E_ID=$id "$CAISSON" --root "$root" create --bundle "$bundle/2" "$id-victim" </dev/null >/dev/null 2>&1 3>&-
		"$CAISSON" --root "$root" delete --force "$id-victim"
	done
	touch "$bundle/rootfs/stop"
	[ ! -e "$bundle/rootfs/result" ]
	is "$(sha256sum <"$CAISSON")" "$was"
}

@test "CVE-2019-16884: a volume that an image's link leads into /proc is refused" {
	newer_than_crun
	ln -s /proc/self/attr "$bundle/rootfs/data"
	volume data
	run -1 inside true
	has "$output" /proc
	rm "$bundle/rootfs/data"
	ln -s /proc "$bundle/rootfs/data"
	run -1 inside true
	has "$output" /proc
}

@test "CVE-2019-19921: a /proc that is a link is refused, and one that becomes a link" {
	newer_than_crun
	rmdir "$bundle/rootfs/proc"
	ln -s /tmp "$bundle/rootfs/proc"
	run -1 inside true
	has "$output" /proc
	has "$output" 'must be mounted on ordinary directory'
	mkdir "$bundle/rootfs/other"
	swaps "$bundle/rootfs/proc" "$bundle/rootfs/other"
	each_round is_no_link
}
is_no_link() { ran '[ ! -e /tmp/self ] || echo led astray' && lacks "$output" astray; }

@test "CVE-2023-27561, CVE-2023-28642: a /sys that is a link is refused, and below a volume" {
	newer_than_crun
	rmdir "$bundle/rootfs/sys"
	ln -s /tmp "$bundle/rootfs/sys"
	run -1 inside true
	has "$output" /sys
	rm "$bundle/rootfs/sys" && rmdir "$bundle/rootfs/proc"
	mkdir "$bundle/rootfs/sys" "$bundle/rootfs/evil"
	ln -s evil "$bundle/rootfs/proc"
	volume evil
	conf '.mounts |= [.[-1]] + .[:-1]'
	run -1 inside true
	has "$output" /proc
}

@test "CVE-2019-18837: devices in a /dev without a mount do not follow links" {
	echo text >"$BATS_TEST_TMPDIR/file"
	without_dev
	for d in null zero console ptmx stdin tty; do ln -s "$BATS_TEST_TMPDIR/file" "$bundle/rootfs/dev/$d"; done
	run inside true
	is "$(<"$BATS_TEST_TMPDIR/file")" text
	is "$(stat -c %F "$BATS_TEST_TMPDIR/file")" 'regular file'
}

@test "CVE-2021-30465: a mount's place behind a link is made and mounted inside the root" {
	ln -s "$outside" "$bundle/rootfs/link"
	ln -s ../../../../../../../../../.. "$bundle/rootfs/up"
	mount_add '{"destination": "/link/a/b", "type": "tmpfs", "source": "tmpfs"}'
	mount_add '{"destination": "/up'"$outside"'/c", "type": "tmpfs", "source": "tmpfs"}'
	run inside true
	untouched
}

# swapped_place OPTION: a mount's place that is a link into the host now and then
swapped_place() {
	volume v
	mkdir "$BATS_TEST_TMPDIR/v/a"
	ln -s "$outside" "$BATS_TEST_TMPDIR/v/b"
	mount_add '{"destination": "/v/a", "type": "tmpfs", "source": "e2emark", "options": ["'"$1"'"]}'
	swaps "$BATS_TEST_TMPDIR/v/a" "$BATS_TEST_TMPDIR/v/b"
	each_round is_mounted_inside
	untouched
}
@test "CVE-2021-30465: a mount's place that becomes a link is inside the root, each time" {
	swapped_place size=1m
}
@test "CVE-2021-30465: so it is with options too long for fsconfig, which need mount(2)" {
	swapped_place "size=$(printf '%0300d' 4000000)"
}
# a mount that hit the host's directory is not among those that the container sees
is_mounted_inside() {
	ran 'grep -q e2emark /proc/self/mountinfo || echo elsewhere' && lacks "$output" elsewhere
}

@test "CVE-2021-43784: values too long for a message's length are refused or arrive whole" {
	long=$(printf '%070000d' 0)
	conf '(.linux.namespaces[] | select(.type == "uts")).path = "/" + $p' --arg p "$long"
	run -1 inside true
	conf '(.linux.namespaces[] | select(.type == "uts")) |= del(.path)'
	conf '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [range(3500) | {containerID: ., hostID: (. + 100000), size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	run -1 inside true
	conf '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
	conf '.process.user.additionalGids = [range(65537)]'
	run -1 inside true
	conf '.process.user.additionalGids = [range(30000)] | .process.env += ["LONG=" + $l]' --arg l "$long"
	run -0 inside 'echo ${#LONG}; id -G | wc -w'
	is "$output" $'70000\n30000'
}

@test "CVE-2022-27650: the inheritable set of run is empty unless asked for" {
	conf 'del(.process.capabilities.inheritable) | del(.process.capabilities.ambient)'
	run -0 inside 'cat /proc/self/status'
	is "$(field CapInh)" 0000000000000000
}

@test "CVE-2022-29162: the inheritable set of exec is empty, with more capabilities too" {
	newer_than_crun
	conf '.process.args = ["sleep", "1000"] | del(.process.capabilities.inheritable, .process.capabilities.ambient)'
	create
	caisson start "$id"
	run -0 caisson exec "$id" cat /proc/self/status
	is "$(field CapInh)" 0000000000000000
	run -0 caisson exec --cap CAP_SYS_PTRACE "$id" cat /proc/self/status
	is "$(field CapInh)" 0000000000000000
	is $((0x$(field CapEff) >> 19 & 1)) 1
	# a process that is not root gets none by way of a file that has them
	run -0 caisson exec --cap CAP_SYS_PTRACE -u 1000 "$id" cat /proc/self/status
	is "$(field CapInh)" 0000000000000000
	is "$(field CapEff)" 0000000000000000
}

@test "CVE-2023-25809: the host's cgroups take no write from a user namespace" {
	caisson_only
	ids_mapped
	namespace_drop cgroup
	owned_group
	conf '(.mounts[] | select(.type == "cgroup")).options -= ["ro"]'
	run inside "$climb"
	lacks "$output" reached

	# the host's sysfs, where the kernel refuses one: its cgroups lie below
	namespace_drop network
	mount_drop /sys/fs/cgroup
	run inside "$climb"
	lacks "$output" reached
	has "$output" refused
	rmdir "$group"
}
# a group that root of the container owns, as a rootless user does
owned_group() {
	group=/sys/fs/cgroup/$id-owned
	mkdir "$group"
	chown -R 100000 "$group"
	climb="d=\$(find /sys/fs/cgroup -type d -name '$id-owned'); mkdir \$d/x 2>/dev/null && echo reached || echo refused; rmdir \$d/x 2>/dev/null"
}

@test "CVE-2024-21626: no work directory leads out by way of a descriptor" {
	echo secret >"$BATS_TEST_TMPDIR/mark"
	exec 9</
	for n in 3 4 5 6 7 8 9 10 11 12; do
		conf '.process.cwd = $cwd' --arg cwd "/proc/self/fd/$n"
		run inside "cat ../../../../../../../..$BATS_TEST_TMPDIR/mark .$BATS_TEST_TMPDIR/mark"
		lacks "$output" secret
		[ "$status" != 0 ]
	done
	exec 9<&-
}

@test "CVE-2024-21626: nor by one of ours that has a number which is handed on" {
	echo secret >"$BATS_TEST_TMPDIR/mark"
	for n in 3 4 5 6 7 8 9 10 11 12 13 14; do
		conf '.process.cwd = $cwd' --arg cwd "/proc/self/fd/$n"
		exec 15</dev/null
		run inside "cat ../../../../../../../..$BATS_TEST_TMPDIR/mark .$BATS_TEST_TMPDIR/mark" --preserve-fds 13
		lacks "$output" secret
		[ "$status" != 0 ]
	done
	exec 15<&-
}

@test "CVE-2024-21626: no program is found by way of a descriptor" {
	local up
	cp "$bundle/rootfs/bin/busybox" "$BATS_TEST_TMPDIR/busybox"
	exec 9</
	for n in 3 4 5 6 7 8 9 10 11 12; do
		for up in . ../../../.. ../../../../../../../../..; do
			conf '.process.args = [$arg, "echo", "outside"]' --arg arg "/proc/self/fd/$n/$up$BATS_TEST_TMPDIR/busybox"
			run caisson run --bundle "$bundle" "$id"
			lacks "$output" outside
			[ "$status" != 0 ]
		done
	done
	exec 9<&-
}

@test "CVE-2024-45310: a file's place behind a link is made inside the root" {
	ln -s "$outside" "$bundle/rootfs/link"
	echo text >"$BATS_TEST_TMPDIR/file"
	mount_add '{"destination": "/link/../link/x/file", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/file", "options": ["bind"]}'
	run inside true
	untouched
}

@test "CVE-2024-45310: directories are made inside the root, whatever becomes a link meanwhile" {
	volume v
	mkdir "$BATS_TEST_TMPDIR/v/a"
	ln -s "$outside" "$BATS_TEST_TMPDIR/v/b"
	echo text >"$BATS_TEST_TMPDIR/file"
	mount_add '{"destination": "/v/a/d/d/d", "type": "tmpfs", "source": "tmpfs"}'
	mount_add '{"destination": "/v/a/f/f/f", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/file", "options": ["bind"]}'
	swaps "$BATS_TEST_TMPDIR/v/a" "$BATS_TEST_TMPDIR/v/b"
	each_round makes_anew
	untouched
}
makes_anew() {
	rm -rf "$BATS_TEST_TMPDIR"/v/?/[df] 2>/dev/null || :
	ran true && untouched
}

@test "CVE-2025-24965: nothing of the runtime's own is written into the image" {
	echo text >"$BATS_TEST_TMPDIR/file"
	conf '.mounts |= map(select(.destination == "/proc"))'
	for name in .krun_config.json .krun_vm.json krun-sev.json config.json; do
		ln -s "$BATS_TEST_TMPDIR/file" "$bundle/rootfs/$name"
	done
	ln -s made "$bundle/rootfs/.caisson"
	was=$(image)
	run inside true
	is "$(<"$BATS_TEST_TMPDIR/file")" text
	is "$(image)" "$was"
}
image() { (cd "$bundle/rootfs" && find . -path ./dev -prune -o -printf '%p %y %s %l\n' | sort); }

@test "CVE-2025-31133: a /dev/null that is a link masks nothing with its target" {
	newer_than_crun
	without_dev
	conf '.linux.maskedPaths += ["/file"]'
	echo secret >"$bundle/rootfs/secret"
	echo plainly >"$bundle/rootfs/file"
	ln -s /secret "$bundle/rootfs/dev/null"
	run inside 'cat /file'
	lacks "$output" secret
	lacks "$output" plainly
}

@test "CVE-2025-31133: a /dev/null that becomes a link or another device masks nothing with it" {
	newer_than_crun
	without_dev
	conf '.linux.maskedPaths += ["/file"]'
	echo secret >"$bundle/rootfs/secret"
	echo plainly >"$bundle/rootfs/file"
	mknod "$bundle/rootfs/dev/null" c 1 3
	ln -s /secret "$bundle/rootfs/dev/other"
	swaps "$bundle/rootfs/dev/null" "$bundle/rootfs/dev/other"
	each_round is_masked
	kill "$swapper"
	rm "$bundle"/rootfs/dev/{null,other}
	mknod "$bundle/rootfs/dev/null" c 1 5
	run inside 'head -c 10 /file | wc -c'
	lacks "$output" 10
}
is_masked() { ran 'cat /file' && lacks "$output" secret && lacks "$output" plainly; }

@test "CVE-2025-52565: /dev/console is the terminal, though /dev/pts is full of links" {
	conf '.process.terminal = true'
	mount_drop /dev/pts
	mkdir "$bundle/rootfs/dev/pts" "$BATS_TEST_TMPDIR/pts"
	for n in ptmx 0 1 2 3 4 5; do ln -s /proc/sys/kernel/core_pattern "$BATS_TEST_TMPDIR/pts/$n"; done
	mount_add '{"destination": "/dev/pts", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/pts", "options": ["bind"]}'
	console_is_no_trap
}

@test "CVE-2025-52565: /dev/console that is a link, or becomes one, covers nothing" {
	conf '.process.terminal = true'
	without_dev
	ln -s /proc/sys/kernel/core_pattern "$bundle/rootfs/dev/console"
	console_is_no_trap
	touch "$bundle/rootfs/dev/other"
	swaps "$bundle/rootfs/dev/console" "$bundle/rootfs/dev/other"
	each_round console_is_no_trap
}
# with_console: what a process finds where a terminal may be mounted, and where it may not
with_console() {
	conf '.process.args = ["/bin/sh", "-c", $t]' --arg t '
		for f in /dev/console /dev/other /proc/sys/kernel/core_pattern /secret; do
			[ -L $f ] || echo "$f: $(stat -c %F $f 2>&1)"
		done'
	E2E_ID=$id timeout "$patience" "$BATS_TEST_DIRNAME/terminal.py" run 24x80 -- \
		"$CAISSON" --root "$root" run --bundle "$bundle" "$id"
}
console_is_no_trap() {
	run with_console
	lacks "$output" Traceback
	lacks "$output" 'console: regular file'
	lacks "$output" 'core_pattern: char'
	lacks "$output" 'secret: char'
}

@test "CVE-2025-52881: no write of the runtime's goes to a /proc that is a fake" {
	newer_than_crun
	mkdir -p "$outside/self/attr" "$outside/thread-self/attr" "$outside/sys/kernel" "$outside/sys/net/ipv4"
	touch "$outside"/{self,thread-self}/{attr/exec,attr/current,oom_score_adj} "$outside"/sys/kernel/{hostname,domainname,shm_rmid_forced} "$outside/sys/net/ipv4/ip_forward"
	mount_drop /proc
	mount_add '{"destination": "/proc", "type": "bind", "source": "'"$outside"'", "options": ["bind"]}'
	conf '.process.oomScoreAdj = 321 | .linux.sysctl = {"kernel.shm_rmid_forced": "1", "net.ipv4.ip_forward": "1"}
		| .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .process.args = ["sleep", "1000"]'
	create
	caisson start "$id"
	is "$(find "$outside" -type f -size +0)" ''
	is "$(cat "/proc/$(<"$bundle/pid")/oom_score_adj")" 321
	is "$(nsenter -i -n -t "$(<"$bundle/pid")" sysctl -n kernel.shm_rmid_forced net.ipv4.ip_forward)" $'1\n1'
}

@test "CVE-2025-52881: a mount over /proc that would take the runtime's own writes is refused" {
	caisson_only
	mount_add '{"destination": "/proc/self/attr", "type": "tmpfs", "source": "tmpfs"}'
	run -1 inside true
	has "$output" /proc
}

@test "CVE-2025-52881: a sysctl is not written into a /proc that is changed for another" {
	newer_than_crun
	echo text >"$bundle/rootfs/victim"
	mkdir -p "$bundle/rootfs/other/sys/kernel"
	ln -s /victim "$bundle/rootfs/other/sys/kernel/shm_rmid_forced"
	swaps "$bundle/rootfs/proc" "$bundle/rootfs/other"
	conf '.linux.sysctl = {"kernel.shm_rmid_forced": "1"} | .linux.readonlyPaths = []'
	each_round ran true
	is "$(<"$bundle/rootfs/victim")" text
}

@test "CVE-2026-41579, CVE-2026-47766: a /dev that is a link leads nowhere outside" {
	rmdir "$bundle/rootfs/dev"
	ln -s "$outside" "$bundle/rootfs/dev"
	run inside true
	untouched
	without_dev
	run inside true
	untouched
}

@test "CVE-2026-41579, CVE-2026-47766: a /dev that becomes a link leads nowhere outside" {
	ln -s "$outside" "$bundle/rootfs/other"
	without_dev
	swaps "$bundle/rootfs/dev" "$bundle/rootfs/other"
	each_round devices_inside
}
devices_inside() {
	rm -f "$bundle"/rootfs/{dev,other}/* 2>/dev/null || :
	untouched && ran true && untouched
}

@test "CVE-2026-88264: /dev/console that is a link is not made, nor mounted on, where it leads" {
	conf '.process.terminal = true'
	without_dev
	ln -s "$outside/made" "$bundle/rootfs/dev/console"
	console_is_no_trap
	untouched
	ln -sf /secret "$bundle/rootfs/dev/console"
	echo secret >"$bundle/rootfs/secret"
	console_is_no_trap
}

@test "CVE-2026-88265: /dev/null that is a link is not opened where it leads" {
	newer_than_crun
	without_dev
	mkfifo "$bundle/rootfs/pipe"
	ln -s /pipe "$bundle/rootfs/dev/null"
	conf '.linux.maskedPaths += ["/etc/passwd"]'
	run timeout 20 "$CAISSON" --root "$root" run --bundle "$bundle" "$id" # an open would wait for a reader
	[ "$status" = 1 ]
	has "$output" /dev/null
}

@test "CVE-2026-30892: ids are numbers to their last digit" {
	newer_than_crun
	conf '.process.user.uid = "0x"'
	run -1 inside true
	conf '.process.user.uid = 4294967296'
	run -1 inside true
	# to setresuid(2) that is none
	conf '.process.user.uid = 4294967295'
	run -1 inside true
	conf '.process.user = {uid: 1000, gid: 4294967295}'
	run -1 inside true
	conf '.process.user = {uid: 0, gid: 0} | .process.args = ["sleep", "1000"]'
	create
	caisson start "$id"
	for user in 1000x 0x3e8 1000:x 1000: :1000 1000:1000:1000 ' 1000' +1000 -1 '' 1e3 1000.0 4294967296 18446744073709552616; do
		run -255 caisson exec -u "$user" "$id" id -u
	done
	run -0 caisson exec -u 1000:33 "$id" sh -c 'id -u; id -g'
	is "$output" $'1000\n33'
}

@test "GHSA-3q8j-pf29-vwv8: what is masked in /proc stays so, though /proc is changed for another" {
	mkdir "$bundle/rootfs/fake"
	swaps "$bundle/rootfs/proc" "$bundle/rootfs/fake"
	each_round proc_is_closed
}
proc_is_closed() {
	ran 'for d in /proc /fake; do cd $d; [ -e self/comm ] || continue
		[ -c keys ] || echo unmasked
		(echo 1 >sys/kernel/ns_last_pid) 2>/dev/null && echo open; done'
	! is_caisson || { lacks "$output" unmasked && lacks "$output" open; }
}

@test "GHSA-3q8j-pf29-vwv8: masked and read-only paths that are links do not reach outside" {
	echo text >"$BATS_TEST_TMPDIR/file"
	ln -s "$BATS_TEST_TMPDIR/file" "$bundle/rootfs/masked"
	conf '.linux.maskedPaths += ["/masked"] | .linux.readonlyPaths += ["/masked"]'
	run inside true
	is "$(<"$BATS_TEST_TMPDIR/file")" text
	echo more >>"$BATS_TEST_TMPDIR/file"
	echo text >"$bundle/rootfs/plain"
	ln -sf "$BATS_TEST_TMPDIR/file" "$bundle/rootfs/masked"
	swaps "$bundle/rootfs/masked" "$bundle/rootfs/plain"
	each_round ran true
	is "$(wc -l <"$BATS_TEST_TMPDIR/file")" 2
}

@test "--no-pivot leaves no unmasked proc in reach of a user namespace made inside" {
	caps '["CAP_SETFCAP"]'
	mkdir "$outside/proc"
	mount -t proc none "$outside/proc"
	run inside 'unshare -mrpf sh -c "mount -t proc none /proc && echo unmasked"' --no-pivot
	umount "$outside/proc"
	lacks "$output" unmasked
	has "$output" 'permission denied'
}

@test "no path of the host's is in the container's links to itself" {
	run -0 inside 'for l in root cwd exe; do readlink /proc/1/$l; done'
	is "$output" $'/\n/\n/bin/busybox'
}
