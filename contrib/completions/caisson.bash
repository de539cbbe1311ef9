# Made by contrib/completions/generate: do not edit.
# shellcheck shell=bash
_caisson_values() {
	case $1 in
	=*) mapfile -t COMPREPLY < <(compgen -W "${1#=}" -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(compgen -A "$1" -- "$cur") ;;
	esac
}

_caisson_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_caisson() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=caisson i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root | --log | --log-format | --cgroup-manager | --audit-log | --rootless | --criu) ((i++)) ;;
		-* | =) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $command:$prev in
	caisson:--root) _caisson_values 'directory' ;;
	caisson:--log) _caisson_values 'file' ;;
	caisson:--log-format) _caisson_values '=text json' ;;
	caisson:--cgroup-manager) _caisson_values '=cgroupfs systemd disabled' ;;
	caisson:--audit-log) _caisson_values 'file' ;;
	caisson:--rootless) _caisson_values '=true false auto' ;;
	caisson:--criu) _caisson_values 'file' ;;
	create:--bundle | create:-b) _caisson_values 'directory' ;;
	create:--pid-file) _caisson_values 'file' ;;
	create:--console-socket) _caisson_values 'file' ;;
	create:--preserve-fds) _caisson_values '=' ;;
	run:--bundle | run:-b) _caisson_values 'directory' ;;
	run:--pid-file) _caisson_values 'file' ;;
	run:--console-socket) _caisson_values 'file' ;;
	run:--preserve-fds) _caisson_values '=' ;;
	exec:--process | exec:-p) _caisson_values 'file' ;;
	exec:--cwd) _caisson_values 'directory' ;;
	exec:--env | exec:-e) _caisson_values '=' ;;
	exec:--user | exec:-u) _caisson_values '=' ;;
	exec:--additional-gids | exec:-g) _caisson_values '=' ;;
	exec:--pid-file) _caisson_values 'file' ;;
	exec:--console-socket) _caisson_values 'file' ;;
	exec:--pidfd-socket) _caisson_values 'file' ;;
	exec:--cap | exec:-c) _caisson_values '=' ;;
	exec:--apparmor) _caisson_values '=' ;;
	exec:--process-label) _caisson_values '=' ;;
	exec:--cgroup) _caisson_values 'file' ;;
	exec:--preserve-fds) _caisson_values '=' ;;
	list:--format | list:-f) _caisson_values '=table json' ;;
	spec:--bundle | spec:-b) _caisson_values 'directory' ;;
	*) _caisson_plain ;;
	esac
}

_caisson_plain() {
	case $command:$cur in
	caisson:-*) _caisson_words '--root --log --log-format --debug --cgroup-manager --systemd-cgroup --audit-log --rootless --criu --version -v --help -h' ;;
	caisson:*) _caisson_words 'create run start exec state kill delete list spec features check version help' ;;
	create:-*) _caisson_words '--bundle -b --pid-file --console-socket --preserve-fds --no-pivot --no-new-keyring --no-subreaper --help -h' ;;
	run:-*) _caisson_words '--bundle -b --pid-file --console-socket --preserve-fds --no-pivot --no-new-keyring --no-subreaper --detach -d --keep --help -h' ;;
	start:-*) _caisson_words '--help -h' ;;
	exec:-*) _caisson_words '--process -p --cwd --env -e --tty -t --user -u --additional-gids -g --detach -d --pid-file --console-socket --pidfd-socket --cap -c --no-new-privs --apparmor --process-label --cgroup --preserve-fds --ignore-paused --no-subreaper --help -h' ;;
	state:-*) _caisson_words '--help -h' ;;
	kill:-*) _caisson_words '--all -a --help -h' ;;
	delete:-*) _caisson_words '--force -f --help -h' ;;
	list:-*) _caisson_words '--quiet -q --format -f --help -h' ;;
	spec:-*) _caisson_words '--bundle -b --rootless --help -h' ;;
	features:-*) _caisson_words '--help -h' ;;
	check:-*) _caisson_words '--plan --json --help -h' ;;
	version:-*) _caisson_words '--help -h' ;;
	help:-*) _caisson_words '--help -h' ;;
	start:* | exec:* | state:* | kill:* | delete:*) _caisson_words "$(caisson list -q 2>/dev/null)" ;;
	check:*) _caisson_values directory ;;
	help:*) _caisson_words 'create run start exec state kill delete list spec features check version help' ;;
	esac
}

complete -F _caisson caisson
