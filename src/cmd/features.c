/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/features.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/capability.h>

#include "base/json.h"
#include "base/str.h"
#include "base/sys.h"
#include "cmd/cmd.h"
#include "plan/plan.h"
#include "seccomp/policy.h"
#include "spec/spec.h"
#include "spec/words.h"

static const char *const seccomp_actions[] = {
	"SCMP_ACT_ALLOW",       "SCMP_ACT_ERRNO",
	"SCMP_ACT_KILL",        "SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",      "SCMP_ACT_TRACE",
	"SCMP_ACT_TRAP",        NULL,
};

static const char *const seccomp_operators[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT",        "SCMP_CMP_LE",
	"SCMP_CMP_LT", "SCMP_CMP_NE", "SCMP_CMP_MASKED_EQ", NULL,
};

static const struct word seccomp_flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
	{ NULL, 0 },
};

static struct json *words(struct arena *a, const char *const *list, size_t n)
{
	struct json *array = json_array(a);

	for (size_t i = 0; i < n && list[i] != NULL; i++)
		json_add(array, json_string(a, list[i]));
	return array;
}

static struct json *mount_options(struct arena *a)
{
	struct json *array = json_array(a);

	for (size_t i = 0; plan_mount_option_name(i) != NULL; i++)
		json_add(array, json_string(a, plan_mount_option_name(i)));
	return array;
}

static struct json *enabled(struct arena *a, bool yes)
{
	struct json *o = json_object(a);

	json_set(o, "enabled", json_bool(a, yes));
	return o;
}

static struct json *capabilities(struct arena *a)
{
	struct json *array = json_array(a);

	for (cap_value_t i = 0; i < cap_max_bits(); i++) {
		char *name = cap_to_name(i);
		char *upper;

		if (name == NULL)
			continue;
		upper = arena_strdup(a, name);
		(void)cap_free(name);
		if (str_after(upper, "cap_") == NULL)
			continue; /* a number that this libcap has no name for */
		str_upper(upper);
		json_add(array, json_string(a, upper));
	}
	return array;
}

static struct json *cgroup(struct arena *a)
{
	struct json *o = json_object(a);
	json_set(o, "v1", json_bool(a, false));
	json_set(o, "v2", json_bool(a, true));
	json_set(o, "systemd", json_bool(a, WITH_SYSTEMD));
	json_set(o, "systemdUser", json_bool(a, WITH_SYSTEMD));
	json_set(o, "rdma", json_bool(a, true));
	return o;
}

/* A flag that the kernel knows gets as far as the missing program; one is for listeners only.
 */
static bool kernel_takes(uint64_t flag)
{
	if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
		flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, (unsigned)flag, NULL) == -EFAULT;
}

static struct json *names_of(struct arena *a, const struct word *w)
{
	struct json *array = json_array(a);

	for (; w->name != NULL; w++)
		json_add(array, json_string(a, w->name));
	return array;
}

static struct json *memory_policy(struct arena *a)
{
	struct json *o = json_object(a);

	json_set(o, "modes", names_of(a, words_memory_modes));
	json_set(o, "flags", names_of(a, words_memory_flags));
	return o;
}

static struct json *intel_rdt(struct arena *a)
{
	struct json *o = enabled(a, true);

	json_set(o, "schemata", json_bool(a, true));
	json_set(o, "monitoring", json_bool(a, true));
	return o;
}

static struct json *seccomp(struct arena *a)
{
	struct json *o = enabled(a, true);
	struct json *known = json_array(a), *supported = json_array(a);

	for (const struct word *w = seccomp_flags; w->name != NULL; w++) {
		json_add(known, json_string(a, w->name));
		if (kernel_takes(w->value))
			json_add(supported, json_string(a, w->name));
	}
	json_set(o, "actions", words(a, seccomp_actions, COUNT(seccomp_actions)));
	json_set(o, "operators", words(a, seccomp_operators, COUNT(seccomp_operators)));
	json_set(o, "archs", words(a, policy_archs, SIZE_MAX));
	json_set(o, "knownFlags", known);
	json_set(o, "supportedFlags", supported);
	return o;
}

static struct json *linux_part(struct arena *a)
{
	struct json *o = json_object(a), *extensions = json_object(a);

	json_set(o, "namespaces", words(a, spec_ns_names, NS_KINDS));
	json_set(o, "capabilities", capabilities(a));
	json_set(o, "cgroup", cgroup(a));
	json_set(o, "seccomp", seccomp(a));
	json_set(o, "apparmor", enabled(a, true));
	json_set(o, "selinux", enabled(a, true));
	json_set(o, "intelRdt", intel_rdt(a));
	json_set(o, "memoryPolicy", memory_policy(a));
	json_set(extensions, "idmap", enabled(a, true));
	json_set(o, "mountExtensions", extensions);
	json_set(o, "netDevices", enabled(a, true));
	return o;
}

/* What an engine's user could set to weaken a wall. */
static struct json *unsafe_annotations(struct arena *a)
{
	static const char *const keys[] = {
		"org.caisson.seccomp.policy", "org.criu.config",
		"org.systemd.property.",      "run.oci.keep_original_groups",
		"run.oci.mount_context_type", NULL
	};

	return words(a, keys, SIZE_MAX);
}

static struct json *annotations(struct arena *a)
{
	struct json *o = json_object(a);
	const char *limits = plan_watch_annotations[0];

	for (size_t i = 1; plan_watch_annotations[i] != NULL; i++)
		limits = arena_printf(a, "%s,%s", limits, plan_watch_annotations[i]);
	json_set(o, "org.caisson.commit", json_string(a, CAISSON_COMMIT));
	json_set(o, "org.caisson.limits", json_string(a, limits));
	json_set(o, plan_audit_annotation, json_string(a, "off,deny,exec"));
	json_set(o, "org.caisson.version", json_string(a, PACKAGE_VERSION));
	/* what callers look for, whoever the runtime is */
	json_set(o, "org.opencontainers.runc.checkpoint.enabled", json_string(a, "true"));
	return o;
}

struct json *features_json(struct arena *a)
{
	struct json *o = json_object(a);

	json_set(o, "ociVersionMin", json_string(a, "1.0.0"));
	json_set(o, "ociVersionMax", json_string(a, CMD_SPEC_VERSION));
	json_set(o, "hooks", words(a, spec_hook_names, HOOK_KINDS));
	json_set(o, "mountOptions", mount_options(a));
	json_set(o, "linux", linux_part(a));
	json_set(o, "annotations", annotations(a));
	json_set(o, "potentiallyUnsafeConfigAnnotations", unsafe_annotations(a));
	return o;
}

static int features_main(const struct call *c, struct err *e)
{
	(void)e;
	(void)puts(json_print(c->arena, features_json(c->arena), JSON_PRETTY, NULL));
	return 0;
}

static const struct opt options[] = { OPT_END };

const struct command cmd_features = {
	.name = "features",
	.args = "",
	.help = "print as JSON what this runtime can do",
	.options = options,
	.run = features_main,
};
