#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The log as its readers see it.
# shellcheck disable=SC2154 # set in lib.bash

load lib

log() { "$CAISSON" audit "$@" --log "$audit_log"; }

@test "query finds what a container did, and why it ended" {
	caisson_only
	run -7 inside 'exit 7'
	run -0 log query --container "$id" --json
	is "$(jq -r .event <<<"$output")" $'container.create\ncontainer.start\ncontainer.exit\ncontainer.delete'
	run -0 log query --container "$id" --event 'container.e*' --where unmapped.verdict.exit_code=7
	is "${#lines[@]}" 1
	has "$output" 'ended: exited'
	run -0 log query --container "$id" --since 1h --limit 1
	has "$output" deleted
	run -0 log query --container "$id" --until 1h
	is "$output" ''
	run -0 "$CAISSON" --audit-log "$audit_log" audit query --container "$id" --limit 1
	has "$output" deleted
	run -2 log query --since yesterday
	has "$output" '--since: expected a time: found "yesterday"'
}

@test "query --follow prints what comes" {
	caisson_only
	"$CAISSON" audit query --follow --json --container "$id" --log "$audit_log" >"$bundle/followed" 3>&- &
	local reader=$! tries=0
	run -0 inside true
	until grep -q '"event":"container.delete"' "$bundle/followed"; do
		[ $((tries++)) -lt $((patience * 5)) ] || break
		sleep 0.2
	done
	kill "$reader"
	is "$(jq -r .event "$bundle/followed")" $'container.create\ncontainer.start\ncontainer.exit\ncontainer.delete'
}

@test "query --follow goes on through a rotation" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl tries=0
	run -0 inside true
	"$CAISSON" audit query --follow --json --event log.rotated --event container.create --log "$audit_log" \
		>"$bundle/followed" 3>&- &
	local reader=$!
	until [ -s "$bundle/followed" ]; do sleep 0.1; done
	run -0 log rotate
	run -0 inside true
	until [ "$(wc -l <"$bundle/followed")" -ge 3 ] || [ $((tries++)) -gt $((patience * 5)) ]; do sleep 0.2; done
	kill "$reader"
	is "$(jq -r .event "$bundle/followed")" $'container.create\nlog.rotated\ncontainer.create'
}

@test "verify names what was done to a log" {
	caisson_only
	local copy=$BATS_TEST_TMPDIR/copy.jsonl
	run -0 inside true
	run -0 log verify
	has "$output" ' 0 faults'
	verify() { "$CAISSON" audit verify --log "$copy"; }
	sed '2s/"status_id":1/"status_id":2/' "$audit_log" >"$copy"
	run -10 verify
	has "$output" ':3: changed: event 2'
	sed '2{h;d};3G' "$audit_log" >"$copy"
	run -11 verify
	has "$output" 'reordered'
	sed 3d "$audit_log" >"$copy"
	run -12 verify
	has "$output" ':3: removed: event 4: expected 3, found 4'
	sed '2s/^/x/' "$audit_log" >"$copy"
	run -10 verify
	sed '2s/.*/text/' "$audit_log" >"$copy"
	run "$CAISSON" audit verify --json --log "$copy"
	is "$(jq -r .faults.malformed <<<"$output")" 1
}

@test "rotate makes segments, and everything is still there" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl
	run -0 inside true
	run -0 log rotate
	has "$output" '1 segments, 1 noted, 1 packed, 0 deleted'
	run -0 inside true
	run -0 log query --container "$id" --event container.create --json
	is "${#lines[@]}" 2
	run -0 log verify
	has "$output" '10 events, 1 to 10, 0 faults'
	run -0 log rotate --no-rotate --keep-events 1
	has "$output" '0 segments, 0 noted, 0 packed, 1 deleted'
	run -0 log verify
	has "$output" ' 0 faults'
}

@test "report counts" {
	caisson_only
	run -0 inside true
	run -0 log report --container "$id" --json
	is "$(jq -r '.events, .ends_by_reason.exited, .wall_ms.n' <<<"$output")" $'4\n1\n1'
	run -0 log report --container "$id"
	has "$output" 'Why containers ended'
}

# configured JSON: as our configuration
configured() { printf '%s' "$1" >"$bundle/caisson.json"; }
with() { caisson --config "$bundle/caisson.json" "$@"; }

@test "secrets, values of variables and stdin are not in the log" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl
	configured '{"audit": {"redact": ["acme-*"]}}'
	conf '.process.env += ["HARMLESS=value-of-a-variable"]
		| .process.args = ["/bin/sh", "-c", "cat; : --token tok-a; exit 0", "--password", "pass-a", "acme-1"]'
	run -0 with run --bundle "$bundle" "$id" <<<'said-on-stdin'
	has "$output" said-on-stdin
	run -0 log query --event container.start --json
	is "$(jq -r .process.cmd_line <<<"$output")" \
		"/bin/sh -c 'cat; : --token [redacted]; exit 0' --password '[redacted]' '[redacted]'"
	sleeper
	create
	run -0 caisson start "$id"
	run -0 with exec --env HARMLESS=value-of-a-variable "$id" true --password pass-b acme-2
	for secret in value-of-a-variable said-on-stdin tok-a pass-a acme-1 pass-b acme-2; do
		lacks "$(<"$audit_log")" "$secret"
	done
	run -0 caisson kill "$id" KILL
}

@test "no word of a container makes a line of its own, or moves a terminal" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl
	conf '.process.args = ["/bin/true", "\n{\"event\":\"container.delete\"}\n", "\u001b[2J\u009b1m\r\u0007"]
		| .annotations["io.kubernetes.pod.name"] = "a\n\u001b[2J"'
	run -0 caisson run --bundle "$bundle" "$id"
	is "$(jq -r .event "$audit_log" | xargs)" \
		'log.started container.create container.start container.exit container.delete'
	! grep -q $'[\033\r\007]' "$audit_log" || false
	run -0 log query
	lacks "$output" $'\033'
	run -0 log report
	lacks "$output" $'\033'
}

@test "events say what the engine says of the container" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl
	conf '.annotations += {"io.kubernetes.cri.sandbox-name": "web-0", "io.kubernetes.cri.sandbox-namespace": "shop",
		"io.kubernetes.cri.sandbox-uid": "1-2", "io.kubernetes.cri.image-name": "web:1", "mine": "kept to myself"}'
	run -0 caisson run --bundle "$bundle" "$id"
	lacks "$(<"$audit_log")" 'kept to myself'
	is "$(jq -c 'select(.event == "container.exit") | [.container.orchestrator, .container.image.name,
		.container.pod_uuid, .unmapped.pod.name, .unmapped.pod.namespace]' "$audit_log")" \
		'["containerd","web:1","1-2","web-0","shop"]'
}

@test "sinks get what the log gets, from the runtime and from the watcher" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl tries=0 reader
	command -v python3 >/dev/null || skip 'no python3'
	./reader.py "$bundle" 3>&- &
	reader=$!
	until [ -e "$bundle/ready" ]; do sleep 0.1; done
	configured '{"audit": {"sinks": [{"type": "socket", "path": "'"$bundle"'/read"},
		{"type": "socket", "mode": "stream", "path": "'"$bundle"'/unread"}]}}'
	conf '.process.args = ["/bin/true"]'
	for _ in 1 2 3; do
		with create --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1 3>&-
		run -0 with start "$id"
		becomes stopped
		run -0 with delete "$id"
	done
	until [ "$(wc -l <"$bundle/got")" = 13 ] || [ $((tries++)) -gt 50 ]; do sleep 0.1; done
	kill "$reader"
	cmp <(sort "$bundle/got") <(sort "$audit_log")
	[ "$(stat -c %s "$audit_log".missed-socket-*)" -ge 8 ]
}

@test "a configuration that is not understood starts nothing, and stops no kill" {
	caisson_only
	sleeper
	create
	run -0 caisson start "$id"
	configured '{"audit": {"sinks": [{"type": "carrier pigeon"}]}}'
	run -1 with run --bundle "$bundle" "$id-2"
	has "$output" 'audit.sinks[0].type: expected another word, found "carrier pigeon"'
	run -255 with exec "$id" true
	run -0 with kill "$id" KILL
	becomes stopped
}
