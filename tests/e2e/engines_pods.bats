#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# Pods of podman's: made by hand and from Kubernetes' YAML. In the guest only.

load lib
load engines

setup_file() {
	load engines
	engines_up
}

setup() { id=e2e$$x$BATS_TEST_NUMBER; }
teardown() { podman pod rm -f -t 0 "$id" >/dev/null 2>&1 || :; }

statuses() { pod ps -a --pod --filter "pod=$id" --format '{{.Status}}' | cut -d ' ' -f 1 | sort -u | xargs; }

@test "podman pod: containers share its namespaces and its limits, and are paused, told and killed together" {
	pod pod create --name "$id" --network none --memory 128m --share net,ipc,uts,pid
	pod run -d --pod "$id" --name "$id-a" --memory 64m "$image" sleep 1000 3>&-
	pod run -d --pod "$id" --name "$id-b" "$image" sleep 1000 3>&-
	a=$(pid_of "$id-a") b=$(pid_of "$id-b")
	for n in net ipc uts pid; do
		is "$(readlink "/proc/$a/ns/$n")" "$(readlink "/proc/$b/ns/$n")"
	done
	[ "$(readlink "/proc/$a/ns/mnt")" != "$(readlink "/proc/$b/ns/mnt")" ] || return 1
	is "$(cat "$(group_of "$a")/memory.max" "$(group_of "$a")/../memory.max")" $'67108864\n134217728'
	run -0 pod exec "$id-a" ps -o args
	is "$(grep -c 'sleep 1000' <<<"$output")" 2
	run -0 pod pod stats --no-stream --format '{{.Name}} {{.PIDS}}' "$id"
	has "$output" "$id-a 1"
	pod pod pause "$id"
	is "$(statuses)" Paused
	pod pod unpause "$id"
	pod pod kill "$id"
	ended() { [ "$(statuses)" = Exited ]; }
	eventually ended
	pod pod start "$id"
	is "$(statuses)" Up
}

@test "podman kube play: init container, limits, security context, volumes, configuration, probe; down" {
	cat >"$BATS_TEST_TMPDIR/pod.yaml" <<-END
		apiVersion: v1
		kind: ConfigMap
		metadata: {name: $id-map}
		data: {word: hidden}
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: $id}
		spec:
		  hostname: inner
		  securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "99"}]}
		  volumes:
		  - {name: both, emptyDir: {}}
		  - {name: map, configMap: {name: $id-map}}
		  initContainers:
		  - {name: first, image: $image, imagePullPolicy: Never, command: [sh, -c, 'echo made >/both/file'],
		     volumeMounts: [{name: both, mountPath: /both}]}
		  containers:
		  - name: one
		    image: $image
		    imagePullPolicy: Never
		    command: [sleep, "1000"]
		    env: [{name: WORD, valueFrom: {configMapKeyRef: {name: $id-map, key: word}}}]
		    resources: {limits: {memory: 64Mi, cpu: 500m}}
		    securityContext: {runAsUser: 5, runAsGroup: 6, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false,
		      capabilities: {drop: [ALL]}}
		    livenessProbe: {exec: {command: [test, -e, /both/file]}, periodSeconds: 1}
		    volumeMounts: [{name: both, mountPath: /both}, {name: map, mountPath: /map, readOnly: true}]
	END
	pod kube play --network none "$BATS_TEST_TMPDIR/pod.yaml" 3>&-
	run -0 pod exec "$id-one" sh -c 'cat /both/file /map/word; echo; echo $WORD; hostname; touch /x; cat /proc/self/status
		cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /proc/sys/net/ipv4/ip_unprivileged_port_start' || [ "$status" = 1 ]
	has "$output" $'made\nhidden\nhidden\n'
	has "$output" '/x: Read-only file system'
	has "$output" $'67108864\n50000 100000\n99'
	is "$(field Uid)" '5 5 5 5'
	is "$(field CapBnd)" 0000000000000000
	is "$(field NoNewPrivs)" 1
	is "$(pod inspect --format '{{.OCIRuntime}}' "$id-one")" "$CAISSON"
	healthy() { [ "$(pod inspect --format '{{.State.Health.Status}}' "$id-one")" = healthy ]; }
	eventually healthy
	pod kube down "$BATS_TEST_TMPDIR/pod.yaml"
	run ! pod pod exists "$id"
}

@test "podman kube play: a user namespace for the whole pod" {
	pod kube play --network none --userns auto:size=4096 - 3>&- <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: $id}
		spec: {containers: [{name: one, image: $image, imagePullPolicy: Never, command: [sleep, "1000"]}]}
	END
	run -0 pod exec "$id-one" sh -c 'id -u; xargs </proc/self/uid_map'
	is "${lines[0]}" 0
	is "${lines[1]##* }" 4096
}

@test "nothing of all this is left" {
	sleep 1 # before a skip, too: the timer of bats 1.11 outlives a test that ends at once
	caisson_only
	is "$("$CAISSON" list --quiet)" ''
	is "$(find /sys/fs/cgroup -type d -name 'libpod[-_]*' -not -name libpod_parent -not -path '*conmon*')" ''
}
