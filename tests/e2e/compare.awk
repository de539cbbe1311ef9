# SPDX-License-Identifier: Apache-2.0
# compare.awk - TAP of several runtimes, ours first, each after a line "# runtime NAME": a table of
# where they differ. Fails where ours does.

/^# runtime / {
	who = $3
	names[++runtimes] = who
}

/^(not )?ok [0-9]+ / {
	got = /^not/ ? "fails" : / # skip/ ? "-" : "passes"
	title = $0
	sub(/^(not )?ok [0-9]+ /, "", title)
	sub(/ # skip.*/, "", title)
	if (runtimes == 1)
		titles[++n] = title
	result[title, who] = got
}

{ print }

END {
	ours = names[1]
	for (i = 1; i <= n; i++) {
		line = ""
		same = 1
		for (k = 1; k <= runtimes; k++) {
			got = result[titles[i], names[k]]
			line = line " " names[k] " " got (k < runtimes ? "," : "")
			if (got != result[titles[i], ours])
				same = 0
		}
		if (result[titles[i], ours] == "fails") {
			bad++
			same = 0
		}
		if (!same)
			print "#" line ": " titles[i]
	}
	print "# " n " tests, " bad + 0 " of them fail with " ours
	exit n == 0 || bad > 0
}
