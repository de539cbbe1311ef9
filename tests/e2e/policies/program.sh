#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a script ordinarily does, in any POSIX shell. A line of TAP for each. The first argument is
# the shell to call where a part wants one of its own; jobs are tried where there is a terminal,
# which bash looks for at stderr.
set -u
sh=${1:-sh}
n=0 bad=0
folder=$(mktemp -d)

check() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1: got $2"
	fi
}

if tty -s; then echo 1..14; else echo 1..11; fi
check pipeline "$(printf 'b\na\nb\n' | sort | uniq -c | awk '{ n += $1 } END { print n, NR }')" "3 2"
check here-document "$(cat <<-X | tr '[:lower:]' '[:upper:]'
	$(printf hello)
X
)" HELLO
check 'subshell and status' "$( (exit 3) || echo $?)" 3
check 'redirections' "$(exec 3>"$folder/a"; echo x >&3; exec 3>&-; cat <"$folder/a" 2>&1)" x
check 'background jobs' "$(for i in 1 2 3; do (sleep 0.01; echo $i) & done | sort | tr '\n' .)" 1.2.3.
mkfifo "$folder/fifo"
check 'a named pipe' "$(echo through >"$folder/fifo" & cat "$folder/fifo"; wait)" through
check traps "$($sh -c 'trap "echo got; exit 0" TERM; kill -TERM $$; sleep 10')" got
check 'a job ends by a signal' "$(sleep 100 & kill $!; wait $! 2>/dev/null; echo $?)" 143
if tty -s; then
	check 'process groups' "$($sh -mc 'sleep 100 & kill -- -$!; wait $! 2>/dev/null; echo $?')" 143
	check 'stop and go on' "$($sh -mc 'sleep 0.2 & kill -STOP $!; kill -CONT $!; wait $!; echo $?')" 0
	check 'in the foreground' "$($sh -mc 'sleep 0.2 & fg >/dev/null; echo $?')" 0
fi
check 'find and xargs' "$(mkdir -p "$folder/d/e"; : >"$folder/d/e/f"; find "$folder/d" -type f -print0 |
	xargs -0 -n 1 basename)" f
check 'copies, links, modes' "$(cd "$folder" && cp -p a b && ln -s b c && mv b g && ln -sf g c && chmod 600 g &&
	cat c && rm c g)" x
check 'archives' "$(cd "$folder" && tar -cf t.tar a d && tar -tf t.tar | grep -c . && rm t.tar)" 4
rm -r "$folder"
exit $bad
