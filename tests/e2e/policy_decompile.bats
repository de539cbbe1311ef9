#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# caisson policy decompile, and compile --oci, from the command line. Needs no privileges.

bats_require_minimum_version 1.5.0

setup() {
	top=$(realpath "$BATS_TEST_DIRNAME/../..")
	[ "$(basename "${CAISSON:-caisson}")" = caisson ] || skip "only caisson has this"
	caisson=$(realpath "${CAISSON:-${top_builddir:-.}/caisson}")
	cd "$BATS_TEST_TMPDIR" || return
	export CAISSON_POLICY_PATH=$top/seccomp/policies NO_COLOR=1
}

# Keeps what went to stdout and stderr apart: $status, out, err.
call() {
	status=0
	"$caisson" policy "$@" >out 2>err || status=$?
}

same() { "$caisson" policy diff --ignore-holes "$@"; }

@test "a profile, a whole config.json and a program become text that answers alike" {
	cp "$top/tests/golden/bundles/podman.json" config.json
	jq .linux.seccomp config.json >profile.json
	"$caisson" policy compile --bpf -o program.bpf profile.json
	for what in config.json profile.json program.bpf; do
		call decompile "$what"
		[ $status -eq 0 ]
		[ "$(wc -l <out)" -lt 60 ]
		[ "$(sed -n 2p out)" = "# sha256:$(sha256sum <"$what" | cut -d ' ' -f 1)" ]
		mv out "$what.policy"
		same "$what" "$what.policy"
	done
	call decompile --json program.bpf
	[ $status -eq 0 ]
	[ "$(jq -c '[.kind, .name, .sha256]' out)" = \
		"[\"program\",\"program\",\"$(sha256sum <program.bpf | cut -d ' ' -f 1)\"]" ]
	[ "$(jq -r .policy out)" = "$(cat program.bpf.policy)" ]
	grep -qx 'policy config {' config.json.policy
	grep -q '@default' config.json.policy
}

@test "a policy has a normal form, which is its own" {
	call decompile --arch x86_64 untrusted
	[ $status -eq 0 ]
	mv out once.policy
	same --arch=x86_64 untrusted once.policy
	call decompile once.policy
	diff <(tail -n +3 out) <(tail -n +3 once.policy)
}

@test "compile --oci: rules that answer alike, byte for byte the same" {
	for name in container container-strict untrusted paranoid; do
		call compile --oci --arch x86_64 "$name"
		[ $status -eq 0 ]
		mv out rules.json
		same --arch=x86_64 "$name" rules.json
		call compile --oci --arch x86_64 "$name"
		cmp out rules.json
	done
	[ "$(jq -c keys_unsorted rules.json)" = \
		'["defaultAction","defaultErrnoRet","architectures","flags","syscalls"]' ]
}

@test "what cannot be said is refused with a reason" {
	echo 'policy p { arch x86_64, i386; if arch(i386) { allow read; } }' >two.policy
	call compile --oci two.policy
	[ $status -eq 1 ]
	[ ! -s out ]
	grep -q '^caisson: read: one answer on all architectures' err
	grep -q '^caisson: hint: --arch=x86_64' err
	head -c 100 /dev/zero >not.bpf
	call decompile not.bpf
	[ $status -eq 1 ]
	[ ! -s out ]
	[ -s err ]
}
