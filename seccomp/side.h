/* SPDX-License-Identifier: Apache-2.0 */
/* side.h - one of two things that answer to calls, a policy or a program, as cells.c sees it:
 * what it answers to one call, and by which test it would tell the calls of a cube apart. */
#pragma once
#include "seccomp/compile.h"
#include "seccomp/cube.h"
#include "seccomp/sim.h"

#define SIDE_FAR 64 /* numbers of arm's table above sc_last: half a dozen */

struct side {
	/* set by the caller: a policy with the answers of compile.h, or NULL for its actions;
	 * or a program that filter_check took */
	const struct policy *policy;
	const struct answers *answers;
	const struct filter *filter;
	/* by side_open: the policy's calls that have conditions */
	struct sc_set conds[ARCH_N];
	bool nrs_conds;
	uint32_t far[SIDE_FAR]; /* arm's */
	size_t far_n;
	/* by side_open_arch */
	const uint16_t *first; /* a policy's, by id: the first rule that has it; or NULL */
	struct policy bare;    /* the policy without its rules */
	const struct filter_span *spans;
	size_t spans_at;
};

/* The answer, and one that is as good. */
struct answer {
	uint32_t is, also;
};

/* A number below the table's last that is no call: the kernel answers ENOSYS there whatever a
 * filter says. */
bool call_is_hole(const struct seccomp_data *call);

void side_open(struct side *s);
void side_answer(const struct side *s, const struct seccomp_data *call, struct answer *out);

/* The same, for the numbers of one architecture up to sc_last, which are asked for one after
 * the other. False when other arguments may change it, as far as that is easily seen, and then
 * *out means nothing. Of a
 * program it is what filter_spans saw in it; opening asks the interpreter too, and a difference
 * is ERR_BUG. */
int side_open_arch(struct side *s, enum arch arch, struct arena *a, struct err *e) CHECK;
bool side_plain_answer(struct side *s, enum arch arch, uint32_t nr, struct answer *out);

/* ERR_BUG unless the program answers as the plain ones of its spans say, to the first and the
 * last number of each, without arguments and with all bits of them. */
int side_check_spans(const struct filter *f, uint32_t audit_arch,
		     const struct filter_span *spans, size_t n, struct err *e) CHECK;

/* TRUTH_YES: all calls of the cube get the same answer. TRUTH_OPEN: q->open tells some apart.
 * TRUTH_NO: the program does something with the words that this does not understand. */
enum truth side_is_settled(const struct side *s, struct asker *q);
