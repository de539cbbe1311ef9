#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The policies that are installed: real programs work under them, and what leads out of a
# container does not; natively and in a container.

# shellcheck disable=SC2016,SC2034,SC2154 # $ of jq's; set here, and set in lib.bash
load lib

programs=$BATS_TEST_DIRNAME/policies
languages=(untrusted python node compiled shell java)

setup_file() {
	local made=$BATS_FILE_TMPDIR/made
	[ -d "$BATS_TEST_DIRNAME/../../seccomp/policies" ] || skip "the policies are not here"
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
	mkdir "$made" "$BATS_FILE_TMPDIR/policies"
	# a file of a policy that a container names must be its user's
	cp "$BATS_TEST_DIRNAME"/../../seccomp/policies/*.policy "$BATS_FILE_TMPDIR/policies/"
	chmod -R go-w,a+rX "$BATS_FILE_TMPDIR"
	gcc -O2 -static -o "$made/escape" "$BATS_TEST_DIRNAME/policies/escape.c"
	# getaddrinfo in a static program makes the linker complain
	gcc -O2 -static -pthread -o "$made/program-static" "$BATS_TEST_DIRNAME/policies/program.c" 2>/dev/null
	gcc -O2 -pthread -o "$made/program" "$BATS_TEST_DIRNAME/policies/program.c"
	gcc -O2 -o "$made/judge" "$BATS_TEST_DIRNAME/policies/judge.c"
	gcc -O2 -static -o "$made/judge-static" "$BATS_TEST_DIRNAME/policies/judge.c"
	cp "$made/escape" "$made/program-static" "$made/judge-static" "$BATS_FILE_TMPDIR/rootfs/bin/"
}

setup() {
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	made=$BATS_FILE_TMPDIR/made
	policies=$BATS_FILE_TMPDIR/policies
	caisson_only
	bundle_make
}

need_program() { command -v "$1" >/dev/null || skip "no $1 here"; }

# under POLICY COMMAND...: natively
under() {
	local policy=$1
	shift
	timeout "$((patience * 4))" "$CAISSON" policy run "$policies/$policy.policy" -- "$@"
}

# inside_under POLICY COMMAND...: in a container, which knows the policy by an annotation
inside_under() {
	local policy=$1
	shift
	conf '.annotations["org.caisson.seccomp.policy"] = $p | .process.args = $a' \
		--arg p "$policies/$policy.policy" --argjson a "$(printf '%s\n' "$@" | jq -R . | jq -sc .)"
	caisson run --bundle "$bundle" "$id"
}

# all_well: the output is TAP of which all is ok
all_well() {
	grep -q '^1\.\.[1-9]' <<<"$output" || { echo "no plan: $output"; return 1; }
	[ "$(grep -c '^ok ' <<<"$output")" = "$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' <<<"$output")" ] ||
		{ grep -v '^ok ' <<<"$output"; return 1; }
}

# bound SOURCE PATH: SOURCE at PATH in the container, to be read
bound() {
	mkdir -p "$bundle/rootfs$2"
	conf '.mounts += [{destination: $to, type: "bind", source: $from, options: ["rbind", "ro"]}]' \
		--arg from "$1" --arg to "$2"
}

# with_usr: the container has this machine's programs
with_usr() {
	local part
	for part in usr opt; do
		[ -d "/$part" ] || continue
		bound "/$part" "/$part"
	done
	for part in lib lib64 sbin; do
		[ -L "/$part" ] || skip "/$part is no symlink here"
		ln -s "usr/$part" "$bundle/rootfs/$part"
	done
	bound /etc /etc
	bound "$programs" /programs
	mount_add '{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}'
	conf '.process.env += ["PATH=/usr/sbin:/usr/bin:/bin"]'
}

# ---- what they say of themselves ----

@test "each policy is without errors and as it expects, on both architectures" {
	local policy
	for policy in "$policies"/*.policy; do
		run -0 "$CAISSON" policy test "$policy"
		run -0 "$CAISSON" policy test --arch aarch64 "$policy"
	done
}

@test "this kernel answers as each policy expects" {
	local policy
	for policy in "${languages[@]}" paranoid; do
		run -0 "$CAISSON" policy test --live "$policies/$policy.policy"
	done
}

# ---- ways out ----

@test "without a policy most of the escape list reaches the kernel" {
	need_root
	run -1 "$made/escape"
	[ "$(grep -c '^not ok' <<<"$output")" -gt 60 ]
}

@test "the escape list is denied under each policy" {
	local policy
	for policy in "${languages[@]}"; do
		run -0 under "$policy" "$made/escape"
		all_well
	done
}

@test "the escape list is denied in a container" {
	local policy
	need_root
	for policy in "${languages[@]}"; do
		run -0 inside_under "$policy" /bin/escape
		all_well
	done
}

@test "the escape list ends a paranoid program, but for four harmless refusals" {
	local n killed=0 refused=0
	for n in $(seq "$("$made/escape" -n)"); do
		run under paranoid "$made/escape" "$n"
		case $status in
		159) killed=$((killed + 1)) ;; # 128 and SIGSYS
		22 | 25 | 38) refused=$((refused + 1)) ;; # EINVAL, ENOTTY, ENOSYS
		*) echo "$n: status $status"; return 1 ;;
		esac
	done
	[ "$killed" -gt 80 ] && [ "$refused" -le 6 ]
}

@test "a paranoid program in a container cannot fork" {
	need_root
	run -0 inside_under paranoid /bin/judge-static <<<'3 1 2'
	is "$output" $'6\n1 2 3'
	conf '.process.args = ["/bin/sh", "-c", "echo one; (echo two); echo three"]'
	run caisson run --bundle "$bundle" "$id"
	is "$status $output" '159 one'
}

# ---- programs ----

@test "compiled: a program in C" {
	run -0 under compiled "$made/program" no-code
	all_well
	run -0 under untrusted "$made/program"
	all_well
	run -1 under untrusted "$made/program" no-code
	has "$output" 'not ok 16 - no code'
}

@test "compiled: a compiler makes a program" {
	run -0 under compiled gcc -O2 -o "$BATS_TEST_TMPDIR/judge" "$programs/judge.c"
	run -0 under paranoid "$BATS_TEST_TMPDIR/judge" <<<'2 1'
	is "$output" $'3\n1 2'
}

@test "compiled: a program in C in a container" {
	need_root
	run -0 inside_under compiled /bin/program-static no-code
	all_well
}

@test "compiled: a program in Rust" {
	need_program rustc
	rustc -O -o "$made/rust" "$programs/program.rs"
	run -0 under compiled "$made/rust"
	all_well
}

@test "compiled: a program in Go" {
	need_program go
	GOCACHE=$BATS_TEST_TMPDIR/cache GO111MODULE=off go build -o "$made/go" "$programs/program.go"
	run -0 under compiled "$made/go"
	all_well
}

@test "python: a program" {
	need_program /usr/bin/python3
	run -0 under python /usr/bin/python3 "$programs/program.py"
	all_well
}

@test "python: a program in a container" {
	need_root
	need_program /usr/bin/python3
	with_usr
	run -0 inside_under python /usr/bin/python3 /programs/program.py
	all_well
}

# own_test NAME [OPTION...]: one that fails without the policy as well says nothing about it
own_test() {
	local name=$1 text
	shift
	/usr/bin/python3 -c "import test.$name" 2>/dev/null || return 0
	if text=$(under python /usr/bin/python3 -m test -q "$@" "$name" 2>&1); then
		ran=$((ran + 1))
	elif /usr/bin/python3 -m test -q "$@" "$name" >/dev/null 2>&1; then
		echo "$name: $text"
		return 1
	fi
}

@test "python: the language's own tests" {
	local ran=0 name
	/usr/bin/python3 -c 'import test.test_json' 2>/dev/null || skip "no libpython3.N-testsuite here"
	cd "$BATS_TEST_TMPDIR"
	for name in test_json test_tempfile test_mmap test_ctypes test_fcntl test_pty test_selectors; do
		own_test "$name"
	done
	own_test test_subprocess -m 'ProcessTestCase'
	own_test test_threading -m 'ThreadTests'
	own_test test_socket -m 'BasicTCPTest' -m 'BasicUDPTest' -m 'GeneralModuleTests'
	own_test test_asyncio.test_streams
	[ "$ran" -ge 9 ]
}

@test "node: a program" {
	need_program node
	run -0 under node node "$programs/program.js"
	all_well
}

@test "node: a program in a container" {
	need_root
	need_program /usr/bin/node
	with_usr
	run -0 inside_under node /usr/bin/node /programs/program.js
	all_well
}

@test "java: a compiler and a program" {
	need_program javac
	run -0 under java javac -d "$made" "$programs/Program.java"
	run -0 under java java -cp "$made" Program
	all_well
}

@test "java: a program in a container" {
	need_root
	need_program javac
	javac -d "$made" "$programs/Program.java"
	with_usr
	bound "$made" /made
	run -0 inside_under java /usr/bin/java -cp /made Program
	all_well
}

@test "java: a tool of the runtime's own" {
	need_program keytool
	run -0 under java keytool -genkeypair -keystore "$BATS_TEST_TMPDIR/keys" -storepass 123456 -alias a \
		-keyalg EC -dname CN=a
	run -0 under java keytool -list -keystore "$BATS_TEST_TMPDIR/keys" -storepass 123456
	has "$output" PrivateKeyEntry
}

@test "shell: scripts of dash, bash and busybox" {
	local shell
	for shell in dash bash 'busybox sh'; do
		# shellcheck disable=SC2086 # two words
		run -0 under shell $shell "$programs/program.sh" "$shell"
		all_well
	done
}

@test "shell: jobs on a terminal" {
	local shell
	need_program script
	for shell in dash bash 'busybox sh'; do
		run -0 script -qec "'$CAISSON' policy run '$policies/shell.policy' -- \
			$shell '$programs/program.sh' '$shell'" /dev/null </dev/null
		output=${output//$'\r'/}
		all_well
		has "$output" '1..14'
	done
}

@test "shell: a script in a container" {
	need_root
	cp "$programs/program.sh" "$bundle/rootfs/home/"
	run -0 inside_under shell /bin/sh /home/program.sh
	all_well
}

@test "paranoid: a program of each C library" {
	run -0 under paranoid "$made/judge" <<<'3 1 2'
	is "$output" $'6\n1 2 3'
	run -0 under paranoid "$made/judge-static" <<<'3 1 2'
	is "$output" $'6\n1 2 3'
	need_program musl-gcc
	musl-gcc -O2 -o "$made/judge-musl" "$programs/judge.c"
	run -0 under paranoid "$made/judge-musl" <<<'3 1 2'
	is "$output" $'6\n1 2 3'
	musl-gcc -O2 -static -o "$made/judge-musl" "$programs/judge.c"
	run -0 under paranoid "$made/judge-musl" <<<'3 1 2'
	is "$output" $'6\n1 2 3'
}

@test "container and container-strict: a container's usual work" {
	local policy
	need_root
	for policy in container container-strict; do
		run -0 inside_under "$policy" /bin/program-static
		all_well
	done
}
