#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What "caisson policy compile --oci" writes, in the hands of other engines.
# shellcheck disable=SC2154 # bats gives output and status
load lib.bash

setup() {
	caisson_only
	need_root
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
	conf 'del(.linux.resources, .linux.cgroupsPath) | .ociVersion = "1.0.2"'
}

# engine NAME: one that is there, and can run this bundle without a filter
engine() {
	command -v "$1" >/dev/null || skip "no $1 here"
	engine=("$1" --root "$root")
	[ "$1" != crun ] || engine+=(--cgroup-manager disabled)
	within || skip "$1 runs no container here: $output"
}

# within [SHELL TEXT]: the output of a container under that engine. The rules are put in as text:
# jq before 1.7 makes floating point of numbers of 64 bits.
within() {
	local config
	conf '.process.args = ["/bin/sh", "-c", $text] | .linux.seccomp = "RULES"' --arg text "${1:-:}"
	config=$(<"$bundle/config.json")
	printf '%s\n' "${config/\"RULES\"/"${rules-null}"}" >"$bundle/config.json"
	run timeout --foreground "$patience" "${engine[@]}" run --bundle "$bundle" "$id"
	[ "$status" -eq 0 ]
}

# rules POLICY: for the next containers
rules() { rules=$("$CAISSON" policy compile --oci --arch x86_64 "$1"); }

only_x86_64() { [ "$(uname -m)" = x86_64 ] || skip "the policies are for x86-64"; }

# obeys ENGINE: by a policy with rules of each kind, and by those that we ship
obeys() {
	only_x86_64
	engine "$1"
	for policy in container container-strict; do
		rules "$top/seccomp/policies/$policy.policy"
		within 'echo runs' || { echo "$policy: $output"; return 1; }
		has "$output" runs
	done
	cat >"$BATS_TEST_TMPDIR/t.policy" <<-'END'
		policy t extends container {
			arch x86_64;
			override deny EACCES mkdir | mkdirat;
			override deny EROFS unlink | rmdir;
			override deny EXDEV personality when persona in { 0x40000 };
			override deny EINVAL socket when family has any 0xffffff00 || family == AF_INET;
			override deny EFBIG ftruncate when length > 0x1000;
		}
	END
	CAISSON_POLICY_PATH=$top/seccomp/policies rules "$BATS_TEST_TMPDIR/t.policy"
	within 'mkdir /tmp/x; rm /etc/passwd; nc 127.0.0.1 1; truncate -s 4096 /tmp/f && echo small
		truncate -s 4097 /tmp/f; true' || { echo "$output"; return 1; }
	has "$output" "mkdir: can't create directory '/tmp/x': Permission denied"
	has "$output" "rm: can't remove '/etc/passwd': Read-only file system"
	has "$output" "nc: socket: Invalid argument"
	has "$output" small
	has "$output" "truncate: /tmp/f: truncate: File too large"
}

@test "crun obeys the rules of a policy" { obeys crun; }

@test "runc obeys the rules of a policy" { obeys runc; }
