#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
# podman as the user u1: what its options ask of a runtime that is not root. In the guest only.

load lib
load engines

setup_file() {
	load engines
	engines_up
}

setup() {
	id=e2e$$x$BATS_TEST_NUMBER
	home=/home/u1/$id
	as_u1 mkdir "$home"
}

teardown() { rm -rf "$home"; }

@test "podman rootless: attach, logs, restart, stop, stats, health, top" {
	run -0 rootless_life "
		pod run -d --name $id --network none --memory 64m --health-cmd 'test -e /bin' --health-interval disable $image \
			sh -c 'trap \"echo bye; exit 3\" TERM; echo up; while :; do sleep 1 & wait \$!; done' >/dev/null
		pod healthcheck run $id && echo healthy
		pod stats --no-stream --format '{{.MemUsage}}' $id
		pod top $id args | grep -c 'sleep 1'
		pod stop -t 100 $id
		pod inspect --format '{{.State.ExitCode}}' $id
		pod start $id
		pod rm -f -t 0 $id"
	has "$output" healthy
	has "$output" 67.11MB
	has "$output" $'\n3\n'
}

@test "podman rootless: volumes, tmpfs, devices, sysctls, ulimits, secrets" {
	run -0 rootless_life "
		mkdir v; echo -n hidden | pod secret create $id - >/dev/null
		one --tmpfs /t:size=1m,mode=1777 -v $id:/etc -v ./v:/v:U --user 5:6 --device /dev/zero:/dev/mine --secret $id \
			--sysctl net.ipv4.ip_unprivileged_port_start=99 --ulimit nofile=111:222 $image sh -c '
			touch /t/x /v/x; grep -c root: /etc/passwd; head -c 3 /dev/mine | wc -c; cat /run/secrets/$id; echo
			cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ulimit -n; id -u'
		stat -c %u v/x
		pod volume rm $id >/dev/null; pod secret rm $id >/dev/null; pod unshare rm -r v"
	has "$output" $'1\n3\nhidden\n99\n111\n5\n100004'
}

@test "podman rootless: user namespaces: auto, keep-id with groups, nomap" {
	run -0 rootless_life "
		one --userns auto:size=1024 $image sh -c 'id -u; xargs </proc/self/uid_map'
		one --userns keep-id:uid=7,gid=8 $image sh -c 'id -u; id -g'
		one --userns nomap $image sh -c 'id -u'"
	is "$output" "$(printf '0\n0 1 1024\n7\n8\n0')"
}

@test "podman rootless: the caller's other groups are kept" {
	groupadd -f -g 4321 e2e
	usermod -a -G e2e u1
	mkdir "$home/g"
	echo text >"$home/g/file"
	chgrp -R e2e "$home/g"
	chmod 750 "$home/g"
	systemctl stop user@1000
	systemctl start user@1000
	run -0 rootless_life "id -G; one --group-add keep-groups -v ./g:/g $image cat /g/file"
	is "${lines[0]}" '1000 4321'
	is "${lines[1]}" text
}

@test "podman rootless: a pod, and one from YAML" {
	run -0 rootless_life "
		pod pod create --name $id --network none >/dev/null
		pod run -d --pod $id --name $id-a $image sleep 1000 >/dev/null
		pod run --rm --pod $id $image sh -c 'readlink /proc/self/ns/net'
		readlink /proc/\$(pod inspect --format '{{.State.Pid}}' $id-a)/ns/net
		pod pod rm -f -t 0 $id >/dev/null
		printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: $id}\nspec: {containers: [{name: b, image: \"$image\", imagePullPolicy: Never, command: [sleep, \"1000\"], resources: {limits: {memory: 64Mi}}}]}' >p.yaml
		pod kube play --network none p.yaml >/dev/null
		pod exec $id-b cat /sys/fs/cgroup/memory.max
		pod kube down p.yaml >/dev/null"
	is "${lines[0]}" "${lines[1]}"
	is "${lines[2]}" 67108864
}

@test "podman rootless: podman build" {
	run -0 rootless_life "
		printf 'FROM $image\nRUN --mount=type=tmpfs,target=/t touch /t/x && id -u >/made\n' >Containerfile
		pod build --isolation oci --network none -q -t localhost/$id . >/dev/null
		one localhost/$id cat /made
		pod rmi localhost/$id >/dev/null"
	is "$output" 0
}

@test "nothing of all this is left" {
	sleep 1 # before a skip, too: the timer of bats 1.11 outlives a test that ends at once
	caisson_only
	is "$(as_u1 "$CAISSON" list --quiet)" ''
	is "$(pgrep -u u1 -a 'sleep|conmon')" ''
}
