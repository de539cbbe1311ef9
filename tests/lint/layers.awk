# SPDX-License-Identifier: Apache-2.0
# layers.awk - who may include whom: awk -f tests/lint/layers.awk FILES. ARCHITECTURE.md, "Layers".
BEGIN {
	may["base"]     = "base"
	may["cgroups"]  = "base cgroups"
	may["seccomp"]  = "base seccomp"
	may["systemd"]  = "base systemd"
	may["spec"]     = "base spec"
	may["state"]    = "base state"
	may["audit"]    = "base audit"
	may["net"]      = "base net"
	may["access"]   = "base spec access"
	may["sandbox"]  = "base spec state sandbox"
	may["plan"]     = "base spec plan cgroups/cg.h seccomp/policy.h systemd/unit.h"
	may["watch"]    = "base state audit net watch cgroups/cg.h seccomp/policy.h"
	may["run"]      = "base plan net run state audit watch cgroups/cg.h seccomp/policy.h systemd/unit.h"
	may["doctor"]   = "base plan run doctor cgroups/cg.h"
	may["cmd"]      = "base spec plan net run state audit watch sandbox access doctor cmd cgroups/cg.h seccomp/policy.h systemd/unit.h"
}
function layer(path) {
	sub(/^(.*\/)?src\//, "", path)
	sub(/^.*\/(cgroups|seccomp|systemd)\//, "&", path)
	sub(/\/.*/, "", path)
	return path
}
function complain(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what
	bad = 1
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	to = $0
	sub(/^[^"]*"/, "", to)
	sub(/".*/, "", to)
	if (to !~ /^[a-z]+\/[a-z_0-9]+\.h$/ && to !~ /^seccomp\/syscalls\/[a-z]+\.(h|inc)$/ &&
	    to !~ /^audit\/[a-z]+\.def$/) {
		complain("\"" to "\": an include of our own is \"folder/file.h\"")
		next
	}
	from = layer(FILENAME)
	folder = to
	sub(/\/.*/, "", folder)
	if (index(" " may[from] " ", " " folder " ") || index(" " may[from] " ", " " to " "))
		next
	complain(from " may not include " to)
}
/(^|[^a-z_])syscall[ \t]*\(/ && FILENAME !~ /base\/sys\.c$/ && $0 !~ /^[ \t]*(\/\*|\*|\/\/)/ {
	complain("syscall(2) is named only in base/sys.c")
}
END { exit bad }
