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
		--root | --log | --log-format | --log-level | --cgroup-manager | --audit-log | --config | --rootless | --criu) ((i++)) ;;
		-* | =) ;;
		*)
			command=${command:+$command }${COMP_WORDS[i]}
			[[ $command == policy || $command == audit ]] || break
			;;
		esac
	done
	command=${command:-caisson}
	case $command:$prev in
	caisson:--root) _caisson_values 'directory' ;;
	caisson:--log) _caisson_values 'file' ;;
	caisson:--log-format) _caisson_values '=text json' ;;
	caisson:--log-level) _caisson_values '=error warning debug' ;;
	caisson:--cgroup-manager) _caisson_values '=cgroupfs systemd disabled' ;;
	caisson:--audit-log) _caisson_values 'file' ;;
	caisson:--config) _caisson_values '=' ;;
	caisson:--rootless) _caisson_values '=true false auto' ;;
	caisson:--criu) _caisson_values 'file' ;;
	create:--bundle | create:-b) _caisson_values 'directory' ;;
	create:--config | create:-f) _caisson_values 'file' ;;
	create:--pid-file) _caisson_values 'file' ;;
	create:--console-socket) _caisson_values 'file' ;;
	create:--pidfd-socket) _caisson_values 'file' ;;
	create:--preserve-fds) _caisson_values '=' ;;
	create:--seccomp-backend) _caisson_values '=' ;;
	run:--bundle | run:-b) _caisson_values 'directory' ;;
	run:--config | run:-f) _caisson_values 'file' ;;
	run:--pid-file) _caisson_values 'file' ;;
	run:--console-socket) _caisson_values 'file' ;;
	run:--pidfd-socket) _caisson_values 'file' ;;
	run:--preserve-fds) _caisson_values '=' ;;
	run:--seccomp-backend) _caisson_values '=' ;;
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
	ps:--format | ps:-f) _caisson_values '=table json' ;;
	update:--resources | update:-r) _caisson_values 'file' ;;
	update:--memory) _caisson_values '=' ;;
	update:--memory-reservation) _caisson_values '=' ;;
	update:--memory-swap) _caisson_values '=' ;;
	update:--pids-limit) _caisson_values '=' ;;
	update:--cpu-quota) _caisson_values '=' ;;
	update:--cpu-period) _caisson_values '=' ;;
	update:--cpu-burst) _caisson_values '=' ;;
	update:--cpu-share) _caisson_values '=' ;;
	update:--cpu-idle) _caisson_values '=' ;;
	update:--cpuset-cpus) _caisson_values '=' ;;
	update:--cpuset-mems) _caisson_values '=' ;;
	update:--blkio-weight) _caisson_values '=' ;;
	update:--cpu-rt-period) _caisson_values '=' ;;
	update:--cpu-rt-runtime) _caisson_values '=' ;;
	update:--kernel-memory) _caisson_values '=' ;;
	update:--kernel-memory-tcp) _caisson_values '=' ;;
	update:--l3-cache-schema) _caisson_values '=' ;;
	update:--mem-bw-schema) _caisson_values '=' ;;
	events:--interval) _caisson_values '=' ;;
	spec:--bundle | spec:-b) _caisson_values 'directory' ;;
	spec:--file | spec:-f) _caisson_values 'file' ;;
	check:--config | check:-f) _caisson_values 'file' ;;
	checkpoint:--image-path) _caisson_values 'directory' ;;
	checkpoint:--work-path) _caisson_values 'directory' ;;
	checkpoint:--manage-cgroups-mode) _caisson_values '=soft full strict ignore' ;;
	checkpoint:--empty-ns) _caisson_values '=' ;;
	checkpoint:--parent-path) _caisson_values 'directory' ;;
	checkpoint:--page-server) _caisson_values '=' ;;
	checkpoint:--status-fd) _caisson_values '=' ;;
	restore:--image-path) _caisson_values 'directory' ;;
	restore:--work-path) _caisson_values 'directory' ;;
	restore:--manage-cgroups-mode) _caisson_values '=soft full strict ignore' ;;
	restore:--empty-ns) _caisson_values '=' ;;
	restore:--bundle | restore:-b) _caisson_values 'directory' ;;
	restore:--pid-file) _caisson_values 'file' ;;
	restore:--console-socket) _caisson_values 'file' ;;
	restore:--lsm-profile) _caisson_values '=' ;;
	restore:--lsm-mount-context) _caisson_values '=' ;;
	restore:--preserve-fds) _caisson_values '=' ;;
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
	'policy decompile':--policy) _caisson_values '=' ;;
	'policy decompile':--arch) _caisson_values '=' ;;
	'policy decompile':--kernel) _caisson_values '=' ;;
	'policy decompile':--cap) _caisson_values '=' ;;
	'policy decompile':--param) _caisson_values '=' ;;
	'policy run':--record | 'policy run':-r) _caisson_values 'file' ;;
	'policy run':--policy) _caisson_values '=' ;;
	'policy run':--arch) _caisson_values '=' ;;
	'policy run':--kernel) _caisson_values '=' ;;
	'policy run':--cap) _caisson_values '=' ;;
	'policy run':--param) _caisson_values '=' ;;
	'policy learn':--extends) _caisson_values '=' ;;
	'policy learn':--merge) _caisson_values 'file' ;;
	'policy learn':--never) _caisson_values '=' ;;
	'policy learn':--name) _caisson_values '=' ;;
	'policy learn':--from) _caisson_values '=' ;;
	'policy learn':--output | 'policy learn':-o) _caisson_values 'file' ;;
	'policy learn':--policy) _caisson_values '=' ;;
	'policy learn':--arch) _caisson_values '=' ;;
	'policy learn':--kernel) _caisson_values '=' ;;
	'policy learn':--cap) _caisson_values '=' ;;
	'policy learn':--param) _caisson_values '=' ;;
	'policy why':--policy) _caisson_values '=' ;;
	'policy why':--arch) _caisson_values '=' ;;
	'policy why':--kernel) _caisson_values '=' ;;
	'policy why':--cap) _caisson_values '=' ;;
	'policy why':--param) _caisson_values '=' ;;
	'audit query':--log | 'audit query':-l) _caisson_values 'file' ;;
	'audit query':--since | 'audit query':-s) _caisson_values '=' ;;
	'audit query':--until | 'audit query':-u) _caisson_values '=' ;;
	'audit query':--event | 'audit query':-e) _caisson_values '=' ;;
	'audit query':--container | 'audit query':-c) _caisson_values '=' ;;
	'audit query':--user) _caisson_values '=' ;;
	'audit query':--severity) _caisson_values '=' ;;
	'audit query':--where | 'audit query':-w) _caisson_values 'file' ;;
	'audit query':--limit | 'audit query':-n) _caisson_values '=' ;;
	'audit query':--format) _caisson_values '=ocsf ecs falco cloudevents' ;;
	'audit follow':--log | 'audit follow':-l) _caisson_values 'file' ;;
	'audit follow':--since | 'audit follow':-s) _caisson_values '=' ;;
	'audit follow':--until | 'audit follow':-u) _caisson_values '=' ;;
	'audit follow':--event | 'audit follow':-e) _caisson_values '=' ;;
	'audit follow':--container | 'audit follow':-c) _caisson_values '=' ;;
	'audit follow':--user) _caisson_values '=' ;;
	'audit follow':--severity) _caisson_values '=' ;;
	'audit follow':--where | 'audit follow':-w) _caisson_values 'file' ;;
	'audit follow':--limit | 'audit follow':-n) _caisson_values '=' ;;
	'audit follow':--format) _caisson_values '=ocsf ecs falco cloudevents' ;;
	'audit report':--log | 'audit report':-l) _caisson_values 'file' ;;
	'audit report':--since | 'audit report':-s) _caisson_values '=' ;;
	'audit report':--until | 'audit report':-u) _caisson_values '=' ;;
	'audit report':--event | 'audit report':-e) _caisson_values '=' ;;
	'audit report':--container | 'audit report':-c) _caisson_values '=' ;;
	'audit report':--user) _caisson_values '=' ;;
	'audit report':--severity) _caisson_values '=' ;;
	'audit report':--where | 'audit report':-w) _caisson_values 'file' ;;
	'audit report':--top | 'audit report':-n) _caisson_values '=' ;;
	'audit verify':--log | 'audit verify':-l) _caisson_values 'file' ;;
	'audit verify':--config) _caisson_values '=' ;;
	'audit verify':--key | 'audit verify':-k) _caisson_values '=' ;;
	'audit verify':--key-file) _caisson_values 'file' ;;
	'audit verify':--public | 'audit verify':-p) _caisson_values '=' ;;
	'audit verify':--anchor | 'audit verify':-a) _caisson_values 'file' ;;
	'audit rotate':--log | 'audit rotate':-l) _caisson_values 'file' ;;
	'audit rotate':--config) _caisson_values '=' ;;
	'audit rotate':--keep-days) _caisson_values '=' ;;
	'audit rotate':--keep-events) _caisson_values '=' ;;
	'audit init':--log | 'audit init':-l) _caisson_values 'file' ;;
	'audit init':--config) _caisson_values '=' ;;
	'audit seal':--log | 'audit seal':-l) _caisson_values 'file' ;;
	'audit seal':--config) _caisson_values '=' ;;
	'audit anchor':--log | 'audit anchor':-l) _caisson_values 'file' ;;
	'audit anchor':--to | 'audit anchor':-t) _caisson_values '=' ;;
	'audit prove':--log | 'audit prove':-l) _caisson_values 'file' ;;
	'audit prove':--check) _caisson_values 'file' ;;
	'audit prove':--public | 'audit prove':-p) _caisson_values '=' ;;
	*) _caisson_plain ;;
	esac
}

_caisson_plain() {
	case $command:$cur in
	caisson:-*) _caisson_words '--root --log --log-format --log-level --debug --cgroup-manager --systemd-cgroup --audit-log --config --rootless --criu --version -v --help -h' ;;
	caisson:*) _caisson_words 'create run start exec kill delete state list ps pause update events resume spec policy audit features check doctor version help checkpoint restore' ;;
	create:-*) _caisson_words '--bundle -b --config -f --pid-file --console-socket --pidfd-socket --preserve-fds --no-pivot --no-new-keyring --seccomp-backend --responses-dry-run --no-subreaper --help -h' ;;
	run:-*) _caisson_words '--bundle -b --config -f --pid-file --console-socket --pidfd-socket --preserve-fds --no-pivot --no-new-keyring --seccomp-backend --responses-dry-run --no-subreaper --detach -d --keep --help -h' ;;
	start:-*) _caisson_words '--help -h' ;;
	exec:-*) _caisson_words '--process -p --cwd --env -e --tty -t --user -u --additional-gids -g --detach -d --pid-file --console-socket --pidfd-socket --cap -c --no-new-privs --apparmor --process-label --cgroup --preserve-fds --ignore-paused --no-subreaper --help -h' ;;
	kill:-*) _caisson_words '--all -a --regex -r --help -h' ;;
	delete:-*) _caisson_words '--force -f --regex -r --help -h' ;;
	state:-*) _caisson_words '--help -h' ;;
	list:-*) _caisson_words '--quiet -q --format -f --help -h' ;;
	ps:-*) _caisson_words '--format -f --help -h' ;;
	pause:-*) _caisson_words '--help -h' ;;
	update:-*) _caisson_words '--resources -r --memory --memory-reservation --memory-swap --pids-limit --cpu-quota --cpu-period --cpu-burst --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --blkio-weight --cpu-rt-period --cpu-rt-runtime --kernel-memory --kernel-memory-tcp --l3-cache-schema --mem-bw-schema --help -h' ;;
	events:-*) _caisson_words '--interval --stats --help -h' ;;
	resume:-*) _caisson_words '--help -h' ;;
	spec:-*) _caisson_words '--bundle -b --file -f --rootless --help -h' ;;
	policy:-*) _caisson_words '--help -h' ;;
	audit:-*) _caisson_words '--help -h' ;;
	features:-*) _caisson_words '--help -h' ;;
	check:-*) _caisson_words '--config -f --plan --json --help -h' ;;
	doctor:-*) _caisson_words '--json --help -h' ;;
	version:-*) _caisson_words '--help -h' ;;
	help:-*) _caisson_words '--help -h' ;;
	checkpoint:-*) _caisson_words '--image-path --work-path --tcp-established --ext-unix-sk --shell-job --file-locks --link-remap --auto-dedup --lazy-pages --manage-cgroups-mode --empty-ns --leave-running --tcp-skip-in-flight --pre-dump --parent-path --page-server --status-fd --help -h' ;;
	restore:-*) _caisson_words '--image-path --work-path --tcp-established --ext-unix-sk --shell-job --file-locks --link-remap --auto-dedup --lazy-pages --manage-cgroups-mode --empty-ns --bundle -b --pid-file --console-socket --detach -d --tcp-close --lsm-profile --lsm-mount-context --preserve-fds --no-pivot --no-new-keyring --no-subreaper --help -h' ;;
	'policy check':-*) _caisson_words '--werror --json --policy --arch --kernel --cap --param --help -h' ;;
	'policy explain':-*) _caisson_words '--json --policy --arch --kernel --cap --param --help -h' ;;
	'policy diff':-*) _caisson_words '--ignore-high-bits --ignore-holes --json --policy --arch --kernel --cap --param --help -h' ;;
	'policy test':-*) _caisson_words '--live --json --policy --arch --kernel --cap --param --help -h' ;;
	'policy compile':-*) _caisson_words '--bpf --c --dot --listing --oci --json --output -o --policy --arch --kernel --cap --param --help -h' ;;
	'policy decompile':-*) _caisson_words '--json --policy --arch --kernel --cap --param --help -h' ;;
	'policy run':-*) _caisson_words '--record -r --all -a --json --policy --arch --kernel --cap --param --help -h' ;;
	'policy learn':-*) _caisson_words '--extends --merge --never --name --exact --from --output -o --json --policy --arch --kernel --cap --param --help -h' ;;
	'policy why':-*) _caisson_words '--json --policy --arch --kernel --cap --param --help -h' ;;
	'audit query':-*) _caisson_words '--log -l --since -s --until -u --event -e --container -c --user --severity --where -w --limit -n --follow -f --json --format --help -h' ;;
	'audit follow':-*) _caisson_words '--log -l --since -s --until -u --event -e --container -c --user --severity --where -w --limit -n --follow -f --json --format --help -h' ;;
	'audit report':-*) _caisson_words '--log -l --since -s --until -u --event -e --container -c --user --severity --where -w --top -n --json --html --help -h' ;;
	'audit verify':-*) _caisson_words '--log -l --config --key -k --key-file --public -p --anchor -a --record --json --help -h' ;;
	'audit rotate':-*) _caisson_words '--log -l --config --keep-days --keep-events --no-rotate --json --help -h' ;;
	'audit init':-*) _caisson_words '--log -l --config --json --help -h' ;;
	'audit seal':-*) _caisson_words '--log -l --config --json --help -h' ;;
	'audit anchor':-*) _caisson_words '--log -l --to -t --help -h' ;;
	'audit prove':-*) _caisson_words '--log -l --check --public -p --json --help -h' ;;
	start:* | exec:* | kill:* | delete:* | state:* | ps:* | pause:* | update:* | events:* | resume:* | checkpoint:* | restore:*) _caisson_words "$(caisson list -q 2>/dev/null)" ;;
	check:*) _caisson_values directory ;;
	policy:*) _caisson_words 'check explain diff test compile decompile run learn why help' ;;
	'policy '*) _caisson_values file ;;
	audit:*) _caisson_words 'query follow report verify rotate init seal anchor prove help' ;;
	'audit '*) _caisson_values file ;;
	help:*) _caisson_words 'create run start exec kill delete state list ps pause update events resume spec policy audit features check doctor version help checkpoint restore' ;;
	esac
}

complete -F _caisson caisson
