#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# caisson policy learn and why: real programs, recorded by us and by strace, run again under what
# was learned of them. Needs no privileges.
# shellcheck disable=SC2154,SC2030,SC2031 # status is of call

bats_require_minimum_version 1.5.0

setup() {
	top=$(realpath "$BATS_TEST_DIRNAME/../..")
	[ "$(basename "${CAISSON:-caisson}")" = caisson ] || skip "only caisson has this"
	caisson=$(realpath "${CAISSON:-${top_builddir:-.}/caisson}")
	cd "$BATS_TEST_TMPDIR" || return
	export CAISSON_POLICY_PATH=$top/seccomp/policies NO_COLOR=1
	# as the kernel of these lines has it
	klog='audit: type=1326 audit(1700000000.123:456): auid=1000 uid=1000 gid=1000 ses=2 pid=1234 comm="python3" exe="/usr/bin/python3.11" sig=31 arch=c000003e syscall=41 compat=0 ip=0x7f3a code=0x80000000'
}

# Keeps what went to stdout and stderr apart: $status, out, err.
call() {
	status=0
	"$caisson" policy "$@" >out 2>err || status=$?
}

only_x86_64() { [ "$(uname -m)" = x86_64 ] || skip "the numbers are x86-64's"; }
has() { command -v "$1" >/dev/null || skip "$1 is not here"; }

# Runs a command, learns from the record, and runs it again under what was learned.
again() {
	call run --all --record record.json -- "$@"
	[ $status -eq 0 ]
	cp out first
	call learn --name again -o again.policy record.json
	[ $status -eq 0 ]
	call check --werror again.policy
	[ $status -eq 0 ]
	call run again.policy -- "$@"
	[ $status -eq 0 ]
	cmp out first
}

@test "a program runs under what was learned of it" {
	again ls /
	again sh -c 'echo a | cat | wc -c; (exit 0); test -e /etc/passwd'
}

@test "python with a thread, a socket and a child runs under what was learned of it" {
	has python3
	cat >t.py <<-'END'
		import socket, subprocess, threading
		t = threading.Thread(target=print, args=("thread",))
		t.start()
		t.join()
		a, b = socket.socketpair()
		a.send(b"x")
		print(b.recv(1), subprocess.run(["echo", "child"], capture_output=True).stdout)
	END
	again "$(python3 -c 'import sys; print(sys.executable)')" t.py
	grep -q '^	allow socketpair when family == AF_UNIX && type & 0xf == SOCK_STREAM;' again.policy
	# not more than was seen
	call run again.policy -- "$(python3 -c 'import sys; print(sys.executable)')" -c \
		'import socket; socket.socket(socket.AF_INET)'
	[ $status -eq 1 ]
	grep -q 'PermissionError' err
}

@test "strace's lines teach the same as our own" {
	has strace
	strace -f -o with sh -c 'echo a | cat' >/dev/null 2>&1 || skip "strace may not trace here"
	strace -f sh -c 'echo a | cat' 2>without >/dev/null
	strace -f -X raw -tt -y -T -o raw sh -c 'echo a | cat' >/dev/null
	strace -ff -o each sh -c 'echo a | cat' >/dev/null
	for record in with without raw; do
		call learn "$record"
		[ $status -eq 0 ]
		[ ! -s err ]
		sed 's/ #.*//' out >"$record.policy"
	done
	call learn each.*
	[ $status -eq 0 ]
	sed 's/ #.*//' out >each.policy
	sed -n 's/^\tallow \([a-z0-9_]*\).*/\1/p' with.policy | sort >names
	for record in without raw each; do
		sed -n 's/^\tallow \([a-z0-9_]*\).*/\1/p' "$record.policy" | sort >"$record.names"
		diff names "$record.names"
	done
	call learn -o with.policy with
	call run with.policy -- sh -c 'echo a | cat'
	[ $status -eq 0 ]
	[ "$(cat out)" = a ]
}

@test "only what a policy refuses is written on top of it" {
	call run --all --record record.json -- ls /
	call learn --extends untrusted --name more record.json
	[ $status -eq 0 ]
	[ "$(grep -c '^	[a-z]' out)" -eq 0 ]
	cat >base.policy <<-'END'
		# mine
		policy base {
			default deny EPERM unknown deny ENOSYS;
			allow @libc-start; # all
			deny EACCES @mount;
		}
	END
	call learn --extends ./base.policy --name more -o more.policy record.json
	[ $status -eq 0 ]
	[ "$(grep -c openat more.policy)" -eq 0 ]
	grep -q 'extends base' more.policy
	call run more.policy -- ls /
	[ $status -eq 0 ]
	# the same within the policy itself
	call learn --merge base.policy -o merged.policy record.json
	[ $status -eq 0 ]
	call check merged.policy
	[ $status -eq 0 ]
	head -n 5 base.policy | cmp -n "$(head -n 5 base.policy | wc -c)" - merged.policy
	call run merged.policy -- ls /
	[ $status -eq 0 ]
	# and once more: there is nothing left to add
	call learn --merge merged.policy record.json
	cmp out merged.policy
}

@test "--never refuses what was seen" {
	printf '%s\n' 'mount("a", "b", "c", 0, NULL) = 0' 'getpid() = 1' 'umount2("b", 0) = 0' >r
	call learn --never @mount --never getpid r
	[ $status -eq 0 ]
	[ "$(grep -c '^	deny [mug][a-z0-9]*; # 1 call' out)" -eq 3 ]
	grep -qx 'caisson: learn: calls that were seen and are refused, by --never: 3' err
	call learn --never @muont r
	[ $status -eq 2 ]
	[ "$(head -n 1 err)" = 'caisson: --never: a group or a call: found "@muont"' ]
}

@test "what nobody understands is counted and told" {
	printf '%s\n' 'getpid() = 1' 'what is this' 'no_such_call(1) = 0' >r
	call learn r
	[ $status -eq 0 ]
	grep -qx 'caisson: learn: lines that are no record: 1, the first: r:2' err
	grep -qx 'caisson: learn: calls that the tables do not know: 1, the first: no_such_call' err
	call learn --json r
	[ "$(jq -c '[.lines, .calls, .garbage, .nameless]' out)" = '[3,1,1,1]' ]
	jq -r .policy out | grep -q '^	allow getpid; # 1 call'
	echo nothing >r
	call learn r
	[ $status -eq 1 ]
	[ "$(head -n 1 err)" = 'caisson: policy learn: calls that were seen: found none in 1 lines' ]
	head -c 3000000 /dev/zero | tr '\0' x >r
	call learn r
	[ $status -eq 1 ]
}

@test "a wrong command line is 2, and says what is wrong" {
	echo 'getpid() = 1' >r
	while IFS='|' read -r line message; do
		# shellcheck disable=SC2086
		call $line
		[ $status -eq 2 ]
		[ ! -s out ]
		[ "$(head -n 1 err)" = "caisson: $message" ]
	done <<-'END'
		learn nothing|nothing: a record: found no such file
		learn --name 1x r|--name: a name of a policy: found "1x"
		learn --extends untrusted --merge r r|policy learn: one of --extends, --merge: found both
		learn --extends nothing r|nothing: a policy of that name: found none
		why untrusted syscall=|policy why: a record of a call: found none
		why untrusted x|x: a record: found no such file
		why nothing getpid()|nothing: a policy of that name: found none
	END
}

@test "why names the line and the change" {
	only_x86_64
	cat >p.policy <<-'END'
		policy p {
			arch x86_64;
			default deny EPERM unknown deny ENOSYS;
			allow socket when family == AF_UNIX;
			deny EACCES socket as "no network";
		}
	END
	call why p.policy 'socket(AF_INET, SOCK_STREAM, 0) = -1 EACCES (Permission denied)'
	[ $status -eq 0 ]
	cat >want <<-'END'
		socket(AF_INET, SOCK_STREAM, 0): deny EACCES
		  seen       1 time
		  by         a rule, p.policy:5
		             deny EACCES socket as "no network";
		  reason     no network
		  change     allow socket when family == AF_INET && type & 0xf == SOCK_STREAM;
		             before line 5
	END
	diff want out
	# the change is one
	sed -i '5i\	allow socket when family == AF_INET \&\& type \& 0xf == SOCK_STREAM;' p.policy
	call why p.policy 'socket(AF_INET, SOCK_STREAM, 0)'
	[ "$(head -n 1 out)" = 'socket(AF_INET, SOCK_STREAM, 0): allow' ]
}

@test "why reads the kernel's lines from stdin or a file, each kind once" {
	only_x86_64
	{ echo "$klog"; echo "$klog"; echo other; } | "$caisson" policy why untrusted >out
	grep -qx '  seen       2 times, process 1234, /usr/bin/python3.11, answered by kill' out
	[ "$(grep -c '  seen' out)" -eq 1 ]
	{ echo "$klog"; echo other; } >k.log
	for records in k.log ./k.log -; do
		call why untrusted "$records" <k.log
		[ $status -eq 0 ]
		grep -q '^  seen       1 time, process 1234' out
	done
	call why untrusted none.log
	[ $status -eq 2 ]
	[ "$(cat err)" = 'caisson: none.log: a record: found no such file' ]
	call why --json untrusted "$klog"
	[ "$(jq -c '[.calls[0].call.name, .calls[0].depends, .calls[0].count]' out)" = '["socket",true,1]' ]
}

@test "why warns of what a change would open" {
	only_x86_64
	call why untrusted 'mount("a", "b", "c", 0, NULL)'
	grep -q '  change     none: no rule can, while .*untrusted.policy:[0-9]* forbids it' out
	grep -q '  opens      @mount: ' out
	call why paranoid 'socket(AF_ALG, SOCK_SEQPACKET, 0)'
	grep -q '  opens      AF_ALG: ' out
}

@test "why finds what the kernel killed a program for" {
	only_x86_64
	echo 'policy k { arch x86_64; default allow; kill uname; }' >k.policy
	call run --record r.json k.policy -- uname
	[ $status -eq 0 ]
	"$caisson" policy why k.policy <r.json >out
	grep -q '^uname(...): kill' out
	grep -q '  change     allow uname;' out
}

@test "the example of the manual page is a good policy" {
	sed -n '/^\.Bd -literal$/,/^\.Ed$/p' "$top/man/caisson-policy.5" | sed -n 's/^ *[0-9]* //p' >m.policy
	[ "$(wc -l <m.policy)" -eq 19 ]
	call check --werror m.policy
	cat out
	[ $status -eq 0 ]
}
