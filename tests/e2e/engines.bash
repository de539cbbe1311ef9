# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2015 # bats gives output; the last word of && || is meant
# engines.bash - podman and containerd in the guest, with an image that needs no registry.

# shellcheck source=tests/e2e/session.bash
. "$(dirname "${BASH_SOURCE[0]}")/session.bash"

image=localhost/busybox:latest

# the engines, with the runtime under test
pod() { podman --runtime "$CAISSON" --cgroup-manager cgroupfs "$@"; }
rootless() { as_u1 podman --runtime "$CAISSON" --cgroup-manager cgroupfs "$@"; }
contain() { ctr run --runtime io.containerd.runc.v2 --runc-binary "$CAISSON" "${unlimited[@]}" "$@"; }

# where a machine's own cgroup v2 has not all controllers (tests/vm/run --native), the engines shall
# not ask for the limits that nobody named
unlimited=()
controller cpu || unlimited=(--cpu-shares 0)
limits_unasked() {
	controller pids || {
		mkdir -p /etc/containers/containers.conf.d
		printf '[containers]\npids_limit = 0\n' >/etc/containers/containers.conf.d/no-pids.conf
	}
}

# rootless_life TEXT: a shell text of u1's that calls podman as "pod". One service of systemd's is
# its whole life, for such a service ends with all that is in it.
rootless_life() {
	as_u1 bash -c "
		cd ${home:-/home/u1}
		pod() { podman --runtime $CAISSON --cgroup-manager cgroupfs \"\$@\"; }
		one() { pod run --rm --network none \"\$@\"; }
		$1"
}

# pod_up OPTION...: a container of podman's that waits, named $id
pod_up() { pod run -d --name "$id" --network none "$@" "$image" sleep 1000 3>&-; }
pid_of() { pod inspect --format '{{.State.Pid}}' "$1"; }
group_of() { echo "/sys/fs/cgroup$(sed -n s/^0:://p "/proc/$1/cgroup")"; }

# engines_clean: what a test of podman's or of containerd's may have left named $id
engines_clean() {
	case $BATS_TEST_DESCRIPTION in
	podman*) podman rm -f -t 0 --depend "$id" ;;
	containerd*)
		ctr task kill -s KILL "$id" || :
		ctr task rm -f "$id" || :
		ctr container rm "$id" || :
		;;
	esac >/dev/null 2>&1 || :
}

# eventually COMMAND...: it succeeds within a while
eventually() {
	local tries=0
	until "$@"; do
		[ $((tries++)) -lt "${E2E_PATIENCE:-30}" ] || { echo "not within $tries s: $*"; return 1; }
		sleep 1
	done
}

# image_tar FILE: a root tree of a static busybox
image_tar() {
	local tree
	tree=$(mktemp -d)
	mkdir -p "$tree"/{bin,etc,tmp,home}
	cp /bin/busybox "$tree/bin/"
	busybox --list | grep -vx busybox | while read -r applet; do
		ln -s busybox "$tree/bin/$applet"
	done
	echo root:x:0:0::/root:/bin/sh >"$tree/etc/passwd"
	tar -C "$tree" --owner=0 --group=0 -cf "$1" .
	rm -r "$tree"
	chmod 644 "$1"
}

# image_import FOLDER: the image in podman's stores of root and u1; its tree is FOLDER/image.tar
image_import() {
	limits_unasked
	image_tar "$1/image.tar"
	podman import --quiet -c 'CMD ["/bin/sh"]' "$1/image.tar" "$image"
	as_u1 podman import --quiet -c 'CMD ["/bin/sh"]' - "$image" <"$1/image.tar"
}

# engines_up: once in a guest's life, the image in podman's stores of root and u1 and in
# containerd's, which is started with its CRI
engines_up() {
	local to=/run/e2e-engines
	in_guest
	[ ! -e "$to/up" ] || return 0
	mkdir -p "$to"
	image_import "$to"
	podman save --quiet --format oci-archive -o "$to/oci.tar" "$image"
	containerd_up "$to"
	ctr image import "$to/oci.tar"
	: >"$to/up"
}

# containerd_up FOLDER: it outlives the file of tests that needs it first
containerd_up() {
	mkdir -p /etc/containerd
	containerd_config >/etc/containerd/config.toml
	( # bats waits for whoever has a descriptor of its
		for fd in /proc/self/fd/*; do
			[ "${fd##*/}" -le 2 ] || eval "exec ${fd##*/}>&-"
		done
		exec setsid containerd
	) >>"$1/containerd.log" 2>&1 </dev/null &
	echo $! >"$1/containerd.pid"
	E2E_PATIENCE=120 eventually ctr version >/dev/null 2>&1
}

# containerd_config: with a handler of its CRI for the runtime and its peers
containerd_config() {
	local r
	cat <<-END
		version = 2
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "localhost/pause:latest"
		  $(controller cpu || printf '%s = true\n' disable_cgroup restrict_oom_score_adj)
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "/usr/lib/cni"
	END
	for r in $({ echo "$CAISSON" && type -P crun runc; } | sort -u); do
		cat <<-END
			[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${r##*/}]
			  runtime_type = "io.containerd.runc.v2"
			  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${r##*/}.options]
			    BinaryName = "$r"
		END
	done
}
