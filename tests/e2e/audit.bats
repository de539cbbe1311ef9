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

@test "query prints events in the words of others" {
	caisson_only
	run -3 inside 'exit 3'
	run -0 log query --container "$id" --event container.exit --format ecs
	is "$(jq -c '[.event.action, .event.type, .process.exit_code, .container.id]' <<<"$output")" \
		"[\"container.exit\",[\"end\"],3,\"$id\"]"
	run -0 log query --container "$id" --format falco
	is "$(jq -r .rule <<<"$output" | tail -n 1)" 'caisson container.delete'
	run -0 log query --container "$id" --limit 1 --format cloudevents
	is "$(jq -r '.type + " " + .subject + " " + .data.event' <<<"$output")" \
		"org.caisson.container.delete $id container.delete"
	run -2 log query --format cef
	has "$output" '--format: expected ocsf|ecs|falco|cloudevents: found "cef"'
}

@test "query --follow prints what comes in the words of others, as without it" {
	caisson_only
	local format tries readers=()
	for format in ecs falco cloudevents ocsf; do
		"$CAISSON" audit query --follow --format "$format" --container "$id" --log "$audit_log" \
			>"$bundle/$format" 3>&- &
		readers+=($!)
	done
	run -3 inside 'exit 3'
	for format in ecs falco cloudevents ocsf; do
		tries=0
		until [ "$(wc -l <"$bundle/$format")" -ge 4 ] || [ $((tries++)) -gt $((patience * 5)) ]; do sleep 0.2; done
		is "$(<"$bundle/$format")" "$(log query --container "$id" --format "$format")"
	done
	kill "${readers[@]}"
	is "$(jq -r .event.action "$bundle/ecs" | xargs)" 'container.create container.start container.exit container.delete'
	is "$(jq -r .rule "$bundle/falco" | tail -n 1)" 'caisson container.delete'
	is "$(jq -r .type "$bundle/cloudevents" | tail -n 1)" org.caisson.container.delete
}

@test "follow prints the last ten, and what comes" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl tries=0
	for _ in 1 2 3; do run -0 inside true; done # 13 events
	"$CAISSON" audit follow --json --log "$audit_log" >"$bundle/followed" 3>&- &
	local reader=$!
	until [ -s "$bundle/followed" ]; do sleep 0.1; done
	run -0 inside true
	until [ "$(wc -l <"$bundle/followed")" -ge 14 ] || [ $((tries++)) -gt $((patience * 5)) ]; do sleep 0.2; done
	kill "$reader"
	is "$(jq .metadata.sequence "$bundle/followed" | xargs)" "$(seq -s ' ' 4 17)"
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

@test "verify --record tells of a damaged log in the log, and of a whole one nothing" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl
	run -0 inside true
	before=$(<"$audit_log")
	run -0 log verify --record
	is "$(<"$audit_log")" "$before"
	sed -i '2s/"status_id":1/"status_id":2/' "$audit_log"
	run -10 log verify --record
	is "$(tail -n 1 "$audit_log" | jq -c '[.event, .severity_id, .message, .unmapped.log.sequence]')" \
		'["log.verify_failed",5,"log is not what was written: changed",2]'
	run -0 log query --severity critical --json
	is "$(jq -r .event <<<"$output")" log.verify_failed
}

@test "a damaged segment is named, and hides none of what follows" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl packed
	run -0 inside true
	run -0 log rotate
	run -0 inside true
	packed=$(echo "$audit_log".segments/*.zst)
	printf x | dd of="$packed" bs=1 seek=100 conv=notrunc status=none
	run -10 log verify
	has "$output" "${packed##*/}:0: changed: event 1: expected zstd data"
	run -2 --separate-stderr log query --json --event container.delete
	is "$(jq -r .event <<<"$output")" container.delete
	has "$stderr" "${packed##*/}: expected zstd data"
	run -0 log report --json
	is "$(jq '.events, .chain.faults > 0' <<<"$output")" $'5\ntrue'
	# half a line, or one without end, is no event wherever it stands
	sed '2s/$/\n'"$(printf '%070000d' 0)"'/' "$audit_log" >"$audit_log.long"
	run "$CAISSON" audit verify --json --log "$audit_log.long"
	is "$(jq .faults.malformed <<<"$output")" 1
	: >"$audit_log.long"
	run -0 "$CAISSON" audit verify --log "$audit_log.long"
	has "$output" 'There are no events.'
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
	run -2 log seal --json
	has "$output" 'expected a sealing key: found none'
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
	conf '.process.args[0] = "/bin/<script>" | .process.args[1] = "<img src=x>"'
	ln -s busybox "$bundle/rootfs/bin/<script>"
	conf '.annotations["io.kubernetes.cri.image-name"] = "<script>alert(1)</script>"'
	run -127 caisson run --bundle "$bundle" "$id"
	run -0 log report --html
	has "$output" '&lt;script&gt;alert(1)&lt;/script&gt;'
	lacks "$output" '<script'
	lacks "$output" '<img'
	lacks "$output" '://'
	is "$(grep -o '<[a-z][a-z0-9]*' <<<"$output" | sort -u | xargs)" \
		'<b <bdi <body <div <h1 <h2 <head <html <i <main <meta <p <section <span <style <table <tbody <td <th <thead <title <tr'
}

@test "what is done to a container by command is told, with what was asked for" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl updated
	sleeper
	create
	run -0 caisson start "$id"
	run -0 caisson pause "$id"
	run -0 caisson resume "$id"
	run caisson update --pids-limit 50 --memory-swap -1 "$id" # refused where there are no controllers
	updated=$((status == 0 ? 1 : 2))
	run -3 caisson exec "$id" sh -c 'exit 3'
	run -0 caisson kill "$id" KILL
	becomes stopped
	is "$(jq -r .event "$audit_log" | grep -v '^log' | xargs)" "container.create container.start container.pause container.resume container.update container.exec container.exec_end container.kill container.exit"
	told() { jq -c "select(.event == \"container.$1\") | $2" "$audit_log"; }
	is "$(told update '[.status_id, .unmapped.asked.limits]')" "[$updated,{\"memory.swap\":-1,\"pids.limit\":50}]"
	is "$(told kill '[.unmapped.asked, .message]')" "[{\"signal\":9},\"container $id signalled: 9\"]"
	is "$(told exec_end .process.exit_code)" 3
	run -0 log query --event container.kill
	has "$output" "container $id signalled: 9"
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

@test "what is done to the log goes to sinks and anchors, too" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl anchors=$BATS_TEST_TMPDIR/anchors tries=0 reader
	command -v python3 >/dev/null || skip 'no python3'
	./reader.py "$bundle" 3>&- &
	reader=$!
	until [ -e "$bundle/ready" ]; do sleep 0.1; done
	configured '{"audit": {"anchors": ["'"$anchors"'"], "sinks": [{"type": "socket", "path": "'"$bundle"'/read"}]}}'
	conf '.process.args = ["/bin/true"]'
	run -0 with audit init
	run -0 with audit seal --json
	is "$(jq -c '[.log, .epoch, .sealed, .sequence]' <<<"$output")" "[\"$audit_log\",0,false,1]"
	run -0 with run --bundle "$bundle" "$id"
	run -0 log seal --json --config "$bundle/caisson.json"
	is "$(jq -c '[.epoch, .sealed, .sequence]' <<<"$output")" '[1,true,6]'
	run -0 with audit rotate
	run -0 with audit rotate --keep-events 1
	run -0 with audit rotate --no-rotate
	until [ "$(wc -l <"$bundle/got")" -ge "$(log query --json --limit 1 | jq .metadata.sequence)" ] ||
		[ $((tries++)) -gt 50 ]; do sleep 0.1; done
	kill "$reader"
	is "$(jq .metadata.sequence "$bundle/got" | xargs)" "$(seq -s ' ' "$(wc -l <"$bundle/got")")"
	is "$(jq -r .event "$bundle/got" | grep '^log' | sort -u | xargs)" \
		'log.pruned log.rotated log.sealed log.signed log.started'
	is "$(tail -n 3 "$bundle/got")" "$(log query --json --limit 3)"
	is "$(jq .sequence "$anchors" | wc -l)" "$(jq -c 'select(.event == "log.sealed")' "$bundle/got" | wc -l)"
	run -0 log verify --anchor "$anchors"
	run -2 "$CAISSON" --config "$bundle/none" audit seal --log "$audit_log"
	has "$output" "$bundle/none: open"
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

@test "a sealed log is proved, and one event of it" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl key=$BATS_TEST_TMPDIR/key public init
	run -0 inside true
	run -0 log init --json
	init=$output
	jq -r .verification_key <<<"$init" >"$key"
	public=$(jq -r .public_key <<<"$init")
	is "$(stat -c %a "$audit_log.seal" "$audit_log.sign")" $'600\n600'
	run -2 log init
	has "$output" 'expected no signing key yet: found one'
	run -0 inside true
	run -0 log rotate --json
	is "$(jq .noted <<<"$output")" 1
	run -0 log verify --key-file "$key" --public "$public" --json
	is "$(jq -c '.seals.proved, .segments.proved' <<<"$output")" $'true\n1'
	run -0 log verify --key-file - <"$key"
	has "$output" 'not even root'
	run -15 log verify --public "$(cat "$key")"
	has "$output" 'bad-seal'
	log prove 3 >"$BATS_TEST_TMPDIR/proof"
	run -0 "$CAISSON" audit prove --check "$BATS_TEST_TMPDIR/proof" --public "$public"
	has "$output" 'the event was in the segment that was signed'
	sed 's/container.start/container.kill./' "$BATS_TEST_TMPDIR/proof" >"$BATS_TEST_TMPDIR/forged"
	run -10 "$CAISSON" audit prove --check "$BATS_TEST_TMPDIR/forged" --public "$public" --json
	is "$(jq -r .answer <<<"$output")" changed
	run -2 log prove 1000
	has "$output" 'expected it in a closed segment'
	run -0 log seal
	run -0 log verify --key-file "$key" --json
	is "$(jq '.last - .seals.sequence' <<<"$output")" 1
	# who has root makes everything after a line anew, and has no key of the past
	sed -i '1s/log rotated/log rotten!/' "$audit_log"
	run -10 log verify --key-file "$key"
}

@test "an anchor shows what was cut off" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl anchors=$BATS_TEST_TMPDIR/anchors
	run -0 inside true
	run -0 log anchor --to "$anchors"
	run -0 log verify --anchor "$anchors"
	has "$output" 'the log is the one that was anchored'
	sed -i '$d' "$audit_log"
	run -0 log verify
	run -13 log verify --anchor "$anchors"
	has "$output" 'truncated: event 4: there is an anchor of event 5, and the last one is 4'
	rm "$audit_log"
	run -0 inside true
	run -14 log verify --anchor "$anchors"
	has "$output" 'the anchors are of another chain'
	run -2 log anchor --to elsewhere
	has "$output" 'anchor: expected journald, syslog or an absolute path: found "elsewhere"'
}

@test "a full disk stops what it is told to, and is told itself" {
	caisson_only
	need_root
	local disk=$BATS_TEST_TMPDIR/disk audit_log=$BATS_TEST_TMPDIR/disk/own.jsonl rule lost
	local config=$BATS_TEST_TMPDIR/caisson.json
	mkdir "$disk"
	mount -t tmpfs -o size=128k,mode=700 none "$disk"
	for rule in drop halt; do
		echo '{"audit":{"full":"'"$rule"'"}}' >"$config.$rule"
		chmod 600 "$config.$rule"
	done
	conf '.process.args = ["/bin/true"]'
	go() { caisson --config "$config.$1" run --bundle "$bundle" "$id"; }
	run -0 go drop
	cat /dev/zero >"$disk/filler" 2>/dev/null || true
	run -1 go halt
	has "$output" 'expected room for an event: the disk is full'
	run -0 go drop
	lost=$(stat -c %s "$audit_log.lost") # some had room in the last page
	[ "$lost" -ge 1 ] && [ "$lost" -le 4 ]
	rm "$disk/filler"
	run -0 go halt
	run -0 log query --event log.lost --json
	is "$(jq .unmapped.log.count <<<"$output")" "$lost"
	is "$(stat -c %s "$audit_log.lost")" 0
	run -0 log verify
	has "$output" ' 0 faults'
	umount "$disk"
}

@test "a full disk holds up what begins, until there is room or for 30 seconds" {
	caisson_only
	need_root
	local disk=$BATS_TEST_TMPDIR/disk audit_log=$BATS_TEST_TMPDIR/disk/own.jsonl
	local late=$BATS_TEST_TMPDIR/late full=$BATS_TEST_TMPDIR/full begun waited waiter
	mkdir "$disk" "$full"
	mount -t tmpfs -o size=128k,mode=700 none "$disk"
	mount -t tmpfs -o size=128k,mode=700 none "$full"
	configured '{"audit": {"full": "block"}}'
	conf '.process.args = ["/bin/true"]'
	go() { patience=100 with run --bundle "$bundle" "$id$1"; }
	run -0 go ''
	cat /dev/zero >"$disk/filler" 2>/dev/null || true
	cat /dev/zero >"$full/filler" 2>/dev/null || true
	# one waits for what never comes, meanwhile
	(
		SECONDS=0
		audit_log=$full/own.jsonl
		go -never 3>&- >"$late" 2>&1 && echo began >>"$late"
		echo "$SECONDS" >"$late.seconds"
	) &
	waiter=$!
	go '' 3>&- >"$BATS_TEST_TMPDIR/out" 2>&1 &
	begun=$!
	sleep 2
	kill -0 "$begun"
	is "$(grep -c container.create "$audit_log")" 1
	rm "$disk/filler"
	wait "$begun"
	is "$(grep -c container.create "$audit_log")" 2
	# what ends, or only looks, does not wait
	sleeper
	create
	run -0 with start "$id"
	cat /dev/zero >"$disk/filler" 2>/dev/null || true
	SECONDS=0
	run -0 with state "$id"
	run -0 with kill "$id" KILL
	becomes stopped
	run -0 with delete "$id"
	[ "$SECONDS" -lt 25 ] || [ "$patience" -gt 30 ]
	wait "$waiter"
	has "$(<"$late")" 'expected room for an event: the disk is full'
	lacks "$(<"$late")" began
	waited=$(<"$late.seconds")
	[ "$waited" -ge 29 ] && [ "$waited" -lt 90 ]
	umount "$disk" "$full"
}

@test "the watcher seals and anchors as the configuration says" {
	caisson_only
	command -v python3 >/dev/null || skip 'no python3'
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl anchors=$BATS_TEST_TMPDIR/anchors key=$BATS_TEST_TMPDIR/key sealed
	run -0 inside true
	log init --json | jq -r .verification_key >"$key"
	# seal.h: a seal after each event, not after 1024 of them
	python3 - "$audit_log.seal" <<-'EOF'
		import hashlib, struct, sys
		s = bytearray(open(sys.argv[1], "rb").read())
		assert struct.unpack_from("<Q", s, 16) == (1024,)
		struct.pack_into("<Q", s, 16, 1)
		s[-32:] = hashlib.sha256(s[:-32]).digest()
		open(sys.argv[1], "r+b").write(s)
	EOF
	configured '{"audit": {"anchors": ["'"$anchors"'"]}}'
	conf '.process.args = ["/bin/true"]'
	with create --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1 3>&-
	run -0 with start "$id"
	becomes stopped
	run -0 with delete "$id"
	is "$(jq -r .event "$audit_log" | tail -n 8 | xargs)" \
		'container.create log.sealed container.start log.sealed container.exit log.sealed container.delete log.sealed'
	sealed=$(jq 'select(.event == "log.sealed") | .metadata.sequence' "$audit_log" | tail -n 4)
	is "$(jq .sequence "$anchors")" "$sealed"
	run -0 log verify --key-file "$key" --anchor "$anchors"
}

@test "a command runs for each alert, once, also over a restart" {
	caisson_only
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl tries=0 reader
	cat >"$bundle/on-alert" <<-'EOF'
		#!/bin/sh
		read -r line
		echo "$CAISSON_EVENT_UID" >>"$1"
		case $line in *'"event":"container.delete"'*) ;; *) exit 1 ;; esac
	EOF
	chmod +x "$bundle/on-alert"
	alerts() {
		CAISSON=$CAISSON setsid "$top/contrib/alerts/caisson-alert" -e 'container.del*' -l "$audit_log" \
			-s "$bundle/last" "$bundle/on-alert" "$bundle/done" 3>&- &
		reader=$!
	}
	ran() {
		tries=0
		until [ "$(wc -l <"$bundle/done")" -ge "$1" ] || [ $((tries++)) -gt $((patience * 5)) ]; do sleep 0.2; done
	}
	stop() { # what was done is remembered a moment later: who is killed in between does it again
		tries=0
		until grep -qF "$(tail -n 1 "$bundle/done")" "$bundle/last" || [ $((tries++)) -gt 50 ]; do sleep 0.1; done
		kill -- "-$reader" # the shell, and the query that it reads from
		wait "$reader" || :
	}
	: >"$bundle/done"
	run -0 inside true
	sleep 1.1
	alerts
	sleep 1
	run -0 inside true
	ran 1
	stop
	run -0 inside true
	run -0 inside true
	alerts
	run -0 inside true
	ran 4
	stop
	is "$(<"$bundle/done")" "$(jq -r 'select(.event == "container.delete") | .metadata.uid' "$audit_log" | tail -n 4)"
}

@test "units of the log are what systemd understands, and do with few privileges" {
	caisson_only
	need_root
	local audit_log=$BATS_TEST_TMPDIR/own.jsonl units=$BATS_TEST_TMPDIR/units unit words
	mkdir "$units"
	run -0 inside true
	run -0 log init
	for unit in caisson-audit caisson-audit-seal; do
		words=$(sed -n 's/^ExecStart=caisson //p' "$top/contrib/audit/$unit.service")
		# shellcheck disable=SC2086 # words
		run -0 setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$CAISSON" --audit-log "$audit_log" $words
		cp "$top/contrib/audit/$unit.timer" "$units"
		sed 's|^ExecStart=caisson|ExecStart=/bin/true|' "$top/contrib/audit/$unit.service" >"$units/$unit.service"
	done
	is "$(log query --json | jq -r .event | tail -n 3 | xargs)" 'log.rotated log.signed log.sealed'
	command -v systemd-analyze >/dev/null || skip 'no systemd-analyze'
	run -0 env SYSTEMD_UNIT_PATH="$units:" systemd-analyze verify --man=no "$units"/*.timer "$units"/*.service
	lacks "$output" "$units"
}

@test "configurations of collectors are what they should be" {
	caisson_only
	command -v python3 >/dev/null || skip 'no python3'
	python3 -c 'import yaml' 2>/dev/null || skip 'no python3-yaml'
	# neither program is in Debian: at least the form, and that the names meet
	python3 - "$top/contrib" <<-'EOF'
		import configparser, re, sys, yaml
		v = yaml.safe_load(open(sys.argv[1] + "/vector/caisson.yaml"))
		names = set(v["sources"]) | set(v["transforms"])
		for part in ("transforms", "sinks"):
		    for one in v[part].values():
		        assert set(one["inputs"]) <= names, one
		parsers = open(sys.argv[1] + "/fluent-bit/parsers.conf").read()
		conf = open(sys.argv[1] + "/fluent-bit/caisson.conf").read()
		defined = re.findall(r"^ +Name +(\S+)", parsers, re.M)
		assert re.search(r"^ +Parser +(\S+)", conf, re.M).group(1) in defined
		tags = re.findall(r"^ +(?:Tag|Match) +(\S+)", conf, re.M)
		assert len(set(tags)) == 1, tags
		call = re.search(r"^ +call +(\S+)", conf, re.M).group(1)
		assert "function %s(" % call in conf
	EOF
}
