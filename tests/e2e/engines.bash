# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
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

# image_import FOLDER: into podman's root and u1's stores and containerd's, which is started
image_import() {
	image_tar "$1/image.tar"
	podman import --quiet -c 'CMD ["/bin/sh"]' "$1/image.tar" "$image"
	as_u1 podman import --quiet -c 'CMD ["/bin/sh"]' - "$image" <"$1/image.tar"
	podman save --quiet --format oci-archive -o "$1/oci.tar" "$image"
	containerd_start "$1/containerd.log"
	ctr image import "$1/oci.tar"
}

containerd_start() {
	local tries=0
	containerd >"$1" 2>&1 3>&- &
	until ctr version >/dev/null 2>&1 || [ $((tries++)) -ge 120 ]; do sleep 0.5; done
}
