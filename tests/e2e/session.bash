# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2016 # bats gives output; $ in filters is jq's
# session.bash - the guest's systemd and its user u1: a session with a delegated cgroup, a bundle of
# that user's, and what systemd says of a container's unit. A test that sets `manager' to --user
# asks the user's.

in_guest() { [ -d /opt/tests ] || skip "runs in the guest only"; }

# as_u1 COMMAND...: as the user u1, in a delegated cgroup of that user's systemd
as_u1() {
	local tries=0
	until [ -S /run/user/1000/bus ] || [ $((tries++)) -ge 120 ]; do sleep 0.5; done
	runuser -u u1 -- env -i HOME=/home/u1 USER=u1 PATH="$PATH" \
		XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus \
		systemd-run --user --quiet --wait --pipe -p Delegate=yes -- "$@"
}

# user_bundle: the container and the bundle of a test, all of it u1's
user_bundle() {
	id=e2e-$$-$BATS_TEST_NUMBER
	home=/home/u1/$id
	bundle=$home/bundle
	root=/run/user/1000/$id
	mkdir -p "$bundle"
	cp -a "$BATS_FILE_TMPDIR/rootfs" "$bundle/rootfs"
	chown -R -h u1:u1 "$home"
	as_u1 "$CAISSON" spec --rootless --bundle "$bundle"
	conf '.process.terminal = false | .root.readonly = false | .process.env += ["E2E_ID=" + $id]' --arg id "$id"
}

# own WORD...: the runtime, called by u1
own() {
	chmod -R a+rX "$home"
	as_u1 env E2E_ID="$id" "$CAISSON" --root "$root" "$@"
}

# scope_named GROUP: the container's unit, below that group
scope_named() {
	unit=t-$id.scope
	path=$1/e2e.slice/e2e-deep.slice/$unit
	conf '.linux.cgroupsPath = "e2e-deep.slice:t:" + $id' --arg id "$id"
}
# show PROPERTY: of the unit
show() {
	local as=${manager:+as_u1}
	# shellcheck disable=SC2086 # no word, or one
	$as systemctl ${manager-} show --property "$1" --value "$unit"
}
unit_gone() {
	local tries=0
	until [ "$(show LoadState)" = not-found ]; do
		[ $((tries++)) -lt 50 ] || { echo "$unit is still there: $(show ActiveState)"; return 1; }
		sleep 0.2
	done
}
# file NAME: of the unit's group
file() { cat "/sys/fs/cgroup$path/$1"; }
