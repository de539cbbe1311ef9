# SPDX-License-Identifier: Apache-2.0
# Lines of --dump-options to a bash completion.
function add(list, word) { return list == "" ? word : list " " word }
# What completes a value: "=" and words, or the name of a compgen action.
function values(arg) {
	if (arg ~ /^[a-z]+(\|[a-z]+)+$/) { gsub(/\|/, " ", arg); return "=" arg }
	if (arg == "DIR") return "directory"
	if (arg == "FILE" || arg == "SOCKET" || arg ~ /^PATH/) return "file"
	return "="
}
# A command with its rest as a pattern: "policy check" is one word of it.
function pattern(command, rest) {
	return (command ~ / / ? "'" command "'" : command) ":" rest
}
$2 == "" {
	if ($1 ~ / /) {
		split($1, word, " ")
		tools[word[1]] = add(tools[word[1]], word[2])
	} else {
		commands = add(commands, $1)
	}
	order[++n] = $1
	args[$1] = $4
	next
}
{
	options[$1] = add(options[$1], $2)
	if ($3 != "") options[$1] = add(options[$1], $3)
	if ($4 != "") {
		at = pattern($1, $2)
		if ($3 != "") at = at " | " pattern($1, $3)
		cases = cases sprintf("\t%s) _caisson_values '%s' ;;\n", at, values($4))
		if ($1 == "caisson") takes = (takes == "" ? "" : takes " | ") $2
	}
}
END {
	print "# Made by contrib/completions/generate: do not edit."
	print "# shellcheck shell=bash"
	print "_caisson_values() {"
	print "\tcase $1 in"
	print "\t=*) mapfile -t COMPREPLY < <(compgen -W \"${1#=}\" -- \"$cur\") ;;"
	print "\t*) mapfile -t COMPREPLY < <(compgen -A \"$1\" -- \"$cur\") ;;"
	print "\tesac"
	print "}\n"
	print "_caisson_words() {"
	print "\tmapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")"
	print "}\n"
	print "_caisson() {"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}"
	print "\tlocal command='' i"
	print "\tCOMPREPLY=()"
	print "\tfor ((i = 1; i < COMP_CWORD; i++)); do"
	print "\t\tcase ${COMP_WORDS[i]} in"
	printf "\t\t%s) ((i++)) ;;\n", takes
	print "\t\t-* | =) ;;"
	print "\t\t*)"
	print "\t\t\tcommand=${command:+$command }${COMP_WORDS[i]}"
	for (i = 1; i <= n; i++)
		if (order[i] in tools)
			names = names (names == "" ? "" : " || ") "$command == " order[i]
	print "\t\t\t[[ " names " ]] || break"
	print "\t\t\t;;"
	print "\t\tesac"
	print "\tdone"
	print "\tcommand=${command:-caisson}"
	print "\tcase $command:$prev in"
	printf "%s", cases
	print "\t*) _caisson_plain ;;"
	print "\tesac"
	print "}\n"
	print "_caisson_plain() {"
	print "\tcase $command:$cur in"
	printf "\tcaisson:-*) _caisson_words '%s' ;;\n", options["caisson"]
	printf "\tcaisson:*) _caisson_words '%s' ;;\n", commands
	for (i = 1; i <= n; i++) {
		printf "\t%s) _caisson_words '%s' ;;\n", pattern(order[i], "-*"), options[order[i]]
		if (args[order[i]] ~ /^ID/ && order[i] != "create" && order[i] != "run")
			ids = (ids == "" ? "" : ids " | ") order[i] ":*"
	}
	printf "\t%s) _caisson_words \"$(caisson list -q 2>/dev/null)\" ;;\n", ids
	print "\tcheck:*) _caisson_values directory ;;"
	for (i = 1; i <= n; i++) {
		if (!(order[i] in tools))
			continue
		printf "\t%s:*) _caisson_words '%s help' ;;\n", order[i], tools[order[i]]
		printf "\t'%s '*) _caisson_values file ;;\n", order[i]
	}
	printf "\thelp:*) _caisson_words '%s' ;;\n", commands
	print "\tesac"
	print "}\n"
	print "complete -F _caisson caisson"
}
