/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_help.h"

#include <criterion/criterion.h>

#define CAPS_ALL ((UINT64_C(1) << 41) - 1)

const struct host plan_root_host = {
	.in_init_user_ns = true,
	.privileged = true,
	.kernel = 6 << 16 | 1 << 8,
	.cgroup = { .v2 = true, .controllers = 0xff },
	.self_cgroup = "/system.slice/engine.service",
	.caps_known = CAPS_ALL,
	.caps_effective = CAPS_ALL,
};

const struct host plan_user_host = {
	.uid = 1000,
	.gid = 100,
	.in_init_user_ns = true,
	.kernel = 6 << 16 | 1 << 8,
	.cgroup = { .v2 = true, .controllers = 0xff },
	.self_cgroup = "/user.slice/session.scope",
	.caps_known = CAPS_ALL,
};

const struct plan_want plan_create = {
	.id = "one",
	.bundle = "/bundle",
	.cgroup_manager = "cgroupfs",
	.detach = true,
};

static const char *comma(const char *members)
{
	return members != NULL && members[0] != '\0' ? "," : "";
}

static const char *or_none(const char *members)
{
	return members != NULL ? members : "";
}

int plan_config(struct checked *c, const struct config *from, const struct host *h,
		const struct plan_want *w, struct plan *out, struct err *e)
{
	autoarena struct arena a = { 0 };
	const char *text =
		arena_printf(&a,
			     "{'ociVersion':'1.3.0','root':{'path':'rootfs'},"
			     "'process':{'cwd':'/','args':['sh']%s%s},'linux':{%s}%s%s}",
			     comma(from->process), or_none(from->process),
			     or_none(from->linux_), comma(from->top), or_none(from->top));

	check_text(c, text);
	cr_assert_eq(c->bad.n, 0, "%s: %s", text, c->bad.first->text);
	return plan_make(&c->a, &c->spec, h, w, out, e);
}
