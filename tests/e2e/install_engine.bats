#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# contrib/install-engine, and what it installs: parsed, and held against the keys of the engines.
# shellcheck disable=SC2154,SC2314

bats_require_minimum_version 1.5.0

setup() {
	contrib=$(realpath "$BATS_TEST_DIRNAME/../../contrib")
	[ -x "$contrib/install-engine" ] || skip "no contrib here"
	host=$BATS_TEST_TMPDIR/host
	mkdir -p "$host/usr/local/bin"
	printf '#!/bin/sh\n' >"$host/usr/local/bin/caisson"
	chmod 755 "$host/usr/local/bin/caisson"
}

is() { [ "$1" = "$2" ] || { printf 'got:    %s\nwanted: %s\n' "$1" "$2"; return 1; }; }
has() { [[ $1 == *"$2"* ]] || { printf 'in:      %s\nmissing: %s\n' "$1" "$2"; return 1; }; }

install_engine() { "$contrib/install-engine" "$@" --root "$host" --caisson /usr/local/bin/caisson; }
tree() { (cd "$host" && find . -type d -o -type f -exec sha256sum {} +); }
file_of() {
	case $1 in
	podman) echo /etc/containers/containers.conf.d/50-caisson.conf ;;
	containerd) echo /etc/containerd/conf.d/50-caisson.toml ;;
	cri-o) echo /etc/crio/crio.conf.d/50-caisson.conf ;;
	esac
}
# toml FILE PYTHON: an expression about the parsed file, as t
toml() {
	python3 -c 'import tomllib' 2>/dev/null || skip "needs python3 with tomllib"
	python3 -c "import sys, tomllib, json
t = tomllib.load(open(sys.argv[1], 'rb'))
print(json.dumps($2))" "$1"
}

imports() {
	mkdir -p "$host/etc/containerd"
	echo 'imports = ["/etc/containerd/conf.d/*.toml"]' >"$host/etc/containerd/config.toml"
}

@test "twice is once, and undo leaves no trace" {
	imports
	before=$(tree)
	for engine in podman containerd cri-o; do
		install_engine $engine
		[ -f "$host$(file_of $engine)" ]
		once=$(tree)
		install_engine $engine
		is "$(tree)" "$once"
		install_engine $engine --undo
		is "$(tree)" "$before"
		install_engine $engine --undo
		is "$(tree)" "$before"
	done
}

@test "folders that were there stay, empty or not" {
	mkdir -p "$host/etc/crio/crio.conf.d"
	before=$(tree)
	install_engine cri-o
	install_engine cri-o --undo
	is "$(tree)" "$before"
}

@test "what others put into our folder meanwhile stays" {
	install_engine podman
	echo '[engine]' >"$host/etc/containers/containers.conf.d/99-other.conf"
	install_engine podman --undo
	[ -f "$host/etc/containers/containers.conf.d/99-other.conf" ]
	[ ! -e "$host$(file_of podman)" ]
}

@test "a file that is not ours is not touched, by install nor undo" {
	for engine in podman containerd cri-o; do
		mkdir -p "$(dirname "$host$(file_of $engine)")"
		echo '# mine' >"$host$(file_of $engine)"
		run install_engine $engine
		is "$status" 1
		has "$output" 'there is one that was not made so'
		run install_engine $engine --undo
		is "$status" 1
		is "$(cat "$host$(file_of $engine)")" '# mine'
	done
}

@test "our file, edited since, is not touched; nor is a symlink in its place" {
	install_engine podman
	echo '# edited' >>"$host$(file_of podman)"
	before=$(tree)
	run install_engine podman
	is "$status" 1
	run install_engine podman --undo
	is "$status" 1
	is "$(tree)" "$before"
	mkdir -p "$host/etc/crio/crio.conf.d"
	ln -s /nowhere "$host$(file_of cri-o)"
	run install_engine cri-o
	is "$status" 1
	[ -L "$host$(file_of cri-o)" ]
}

@test "another path of the runtime replaces the first" {
	mkdir -p "$host/opt/bin"
	cp "$host/usr/local/bin/caisson" "$host/opt/bin/caisson"
	for engine in podman cri-o; do
		install_engine $engine
		"$contrib/install-engine" $engine --root "$host" --caisson /opt/bin/caisson
		grep -q '/opt/bin/caisson' "$host$(file_of $engine)"
		run ! grep -q '"/usr/local/bin/caisson"' "$host$(file_of $engine)"
		"$contrib/install-engine" $engine --root "$host" --undo
		[ ! -e "$host$(file_of $engine)" ]
	done
}

@test "a runtime that is not there, a path that is none, an engine that is none: nothing is written" {
	before=$(tree)
	for words in 'podman --caisson /nothing' 'podman --caisson caisson' 'docker' '' 'podman cri-o' 'podman --caisson'; do
		# shellcheck disable=SC2086 # words
		run "$contrib/install-engine" $words --root "$host"
		[ "$status" = 1 ] || { echo "$words: $status"; false; }
	done
	run "$contrib/install-engine" podman --root "$host" --caisson '/a|b'
	is "$status" 1
	is "$(tree)" "$before"
}

@test "--print writes nothing" {
	before=$(tree)
	run install_engine podman --print
	is "$status" 0
	has "$output" "$(file_of podman)"
	has "$output" 'caisson = ["/usr/local/bin/caisson"]'
	is "$(tree)" "$before"
}

@test "--help" {
	run "$contrib/install-engine" --help
	is "$status" 0
	has "$output" 'usage: install-engine podman|containerd|cri-o'
}

@test "containerd: config.toml is never edited; what it has to say is said" {
	run install_engine containerd
	is "$status" 2
	has "$output" 'imports = ["/etc/containerd/conf.d/*.toml"]'
	[ ! -e "$host/etc/containerd/config.toml" ]
	imports
	run install_engine containerd
	is "$status" 0
	echo '[plugins."io.containerd.grpc.v1.cri"]' >>"$host/etc/containerd/config.toml"
	before=$(cat "$host/etc/containerd/config.toml")
	run install_engine containerd
	is "$status" 2
	has "$output" 'a section of the CRI plugin'
	is "$(cat "$host/etc/containerd/config.toml")" "$before"
}

# ---- what is installed ----

@test "podman's drop-in: runtimes by absolute path, the name in both lists, and no other key" {
	install_engine podman
	f=$host$(file_of podman)
	is "$(toml "$f" 't["engine"]["runtimes"]["caisson"]')" '["/usr/local/bin/caisson"]'
	is "$(toml "$f" '"caisson" in t["engine"]["runtime_supports_json"]')" true
	is "$(toml "$f" '"caisson" in t["engine"]["runtime_supports_nocgroup"]')" true
	is "$(toml "$f" '{"crun", "runc", "kata"} <= set(t["engine"]["runtime_supports_json"])')" true
	is "$(toml "$f" '[sorted(t), sorted(t["engine"])]')" \
		'[["engine"], ["runtime_supports_json", "runtime_supports_nocgroup", "runtimes"]]'
}

@test "podman's source file parses too, with both usual paths" {
	is "$(toml "$contrib/podman/caisson.conf" 't["engine"]["runtimes"]["caisson"]')" \
		'["/usr/local/bin/caisson", "/usr/bin/caisson"]'
}

@test "podman reads it, and finds the runtime by name" {
	command -v podman >/dev/null || skip "no podman here"
	install_engine podman
	CONTAINERS_CONF_OVERRIDE=$host$(file_of podman) run podman --runtime caisson info --format '{{.Host.OCIRuntime.Path}}'
	[ "$status" = 0 ] || [[ $output == *caisson* ]]
	has "$output" /usr/local/bin/caisson
}

@test "containerd's drop-in: version 2, the shim of runc, BinaryName" {
	imports
	install_engine containerd
	f=$host$(file_of containerd)
	r='t["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"]["caisson"]'
	is "$(toml "$f" 't["version"]')" 2
	is "$(toml "$f" "${r}[\"runtime_type\"]")" '"io.containerd.runc.v2"'
	is "$(toml "$f" "${r}[\"options\"]")" '{"BinaryName": "/usr/local/bin/caisson", "SystemdCgroup": false}'
	# containerd 1.7, internal/cri/config: Runtime
	is "$(toml "$f" "set($r) <= {'runtime_type', 'runtime_path', 'pod_annotations', 'container_annotations',
		'runtime_root', 'options', 'privileged_without_host_devices', 'base_runtime_spec', 'cni_conf_dir',
		'cni_max_conf_num', 'snapshotter', 'sandbox_mode'}")" true
}

@test "containerd takes it" {
	command -v containerd >/dev/null || skip "no containerd here"
	imports
	install_engine containerd
	printf 'version = 2\nimports = ["%s"]\n' "$host$(file_of containerd)" >"$BATS_TEST_TMPDIR/config.toml"
	run containerd --config "$BATS_TEST_TMPDIR/config.toml" config dump
	is "$status" 0
	has "$output" 'BinaryName = "/usr/local/bin/caisson"'
}

@test "CRI-O's drop-in: a runtime of type oci with its root, and only keys that CRI-O has" {
	install_engine cri-o
	f=$host$(file_of cri-o)
	r='t["crio"]["runtime"]["runtimes"]["caisson"]'
	is "$(toml "$f" "[${r}[k] for k in ('runtime_path', 'runtime_type', 'runtime_root')]")" \
		'["/usr/local/bin/caisson", "oci", "/run/caisson"]'
	# CRI-O, docs/crio.conf.5: crio.runtime.runtimes
	is "$(toml "$f" "set($r) <= {'runtime_path', 'runtime_type', 'runtime_root', 'allowed_annotations',
		'monitor_path', 'monitor_cgroup', 'monitor_env', 'privileged_without_host_devices', 'platform_runtime_paths',
		'runtime_config_path', 'no_sync_log', 'default_annotations', 'stream_websockets', 'container_min_memory'}")" true
	is "$(toml "$f" '[sorted(t), sorted(t["crio"]), sorted(t["crio"]["runtime"])]')" '[["crio"], ["runtime"], ["runtimes"]]'
}

# yaml FILE PYTHON: an expression about its documents, as d
yaml() {
	python3 -c 'import yaml' 2>/dev/null || skip "needs python3-yaml"
	python3 -c "import sys, yaml, json
d = list(yaml.safe_load_all(open(sys.argv[1])))
print(json.dumps($2))" "$1"
}

@test "Kubernetes: a RuntimeClass whose handler is the name in the engines' files" {
	is "$(yaml "$contrib/kubernetes/runtimeclass.yaml" d)" \
		'[{"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "caisson"}, "handler": "caisson"}]'
}

@test "Kubernetes: the pods use it, and ask for what is claimed" {
	f=$contrib/kubernetes/pods.yaml
	is "$(yaml "$f" '[(p["kind"], p["spec"]["runtimeClassName"]) for p in d]')" '[["Pod", "caisson"], ["Pod", "caisson"]]'
	is "$(yaml "$f" 'd[1]["spec"]["hostUsers"]')" false
	is "$(yaml "$f" '[c["securityContext"]["capabilities"]["drop"] for c in d[1]["spec"]["containers"]]')" '[["ALL"]]'
	is "$(yaml "$f" '[m["name"] in [v["name"] for v in p["spec"].get("volumes", [])]
		for p in d for c in p["spec"]["containers"] for m in c.get("volumeMounts", [])]')" '[true]'
}
