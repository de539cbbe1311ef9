# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2015 # bats gives output; the last word of && || is meant
# engines.bash - podman and containerd in the guest, with an image that needs no registry.

image=localhost/busybox:latest

# as_u1 COMMAND...: as the user u1, in a delegated cgroup of that user's systemd
as_u1() {
	local tries=0
	until [ -S /run/user/1000/bus ] || [ $((tries++)) -ge 120 ]; do sleep 0.5; done
	runuser -u u1 -- env -i HOME=/home/u1 USER=u1 PATH="$PATH" \
		XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus \
		systemd-run --user --quiet --wait --pipe -p Delegate=yes -- "$@"
}

# the engines, with the runtime under test
pod() { podman --runtime "$CAISSON" --cgroup-manager cgroupfs "$@"; }
rootless() { as_u1 podman --runtime "$CAISSON" --cgroup-manager cgroupfs "$@"; }
contain() { ctr run --runtime io.containerd.runc.v2 --runc-binary "$CAISSON" "$@"; }

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

# engines_up: once in a guest's life, the image in podman's stores of root and u1 and in
# containerd's, which is started with its CRI
engines_up() {
	local to=/run/e2e-engines
	command -v podman >/dev/null && [ -d /opt/tests ] || skip 'runs in the guest only'
	[ ! -e "$to/up" ] || return 0
	mkdir -p "$to"
	image_tar "$to/image.tar"
	podman import --quiet -c 'CMD ["/bin/sh"]' "$to/image.tar" "$image"
	as_u1 podman import --quiet -c 'CMD ["/bin/sh"]' - "$image" <"$to/image.tar"
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
