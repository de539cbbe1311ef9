# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154
# cri.bash - the kubelet's part: calls of containerd's CRI, as gRPC by curl and protoc, with a pause
# image and a bridge of CNI's.

cri_socket=/run/containerd/containerd.sock
pause_image=localhost/pause:latest

# cri METHOD [TEXT]: one call; request and answer are messages in protobuf's text form. A refusal
# goes to stderr, its gRPC code is the status.
cri() {
	local w status=0 said
	w=$(mktemp -d)
	printf '%s' "${2-}" | protoc_of --encode "$1Request" >"$w/message" || return
	# a gRPC frame: a byte that says "not compressed", the length in four, the message
	printf '%b' "\\0$(printf '%08x' "$(stat -c %s "$w/message")" | sed 's/../\\x&/g')" >"$w/frame"
	cat "$w/message" >>"$w/frame"
	curl --silent --show-error --http2-prior-knowledge --unix-socket "$cri_socket" \
		-H 'content-type: application/grpc' -H 'te: trailers' --data-binary "@$w/frame" \
		-D "$w/headers" -o "$w/answer" "http://localhost/runtime.v1.RuntimeService/$1" || return
	said=$(tr -d '\r' <"$w/headers")
	status=$(sed -n 's/^grpc-status: //p' <<<"$said")
	if [ "$status" = 0 ]; then
		tail -c +6 "$w/answer" | protoc_of --decode "$1Response"
	else
		sed -n 's/^grpc-message: //p' <<<"$said" >&2
	fi
	rm -r "$w"
	return "${status:-99}"
}

protoc_of() { protoc --proto_path "$BATS_TEST_DIRNAME" "$1" "runtime.v1.$2" cri.proto; }

# value NAME: a string or a number of an answer's text
value() { sed -n "s/^ *$1: \"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" | head -n 1; }

# cri_up: once: the network, the image and the pause image in Kubernetes' namespace of containerd
cri_up() {
	local to=/run/e2e-engines
	[ ! -e "$to/cri" ] || return 0
	network_config
	ctr -n k8s.io image import "$to/oci.tar"
	pause_tar "$to"
	ctr -n k8s.io image import "$to/pause.tar"
	: >"$to/cri"
}

# pause_tar FOLDER: an image of one program that waits
pause_tar() {
	mkdir -p "$1/pause"
	cp /usr/bin/catatonit "$1/pause/pause"
	tar -C "$1/pause" -c . | podman import --quiet -c 'ENTRYPOINT ["/pause", "-P"]' - "$pause_image"
	podman save --quiet --format oci-archive -o "$1/pause.tar" "$pause_image"
}

# network_config: a bridge, with the plugins of Debian's package
network_config() {
	mkdir -p /etc/cni/net.d
	jq -n '{cniVersion: "0.4.0", name: "e2e", plugins: [{type: "bridge", bridge: "cni0", isGateway: true,
		ipam: {type: "host-local", ranges: [[{subnet: "10.88.77.0/24"}]], routes: [{dst: "0.0.0.0/0"}]}}]}' \
		>/etc/cni/net.d/10-e2e.conflist
}

# containerd_again: a new daemon; the shims and their containers stay
containerd_again() {
	local to=/run/e2e-engines tries=0
	kill "$(<"$to/containerd.pid")"
	while kill -0 "$(<"$to/containerd.pid")" 2>/dev/null && [ $((tries++)) -lt 300 ]; do sleep 0.2; done
	containerd_up "$to"
	eventually cri Status >/dev/null
}
