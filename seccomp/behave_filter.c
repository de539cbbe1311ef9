/* SPDX-License-Identifier: Apache-2.0 */
/* The function that a program is, taken apart: by architecture, by number. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "seccomp/behave.h"

#define NRS_MAX   256 /* numbers without a name that have answers of their own */
#define SPANS_MAX 64

/* ---- by architecture ---- */

static const struct bdd_field arch_field = { BDD_ARCH, 32 }, nr_field = { BDD_NR, 32 },
			      ip_field = { BDD_IP, 64 };

static void note(struct behaviour *b, const char *text)
{
	if (b->notes_n < COUNT(b->notes) - 1)
		b->notes[b->notes_n++] = text;
}

static bdd known_archs(struct bdds *b)
{
	bdd known = BDD_FALSE;

	for (enum arch arch = 0; arch < ARCH_N; arch++)
		known = bdd_or(b, known, bdd_mask(b, arch_field, UINT32_MAX, arch_audit(arch)));
	return known;
}

/* Which architecture, of those that no table is there for, has answers of its own? */
static void look_elsewhere(struct behaviour *b, bdd whole, bdd nowhere)
{
	const bdd others = bdd_if(&b->bdds, known_archs(&b->bdds), nowhere, whole);
	const bdd usual = bdd_where(&b->bdds, others, BDD_NR, nowhere);
	struct bdd_span span;

	if (bdd_spans(&b->bdds, bdd_not(&b->bdds, usual), arch_field, &span, 1) != 0)
		note(b, arena_printf(b->arena,
				     "architecture %#" PRIx64 " and maybe others have rules of "
				     "their own, and no tables here",
				     span.lo));
}

static int choose_named(struct behaviour *b, const char *const *archs, struct err *e)
{
	for (size_t i = 0; archs[i] != NULL && b->targets_n < ARCH_N; i++) {
		const enum arch arch = arch_find(archs[i], strlen(archs[i]));

		if (arch == ARCH_N)
			return fail(e, ERR_POLICY,
				    "seccomp filter: architectures that have "
				    "tables: found %s",
				    archs[i]);
		b->targets[b->targets_n++] = arch;
	}
	return 0;
}

/* Those whose calls get other answers than those of an architecture that does not exist. A
 * program that asks for none is for the one that it runs on. */
static int choose_targets(struct behaviour *b, const char *const *archs, bdd whole,
			  struct err *e)
{
	const bdd nowhere = bdd_at(&b->bdds, whole, arch_field, 0);

	b->bad_arch = SECCOMP_RET_KILL_PROCESS;
	if (bdd_is_leaf(&b->bdds, nowhere))
		b->bad_arch = behave_answer(b, nowhere)->action;
	else
		note(b,
		     "the program answers calls of foreign architectures as if they were its "
		     "own; this policy kills who makes one");
	look_elsewhere(b, whole, nowhere);
	if (archs != NULL)
		return choose_named(b, archs, e);
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		if (bdd_at(&b->bdds, whole, arch_field, arch_audit(arch)) != nowhere)
			b->targets[b->targets_n++] = arch;
	if (b->targets_n > 0)
		return 0;
	b->bad_arch = SECCOMP_RET_KILL_PROCESS;
	b->targets[b->targets_n++] = arch_own() != ARCH_N ? arch_own() : ARCH_X86_64;
	return 0;
}

/* ---- numbers ---- */

/* Above all that can be a call there: x32's, or negative ones. */
static uint32_t first_never(enum arch arch)
{
	return arch == ARCH_X86_64 ? X32_BIT : 0x80000000u;
}

/* How many numbers? More than so many pieces count for nothing. */
static uint64_t size_of(const struct bdds *b, bdd numbers)
{
	struct bdd_span spans[SPANS_MAX];
	const int n = bdd_spans(b, numbers, nr_field, spans, SPANS_MAX);
	uint64_t size = 0;

	for (int i = 0; i < n; i++)
		size += spans[i].hi - spans[i].lo + 1;
	return size;
}

/* What most of the numbers above the table get: the answer to calls that do not exist yet. */
static bdd most_above(struct bdds *b, enum arch arch, bdd f)
{
	const bdd above = bdd_range(b, nr_field, sc_last(arch) + 1, first_never(arch) - 1);
	bdd found[SPANS_MAX], best = BDD_FALSE;
	const int n = bdd_left(b, bdd_if(b, above, f, BDD_FALSE), BDD_ARGS, found, SPANS_MAX);
	uint64_t most = 0;

	for (int i = 0; i < n; i++) {
		const bdd numbers = bdd_and(b, above, bdd_where(b, f, BDD_ARGS, found[i]));
		const uint64_t size = found[i] == BDD_FALSE ? 0 : size_of(b, numbers);

		if (size > most) {
			most = size;
			best = found[i];
		}
	}
	return best;
}

static int set_unknown(struct behaviour *b, enum arch arch, bdd f, struct err *e)
{
	const bdd found = most_above(&b->bdds, arch, f);

	if (found == BDD_FALSE || !bdd_is_leaf(&b->bdds, found))
		return fail(e, ERR_POLICY,
			    "seccomp filter: one answer to the calls of %s that do not exist "
			    "yet: it looks at their arguments",
			    arch_name(arch));
	if (b->unknown != BDD_FALSE && b->unknown != found) {
		(void)fail(e, ERR_POLICY,
			   "seccomp filter: one answer to calls that do not exist yet: that of "
			   "%s differs from that of %s",
			   arch_name(arch), arch_name(b->targets[0]));
		return hint(e, "--arch=%s, and each of the others", arch_name(arch));
	}
	b->unknown = found;
	return 0;
}

static int add_numbers(struct behaviour *b, enum arch arch, bdd f, const struct bdd_span *span,
		       struct err *e)
{
	for (uint64_t nr = span->lo; nr <= span->hi; nr++) {
		if (b->nrs_n == NRS_MAX)
			return fail(e, ERR_POLICY,
				    "seccomp filter: answers to named calls: numbers %" PRIu64
				    " to %" PRIu64 " of %s, which no call has, get some too",
				    span->lo, span->hi, arch_name(arch));
		b->nrs[b->nrs_n++] = (struct behave_nr){ arch, (uint32_t)nr,
							 bdd_at(&b->bdds, f, nr_field, nr) };
	}
	return 0;
}

/* Numbers above the table that get another answer than the rest. */
static int find_numbers(struct behaviour *b, enum arch arch, bdd f, struct err *e)
{
	struct bdds *d = &b->bdds;
	bdd odd = bdd_not(d, bdd_where(d, f, BDD_ARGS, b->unknown));
	struct bdd_span spans[SPANS_MAX];
	int n;

	odd = bdd_and(d, odd, bdd_range(d, nr_field, sc_last(arch) + 1, first_never(arch) - 1));
	for (int id = 0; id < SC_N; id++)
		if (sc_number(id, arch) > (int)sc_last(arch))
			odd = bdd_and(d, odd,
				      bdd_not(d, bdd_mask(d, nr_field, UINT32_MAX,
							  (uint64_t)sc_number(id, arch))));
	n = bdd_spans(d, odd, nr_field, spans, SPANS_MAX);
	for (int i = 0; i < n; i++)
		if (add_numbers(b, arch, f, &spans[i], e) < 0)
			return -1;
	return n >= 0 ? 0
		      : fail(e, ERR_POLICY,
			     "seccomp filter: answers to named calls: numbers of %s that no "
			     "call "
			     "has get some too",
			     arch_name(arch));
}

static void look_at_x32(struct behaviour *b, bdd f)
{
	struct bdds *d = &b->bdds;
	const bdd nosys =
		behave_leaf(b, &(struct fallback){ .action = SECCOMP_RET_ERRNO | ENOSYS });
	const bdd x32 = bdd_range(d, nr_field, X32_BIT, 0x7fffffff);
	const bdd odd = bdd_and(d, x32, bdd_not(d, bdd_where(d, f, BDD_ARGS, nosys)));

	if (odd != BDD_FALSE)
		note(b,
		     "calls of x32 get other answers from the program than ENOSYS, which they "
		     "get here");
}

/* No kernel has a call there; only a tracer makes one. */
static void look_below_zero(struct behaviour *b, enum arch arch, bdd f)
{
	struct bdds *d = &b->bdds;
	const bdd negative = bdd_range(d, nr_field, first_never(arch), UINT32_MAX);

	if (bdd_and(d, negative, bdd_not(d, bdd_where(d, f, BDD_ARGS, b->unknown))) !=
	    BDD_FALSE)
		note(b, arena_printf(b->arena,
				     "negative numbers of %s get other answers from the "
				     "program than unknown ones, whose they get here",
				     arch_name(arch)));
}

static int read_arch(struct behaviour *b, enum arch arch, bdd whole, struct err *e)
{
	bdd f = bdd_at(&b->bdds, whole, arch_field, arch_audit(arch));

	if (!arch_is_64(arch))
		f = behave_cut(&b->bdds, f);
	for (int id = 0; id < SC_N; id++)
		if (sc_number(id, arch) >= 0)
			b->calls[arch][id] =
				bdd_at(&b->bdds, f, nr_field, (uint64_t)sc_number(id, arch));
	if (arch == ARCH_X86_64)
		look_at_x32(b, f);
	if (set_unknown(b, arch, f, e) < 0)
		return -1;
	if (arch != ARCH_X86_64)
		look_below_zero(b, arch, f);
	return find_numbers(b, arch, f, e);
}

/* ---- what the rest of the calls get ---- */

/* The refusal that most calls get. A program that permits what it does not know is a list of
 * what is refused. */
static void choose_normal(struct behaviour *b)
{
	size_t *n = arena_array(b->arena, b->answers_n, sizeof(*n)), most = 0;

	b->normal = b->unknown;
	if (action_permits(behave_answer(b, b->unknown)->action, POLICY_AUDIT_NONE))
		return;
	for (size_t i = 0; i < b->targets_n; i++)
		for (int id = 0; id < SC_N; id++) {
			const bdd f = b->calls[b->targets[i]][id];

			if (f == BDD_FALSE || !bdd_is_leaf(&b->bdds, f) ||
			    action_permits(behave_answer(b, f)->action, POLICY_AUDIT_NONE))
				continue;
			if (++n[b->bdds.v[f].no] > most) {
				most = n[b->bdds.v[f].no];
				b->normal = f;
			}
		}
}

/* How many calls need no rule if this were the kernel? */
static size_t fitting(const struct behaviour *b, uint16_t kernel)
{
	size_t n = 0;

	for (size_t i = 0; i < b->targets_n; i++)
		for (int id = 0; id < SC_N; id++) {
			const enum arch arch = b->targets[i];
			const bool is_new = sc_since(id, arch) > kernel;

			n += b->calls[arch][id] == (is_new ? b->unknown : b->normal);
		}
	return n;
}

static void choose_kernel(struct behaviour *b)
{
	uint16_t best = sc_tables_kernel();
	size_t most = fitting(b, best);

	for (int id = 0; id < SC_N && b->unknown != b->normal; id++) {
		const uint16_t kernel = sc_since(id, b->targets[0]);
		size_t n;

		if (sc_number(id, b->targets[0]) < 0 || kernel == 0)
			continue;
		n = fitting(b, kernel);
		if (n > most || (n == most && kernel > best)) {
			most = n;
			best = kernel;
		}
	}
	for (enum arch arch = 0; arch < ARCH_N; arch++)
		b->kernel[arch] = best;
}

int behave_filter(struct arena *a, const struct filter *f, const char *const *archs,
		  struct behaviour *out, struct err *e)
{
	bdd whole;

	if (filter_check(f, e) < 0)
		return -1;
	behave_open(a, NULL, out);
	out->nrs = arena_array(a, NRS_MAX, sizeof(*out->nrs));
	if (behave_run(out, f, &whole, e) < 0)
		return -1;
	if (bdd_looks(&out->bdds, whole, ip_field) != 0)
		return fail(e, ERR_POLICY,
			    "seccomp filter: comparisons of the call's words with constants: "
			    "it "
			    "asks where the call came from, its instruction pointer");
	if (choose_targets(out, archs, whole, e) < 0)
		return -1;
	for (size_t i = 0; i < out->targets_n; i++)
		if (read_arch(out, out->targets[i], whole, e) < 0)
			return -1;
	if (behave_check(out, e) < 0)
		return -1;
	choose_normal(out);
	choose_kernel(out);
	return 0;
}
