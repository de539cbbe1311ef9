#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Sinks and anchors, read back from systemd's own journal: the guest's, or where none runs, one that
# is started here.
# shellcheck disable=SC2154,SC2016,SC2015 # set in lib.bash; $ in filters is jq's

load lib
load session

setup_file() {
	journald=/usr/lib/systemd/systemd-journald
	command -v journalctl >/dev/null || skip 'no journalctl'
	rootfs_make "$BATS_FILE_TMPDIR/rootfs"
	[ ! -S /run/systemd/journal/socket ] || return 0
	need_root
	[ -x "$journald" ] && [ -s /etc/machine-id ] || skip 'no systemd-journald'
	[ "$(readlink /proc/self/ns/mnt)" != "$(readlink /proc/1/ns/mnt)" ] || skip 'not in a mount namespace of its own'
	mount -t tmpfs -o mode=755 none /run
	mkdir -p /run/systemd/journal
	"$journald" >"$BATS_FILE_TMPDIR/journald" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/journald.pid"
	local tries=0
	until [ -S /run/systemd/journal/socket ] && [ -S /run/systemd/journal/dev-log ]; do
		[ $((tries++)) -lt 100 ] || { cat "$BATS_FILE_TMPDIR/journald"; return 1; }
		sleep 0.1
	done
}

teardown_file() {
	events_valid file
	[ -e "$BATS_FILE_TMPDIR/journald.pid" ] || return 0
	kill "$(<"$BATS_FILE_TMPDIR/journald.pid")"
	umount -l /run
}

setup() {
	caisson_only
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	audit_log=$BATS_TEST_TMPDIR/own.jsonl
	bundle_make
	conf '.process.args = ["/bin/sh", "-c", "exit 7"]'
}

# with CONFIG WORD...
with() {
	printf '%s' "$1" >"$bundle/caisson.json"
	caisson --config "$bundle/caisson.json" "${@:2}"
}

# entries N FIELD=VALUE...: what the journal has, once it is so much
entries() {
	local tries=0 n=$1
	shift
	until [ "$(journalctl -q -a -o json "$@" | wc -l)" -ge "$n" ]; do
		[ $((tries++)) -lt $((patience * 5)) ] || break
		sleep 0.2
	done
	journalctl -q -a -o json "$@"
}

@test "journal: each event is an entry with its fields" {
	local long
	long=$(printf 'x%.0s' {1..9000})
	conf '.process.args += [$long]' --arg long "$long"
	run -7 with '{"audit": {"sinks": [{"type": "journald"}]}}' run --bundle "$bundle" "$id"
	entries 4 "CONTAINER_ID_FULL=$id" >"$bundle/entries"
	is "$(jq -r .OCI_EVENT "$bundle/entries" | xargs)" 'container.create container.start container.exit container.delete'
	is "$(jq -r .CAISSON_EVENT "$bundle/entries")" "$(grep '"event":"container' "$audit_log")"
	is "$(jq -r .MESSAGE "$bundle/entries")" "$(jq -r 'select(.container) | .message' "$audit_log")"
	is "$(jq -r '._TRANSPORT + .SYSLOG_IDENTIFIER + .PRIORITY' "$bundle/entries" | sort -u)" journalcaisson6
	is "$(jq -r .CAISSON_UID "$bundle/entries")" "$(jq -r 'select(.container) | .metadata.uid' "$audit_log")"
	# by what systemd.journal-fields(7) says of it, all of one kind are found
	is "$(jq -r .MESSAGE_ID "$bundle/entries" | grep -cE '^[0-9a-f]{32}$')" 4
	journalctl -q -o json "MESSAGE_ID=$(jq -r 'select(.OCI_EVENT == "container.exit") | .MESSAGE_ID' "$bundle/entries")" \
		"CONTAINER_ID_FULL=$id" >"$bundle/exits"
	is "$(jq -r .OCI_EVENT "$bundle/exits")" container.exit
}

@test "journal: what syslog gets is an entry of facility and severity" {
	local path=
	[ -S /dev/log ] || path=', "path": "/run/systemd/journal/dev-log"'
	run -7 with '{"audit": {"sinks": [{"type": "syslog", "facility": "local3"'"$path"'}]}}' run --bundle "$bundle" "$id"
	# five: log.started is no event of a container
	entries 5 _TRANSPORT=syslog SYSLOG_IDENTIFIER=caisson SYSLOG_FACILITY=19 >"$bundle/entries"
	is "$(jq -r .MESSAGE "$bundle/entries")" "$(<"$audit_log")"
	is "$(jq -r '.PRIORITY' "$bundle/entries" | sort -u)" 6
	is "$(jq -r '.SYSLOG_PID' "$bundle/entries")" "$(jq -r '._PID' "$bundle/entries")"
	is "$(jq -r '.SYSLOG_TIMESTAMP // ""' "$bundle/entries" |
		grep -cE '^[A-Z][a-z]{2} [ 1-3][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} $')" 5
}

@test "journal: an export of it has the anchors of a log" {
	local config='{"audit": {"anchors": ["journald"]}}'
	run -0 with "$config" audit init
	run -7 with "$config" run --bundle "$bundle" "$id"
	run -0 with "$config" audit seal
	entries 2 OCI_EVENT=log.anchor SYSLOG_IDENTIFIER=caisson-audit >/dev/null
	journalctl -q -o cat -t caisson-audit >"$bundle/anchors"
	run -0 "$CAISSON" audit verify --log "$audit_log" --anchor "$bundle/anchors"
	has "$output" 'the log is the one that was anchored'
	sed -i '$d' "$audit_log"
	run -13 "$CAISSON" audit verify --log "$audit_log" --anchor "$bundle/anchors"
}

@test "journal: systemd's timers rotate and seal the log of the host" {
	local log=/var/log/caisson/audit.jsonl unit
	in_guest
	for unit in caisson-audit caisson-audit-seal; do
		cp "$top/contrib/audit/$unit.timer" /run/systemd/system/
		sed "s|^ExecStart=caisson|ExecStart=$CAISSON|" "$top/contrib/audit/$unit.service" >"/run/systemd/system/$unit.service"
	done
	systemctl daemon-reload
	run -7 "$CAISSON" --root "$root" run --bundle "$bundle" "$id"
	[ -e "$log.seal" ] || run -0 "$CAISSON" audit init
	run -7 "$CAISSON" --root "$root" run --bundle "$bundle" "$id"
	run -0 systemctl start caisson-audit-seal.service
	is "$(jq -r .event "$log" | tail -n 1)" log.sealed
	run -0 systemctl start caisson-audit.service
	is "$(jq -r .event "$log" | head -n 1)" log.rotated
	[ "$(find "$log.segments" -name '*.zst' | wc -l)" -ge 1 ]
	run -0 systemctl start caisson-audit.timer caisson-audit-seal.timer
	is "$(systemctl is-active caisson-audit.timer caisson-audit-seal.timer | xargs)" 'active active'
	run -0 systemctl stop caisson-audit.timer caisson-audit-seal.timer
	rm /run/systemd/system/caisson-audit*
	systemctl daemon-reload
	run -0 "$CAISSON" audit verify
}
