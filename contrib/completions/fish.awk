# SPDX-License-Identifier: Apache-2.0
# Lines of --dump-options to a fish completion.
function quote(s) {
	gsub(/'/, "\\'", s)
	return "'" s "'"
}
function values(arg) {
	if (arg ~ /^[a-z]+(\|[a-z]+)+$/) { gsub(/\|/, " ", arg); return " -x -a " quote(arg) }
	if (arg == "DIR") return " -x -a '(__fish_complete_directories)'"
	if (arg == "FILE" || arg == "SOCKET" || arg ~ /^PATH/) return " -r -F"
	return " -x"
}
function argument(command, arg) {
	if (command == "create" || command == "run") return ""
	if (arg ~ /^ID/) return "'(caisson list -q 2>/dev/null)'"
	if (arg == "[BUNDLE]") return "'(__fish_complete_directories)'"
	return ""
}
$2 == "" {
	plain = plain sprintf("complete -c caisson -n __fish_use_subcommand -a %s -d %s\n", $1, quote($5))
	if (argument($1, $4) != "")
		plain = plain sprintf("complete -c caisson -n '__fish_seen_subcommand_from %s' -a %s\n", $1, argument($1, $4))
	next
}
{
	when = $1 == "caisson" ? "__fish_use_subcommand" : "'__fish_seen_subcommand_from " $1 "'"
	letter = $3 == "" ? "" : " -s " substr($3, 2)
	rows = rows sprintf("complete -c caisson -n %s -l %s%s%s -d %s\n", when, substr($2, 3), letter,
		$4 == "" ? "" : values($4), quote($5))
}
END {
	print "# Made by contrib/completions/generate: do not edit."
	print "complete -c caisson -f"
	printf "%s%s", plain, rows
}
