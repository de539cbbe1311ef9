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
