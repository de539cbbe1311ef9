/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_compile.c - any policy that resolve.c could make compiles to a program that is proved,
 * that answers drawn calls as the policy does, and whose every way is gone by a witness. */
#include <stdlib.h>

#include "seccomp/verify.h"
#include "tests/unit/made.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES 1024
#define CALLS 200

static void compare_calls(struct made_random *r, const struct policy *p, const struct filter *f)
{
	for (size_t i = 0; i < CALLS; i++) {
		struct policy_decision d;
		struct seccomp_data call;
		uint32_t is;

		made_call(r, p, &call);
		policy_decide(p, &call, &d);
		is = filter_run(f, &call, NULL, NULL);
		if (is != d.action && is != d.also)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena a = { 0 };
	struct made_bytes b = { data, size < BYTES ? size : BYTES };
	const struct policy *p = made_policy(&a, &b);
	const struct answers *an = made_answers(&a, p);
	struct made_random r = { 0x9e3779b97f4a7c15 };
	struct filter f = { 0 };
	struct verified v;
	struct made_walk w;
	struct err e = { 0 };

	if (compile_program(&a, p, an, NULL, &f, &e) < 0) {
		if (e.kind != ERR_POLICY || e.text[0] == '\0')
			abort();
		return 0;
	}
	if (filter_check(&f, &e) < 0 || verify_program(&a, p, an, &f, &v, &e) < 0 ||
	    compile_check_cacheable(p, an, &f, &e) < 0)
		abort();
	compare_calls(&r, p, &f);
	made_walk(&a, p, &f, &w);
	if (w.differs || (w.missed > 0 && !w.tests_bits && !v.pairwise))
		abort();
	return 0;
}
