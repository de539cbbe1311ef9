#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ps, pause, resume, update, events, kill: what is done to a container that runs.

load lib

setup() {
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
	conf '.process.args = ["sleep", "1000"]'
}

up() {
	create "$@"
	caisson start "$id"
}

value() { cat "$(cgroup_dir)/$1"; }

# ticks: a container that writes to /ticks five times a second
ticks() { conf '.process.args = ["sh", "-c", "while :; do echo >>/ticks; sleep 0.2; done"]'; }
count() { wc -l <"$bundle/rootfs/ticks"; }

# ---- ps ----

@test "ps --format json is an array of all processes, those of groups below included" {
	up
	caisson exec -d --pid-file "$bundle/pid2" "$id" sleep 1000 </dev/null >/dev/null 2>&1
	mkdir "$(cgroup_dir)/below"
	cat "$bundle/pid2" >"$(cgroup_dir)/below/cgroup.procs"
	run -0 --separate-stderr caisson ps --format json "$id"
	is "$stderr" ''
	is "$(jq -c sort <<<"$output")" "$(jq -cn "[$(<"$bundle/pid"), $(<"$bundle/pid2")] | sort")"
	run -0 caisson ps -f json "$id"
}

@test "ps is a table of ps(1), and hands options on" {
	command -v ps >/dev/null || skip 'no ps here'
	newer_than_crun
	up
	run -0 caisson ps "$id"
	has "${lines[0]}" PID
	has "${lines[1]}" "$(<"$bundle/pid")"
	has "${lines[1]}" 'sleep 1000'
	is "${#lines[@]}" 2
	run -0 caisson ps "$id" -eo pid,args
	is "$(xargs <<<"${lines[1]}")" "$(<"$bundle/pid") sleep 1000"
	run -1 caisson ps "$id" -eo args
	has "$output" PID
}

@test "ps of a stopped container is an empty list, but for those that outlive the first process" {
	newer_than_crun
	namespace_drop pid
	conf '.process.args = ["true"]'
	up
	becomes stopped
	run -0 caisson ps "$id"
	is "${#lines[@]}" 1
	run -0 caisson ps --format json "$id"
	is "$output" '[]'
	caisson delete "$id"
	conf '.process.args = ["sh", "-c", "sleep 1000 & sleep 0.3"]'
	up
	becomes stopped
	run -0 caisson ps --format json "$id"
	is "$(jq length <<<"$output")" 1
}

@test "ps, pause, resume, update and events say that there is no such container, or that it has ended" {
	caisson_only
	for command in ps pause resume update 'events --stats'; do
		run -1 caisson $command "$id"
		has "$output" 'does not exist'
	done
	conf '.process.args = ["true"]'
	up
	becomes stopped
	for command in pause resume update 'events --stats'; do
		run -1 caisson $command "$id"
		has "$output" 'container not running'
	done
}

# ---- pause, resume ----

@test "a paused container stands still until it is resumed" {
	ticks
	up
	run -0 caisson pause "$id"
	is "$output" ''
	is "$(status_of)" paused
	has "$(caisson list)" paused
	before=$(count)
	sleep 1
	is "$(count)" "$before"
	run -0 caisson resume "$id"
	is "$output" ''
	is "$(status_of)" running
	until [ "$(count)" -gt "$before" ]; do sleep 0.1; done
}

@test "what is not running is not paused, what is not paused not resumed" {
	newer_than_crun
	up
	run -1 caisson resume "$id"
	has "$output" 'not paused'
	caisson pause "$id"
	run -1 caisson pause "$id"
	has "$output" 'not running'
}

@test "a created container can be paused" {
	newer_than_crun
	create
	caisson pause "$id"
	is "$(status_of)" paused
	caisson resume "$id"
	is "$(status_of)" created
}

@test "a paused container is not entered, unless that is asked for" {
	newer_than_crun
	up
	caisson pause "$id"
	run -255 caisson exec "$id" echo text
	has "$output" 'cannot exec in a paused container'
	caisson exec --ignore-paused "$id" echo text >"$bundle/out2" 3>&- &
	sleep 0.5
	is "$(<"$bundle/out2")" ''
	caisson resume "$id"
	wait $!
	is "$(<"$bundle/out2")" text
}

@test "a paused container can be killed and deleted" {
	up
	caisson pause "$id"
	caisson kill "$id" KILL
	becomes stopped
	caisson delete "$id"
	alive=
	nothing_left
}

@test "a paused container can be deleted by force" {
	up
	caisson pause "$id"
	run -0 caisson delete --force "$id"
	alive=
	nothing_left
}

# ---- update ----

@test "update: a limit that is refused takes back those before it" {
	caisson_only
	need_controller hugetlb
	conf '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	up
	is "$(value hugetlb.2MB.max)" 4194304
	run -1 caisson update -r - "$id" <<<'{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}], "unified": {"hugetlb.2MB.rsvd.max": "nonsense"}}'
	has "$output" nonsense
	is "$(value hugetlb.2MB.max) $(value hugetlb.2MB.rsvd.max)" '4194304 4194304'
	run -0 caisson update -r - "$id" <<<'{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}'
	is "$output" ''
	is "$(value hugetlb.2MB.max) $(value hugetlb.2MB.rsvd.max)" '2097152 2097152'
}

@test "update: a controller that create did not need is there then" {
	caisson_only
	need_controller hugetlb
	up
	caisson update --resources=- "$id" <<<'{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}'
	is "$(value hugetlb.2MB.max)" 2097152
}

@test "update: nothing is no error, and nonsense is one that says where" {
	caisson_only
	up
	run -0 caisson update "$id"
	run -0 caisson update --resources - "$id" <<<'{}'
	run -1 caisson update --resources - "$id" <<<'[]'
	run -1 caisson update --resources - "$id" <<<'{'
	run -1 caisson update --resources "$bundle/missing" "$id"
	has "$output" missing
	run -1 caisson update --resources - "$id" <<<'{"memory": {"limit": "x"}}'
	has "$output" 'memory.limit'
	for words in '--memory x' '--memory 1x' '--memory 1.5' '--memory 1.5.5m' '--memory 99999999999999t' '--pids-limit 1k' \
		'--cpu-share x' '--cpu-quota 1.5' '--cpu-share -1' '--kernel-memory 1m' '--cpu-rt-runtime 5' \
		'--l3-cache-schema x' '--mem-bw-schema x' '--blkio-weight 5'; do
		run -1 caisson update $words "$id"
		[ -n "$output" ]
	done
}

# ---- events ----

@test "events --stats has runc's form" {
	caisson_only
	up
	run -0 --separate-stderr caisson events --stats "$id"
	is "$stderr" ''
	is "${#lines[@]}" 1
	is "$(jq -r .type <<<"$output")" stats
	is "$(jq -r .id <<<"$output")" "$id"
	is "$(jq -c '.data | keys_unsorted' <<<"$output")" '["cpu","cpuset","memory","pids","blkio","hugetlb","intel_rdt","network_interfaces"]'
	[ "$(jq .data.cpu.usage.total <<<"$output")" -gt 0 ]
}

@test "events goes on until the container ends" {
	caisson_only
	conf '.process.args = ["sleep", "2"]'
	up
	run -0 caisson events --interval 400ms "$id"
	[ "${#lines[@]}" -ge 2 ]
	is "$(jq -r .type <<<"$output" | sort -u)" stats
	run -1 caisson events --interval 1x "$id"
	run -1 caisson events --interval 0s "$id"
}

# ---- kill ----

@test "kill takes names in any form, numbers and real-time signals" {
	newer_than_crun
	conf '.process.args = ["sh", "-c", "for s in HUP USR1 USR2 WINCH 34 37 64; do trap \"echo $s\" $s; done; echo up; while :; do sleep 0.1; done"]'
	up
	until grep -q up "$bundle/out"; do sleep 0.1; done
	n=1
	for s in HUP SIGUSR1 sigusr2 winch 34 RTMIN+3 SIGRTMAX; do
		caisson kill "$id" $s
		n=$((n + 1))
		until [ "$(wc -l <"$bundle/out")" -ge $n ]; do sleep 0.05; done
	done
	is "$(xargs <"$bundle/out")" 'up HUP USR1 USR2 WINCH 34 37 64'
	for s in NOPE 65 -1 SIG RTMIN+99; do
		run -1 caisson kill "$id" $s
		has "$output" 'unknown signal'
	done
}

@test "kill --all reaches every process, and is no error when none is left" {
	namespace_drop pid
	conf '.mounts |= map(select(.destination != "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []
		| .process.args = ["sh", "-c", "sleep 1000 & sleep 1000 & wait"]'
	up
	caisson kill --all "$id" KILL
	becomes stopped
	is "$(value cgroup.procs)" ''
	run -0 caisson kill -a "$id" 9
	run -1 caisson kill "$id" 9
	has "$output" 'container not running'
}

# ---- the grammar of contract 1.1 ----

@test "kill --regex and delete --regex act on all whose id is found, as crun's do" {
	[ "$CAISSON" != "$(command -v runc)" ] || skip "runc has no such option"
	sleeper
	create
	first=$id
	for id in "$first-two" "$first-other"; do
		conf '.linux.cgroupsPath = "/caisson-e2e/" + $id' --arg id "$id"
		create
		caisson start "$id"
	done
	id=$first
	caisson start "$id"
	caisson kill --regex "^$id(-two)?\$" KILL
	becomes stopped
	is "$(caisson state "$id-other" | jq -r .status)" running
	run caisson delete -r "^$id"
	! is_caisson || is "$status" 1
	is "$(caisson list -q)" "$id-other"
	run -0 caisson delete --force --regex "$id-oth*"
	is "$(caisson list -q)" ''
	run -0 caisson delete --regex nothing
	! is_caisson || run ! caisson delete --regex '('
}

@test "options in both forms, go's single dash, repeated globals, the accepted and ignored" {
	caisson_only
	up
	for globals in '--root=@root --root @root' '--root @root --rootless=true' '--root @root --rootless auto' '--root @root --criu /x' \
		'--root @root --debug=false' '--root @root --log-format=json --log @log' '-root @root'; do
		globals=${globals//@root/$root}
		run "$CAISSON" --audit-log none ${globals//@log/$bundle/log} exec -no-subreaper "$id" echo a b --c
		is "$status: $output" '0: a b --c'
	done
}
