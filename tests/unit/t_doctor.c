/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "doctor/doctor_private.h"

TestSuite(doctor, .timeout = 120);

Test(doctor, each_probe_has_a_name_of_its_own_and_says_what_its_absence_means)
{
	for (const struct doctor_probe *p = doctor_probes; p->name != NULL; p++) {
		cr_expect(p->means[0] != '\0' && p->look != NULL, "%s", p->name);
		cr_expect(!str_ends(p->means, "."), "%s", p->name);
		for (const struct doctor_probe *q = p + 1; q->name != NULL; q++)
			cr_expect_str_neq(p->name, q->name);
	}
}

Test(doctor, each_controller_has_a_row)
{
	for (size_t i = 0; i < COUNT(cg_controller_names); i++) {
		const struct doctor_probe *p = doctor_probes;

		while (p->name != NULL && !str_eq(p->name, cg_controller_names[i]))
			p++;
		cr_expect(p->name != NULL && p->what == UINT64_C(1) << i, "%s",
			  cg_controller_names[i]);
	}
}

Test(doctor, the_first_finding_counts)
{
	struct doctor_finding f = { .state = DOCTOR_MISSING };

	found(&f, DOCTOR_OK, "%s", "one");
	found(&f, DOCTOR_MISSING, "%s", "two");
	remedy(&f, "%s", "a");
	remedy(&f, "%s", "b");
	cr_expect_eq(f.state, DOCTOR_OK);
	cr_expect_str_eq(f.found, "one");
	cr_expect_str_eq(f.remedy, "a");
}

Test(doctor, an_errno_is_missing_in_its_own_words)
{
	struct doctor_finding f = { 0 };

	found_errno(&f, -38, "clone3", "good");
	cr_expect_eq(f.state, DOCTOR_MISSING);
	cr_expect_str_eq(f.found, "clone3: function not implemented");
}

static void dies(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	(void)d;
	(void)what;
	found(f, DOCTOR_OK, "never said");
	_exit(3);
}

Test(doctor, a_probe_that_dies_is_missing)
{
	const struct doctor_probe p = { "x", "y", 0, true, 0, dies };
	const struct doctor d = { .privileged = true };
	struct doctor_finding f;

	doctor_look(&d, &p, &f);
	cr_expect_eq(f.state, DOCTOR_MISSING);
	cr_expect_str_eq(f.found, "the process that tried it gave no answer");
}

static void changes_things(const struct doctor *d, uint64_t what, struct doctor_finding *f)
{
	(void)d;
	(void)what;
	if (chdir("/proc") == 0)
		found(f, DOCTOR_LIMITED, "changed");
}

Test(doctor, what_a_probe_changes_is_gone_with_its_child)
{
	const struct doctor_probe p = { "x", "y", 0, true, 0, changes_things };
	const struct doctor d = { .privileged = true };
	char before[4096], after[4096];
	struct doctor_finding f;

	cr_assert_not_null(getcwd(before, sizeof(before)));
	doctor_look(&d, &p, &f);
	cr_assert_not_null(getcwd(after, sizeof(after)));
	cr_expect_eq(f.state, DOCTOR_LIMITED);
	cr_expect_str_eq(f.found, "changed");
	cr_expect_str_eq(before, after);
}

Test(doctor, what_is_needed_depends_on_who_asks)
{
	const struct doctor_probe p = { "x", "y", DOCTOR_USER, false, 0, dies };
	const struct doctor root = { .privileged = true }, user = { .privileged = false };

	cr_expect_not(doctor_needs(&root, &p));
	cr_expect(doctor_needs(&user, &p));
}
