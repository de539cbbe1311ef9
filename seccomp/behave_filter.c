/* SPDX-License-Identifier: Apache-2.0 */
/* A program run with all calls at once: what a branch asks becomes a function of the call's
 * bits, and so does what comes out. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "seccomp/behave.h"
#include "seccomp/cube.h"

#define STEPS_MAX  (1u << 22) /* instructions, each followed once for each accumulator */
#define MEMO_N     (1u << 14)
#define ERRNO_MOST 4095 /* the kernel's MAX_ERRNO */
#define NRS_MAX    256  /* numbers without a name that have answers of their own */
#define SPANS_MAX  64

/* What a register holds: a constant, a word of the call under a mask, or something else. */
struct held {
	enum {
		HELD_CONST,
		HELD_WORD,
		HELD_OTHER
	} kind;
	uint32_t word;
	uint32_t bits; /* the constant, or the mask */
};

struct machine {
	struct held a, x, m[BPF_MEMWORDS];
	bool plain; /* x and m are as at the start */
};

/* The function from an instruction on. */
struct memo {
	uint32_t pc; /* plus one; 0: free */
	struct held a;
	bdd f;
};

struct walk {
	struct behaviour *b;
	const struct filter *filter;
	struct memo *memo;
	size_t steps;
	const char *refused; /* what it does that has no words */
};

static bdd refuse(struct walk *w, const char *what)
{
	if (w->refused == NULL)
		w->refused = what;
	return BDD_FALSE;
}

/* ---- what is asked ---- */

static struct bdd_field field_of(uint32_t word)
{
	const uint32_t arg = (word - (uint32_t)CUBE_ARGS) / 2;

	if (word == CUBE_NR)
		return (struct bdd_field){ BDD_NR, 32 };
	if (word == CUBE_ARCH)
		return (struct bdd_field){ BDD_ARCH, 32 };
	return (struct bdd_field){ BDD_ARGS + BDD_WIDE * arg + (word == word_low(arg) ? 32 : 0),
				   32 };
}

static bdd ask_const(uint16_t op, uint32_t v, uint32_t k)
{
	const bool is = op == BPF_JEQ   ? v == k
			: op == BPF_JGE ? v >= k
			: op == BPF_JGT ? v > k
					: (v & k) != 0;

	return is ? BDD_TRUE : BDD_FALSE;
}

static bdd ask_word(struct walk *w, uint16_t op, const struct held *v, uint32_t k)
{
	struct bdds *b = &w->b->bdds;
	const struct bdd_field x = field_of(v->word);

	if (v->word > CUBE_ARCH && v->word < CUBE_ARGS)
		return refuse(w, "asks where the call came from, its instruction pointer");
	switch (op) {
	case BPF_JEQ:
		return bdd_mask(b, x, v->bits, k);
	case BPF_JGE:
		return bdd_masked_ge(b, x, v->bits, k);
	case BPF_JGT:
		return k == UINT32_MAX ? BDD_FALSE : bdd_masked_ge(b, x, v->bits, k + 1);
	default: /* BPF_JSET */
		return bdd_not(b, bdd_mask(b, x, v->bits & k, 0));
	}
}

static bdd ask(struct walk *w, const struct machine *m, const struct sock_filter *in)
{
	uint32_t k = in->k;

	if (in->jt == in->jf)
		return BDD_TRUE;
	if (BPF_SRC(in->code) == BPF_X) {
		if (m->x.kind != HELD_CONST)
			return refuse(w, "compares two words of a call with each other");
		k = m->x.bits;
	}
	if (m->a.kind == HELD_OTHER)
		return refuse(w, "computes with the words of a call");
	return m->a.kind == HELD_CONST ? ask_const(BPF_OP(in->code), m->a.bits, k)
				       : ask_word(w, BPF_OP(in->code), &m->a, k);
}

/* ---- instructions that neither jump nor return ---- */

static uint32_t compute(uint16_t op, uint32_t a, uint32_t k)
{
	switch (op) {
	case BPF_ADD:
		return a + k;
	case BPF_SUB:
		return a - k;
	case BPF_MUL:
		return a * k;
	case BPF_DIV:
		return k != 0 ? a / k : 0;
	case BPF_AND:
		return a & k;
	case BPF_OR:
		return a | k;
	case BPF_XOR:
		return a ^ k;
	case BPF_LSH:
		return k < 32 ? a << k : 0;
	case BPF_RSH:
		return k < 32 ? a >> k : 0;
	case BPF_NEG:
		return -a;
	default:
		return 0;
	}
}

static struct held after_alu(const struct machine *m, const struct sock_filter *in)
{
	const struct held by =
		BPF_SRC(in->code) == BPF_X ? m->x : (struct held){ HELD_CONST, 0, in->k };
	const uint16_t op = BPF_OP(in->code);

	if (m->a.kind == HELD_CONST && by.kind == HELD_CONST)
		return (struct held){ HELD_CONST, 0, compute(op, m->a.bits, by.bits) };
	if (m->a.kind == HELD_CONST && op == BPF_NEG)
		return (struct held){ HELD_CONST, 0, -m->a.bits };
	if (m->a.kind == HELD_WORD && by.kind == HELD_CONST && op == BPF_AND) {
		if ((m->a.bits & by.bits) == 0)
			return (struct held){ HELD_CONST, 0, 0 };
		return (struct held){ HELD_WORD, m->a.word, m->a.bits & by.bits };
	}
	return (struct held){ HELD_OTHER, 0, 0 };
}

static struct held loaded(const struct machine *m, const struct sock_filter *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return (struct held){ HELD_WORD, in->k / 4, UINT32_MAX };
	case BPF_IMM:
		return (struct held){ HELD_CONST, 0, in->k };
	case BPF_LEN:
		return (struct held){ HELD_CONST, 0, sizeof(struct seccomp_data) };
	case BPF_MEM:
		return m->m[in->k % BPF_MEMWORDS];
	default:
		return (struct held){ HELD_OTHER, 0, 0 };
	}
}

static void execute(struct machine *m, const struct sock_filter *in)
{
	const uint16_t class = BPF_CLASS(in->code);

	if (class == BPF_LD) {
		m->a = loaded(m, in);
		return;
	}
	if (class == BPF_ALU) {
		m->a = after_alu(m, in);
		return;
	}
	if (class == BPF_MISC && BPF_MISCOP(in->code) == BPF_TXA) {
		m->a = m->x;
		return;
	}
	m->plain = false;
	if (class == BPF_LDX)
		m->x = loaded(m, in);
	else if (class == BPF_MISC)
		m->x = m->a;
	else
		m->m[in->k % BPF_MEMWORDS] = class == BPF_ST ? m->a : m->x;
}

/* ---- the whole program ---- */

/* As the kernel takes it: data where it has a meaning, unknown actions kill. */
static uint32_t clean(uint32_t ret)
{
	const uint32_t data = ret & SECCOMP_RET_DATA;

	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return SECCOMP_RET_ERRNO | (data < ERRNO_MOST ? data : ERRNO_MOST);
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		return ret;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_KILL_PROCESS:
		return ret & SECCOMP_RET_ACTION_FULL;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

static bdd returned(struct walk *w, const struct machine *m, const struct sock_filter *in)
{
	const struct held v =
		BPF_RVAL(in->code) == BPF_K ? (struct held){ HELD_CONST, 0, in->k } : m->a;

	if (v.kind != HELD_CONST)
		return refuse(w, "returns a word of the call");
	return behave_leaf(w->b, &(struct fallback){ .action = clean(v.bits) });
}

static struct memo *memo_slot(const struct walk *w, uint32_t pc, const struct held *a)
{
	const uint32_t mixed =
		(pc * 2654435761u) ^ (a->bits * 2246822519u) ^ (a->word * 3266489917u);

	return &w->memo[(mixed >> 12 ^ mixed) & (MEMO_N - 1)];
}

static bool is_memo(const struct memo *memo, uint32_t pc, const struct held *a)
{
	return memo->pc == pc + 1 && memo->a.kind == a->kind && memo->a.word == a->word &&
	       memo->a.bits == a->bits;
}

static bdd run(struct walk *w, uint32_t pc, const struct machine *start);

static bdd run_from(struct walk *w, uint32_t pc, const struct machine *m)
{
	bdd f;

	if (!m->plain)
		return run(w, pc, m);
	if (is_memo(memo_slot(w, pc, &m->a), pc, &m->a))
		return memo_slot(w, pc, &m->a)->f;
	f = run(w, pc, m);
	*memo_slot(w, pc, &m->a) = (struct memo){ pc + 1, m->a, f };
	return f;
}

/* Recursion ends: each level is a later instruction. */
static bdd run(struct walk *w, uint32_t pc, const struct machine *start)
{
	struct machine m = *start;

	for (;; pc++) {
		const struct sock_filter *in = &w->filter->insns[pc];
		bdd is, yes, no;

		if (++w->steps > STEPS_MAX || w->b->bdds.over)
			return refuse(w, "takes more steps to follow than anybody would");
		if (BPF_CLASS(in->code) == BPF_RET)
			return returned(w, &m, in);
		if (BPF_CLASS(in->code) != BPF_JMP) {
			execute(&m, in);
			continue;
		}
		if (BPF_OP(in->code) == BPF_JA) {
			pc += in->k;
			continue;
		}
		is = ask(w, &m, in);
		if (w->refused != NULL)
			return BDD_FALSE;
		if (is <= BDD_TRUE) {
			pc += is == BDD_TRUE ? in->jt : in->jf;
			continue;
		}
		yes = run_from(w, pc + 1 + in->jt, &m);
		no = run_from(w, pc + 1 + in->jf, &m);
		return bdd_if(&w->b->bdds, is, yes, no);
	}
}

/* ---- by architecture ---- */

static const struct bdd_field arch_field = { BDD_ARCH, 32 }, nr_field = { BDD_NR, 32 };

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
				     "their own: they have no tables here and were left out",
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

/* The answer to calls that do not exist yet. */
static int set_unknown(struct behaviour *b, enum arch arch, bdd f, struct err *e)
{
	const bdd found = bdd_at(&b->bdds, f, nr_field, first_never(arch) - 1);

	if (!bdd_is_leaf(&b->bdds, found))
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
	return set_unknown(b, arch, f, e) < 0 ? -1 : find_numbers(b, arch, f, e);
}

/* ---- what the rest of the calls get ---- */

static bool is_permitting(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return true;
	default:
		return false;
	}
}

/* The refusal that most calls get. A program that permits what it does not know is a list of
 * what is refused. */
static void choose_normal(struct behaviour *b)
{
	size_t *n = arena_array(b->arena, b->answers_n, sizeof(*n)), most = 0;

	b->normal = b->unknown;
	if (is_permitting(behave_answer(b, b->unknown)->action))
		return;
	for (size_t i = 0; i < b->targets_n; i++)
		for (int id = 0; id < SC_N; id++) {
			const bdd f = b->calls[b->targets[i]][id];

			if (f == BDD_FALSE || !bdd_is_leaf(&b->bdds, f) ||
			    is_permitting(behave_answer(b, f)->action))
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
	struct walk w = { .b = out,
			  .filter = f,
			  .memo = arena_array(a, MEMO_N, sizeof(*w.memo)) };
	bdd whole;

	if (filter_check(f, e) < 0)
		return -1;
	*out = (struct behaviour){ .arena = a };
	bdds_init(&out->bdds, a);
	out->nrs = arena_array(a, NRS_MAX, sizeof(*out->nrs));
	whole = run(&w, 0, &(struct machine){ .plain = true });
	if (w.refused != NULL)
		return fail(e, ERR_POLICY,
			    "seccomp filter: comparisons of the call's words with constants: "
			    "it "
			    "%s",
			    w.refused);
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
