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
# When a command's options are of use; "check" and "run" are also commands of programs beside.
function when(command) {
	if (command == "caisson") return "__fish_use_subcommand"
	if (split(command, word, " ") > 1)
		return quote("__fish_seen_subcommand_from " word[1] "; and __fish_seen_subcommand_from " word[2])
	return quote("__fish_seen_subcommand_from " command (command ~ tools ? "" : "; and not __fish_seen_subcommand_from audit policy"))
}
BEGIN { tools = "^(audit|policy)$" }
$2 == "" && split($1, word, " ") > 1 {
	plain = plain sprintf("complete -c caisson -n %s -a %s -d %s\n", quote("__fish_seen_subcommand_from " word[1]), word[2], quote($5))
	plain = plain sprintf("complete -c caisson -n %s -F\n", when($1))
	next
}
$2 == "" {
	plain = plain sprintf("complete -c caisson -n __fish_use_subcommand -a %s -d %s\n", $1, quote($5))
	if (argument($1, $4) != "")
		plain = plain sprintf("complete -c caisson -n '__fish_seen_subcommand_from %s' -a %s\n", $1, argument($1, $4))
	next
}
{
	letter = $3 == "" ? "" : " -s " substr($3, 2)
	rows = rows sprintf("complete -c caisson -n %s -l %s%s%s -d %s\n", when($1), substr($2, 3), letter,
		$4 == "" ? "" : values($4), quote($5))
}
END {
	print "# Made by contrib/completions/generate: do not edit."
	print "complete -c caisson -f"
	printf "%s%s", plain, rows
}
