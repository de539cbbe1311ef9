#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doctor: what this host can do, tried; nothing remains.
# shellcheck disable=SC2154,SC2016 # bats gives output and status; $ in filters is jq's

load lib

setup_file() { :; }

setup() {
	caisson_only
	root=$BATS_TEST_TMPDIR/root
	id=doctor-$$
	mkdir -p "$root"
}

teardown() { :; }

# doctor [WORD...]: its report in $report; 0 or 1 are both an answer
doctor() {
	run --separate-stderr caisson doctor --json "$@"
	[ "$status" = 0 ] || [ "$status" = 1 ]
	is "$stderr" ''
	report=$output
}

# of NAME FIELD
of() { jq -r --arg n "$1" --arg f "$2" '.checks[] | select(.name == $n) | .[$f] // ""' <<<"$report"; }

@test "each line has a state, what was found and what it means; what is not ok a remedy" {
	doctor
	is "$(jq '.checks | length > 40' <<<"$report")" true
	is "$(jq -c '[.checks[] | select((.state | IN("ok", "limited", "missing") | not)
		or .found == "" or .means == "" or (.needed | type) != "boolean") | .name]' <<<"$report")" '[]'
	is "$(jq -c '[.checks[] | select(.state == "missing" and (.remedy // "") == ""
		and (.name | test("seccomp-flags|-namespace$") | not)) | .name]' <<<"$report")" '[]'
}

@test "it exits with 0 exactly if nothing needed is missing" {
	doctor
	local missing
	missing=$(jq '[.checks[] | select(.needed and .state == "missing")] | length' <<<"$report")
	is "$(jq .ok <<<"$report")" "$([ "$missing" = 0 ] && echo true || echo false)"
	is "$status" "$([ "$missing" = 0 ] && echo 0 || echo 1)"
}

@test "the table says the same as the JSON" {
	doctor
	run caisson doctor
	is "$(awk '/^(ok|limited|missing) / { print $1, $2 }' <<<"$output")" \
		"$(jq -r '.checks[] | "\(.state) \(.name)"' <<<"$report")"
	[ "$(awk 'length > 100' <<<"$output" | wc -l)" = 0 ]
}

@test "what is true of this kernel is found" {
	doctor
	for name in kernel clone3 pidfd openat2 close_range seccomp; do
		is "$(of "$name" state)" ok
	done
	has "$(of kernel found)" "$(uname -r)"
}

@test "nothing remains: no mount, no process, no group, no file" {
	before=$(cat /proc/self/mountinfo)
	ls /tmp >"$BATS_TEST_TMPDIR/before"
	doctor
	is "$(cat /proc/self/mountinfo)" "$before"
	is "$(find /sys/fs/cgroup -type d -name 'caisson-doctor-*')" ''
	nothing_left
	is "$(find "$root" -mindepth 1)" ''
	ls /tmp | grep -v bats >"$BATS_TEST_TMPDIR/after" || :
	is "$(grep -v bats "$BATS_TEST_TMPDIR/before" | comm -13 - "$BATS_TEST_TMPDIR/after" | grep -i doctor || :)" ''
}

@test "a pure tree: groups can be made, frozen, killed, filtered" {
	need_root
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || skip "no cgroup v2 here"
	doctor
	for name in cgroup-v2 delegation clone-into-cgroup cgroup.kill freezer device-filter; do
		is "$(of "$name" state)" ok
	done
}

@test "a controller is there exactly if the root group lists it" {
	need_root
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || skip "no cgroup v2 here"
	doctor
	for name in cpu cpuset memory pids io hugetlb rdma misc; do
		if grep -qw $name /sys/fs/cgroup/cgroup.controllers; then
			is "$name $(of $name state)" "$name ok"
		else
			is "$name $(of $name state)" "$name missing"
		fi
	done
}

@test "a hybrid tree: it says which controller is bound where" {
	need_root
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || skip "no cgroup v2 here"
	report=$(unshare -m sh -c 'mkdir -p "$1" && mount -t tmpfs t "$1" && mkdir "$1/pids" &&
		mount --bind "$1" /sys/fs/cgroup && mount -t cgroup -o pids none /sys/fs/cgroup/pids &&
		exec "$2" doctor --json' - "$BATS_TEST_TMPDIR/t" "$CAISSON") || :
	[ -n "$report" ] || skip "no v1 hierarchy of pids to be had here"
	is "$(of pids state)" missing
	is "$(of pids found)" 'it is bound to v1, on /sys/fs/cgroup/pids'
	is "$(of cgroup-v2 state)" missing
	has "$(of cgroup-v2 found)" 'v1 holds'
	has "$(of cgroup-v2 remedy)" 'systemd.unified_cgroup_hierarchy=1'
	is "$(jq .ok <<<"$report")" false
}

@test "a user gets a user's report" {
	need_root
	install -m 755 "$CAISSON" /var/tmp/caisson-doctor-test
	report=$(cd / && setpriv --reuid 54321 --regid 54321 --clear-groups \
		/var/tmp/caisson-doctor-test doctor --json) || :
	rm -f /var/tmp/caisson-doctor-test
	is "$(jq -r .for <<<"$report")" user
	is "$(of device-filter state)" limited
	is "$(of subordinate-ids state)" missing
	has "$(of subordinate-ids remedy)" 'usermod --add-subuids'
	is "$(jq -c '[.checks[] | select(.name == "user-namespace").needed]' <<<"$report")" '[true]'
	is "$(jq -c '[.checks[] | select(.name == "memory").needed]' <<<"$report")" '[false]'
}

@test "user namespaces that a sysctl forbids are missing, and it names the sysctl" {
	unshare -Ur true || skip "no user namespace to try it in"
	report=$(unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$1" doctor --json' \
		- "$CAISSON") || :
	is "$(of user-namespace state)" missing
	has "$(of user-namespace remedy)" 'sysctl user.max_user_namespaces'
}

@test "a covered proc is told from one that can be mounted" {
	need_root
	report=$(unshare -m sh -c 'mount -t tmpfs t /proc/tty && exec "$1" doctor --json' - "$CAISSON") || :
	is "$(of proc-in-userns state)" missing
	has "$(of proc-in-userns remedy)" 'covered'
}

@test "a filter around us shows" {
	[ "$(uname -m)" = x86_64 ] || skip "the policy is for x86-64"
	run "$CAISSON" policy --help
	[ "$status" = 0 ] || skip "no caisson-policy here"
	cat >"$BATS_TEST_TMPDIR/p.policy" <<-'EOF'
		policy p {
			arch x86_64;
			default allow;
			deny ENOSYS landlock_create_ruleset | openat2;
		}
	EOF
	run --separate-stderr "$CAISSON" policy run "$BATS_TEST_TMPDIR/p.policy" -- "$CAISSON" doctor --json
	report=$output
	is "$(of landlock state)" missing
	is "$(of openat2 found)" 'openat2: function not implemented'
	is "$(jq .ok <<<"$report")" false
}

@test "an argument is refused" {
	run caisson doctor x
	is "$status" 1
	has "$output" 'doctor: expected no argument: found 1 argument'
}
