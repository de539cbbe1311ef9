# SPDX-License-Identifier: Apache-2.0
# Lines of --dump-options to a zsh completion.
function quote(s) {
	gsub(/'/, "'\\''", s)
	gsub(/\[/, "\\[", s)
	gsub(/\]/, "\\]", s)
	gsub(/:/, "\\:", s)
	return s
}
function values(arg, words) {
	words = arg
	if (arg ~ /^[a-z]+(\|[a-z]+)+$/) { gsub(/\|/, " ", words); return ":" "value:(" words ")" }
	if (arg == "DIR") return ":directory:_files -/"
	if (arg == "FILE" || arg == "SOCKET" || arg ~ /^PATH/) return ":file:_files"
	return ":" quote(arg) ":"
}
function argument(command, arg) {
	if (command ~ / /) return "'*:file:_files'"
	if (command == "create" || command == "run") return "'1:id:'"
	if (arg == "ID") return "'1:id:_caisson_ids'"
	if (arg ~ /^ID/) return "'1:id:_caisson_ids' '2:signal:_signals'"
	if (arg == "[BUNDLE]") return "'1:bundle:_files -/'"
	if (arg == "[COMMAND]") return "'1:command:_caisson_commands'"
	return ""
}
# The commands of caisson policy, and of each program beside, have a function and a table of their
# own.
function describe(what, prefix,  i) {
	print what "() {"
	print "\tlocal -a commands=("
	for (i = 1; i <= n; i++)
		if (prefix == "" ? order[i] !~ / / : index(order[i], prefix) == 1)
			printf "\t\t'%s:%s'\n", substr(order[i], length(prefix) + 1), quote(about[order[i]])
	print "\t)"
	print "\t_describe command commands"
	print "}\n"
}
function cases(prefix,  i) {
	for (i = 1; i <= n; i++) {
		if (prefix == "" ? order[i] ~ / / : index(order[i], prefix) != 1)
			continue
		printf "\t%s)\n\t\t", substr(order[i], length(prefix) + 1)
		if (order[i] in tools) {
			print "_caisson_" order[i] "\n\t\t;;"
			continue
		}
		printf "_arguments%s", row[order[i]]
		if (argument(order[i], args[order[i]]) != "")
			printf " \\\n\t\t\t%s", argument(order[i], args[order[i]])
		print "\n\t\t;;"
	}
}
function tool(name) {
	print "_caisson_" name "() {"
	print "\tlocal curcontext=$curcontext state line"
	print "\t_arguments -C '1:command:_caisson_" name "_commands' '*::argument:->rest'"
	print "\t[[ $state == rest ]] || return"
	print "\tcase $words[1] in"
	cases(name " ")
	print "\tesac"
	print "}\n"
}
$2 == "" {
	order[++n] = $1
	args[$1] = $4
	about[$1] = $5
	if (split($1, word, " ") > 1)
		tools[word[1]] = 1
	next
}
{
	tail = "[" quote($5) "]" ($4 == "" ? "" : values($4)) "'"
	row[$1] = row[$1] sprintf(" \\\n\t\t\t'%s%s", $2 ($4 == "" ? "" : "="), tail)
	if ($3 != "")
		row[$1] = row[$1] sprintf(" \\\n\t\t\t'%s%s", $3 ($4 == "" ? "" : "+"), tail)
}
END {
	print "#compdef caisson"
	print "# Made by contrib/completions/generate: do not edit."
	describe("_caisson_commands", "")
	for (k = 1; k <= n; k++)
		if (order[k] in tools)
			describe("_caisson_" order[k] "_commands", order[k] " ")
	print "_caisson_ids() {"
	print "\tlocal -a ids=(${(f)\"$(caisson list -q 2>/dev/null)\"})"
	print "\t_describe container ids"
	print "}\n"
	for (k = 1; k <= n; k++)
		if (order[k] in tools)
			tool(order[k])
	print "_caisson() {"
	print "\tlocal curcontext=$curcontext state line"
	print "\t_arguments -C" row["caisson"] " \\"
	print "\t\t'1:command:_caisson_commands' '*::argument:->rest'"
	print "\t[[ $state == rest ]] || return"
	print "\tcase $words[1] in"
	cases("")
	print "\tesac"
	print "}\n"
	print "_caisson \"$@\""
}
