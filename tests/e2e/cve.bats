#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# What runtimes have been broken by, each tried once. The bundle is the attacker's.

load lib

@test "CVE-2016-9962, CVE-2019-5736: a neighbour in the pid namespace can neither read nor write the runtime" {
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
	jq '.process.args = ["sleep", "1000"] | .linux.cgroupsPath += "-victim" | .root.path = $root
		| (.linux.namespaces[] | select(.type == "pid")).path = $pid' \
		--arg pid "/proc/$(<"$bundle/pid")/ns/pid" --arg root "$bundle/rootfs" "$bundle/config.json" >"$bundle/2/config.json"
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

@test "CVE-2019-16884, CVE-2019-19921: a /proc that is a link is refused" {
	newer_than_crun
	rmdir "$bundle/rootfs/proc"
	ln -s /tmp "$bundle/rootfs/proc"
	run -1 inside true
	has "$output" /proc
}

@test "CVE-2023-27561, CVE-2023-28642: a /sys that is a link is refused" {
	newer_than_crun
	rmdir "$bundle/rootfs/sys"
	ln -s /tmp "$bundle/rootfs/sys"
	run -1 inside true
	has "$output" /sys
}

@test "CVE-2025-52881: a mount over /proc that would take the runtime's own writes is refused" {
	caisson_only
	mount_add '{"destination": "/proc/self/attr", "type": "tmpfs", "source": "tmpfs"}'
	run -1 inside true
	has "$output" /proc
}

@test "CVE-2019-18837, CVE-2026-41579: a /dev that is a link leads nowhere outside" {
	mkdir "$BATS_TEST_TMPDIR/outside"
	rmdir "$bundle/rootfs/dev"
	ln -s "$BATS_TEST_TMPDIR/outside" "$bundle/rootfs/dev"
	run inside true
	is "$(ls -A "$BATS_TEST_TMPDIR/outside")" ''
}

@test "CVE-2019-18837: devices in a /dev without a mount do not follow links" {
	echo text >"$BATS_TEST_TMPDIR/outside"
	conf '.mounts |= map(select(.destination | startswith("/dev") | not))'
	for d in null zero console ptmx stdin tty; do ln -s "$BATS_TEST_TMPDIR/outside" "$bundle/rootfs/dev/$d"; done
	run inside true
	is "$(<"$BATS_TEST_TMPDIR/outside")" text
	is "$(stat -c %F "$BATS_TEST_TMPDIR/outside")" 'regular file'
}

@test "CVE-2021-30465: a mount's place behind a link is made and mounted inside the root" {
	mkdir "$BATS_TEST_TMPDIR/outside"
	ln -s "$BATS_TEST_TMPDIR/outside" "$bundle/rootfs/link"
	ln -s ../../../../../../../../../.. "$bundle/rootfs/up"
	mount_add '{"destination": "/link/a/b", "type": "tmpfs", "source": "tmpfs"}'
	mount_add '{"destination": "/up'"$BATS_TEST_TMPDIR"'/outside/c", "type": "tmpfs", "source": "tmpfs"}'
	run inside true
	is "$(ls -A "$BATS_TEST_TMPDIR/outside")" ''
}

@test "CVE-2024-45310: a file's place behind a link is made inside the root" {
	mkdir "$BATS_TEST_TMPDIR/outside"
	ln -s "$BATS_TEST_TMPDIR/outside" "$bundle/rootfs/link"
	echo text >"$BATS_TEST_TMPDIR/file"
	mount_add '{"destination": "/link/../link/x/file", "type": "bind", "source": "'"$BATS_TEST_TMPDIR"'/file", "options": ["bind"]}'
	run inside true
	is "$(ls -A "$BATS_TEST_TMPDIR/outside")" ''
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

@test "CVE-2022-29162, CVE-2022-27650: the inheritable set is empty unless asked for" {
	conf 'del(.process.capabilities.inheritable) | del(.process.capabilities.ambient)'
	run -0 inside 'cat /proc/self/status'
	is "$(field CapInh)" 0000000000000000
}

@test "CVE-2025-31133: a /dev/null that is a link masks nothing with its target" {
	newer_than_crun
	conf '.mounts |= map(select(.destination | startswith("/dev") | not)) | .linux.maskedPaths += ["/file"]'
	echo secret >"$bundle/rootfs/secret"
	echo masked >"$bundle/rootfs/file"
	ln -s /secret "$bundle/rootfs/dev/null"
	run inside 'cat /file'
	lacks "$output" secret
	lacks "$output" masked
}

@test "CVE-2026-30892: ids are numbers to their last digit" {
	conf '.process.user.uid = "0x"'
	run -1 inside true
	conf '.process.user.uid = 4294967296'
	run -1 inside true
	# to setresuid(2) that is none
	conf '.process.user.uid = 4294967295'
	run -1 inside true
	conf '.process.user = {uid: 1000, gid: 4294967295}'
	run -1 inside true
}

@test "masked and read-only paths that are links do not reach outside" {
	echo text >"$BATS_TEST_TMPDIR/outside"
	ln -s "$BATS_TEST_TMPDIR/outside" "$bundle/rootfs/masked"
	conf '.linux.maskedPaths += ["/masked"] | .linux.readonlyPaths += ["/masked"]'
	run inside true
	is "$(<"$BATS_TEST_TMPDIR/outside")" text
	echo more >>"$BATS_TEST_TMPDIR/outside"
}

@test "no path of the host's is in the container's links to itself" {
	run -0 inside 'for l in root cwd exe; do readlink /proc/1/$l; done'
	is "$output" $'/\n/\n/bin/busybox'
}
