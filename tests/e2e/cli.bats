#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line by itself: what needs no container and no privileges. CAISSON names the
# program.

setup() {
	caisson=$(realpath "${CAISSON:-${top_builddir:-.}/caisson}")
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -m 700 root
	mkdir bundle
}

# Keeps what went to stdout and stderr apart: $status, out, err.
call() {
	status=0
	"$caisson" --audit-log none "$@" >out 2>err || status=$?
}

@test "without a command there is help, and it is an error" {
	call
	[ $status -eq 1 ]
	[ ! -s out ]
	grep -q '^usage: caisson ' err
}

@test "--help is no error and says nothing on stderr" {
	for line in --help help "help create" "create --help" "kill -h"; do
		# shellcheck disable=SC2086
		call $line
		[ $status -eq 0 ]
		[ ! -s err ]
		grep -q '^usage: caisson ' out
	done
}

@test "--version works without any directory of containers" {
	call --root /proc/1/nothing --version
	[ $status -eq 0 ]
	[ ! -s err ]
	head -n 1 out | grep -Eq '^caisson version [0-9.]+$'
	grep -q '^commit: ' out
	grep -qx 'spec: 1.3.0' out
	[ "$(grep -c version out)" -eq 1 ]
}

@test "the log is there from the start, and empty when nothing failed" {
	call --log log --log-format json --root root list
	[ $status -eq 0 ]
	[ -f log ]
	[ ! -s log ]
}

@test "a failure is one JSON object in the log and one message on stderr" {
	call --log log --log-format json --root root delete none
	[ $status -eq 1 ]
	[ ! -s out ]
	grep -qx 'caisson: container none does not exist' err
	python3 - <<-END
		import json, re
		o = json.load(open("log"))
		assert o["level"] == "error" and "does not exist" in o["msg"], o
		assert re.fullmatch(r"[0-9T:-]+[.][0-9]+Z", o["time"]), o
	END
}

@test "a wrong option of a command reaches the log too" {
	call --log log --log-format json create --bunlde x
	[ $status -eq 1 ]
	grep -q 'did you mean --bundle' log
}

@test "a missing value is told in the words that podman looks for" {
	call create --pid-file
	[ $status -eq 1 ]
	grep -q 'flag needs an argument' err
}

@test "what is not there does not exist, with or without a root" {
	for root in root nothing; do
		for line in "state x" "start x" "kill x" "delete x"; do
			# shellcheck disable=SC2086
			call --root $root $line
			[ $status -eq 1 ]
			[ ! -s out ]
			grep -q 'container x does not exist' err
			[ "$(grep -ci 'no such file' err)" -eq 0 ]
		done
		call --root $root delete --force x
		[ $status -eq 0 ]
		[ ! -s out ]
		[ ! -s err ]
	done
	[ ! -e nothing ]
}

@test "an id cannot be a path" {
	for id in ../x . .. a/b .hidden ''; do
		for command in state start kill delete create; do
			call --root root $command "$id"
			[ $status -eq 1 ]
			grep -q 'container ID' err
		done
	done
}

@test "list is empty in each form" {
	call --root root list -q
	[ $status -eq 0 ]
	[ ! -s out ]
	call --root root list --format json
	[ "$(cat out)" = '[]' ]
	call --root root list
	grep -Eqx 'ID +PID +STATUS +BUNDLE +CREATED +OWNER' out
	call --root nothing list
	[ $status -eq 1 ]
}

@test "an unknown signal is refused by name" {
	call --root root kill x FOO
	[ $status -eq 1 ]
	grep -q 'unknown signal "FOO"' err
}

@test "the systemd driver is refused without its program where a cgroup would be made, and nowhere else" {
	cp "$caisson" alone
	caisson=$PWD/alone
	"$caisson" spec -b bundle
	for option in --systemd-cgroup --cgroup-manager=systemd; do
		call --root root $option run -b bundle x
		[ $status -eq 1 ]
		grep -q 'systemd cgroup driver: expected the program caisson-systemd: found none' err
		grep -q 'libsystemd-dev' err
		call --root root $option list
		[ $status -eq 0 ]
	done
}

@test "spec writes what check has nothing to say about" {
	for option in "" --rootless; do
		rm -f bundle/config.json
		call spec $option --bundle bundle
		[ $status -eq 0 ]
		[ ! -s out ]
		[ ! -s err ]
		call check bundle
		[ $status -eq 0 ]
		[ ! -s out ]
		[ ! -s err ]
	done
}

@test "spec replaces nothing" {
	echo mine >bundle/config.json
	call spec -b bundle
	[ $status -eq 1 ]
	grep -q 'exists already' err
	[ "$(cat bundle/config.json)" = mine ]
}

@test "check tells everything at once" {
	"$caisson" spec -b bundle
	python3 - <<-END
		import json
		d = json.load(open("bundle/config.json"))
		d["process"]["cwd"] = 3
		d["linux"]["namespaces"][0]["type"] = "nothing"
		d["linux"]["sysctl"] = {"kernel.panic": "1"}
		d["procss"] = {}
		json.dump(d, open("bundle/config.json", "w"))
	END
	call check bundle
	[ $status -eq 1 ]
	[ ! -s err ]
	[ "$(wc -l <out)" -eq 4 ]
	grep -q '^config.json: process.cwd: expected string, found number$' out
	grep -q '^config.json: linux.sysctl\["kernel.panic"\]: refused: ' out
	grep -q '^config.json: linux.namespaces\[0\].type: ' out
	grep -qx 'unknown property procss' out
	call check --json bundle
	python3 -c 'import json; o = json.load(open("out"))
assert len(o["errors"]) == 3 and o["unknown"] == ["procss"], o'
	call --root root create -b bundle x
	[ $status -eq 1 ]
	grep -q 'process.cwd: ' err
	grep -q 'hint: and 2 more: caisson check bundle' err
}

@test "check tells what a plan refuses, of each part, and the host's part only with --plan" {
	"$caisson" spec -b bundle
	python3 - <<-END
		import json
		d = json.load(open("bundle/config.json"))
		d["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_NOTIFY"}
		d["linux"]["cgroupsPath"] = "a:b:c"
		d["mounts"] = [{"destination": "/a", "type": "bind", "source": "/",
			"options": ["bind", "nonsense"]}]
		d["process"]["apparmorProfile"] = "nobody-has-this"
		json.dump(d, open("bundle/config.json", "w"))
	END
	call check bundle
	[ $status -eq 1 ]
	grep -q '^config.json: linux.seccomp.listenerPath: expected the socket' out
	grep -q '^config.json: linux.cgroupsPath: ' out
	grep -q '^config.json: mounts\[0\]' out
	[ "$(wc -l <out)" -eq 3 ]
	call check --plan bundle
	[ $status -eq 1 ]
	[ "$(wc -l <out)" -ge 3 ]
	! grep -q '^namespaces' out
}

@test "check tells what the compiler of the filter warns of" {
	"$caisson" spec -b bundle
	python3 - <<-END
		import json
		d = json.load(open("bundle/config.json"))
		one = {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}
		d["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO",
			"architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"],
			"syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"},
				{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [one, one]}]}
		json.dump(d, open("bundle/config.json", "w"))
	END
	call check bundle
	[ $status -eq 0 ]
	[ ! -s err ]
	cat >want <<-'END'
		linux.seccomp: warning: x32: left out: its calls answer ENOSYS
		linux.seccomp.syscalls[1]: warning: one compare an argument: several, and any of them is enough for the rule
		hint: runc and crun have it so; write rules of their own, or a masked compare
	END
	diff want out
	call check --json bundle
	[ $status -eq 0 ]
	python3 -c 'import json; o = json.load(open("out"))
assert o["errors"] == [] and o["unknown"] == [] and len(o["warnings"]) == 2, o
assert o["warnings"][1].startswith("linux.seccomp.syscalls[1]: warning: "), o'

	echo 'policy p { default allow; deny EPERM read; deny EACCES read | write; }' >p.policy
	sed -i "s|\"hostname\"|\"annotations\": {\"org.caisson.seccomp.policy\": \"$PWD/p.policy\"}, &|" \
		bundle/config.json
	call check bundle
	[ $status -eq 0 ]
	grep -q "^$PWD/p.policy:1:[0-9]*: warning: " out

	sed -i "s|$PWD/p.policy|nothing|" bundle/config.json
	call check bundle
	[ $status -eq 1 ]
	grep -q '^config.json: nothing: a policy of that name: found none (looked in /' out
}

@test "an unknown property alone fails no check" {
	"$caisson" spec -b bundle
	sed -i 's/"hostname"/"hostnaem": "a", "hostname"/' bundle/config.json
	call check bundle
	[ $status -eq 0 ]
	[ "$(cat out)" = 'unknown property hostnaem' ]
}

@test "check needs a bundle and takes no broken JSON" {
	call check nothing
	[ $status -eq 1 ]
	[ -s err ]
	echo '{"ociVersion":' >bundle/config.json
	call check bundle
	[ $status -eq 1 ]
	grep -q '^config.json: ' out
}

@test "features has what Kubernetes asks for, and nothing on stderr" {
	call features
	[ $status -eq 0 ]
	[ ! -s err ]
	python3 - <<-END
		import json
		o = json.load(open("out"))
		assert o["ociVersionMin"] == "1.0.0" and o["ociVersionMax"] == "1.3.0"
		assert "rro" in o["mountOptions"] and len(o["hooks"]) == 6
		linux = o["linux"]
		assert "user" in linux["namespaces"]
		assert linux["mountExtensions"]["idmap"]["enabled"] is True
		assert "SCMP_ACT_NOTIFY" in linux["seccomp"]["actions"]
		assert "CAP_SYS_ADMIN" in linux["capabilities"]
	END
}

@test "a full disk behind stdout is a failure" {
	status=0
	"$caisson" features >/dev/full 2>err || status=$?
	[ $status -eq 1 ]
	grep -q 'stdout' err
}
