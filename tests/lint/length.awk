# SPDX-License-Identifier: Apache-2.0
# length.awk - no function over 60 lines, no file over 600. The style puts a body's braces in
# column 0, which is all that is needed to see one.
FNR == 1 { open = 0; if (last_file != "" && last_line > 600) long_file(); last_file = FILENAME }
{ last_line = FNR }
/^\{/ { open = FNR }
/^\}/ {
	if (open && FNR - open + 2 > 60) {
		printf "%s:%d: a function of %d lines\n", FILENAME, open, FNR - open + 2
		bad = 1
	}
	open = 0
}
function long_file() {
	printf "%s: %d lines\n", last_file, last_line
	bad = 1
}
END { if (last_line > 600) long_file(); exit bad }
