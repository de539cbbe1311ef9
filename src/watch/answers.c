/* SPDX-License-Identifier: Apache-2.0 */
/* answers.c - what is answered to the calls that the filter hands on, as bytes: the file
 * `verdicts' beside the state, written by create for whoever watches. */
#include <errno.h>
#include <string.h>

#include "watch/calls.h"
#include "watch/watch.h"

#define MAGIC 0x31564143u /* "CAV1" */

/* Then come the instructions, the rows, and their texts, each with its NUL. */
struct head {
	uint32_t magic, insns_n, rows_n, text_len;
};

struct row {
	uint32_t line, column;
	uint32_t file, reason; /* where the text begins, from 1; 0: none */
	uint16_t err;
	uint16_t allow;
};

_Static_assert(sizeof(struct head) % 8 == 0 && sizeof(struct sock_filter) == 8 &&
		       sizeof(struct row) % 4 == 0,
	       "each part is aligned where it stands");

struct texts {
	char *at;
	size_t n;
};

static size_t room_for(const char *s)
{
	return s != NULL ? strlen(s) + 1 : 0;
}

/* Rows of one file share its name. */
static uint32_t add_text(struct texts *t, const char *s, const char *last, uint32_t last_at)
{
	uint32_t at = (uint32_t)t->n + 1;

	if (s == NULL)
		return 0;
	if (s == last)
		return last_at;
	memcpy(t->at + t->n, s, strlen(s) + 1);
	t->n += strlen(s) + 1;
	return at;
}

const void *answers_bytes(struct arena *a, const struct answers *w, size_t *len)
{
	const size_t insns = w->verdicts.n * sizeof(struct sock_filter);
	size_t size = sizeof(struct head) + insns + w->rows_n * sizeof(struct row);
	struct texts t = { 0 };
	struct head *head;
	struct row *rows;
	char *bytes;

	for (size_t i = 0; i < w->rows_n; i++)
		size += room_for(w->rows[i].at.file) + room_for(w->rows[i].reason);
	bytes = arena_alloc(a, size);
	head = (struct head *)(void *)bytes;
	memcpy(bytes + sizeof(*head), w->verdicts.insns, insns);
	rows = (struct row *)(void *)(bytes + sizeof(*head) + insns);
	t.at = (char *)(rows + w->rows_n);
	for (size_t i = 0; i < w->rows_n; i++) {
		const struct policy_verdict *v = &w->rows[i];
		const char *last = i > 0 ? w->rows[i - 1].at.file : NULL;

		rows[i] = (struct row){ .line = v->at.line,
					.column = v->at.column,
					.err = v->err,
					.allow = v->allow };
		rows[i].file = add_text(&t, v->at.file, last, i > 0 ? rows[i - 1].file : 0);
		rows[i].reason = add_text(&t, v->reason, NULL, 0);
	}
	*head = (struct head){ MAGIC, w->verdicts.n, (uint32_t)w->rows_n, (uint32_t)t.n };
	*len = (size_t)(t.at - bytes) + t.n;
	return bytes;
}

static int bad(struct err *e, const char *what)
{
	return fail(e, ERR_STATE, "verdicts: expected %s: found another", what);
}

static bool is_whole(const struct head *h, size_t len)
{
	return h->insns_n > 0 && h->insns_n <= BPF_MAXINSNS && h->rows_n > 0 &&
	       h->rows_n <= SECCOMP_RET_DATA + 1 &&
	       len == sizeof(*h) + h->insns_n * sizeof(struct sock_filter) +
			       h->rows_n * sizeof(struct row) + h->text_len;
}

static int read_row(const struct row *from, const char *texts, size_t len,
		    struct policy_verdict *out, struct err *e)
{
	if (from->file > len || from->reason > len || from->err > MAX_ERRNO)
		return bad(e, "a row");
	*out = (struct policy_verdict){
		.allow = from->allow != 0,
		.err = from->err,
		.at = { .line = from->line, .column = from->column },
		.reason = from->reason > 0 ? texts + from->reason - 1 : NULL,
	};
	out->at.file = from->file > 0 ? texts + from->file - 1 : NULL;
	return 0;
}

int answers_parse(struct arena *a, const void *bytes, size_t len, struct answers *out,
		  struct err *e)
{
	const struct head *head = bytes;
	const struct sock_filter *insns;
	struct policy_verdict *rows;
	const struct row *from;
	const char *texts;

	if (len < sizeof(*head) || head->magic != MAGIC || !is_whole(head, len))
		return bad(e, "the table of this version");
	insns = (const struct sock_filter *)(const void *)(head + 1);
	from = (const struct row *)(const void *)(insns + head->insns_n);
	texts = (const char *)(from + head->rows_n);
	if (head->text_len > 0 && texts[head->text_len - 1] != '\0')
		return bad(e, "texts that end");
	rows = arena_array(a, head->rows_n, sizeof(*rows));
	for (size_t i = 0; i < head->rows_n; i++)
		if (read_row(&from[i], texts, head->text_len, &rows[i], e) < 0)
			return -1;
	*out = (struct answers){ .verdicts = { .insns = insns, .n = (uint16_t)head->insns_n },
				 .rows = rows,
				 .rows_n = head->rows_n };
	return filter_check(&out->verdicts, e);
}

int watch_keep_answers(struct arena *a, const struct state_dir *d,
		       const struct filter *verdicts, const struct policy_verdict *rows,
		       size_t rows_n, struct err *e)
{
	const struct answers w = { .verdicts = *verdicts, .rows = rows, .rows_n = rows_n };
	struct denials *counts = denials_map(d->fd, true, e);
	const void *bytes;
	size_t len;

	if (counts == NULL)
		return -1;
	denials_unmap(counts);
	if (verdicts->n == 0)
		return 0;
	bytes = answers_bytes(a, &w, &len);
	return state_save_verdicts(d, bytes, len, e);
}

const struct policy_verdict *answers_find(const struct answers *w,
					  const struct seccomp_data *call, size_t *row)
{
	/* a number between those of the tables, to which the two programs may answer
	 * differently: there is no such call, and so the kernel would say */
	static const struct policy_verdict unknown = { .err = ENOSYS };
	const uint32_t is = filter_run(&w->verdicts, call, NULL, NULL);

	*row = is & SECCOMP_RET_DATA;
	if ((is & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE && *row < w->rows_n)
		return &w->rows[*row];
	*row = w->rows_n;
	return &unknown;
}
