# SPDX-License-Identifier: Apache-2.0
# watch.bash - what the tests of the watcher and of the verdict share; after lib.bash.

setup() {
	caisson_only
	id=e2e-$$-$BATS_TEST_NUMBER
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	bundle_make
	rm -f "$audit_log"
}

# ms N: milliseconds, longer where the machine is slow
ms() { echo $(($1 * (patience > 30 ? 10 : 1))); }

limit() { conf '.annotations["org.caisson.limit." + $k] = $v' --arg k "$1" --arg v "$2"; }
text() { conf '.process.args = ["/bin/sh", "-c", $t]' --arg t "$1"; }

# up: detached, by create and start
up() {
	create
	caisson start "$id"
}

# watchers: pids of those of this container
watchers() { pgrep -f "^caisson-watch $id " || :; }

no_watcher() {
	local tries=0
	while [ -n "$(watchers)" ]; do
		[ $((tries++)) -lt 50 ] || { echo "still there: $(watchers)"; return 1; }
		sleep 0.1
	done
}

# replaced: the watcher is killed, and the next command starts another; the very next may be too
# early, because a process that dies gives up its lock later than its name
replaced() {
	local tries=0
	kill -KILL "$(watchers)"
	no_watcher
	until [ -n "$(watchers)" ]; do
		[ $((tries++)) -lt 20 ] || { echo 'no new watcher'; return 1; }
		is "$(status_of)" running
	done
}

# recorded: waits for the record of the end
recorded() {
	local tries=0
	until [ -e "$root/$id/exit.json" ]; do
		[ $((tries++)) -lt $((patience * 10)) ] || { echo 'no record'; return 1; }
		sleep 0.1
	done
}
