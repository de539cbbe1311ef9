/* SPDX-License-Identifier: Apache-2.0 */
/* No machine of ours has resctrl: a directory with the files that the kernel would make stands
 * for it. What only the kernel does, it does not. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/str.h"
#include "run/life.h"
#include "run/resctrl.h"
#include "tests/unit/run_help.h"

/* A class as the kernel makes it. */
static void make_group(const struct scratch *s, const char *name, const char *schemata)
{
	autoarena struct arena a = { 0 };

	cr_assert_eq(mkdirat(s->fd, name, 0755), 0);
	cr_assert_eq(mkdirat(s->fd, arena_printf(&a, "%s/mon_groups", name), 0755), 0);
	scratch_put(s, arena_printf(&a, "%s/schemata", name), schemata);
	scratch_put(s, arena_printf(&a, "%s/tasks", name), "");
}

static bool is_there(const struct scratch *s, const char *name)
{
	return faccessat(s->fd, name, F_OK, 0) == 0;
}

static const char theirs[] = "    MB:0= 20;1=100\n    L3:0=000ff;1=fff00\nL3CODE:0=f\n";

/* What a plan asks for, and whether the class above is that. */
static const struct {
	const char *schemata;
	bool same;
} compares[] = {
	{ "L3:0=ff;1=fff00\n", true },
	{ "L3:0=00ff\n", true },
	{ "L3:1=FFF00\n", true },
	{ "L3:1=fff00;0=ff\nMB:0=20\n", true },
	{ "MB:1=100;0=020\n", true },
	{ "L3CODE:0=f\n", true },
	{ "L3:0=f\n", false },
	{ "L3:0=ff0\n", false },
	{ "L3:2=ff\n", false },
	{ "L3:0\n", false },
	{ "L3\n", false },
	{ "L2:0=ff\n", false },
	{ "MB:0=20;1=10\n", false },
	{ "L3:0=ff\nMB:0=2\n", false },
};

Test(resctrl, a_class_that_is_there_must_be_the_same)
{
	autoscratch struct scratch s = scratch_open();

	make_group(&s, "gold", theirs);
	for (size_t i = 0; i < COUNT(compares); i++) {
		const struct plan_rdt p = { .root = s.path,
					    .group = "gold",
					    .which = RDT_EITHER,
					    .schemata = compares[i].schemata };
		struct err e = { 0 };
		bool make = true;

		cr_expect_eq(resctrl_check(s.fd, &p, &make, &e) == 0, compares[i].same, "%s%s",
			     compares[i].schemata, e.text);
		cr_expect_not(make);
		cr_expect(compares[i].same ||
				  strstr(e.text, "in the class gold, which is there: "
						 "found another schema") != NULL,
			  "%s", e.text);
	}
}

static const struct {
	enum plan_rdt_group which;
	bool there;
	int result;
	bool make;
	const char *text;
} checks[] = {
	{ RDT_NEW, false, 0, true, "" },
	{ RDT_NEW, true, -1, false,
	  "linux.intelRdt: expected no class of the name one: found one" },
	{ RDT_THERE, false, -1, true,
	  "linux.intelRdt: expected the class one: found none\n"
	  "a closID without a schema names a class that is there already" },
	{ RDT_THERE, true, 0, false, "" },
	{ RDT_EITHER, false, 0, true, "" },
	{ RDT_EITHER, true, 0, false, "" },
};

Test(resctrl, a_class_is_made_where_it_may_be)
{
	for (size_t i = 0; i < COUNT(checks); i++) {
		autoscratch struct scratch s = scratch_open();
		const struct plan_rdt p = { .group = "one", .which = checks[i].which };
		struct err e = { 0 };
		bool make;

		if (checks[i].there)
			make_group(&s, "one", "");
		cr_expect_eq(resctrl_check(s.fd, &p, &make, &e), checks[i].result, "%s",
			     e.text);
		cr_expect_eq(make, checks[i].make, "case %zu", i);
		cr_expect_str_eq(e.text, checks[i].text);
	}
}

Test(resctrl, a_class_that_is_made_is_ours_even_if_it_is_refused_its_schema)
{
	autoscratch struct scratch s = scratch_open();
	const struct plan_rdt p = { .group = "one", .schemata = "L3:0=f\n" };
	struct err e = { 0 };
	bool made = false;

	cr_assert_eq(mkdirat(s.fd, "info", 0755), 0);
	scratch_put(&s, "info/last_cmd_status", "mask f has non-consecutive 1-bits\n");
	/* a plain directory has no file "schemata" in it */
	cr_expect_eq(resctrl_make(s.fd, &p, &made, &e), -1);
	cr_expect(made);
	cr_expect_str_eq(e.text, "linux.intelRdt: write one/schemata\n"
				 "the kernel says: mask f has non-consecutive 1-bits");
	e = (struct err){ 0 };
	cr_expect_eq(resctrl_make(s.fd, &p, &made, &e), -1);
	cr_expect_not(made);
}

Test(resctrl, a_process_joins_the_class_and_its_monitoring)
{
	autoscratch struct scratch s = scratch_open();
	const struct plan_rdt p = { .group = "one", .monitor = "one/mon_groups/c1" };
	struct err e = { 0 };
	bool made = false;
	char text[64];

	make_group(&s, "one", "");
	cr_assert_eq(resctrl_make_monitor(s.fd, &p, &made, &e), 0, "%s", e.text);
	cr_expect(made);
	scratch_put(&s, "one/mon_groups/c1/tasks", "");
	cr_assert_eq(resctrl_join(s.fd, &p, 123, &e), 0, "%s", e.text);
	peek_text(s.fd, "one/tasks", text, sizeof(text));
	cr_expect_str_eq(text, "123");
	peek_text(s.fd, "one/mon_groups/c1/tasks", text, sizeof(text));
	cr_expect_str_eq(text, "123");
}

Test(resctrl, another_schema_is_put_and_taken_back)
{
	autoscratch struct scratch s = scratch_open();
	autofree char *before = NULL;
	struct err e = { 0 };
	char text[64];

	make_group(&s, "one", "L3:0=ff\n");
	cr_assert_eq(resctrl_get(s.fd, "one", &before, &e), 0, "%s", e.text);
	cr_expect_str_eq(before, "L3:0=ff\n");
	cr_assert_eq(resctrl_put(s.fd, "one", "L3:0=0f\n", &e), 0, "%s", e.text);
	peek_text(s.fd, "one/schemata", text, sizeof(text));
	cr_expect_str_eq(text, "L3:0=0f");
}

/* A directory with files cannot be removed, but for the kernel's own: without them it can. */
Test(resctrl, a_group_that_others_are_in_stays)
{
	autoscratch struct scratch s = scratch_open();
	struct err e = { 0 };

	make_group(&s, "one", "");
	scratch_put(&s, "one/tasks", "10\n11\n");
	cr_expect_eq(resctrl_remove(s.fd, "one", 10, &e), 0, "%s", e.text);
	cr_expect(is_there(&s, "one/tasks"));
	scratch_put(&s, "one/tasks", "10\n");
	cr_expect_eq(resctrl_remove(s.fd, "one", 10, &e), -1);
	cr_expect_str_eq(e.text, "linux.intelRdt: remove the group one");
	e = (struct err){ 0 };
	cr_assert_eq(mkdirat(s.fd, "two", 0755), 0);
	cr_expect_eq(resctrl_remove(s.fd, "two", 10, &e), 0, "%s", e.text);
	cr_expect_not(is_there(&s, "two"));
	cr_expect_eq(resctrl_remove(s.fd, "two", 10, &e), 0, "%s", e.text);
}

Test(resctrl, another_file_system_is_none)
{
	autoscratch struct scratch s = scratch_open();
	struct err e = { 0 };

	cr_expect_eq(resctrl_open(s.path, &e), -1);
	cr_expect(strstr(e.text, "expected a resctrl file system on") != NULL, "%s", e.text);
}

/* delete must go on: unmounted, the file system has taken its groups along. */
Test(resctrl, groups_of_a_file_system_that_is_gone_are_gone)
{
	const struct state st = { .resctrl = "/nowhere/at/all",
				  .rdt_group = "one",
				  .rdt_made = true,
				  .rdt_monitor = "one/mon_groups/c1" };
	struct err e = { 0 };

	cr_expect_eq(life_end_resctrl(&st, &e), 0, "%s", e.text);
	cr_expect_eq(life_end_resctrl(&(struct state){ 0 }, &e), 0);
}
