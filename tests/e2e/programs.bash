# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# programs.bash - what a guest needs of a build: the runtime and the programs that it starts.

# programs_to FOLDER: $CAISSON, and those beside it that this build has
programs_to() {
	local beside
	mkdir -p "$1"
	install -m 755 "$CAISSON" "$1/" || return
	for beside in audit policy libseccomp net systemd watch; do
		beside=${CAISSON%/*}/caisson-$beside
		[ ! -x "$beside" ] || install -m 755 "$beside" "$1/"
	done
}
