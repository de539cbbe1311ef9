#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
# A terminal for the container: the caller's passed through, or sent to an engine's socket.

load lib

setup() {
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
	conf '.process.terminal = true'
}

# on_terminal SIZE TEXT: "inside" on a terminal
on_terminal() {
	conf '.process.args = ["/bin/sh", "-c", $text]' --arg text "$2"
	E2E_ID=$id timeout "$patience" "$BATS_TEST_DIRNAME/terminal.py" run "$1" ${3+resize "$3"} -- \
		"$CAISSON" --root "$root" run --bundle "$bundle" "$id"
}

# socket_open NAME: an engine that waits for a terminal
socket_open() {
	"$BATS_TEST_DIRNAME/terminal.py" receive "$1" >"$BATS_TEST_TMPDIR/received" 2>&1 3>&- &
	engine=$!
	until [ -S "$1" ]; do sleep 0.1; done
}

@test "the process has a terminal of its own" {
	run -0 on_terminal 24x80 'tty; test -t 0 && test -t 1 && test -t 2 && echo all; readlink /proc/self/fd/0'
	has "$output" /dev/
	lacks "$output" 'not a tty'
	has "$output" all
}

@test "the status goes through a terminal" {
	run -7 on_terminal 24x80 'exit 7'
}

@test "what a terminal prints goes to a pipe as it was written" {
	conf '.process.terminal = true'
	run -0 inside 'printf "a\nb\n"; tty'
	is "$output" $'a\nb\n/dev/pts/0'
	caisson_only
	run -0 on_terminal 24x80 'stty -a'
	lacks "$output" -onlcr
}

@test "the terminal is the controlling one" {
	run -0 on_terminal 24x80 'echo text >/dev/tty'
	has "$output" text
}

@test "/dev/console is the terminal" {
	run -0 on_terminal 24x80 'stat -c %F /dev/console; echo text >/dev/console'
	has "$output" 'character special file'
	has "$output" text
}

@test "the terminal has the caller's size" {
	newer_than_crun
	run -0 on_terminal 33x111 'stty size'
	has "$output" '33 111'
}

@test "a change of size reaches the container" {
	newer_than_crun
	run -0 on_terminal 33x111 'echo up; n=0; until [ "$(stty size)" = "44 122" ] || [ $n -gt 50 ]; do sleep 0.2; n=$((n+1)); done; stty size' 44x122
	has "$output" '44 122'
}

@test "the config's console size is the terminal's" {
	conf '.process.consoleSize = {height: 20, width: 70}'
	socket_open "$BATS_TEST_TMPDIR/socket"
	conf '.process.args = ["stty", "size"]'
	create --console-socket "$BATS_TEST_TMPDIR/socket"
	caisson start "$id"
	wait $engine
	has "$(<"$BATS_TEST_TMPDIR/received")" '20 70'
}

@test "an engine's socket gets one message with one descriptor, the terminal" {
	socket_open "$BATS_TEST_TMPDIR/socket"
	conf '.process.args = ["echo", "a word"]'
	create --console-socket "$BATS_TEST_TMPDIR/socket"
	caisson start "$id"
	wait $engine
	is "$(<"$BATS_TEST_TMPDIR/received")" $'1 descriptor, text yes, terminal True\na word'
}

@test "an engine's socket may have a path longer than a socket's name" {
	newer_than_crun
	long=$BATS_TEST_TMPDIR/$(printf 'x%.0s' {1..120})
	mkdir "$long"
	socket_open "$long/socket"
	conf '.process.args = ["echo", "a word"]'
	create --console-socket "$long/socket"
	caisson start "$id"
	wait $engine
	has "$(<"$BATS_TEST_TMPDIR/received")" 'a word'
}

@test "create with a terminal and no socket is refused" {
	caisson_only
	run -1 create
	has "$(<"$bundle/err")" console
}

@test "a socket without a terminal in the config is refused" {
	caisson_only
	conf '.process.terminal = false'
	run -1 create --console-socket "$BATS_TEST_TMPDIR/socket"
	has "$(<"$bundle/err")" terminal
}

@test "a socket that nobody listens on is an error that names it" {
	run -1 create --console-socket "$BATS_TEST_TMPDIR/nobody"
	has "$(<"$bundle/err")" nobody
}
