#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# caisson policy, from the command line. Needs no privileges. CAISSON names the program.
# shellcheck disable=SC2154,SC2238 # status is of call; script(1) is no file

bats_require_minimum_version 1.5.0

setup() {
	top=$(realpath "$BATS_TEST_DIRNAME/../..")
	[ "$(basename "${CAISSON:-caisson}")" = caisson ] || skip "only caisson has this"
	caisson=$(realpath "${CAISSON:-${top_builddir:-.}/caisson}")
	cd "$BATS_TEST_TMPDIR" || return
	export CAISSON_POLICY_PATH=$BATS_TEST_TMPDIR/named NO_COLOR=1
	mkdir named
	cat >t.policy <<-'END'
		policy base {
			arch x86_64;
			kernel 6.1;
			default deny EPERM unknown deny ENOSYS;
			allow @libc-start | @fd-io | getppid | exit | exit_group;
			allow socket when family == AF_UNIX;
			deny EACCES socket when family == AF_ALG as "the kernel's own crypto";
			expect socket(AF_UNIX, SOCK_STREAM, 0) -> allow;
			expect socket(AF_ALG) -> deny EACCES;
			expect mount() -> deny EPERM;
		}
	END
	cp t.policy named/base.policy
}

# Keeps what went to stdout and stderr apart: $status, out, err.
call() {
	status=0
	"$caisson" policy "$@" >out 2>err || status=$?
}

only_x86_64() { [ "$(uname -m)" = x86_64 ] || skip "the policies are for x86-64"; }

@test "without a command there is help, and it is an error" {
	call
	[ $status -eq 2 ]
	[ ! -s out ]
	grep -q '^usage: caisson policy COMMAND' err
}

@test "--help is no error and says nothing on stderr" {
	for line in --help help "help diff" "diff --help" "run -h"; do
		# shellcheck disable=SC2086
		call $line
		[ $status -eq 0 ]
		[ ! -s err ]
		grep -q '^usage: caisson policy ' out
	done
}

@test "a wrong command line is 2, and says what is wrong" {
	while IFS='|' read -r line message; do
		# shellcheck disable=SC2086
		call $line
		[ $status -eq 2 ]
		[ ! -s out ]
		[ "$(head -n 1 err)" = "caisson: $message" ]
	done <<-'END'
		chekc|policy: chekc: unknown command
		check|policy check: expected POLICY...: found 0 arguments
		check --wrror t.policy|policy check: --wrror: unknown option
		check nothing|nothing: a policy of that name: found none
		check nothing.policy|nothing.policy: a policy: found no such file
		diff t.policy|policy diff: expected LEFT RIGHT: found 1 argument
		diff t.policy nothing.policy|nothing.policy: a policy: found no such file
		compile --c --bpf t.policy|policy compile: one of --bpf, --c, --dot, --listing, --oci, --json: found more
		compile --arch z80 t.policy|--arch: an architecture that has tables: found "z80"
		explain t.policy sokcet|sokcet: a system call: no such name
		explain t.policy socket AF_AGL|AF_AGL: a number or a constant: no such name
	END
	call chekc
	grep -qx 'caisson: hint: did you mean check?' err
	call explain t.policy sokcet
	grep -qx 'caisson: hint: did you mean socket?' err
}

@test "a policy is found by name, by path and on stdin" {
	for name in base t.policy ./t.policy "$PWD/t.policy"; do
		call compile --json "$name"
		[ $status -eq 0 ]
		[ ! -s err ]
		[ "$(jq -r .name out)" = base ]
	done
	"$caisson" policy compile --json - <t.policy >out2
	cmp out out2
}

@test "check is silent about a good policy" {
	call check t.policy
	[ $status -eq 0 ]
	[ ! -s err ]
	[ "$(grep -c ': error: ' out)" -eq 0 ]
}

@test "check tells all errors at once, with their places" {
	cat >bad.policy <<-'END'
		policy bad {
			arch x86_64;
			default deny EPERM;
			allow sokcet;
			allow read when fdd == 1;
			deny EPREM write;
		}
	END
	call check bad.policy
	[ $status -eq 1 ]
	[ ! -s err ]
	grep -q '^bad.policy:4:7: error: ' out
	grep -q '^bad.policy:5:17: error: ' out
	grep -q '^bad.policy:6:6: error: ' out
	tail -n 1 out | grep -q '^3 errors, '
	call check --json bad.policy
	[ $status -eq 1 ]
	[ "$(jq -c '[.diagnostics[] | select(.level == "error") | [.at.line, .at.column]]' out)" = \
		'[[4,7],[5,17],[6,6]]' ]
	# the other commands print them on stderr, and one line more
	call compile bad.policy
	[ $status -eq 1 ]
	[ ! -s out ]
	grep -q '^bad.policy:4:7: error: ' err
	grep -qx 'caisson: bad.policy: a policy without errors: found 3' err
}

@test "check finds what is wrong in each policy of a file, once" {
	{
		echo 'policy one { arch x86_64; default deny EPERM; allow sokcet; }'
		echo 'policy two { arch x86_64; default deny EPERM; allow read; }'
		echo 'policy three { arch x86_64; default deny EPERM; allow raed; }'
	} >several.policy
	call check several.policy
	[ $status -eq 1 ]
	[ "$(grep -c ': error: ' out)" -eq 2 ]
	call check --policy two several.policy
	[ $status -eq 0 ]
}

@test "warnings fail with --werror only" {
	echo 'policy loose { arch x86_64; default allow; kill mount; }' >w.policy
	call check w.policy
	[ $status -eq 0 ]
	grep -q ': warning: ' out
	call check --werror w.policy
	[ $status -eq 1 ]
}

@test "warnings are compile's, and no noise elsewhere" {
	cat >rules.json <<-'END'
		{"defaultAction": "SCMP_ACT_ERRNO",
		 "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
		 "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}]}
	END
	call compile rules.json
	[ $status -eq 0 ]
	grep -q '^warning: x32' err
	call explain rules.json read
	[ $status -eq 0 ]
	[ ! -s err ]
	call diff rules.json rules.json
	[ $status -eq 0 ]
	[ ! -s err ]
}

@test "no colours but on a terminal" {
	echo 'policy bad { arch x86_64; default deny EPERM; allow sokcet; }' >bad.policy
	unset NO_COLOR
	call check bad.policy
	run ! grep -q $'\033' out
	export TERM=xterm
	script -qec "$caisson policy check bad.policy" /dev/null >tty </dev/null || true
	grep -q $'\033' tty
	NO_COLOR=1 script -qec "$caisson policy check bad.policy" /dev/null >tty </dev/null || true
	run ! grep -q $'\033' tty
}

@test "explain names the rule, its line, its reason and the way there" {
	call explain t.policy socket AF_ALG
	[ $status -eq 0 ]
	[ ! -s err ]
	[ "$(head -n 1 out | sed 's/ @ x86_64//')" = 'socket(AF_ALG, 0, 0): deny EACCES' ]
	grep -qx '  by         a rule, t.policy:7' out
	grep -q '^             deny EACCES socket when family == AF_ALG' out
	grep -qx "  reason     the kernel's own crypto" out
	grep -qx '  arguments  decide' out
	grep -qx '  cache      none: the program runs at each call' out
	grep -q '^  steps      [0-9]* of [0-9]* instructions$' out
	grep -q 'ret errno 13' out
	call explain t.policy read
	[ $status -eq 0 ]
	grep -q 'the kernel answers without running the program' out || {
		call explain t.policy read 0
		grep -q 'the kernel answers without running the program' out
	}
}

@test "explain tells of calls that no filter is asked about" {
	echo 'policy u { arch x86_64; default allow; kill uretprobe | ptrace; }' >u.policy
	call explain u.policy uretprobe
	[ $status -eq 0 ]
	grep -qx '  cache      none: kernels that have the call ask no filter, whatever this one says' out
	[ "$("$caisson" policy explain --json u.policy uretprobe | jq .exempt)" = true ]
	[ "$("$caisson" policy explain --json u.policy ptrace | jq .exempt)" = false ]
}

@test "explain lists all rules of a call" {
	call explain t.policy socket
	[ $status -eq 0 ]
	sed -n 2,4p out >rules
	diff - rules <<-'END'
		  allow when family == AF_UNIX    # t.policy:6
		  deny EACCES when family == AF_ALG    # t.policy:7: the kernel's own crypto
		  deny EPERM: the default: no rule matches    # t.policy:4
	END
	call explain --json t.policy socket
	[ "$(jq -r '[.answers[].action] | join(", ")' out)" = 'allow, deny EACCES, deny EPERM' ]
}

@test "explain takes what other commands print" {
	call explain t.policy 'socket(AF_ALG, SOCK_SEQPACKET|SOCK_CLOEXEC, 0) @ x86_64'
	[ $status -eq 0 ]
	head -n 1 out | grep -q '^socket(AF_ALG, SOCK_SEQPACKET|SOCK_CLOEXEC, 0).*: deny EACCES$'
	call explain t.policy socket type=SOCK_RAW family=AF_UNIX
	head -n 1 out | grep -q '^socket(AF_UNIX, SOCK_RAW, 0).*: allow$'
	call explain t.policy 1000
	head -n 1 out | grep -q ': deny ENOSYS$'
	# only the low word of an int is the kernel's
	call explain t.policy socket 0x100000026
	head -n 1 out | grep -q '^socket(0x100000026, 0, 0).*: deny EACCES$'
}

@test "diff is by effect: 0 for the same, 1 for a difference" {
	sed 's/EACCES/EPERM/; s/| getppid//; s/^}/allow umask; }/' t.policy >other.policy
	call diff t.policy t.policy
	[ $status -eq 0 ]
	[ "$(cat out)" = 't.policy answers as t.policy' ]
	call diff t.policy other.policy
	[ $status -eq 1 ]
	[ ! -s err ]
	grep -q '^getppid @ x86_64$' out
	grep -q '^  tighter    allow -> deny EPERM  getppid()' out
	grep -q '^  looser     deny EPERM -> allow  umask(0)' out
	grep -q '^  different  deny EACCES -> deny EPERM  socket(AF_ALG, 0, 0)' out
	grep -qx 'other.policy is neither tighter nor looser than t.policy' out
	call diff --json t.policy other.policy
	[ "$(jq -c '[.relation, ([.differences[].change] | sort | unique)]' out)" = \
		'["different",["different","looser","tighter"]]' ]
}

@test "diff compares policies, JSON and programs with each other" {
	cat >rules.json <<-'END'
		{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
		 "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}]}
	END
	jq '{ociVersion: "1.2.0", linux: {seccomp: .}}' rules.json >config.json
	call diff rules.json config.json
	[ $status -eq 0 ]
	call compile --bpf -o rules.bpf rules.json
	[ $status -eq 0 ]
	[ $(($(stat -c %s rules.bpf) % 8)) -eq 0 ]
	call diff rules.json rules.bpf
	cat out
	[ $status -eq 0 ]
	call diff rules.bpf t.policy
	[ $status -eq 1 ]
	echo half >>rules.bpf
	call diff rules.bpf t.policy
	[ $status -eq 2 ]
}

@test "bits that the kernel cuts off are told, and can be left out" {
	cat >cut.policy <<-'END'
		policy cut {
			arch x86_64; kernel 6.1; default allow;
			deny EPERM socket when arg0:u64 == 38;
		}
	END
	sed 's/policy cut/policy whole/; s/arg0:u64/family/' cut.policy >whole.policy
	call diff cut.policy whole.policy
	[ $status -eq 1 ]
	grep -q '(bits that the kernel cuts off)$' out
	grep -q ' -> deny EPERM  socket(0x' out
	call diff --ignore-high-bits cut.policy whole.policy
	[ $status -eq 0 ]
	grep -Eq '^whole.policy answers as cut.policy, but for [0-9]+ differences? ignored$' out
}

@test "test tells which expectation failed, and where" {
	call test t.policy
	[ $status -eq 0 ]
	[ "$(cat out)" = 't.policy: base: 3 of 3 expectations' ]
	sed 's/expect mount() -> deny EPERM/expect mount() -> kill/' t.policy >f.policy
	call test f.policy
	[ $status -eq 1 ]
	grep -q '^f.policy:10:[0-9]*: error: mount(.*expected kill, ' out
	grep -qx 'f.policy: base: 2 of 3 expectations' out
	call test --json f.policy
	[ "$(jq -c '[.policies[0].expectations, .policies[0].failed]' out)" = '[3,1]' ]
}

@test "test --live asks the kernel" {
	only_x86_64
	cat >live.policy <<-'END'
		policy live {
			arch x86_64, i386;
			kernel 6.1;
			default kill unknown deny ENOSYS;
			allow @libc-start | read | exit_group | sethostname;
			deny EXDEV chdir;
			trap 7 umask;
			log getpgrp;
			expect read(0, 0, 1) -> allow;
			expect getpgrp() -> log;
			expect chdir(0) -> deny EXDEV;
			expect umask(0) -> trap 7;
			expect reboot() -> kill;
			expect sethostname(0, 0) @ x86_64 -> allow;
		}
	END
	call test --live live.policy
	cat out
	[ $status -eq 0 ]
	[ "$(head -n 1 out)" = 'live.policy: live: 11 of 11 expectations, 10 tried on this kernel' ]
	[ "$(sed -n 2p out)" = '  not tried: sethostname(0, 0)' ]
}

@test "compile writes the same bytes each time, in each form" {
	for form in "" --json --bpf --c --dot --listing; do
		# shellcheck disable=SC2086
		call compile $form t.policy
		[ $status -eq 0 ]
		[ -s out ]
		# shellcheck disable=SC2086
		call compile $form -o twice t.policy
		[ ! -s out ]
		[ -n "$form" ] || continue
		"$caisson" policy compile "$form" t.policy | cmp - twice
	done
	sum=$("$caisson" policy compile --bpf t.policy | sha256sum | cut -d ' ' -f 1)
	[ "$("$caisson" policy compile --json t.policy | jq -r .sha256)" = "$sum" ]
	"$caisson" policy compile t.policy | grep -qx "  digest        sha256:$sum"
}

@test "an output that is no file is written to, and is not replaced" {
	mkfifo pipe
	timeout 20 cat pipe >read &
	call compile --bpf --output pipe t.policy
	wait $!
	[ $status -eq 0 ]
	[ -p pipe ]
	call compile --bpf --output /dev/stdout t.policy
	cmp out read
}

@test "the C header compiles, and is the program" {
	"${CC:-cc}" --version >/dev/null 2>&1 || skip "no compiler"
	sed 's/^}/audit deny EPERM umask as "say \\"no\\"?"; }/' t.policy >audit.policy
	call compile --c -o base.h t.policy
	[ $status -eq 0 ]
	cat >use.c <<-'END'
		#include <unistd.h>
		#include "base.h"
		int main(void)
		{
			return write(1, base_filter, sizeof(base_filter)) < 0 || base_flags == 1;
		}
	END
	"${CC:-cc}" -Wall -Wextra -Werror -pedantic use.c -o use
	./use >c.bpf
	"$caisson" policy compile --bpf t.policy | cmp - c.bpf
}

@test "run runs the command under the policy" {
	only_x86_64
	cat >run.policy <<-'END'
		policy run { arch native; kernel 6.1; default allow; deny EXDEV mkdir | mkdirat; kill umask; }
	END
	call run run.policy -- sh -c 'exit 7'
	[ $status -eq 7 ]
	call run run.policy mkdir x
	[ $status -eq 1 ]
	grep -qi 'cross-device' err
	call run run.policy -- sh -c 'umask 0'
	[ $status -eq 159 ]
	call run run.policy -- nothing-of-that-name
	[ $status -eq 127 ]
	call run run.policy -- ./run.policy
	[ $status -eq 126 ]
	grep -q '^caisson: ./run.policy: execute: permission denied' err
	call run nothing.policy true
	[ $status -eq 125 ]
	echo 'policy no { arch native; kernel 6.1; default allow; deny EPERM execve; }' >no.policy
	call run no.policy true
	[ $status -eq 125 ]
	grep -q 'a policy that lets execve through' err
}

@test "run tells what the policy audits, until all are gone" {
	only_x86_64
	cat >audit.policy <<-'END'
		policy audit {
			arch native; kernel 6.1; default allow;
			audit deny EXDEV mkdir | mkdirat as "nothing new";
			audit allow umask;
		}
	END
	call run audit.policy -- sh -c '(sleep 0.2; mkdir late) & mkdir now; umask 022; exit 7'
	cat err
	[ $status -eq 7 ]
	[ ! -e now ]
	[ ! -e late ]
	[ "$(grep -c '^caisson: audit: process [0-9]*: mkdir.*: audit deny EXDEV: nothing new$' err)" -eq 2 ]
	grep -q '^caisson: audit: process [0-9]*: umask([0-9]*): audit allow$' err
	call run --json audit.policy mkdir now
	[ "$(head -n 1 err | jq -r '[.name, .answer, .reason] | join(" ")')" = \
		'mkdir audit deny EXDEV nothing new' ]
}

@test "run --record lets everything through and writes it down" {
	only_x86_64
	call run --record calls t.policy -- sh -c 'mkdir made; exit 7'
	[ $status -eq 7 ]
	[ -d made ]
	jq -se 'all(.[]; .record == 1 and .arch == "x86_64" and .count > 0)' calls
	jq -se 'any(.[]; .name == "mkdir" and .answer == "deny EPERM")' calls
	jq -se 'all(.[]; .answer != "allow")' calls
	call run --all --record all -- true
	[ $status -eq 0 ]
	jq -se 'any(.[]; .name == "execve")' all
	jq -se 'any(.[]; .name == "exit_group")' all
	call run --all -- true
	[ $status -eq 125 ]
}

@test "a signal to run is one to the command" {
	only_x86_64
	"$caisson" policy run --record calls t.policy -- sh -c 'trap "exit 9" TERM; : >ready
		while :; do sleep 0.05; done' &
	pid=$!
	until [ -e ready ]; do sleep 0.05; done
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	[ $status -eq 9 ]
}

@test "the completion knows the commands of policy" {
	[ -f "$top/contrib/completions/caisson.bash" ] || skip "no completions here"
	# shellcheck source=/dev/null
	. "$top/contrib/completions/caisson.bash"
	complete_line() {
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_caisson
	}
	complete_line caisson policy ex
	[ "${COMPREPLY[*]}" = explain ]
	complete_line caisson policy diff --ignore-h
	[ "${COMPREPLY[*]}" = '--ignore-high-bits --ignore-holes' ]
	complete_line caisson policy check t.po
	[ "${COMPREPLY[*]}" = t.policy ]
	complete_line caisson pol
	[ "${COMPREPLY[*]}" = policy ]
	complete_line caisson --root / check --pl
	[ "${COMPREPLY[*]}" = --plan ]
}
