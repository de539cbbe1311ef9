#!/bin/sh
# Makes ./configure from a git checkout.
set -e
cd "$(dirname "$0")"
for tool in autoconf automake pkg-config; do
	command -v "$tool" >/dev/null || {
		echo "autogen.sh: $tool is missing (Debian, Fedora: the package $tool)" >&2
		exit 1
	}
done
mkdir -p build-aux
exec autoreconf --force --install --warnings=all,no-portability "$@"
