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
	local command='' i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root | --log | --log-format | --cgroup-manager | --audit-log | --rootless | --criu) ((i++)) ;;
		-* | =) ;;
		*)
			command=${command:+$command }${COMP_WORDS[i]}
			[[ $command == policy ]] || break
			;;
		esac
	done
	command=${command:-caisson}
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
	create:--seccomp-backend) _caisson_values '=' ;;
	run:--bundle | run:-b) _caisson_values 'directory' ;;
	run:--pid-file) _caisson_values 'file' ;;
	run:--console-socket) _caisson_values 'file' ;;
	run:--preserve-fds) _caisson_values '=' ;;
	run:--seccomp-backend) _caisson_values '=' ;;
	list:--format | list:-f) _caisson_values '=table json' ;;
	spec:--bundle | spec:-b) _caisson_values 'directory' ;;
	'policy check':--policy) _caisson_values '=' ;;
	'policy check':--arch) _caisson_values '=' ;;
	'policy check':--kernel) _caisson_values '=' ;;
	'policy check':--cap) _caisson_values '=' ;;
	'policy check':--param) _caisson_values '=' ;;
	'policy explain':--policy) _caisson_values '=' ;;
	'policy explain':--arch) _caisson_values '=' ;;
	'policy explain':--kernel) _caisson_values '=' ;;
	'policy explain':--cap) _caisson_values '=' ;;
	'policy explain':--param) _caisson_values '=' ;;
	'policy diff':--policy) _caisson_values '=' ;;
	'policy diff':--arch) _caisson_values '=' ;;
	'policy diff':--kernel) _caisson_values '=' ;;
	'policy diff':--cap) _caisson_values '=' ;;
	'policy diff':--param) _caisson_values '=' ;;
	'policy test':--policy) _caisson_values '=' ;;
	'policy test':--arch) _caisson_values '=' ;;
	'policy test':--kernel) _caisson_values '=' ;;
	'policy test':--cap) _caisson_values '=' ;;
	'policy test':--param) _caisson_values '=' ;;
	'policy compile':--output | 'policy compile':-o) _caisson_values 'file' ;;
	'policy compile':--policy) _caisson_values '=' ;;
	'policy compile':--arch) _caisson_values '=' ;;
	'policy compile':--kernel) _caisson_values '=' ;;
	'policy compile':--cap) _caisson_values '=' ;;
	'policy compile':--param) _caisson_values '=' ;;
	'policy run':--record | 'policy run':-r) _caisson_values 'file' ;;
	'policy run':--policy) _caisson_values '=' ;;
	'policy run':--arch) _caisson_values '=' ;;
	'policy run':--kernel) _caisson_values '=' ;;
	'policy run':--cap) _caisson_values '=' ;;
	'policy run':--param) _caisson_values '=' ;;
	*) _caisson_plain ;;
	esac
}

_caisson_plain() {
	case $command:$cur in
	caisson:-*) _caisson_words '--root --log --log-format --debug --cgroup-manager --systemd-cgroup --audit-log --rootless --criu --version -v --help -h' ;;
	caisson:*) _caisson_words 'create run start state kill delete list spec policy features check version help' ;;
	create:-*) _caisson_words '--bundle -b --pid-file --console-socket --preserve-fds --no-pivot --no-new-keyring --seccomp-backend --no-subreaper --help -h' ;;
	run:-*) _caisson_words '--bundle -b --pid-file --console-socket --preserve-fds --no-pivot --no-new-keyring --seccomp-backend --no-subreaper --detach -d --keep --help -h' ;;
	start:-*) _caisson_words '--help -h' ;;
	state:-*) _caisson_words '--help -h' ;;
	kill:-*) _caisson_words '--all -a --help -h' ;;
	delete:-*) _caisson_words '--force -f --help -h' ;;
	list:-*) _caisson_words '--quiet -q --format -f --help -h' ;;
	spec:-*) _caisson_words '--bundle -b --rootless --help -h' ;;
	policy:-*) _caisson_words '--help -h' ;;
	features:-*) _caisson_words '--help -h' ;;
	check:-*) _caisson_words '--plan --json --help -h' ;;
	version:-*) _caisson_words '--help -h' ;;
	help:-*) _caisson_words '--help -h' ;;
	'policy check':-*) _caisson_words '--werror --json --policy --arch --kernel --cap --param --help -h' ;;
	'policy explain':-*) _caisson_words '--json --policy --arch --kernel --cap --param --help -h' ;;
	'policy diff':-*) _caisson_words '--ignore-high-bits --ignore-holes --json --policy --arch --kernel --cap --param --help -h' ;;
	'policy test':-*) _caisson_words '--live --json --policy --arch --kernel --cap --param --help -h' ;;
	'policy compile':-*) _caisson_words '--bpf --c --dot --listing --json --output -o --policy --arch --kernel --cap --param --help -h' ;;
	'policy run':-*) _caisson_words '--record -r --all -a --json --policy --arch --kernel --cap --param --help -h' ;;
	start:* | state:* | kill:* | delete:*) _caisson_words "$(caisson list -q 2>/dev/null)" ;;
	check:*) _caisson_values directory ;;
	policy:*) _caisson_words 'check explain diff test compile run help' ;;
	'policy '*) _caisson_values file ;;
	help:*) _caisson_words 'create run start state kill delete list spec policy features check version help' ;;
	esac
}

complete -F _caisson caisson
