/* SPDX-License-Identifier: Apache-2.0 */
/* Other limits for a group that has processes: all of them, or none. What a write replaces is
 * remembered, and when one is refused those before it are taken back, newest first: each state
 * on the way back is one that the kernel has taken already. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "cgroups/cg_private.h"

#define CONTROL_MAX ((size_t)1 << 16)

struct cg_old {
	char *file, *value;
};

struct cg_past {
	struct cg_old *v;
	size_t n, size;
};

/* What to write to a file with a line for each device to have its line as it is: that line, or
 * the words by which the kernel forgets it. The key is the first word of what is to be written.
 */
static char *keyed_value(const char *file, const char *text, const char *value)
{
	size_t key = strcspn(value, " ");
	const char *none =
		str_eq(file, "io.max") ? "rbps=max wbps=max riops=max wiops=max" : "default";
	char *out = NULL;

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, value, key) == 0 && line[key] == ' ')
			return strndup(line, strcspn(line, "\n"));
	}
	return asprintf(&out, "%.*s %s", (int)key, value, none) < 0 ? NULL : out;
}

static bool is_keyed(const char *file)
{
	return str_after(file, "io.") != NULL || str_eq(file, "rdma.max");
}

static char *old_value(const struct cg *cg, const char *file, const char *value)
{
	autofree char *text = NULL;
	struct err ignored = { 0 };
	size_t len;

	if (file_read_at(cg->dir, file, CONTROL_MAX, file, &text, &len, &ignored) < 0)
		return NULL;
	if (is_keyed(file))
		return keyed_value(file, text, value);
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	return take_ptr(text);
}

int cg_remember(const struct cg *cg, const char *file, const char *value)
{
	struct cg_past *past = cg->past;
	struct cg_old *more;

	if (past == NULL)
		return 0;
	if (past->n == past->size) {
		size_t size = past->size > 0 ? past->size * 2 : 16;

		more = reallocarray(past->v, size, sizeof(*more));
		if (more == NULL)
			return -ENOMEM;
		past->v = more;
		past->size = size;
	}
	past->v[past->n] = (struct cg_old){ strdup(file), old_value(cg, file, value) };
	if (past->v[past->n].file == NULL)
		return -ENOMEM;
	past->n++;
	return 0;
}

/* last_refused: nothing of the last write has happened. */
static void take_back(const struct cg *cg, bool last_refused, struct err *e)
{
	struct cg_past *past = cg->past;
	const char *stuck = NULL;

	for (size_t i = past->n; i-- > 0;) {
		const struct cg_old *old = &past->v[i];
		bool empty = old->value == NULL || old->value[0] == '\0';
		int r = old->value == NULL
				? -ENOENT
				: file_put_at(cg->dir, old->file, empty ? "\n" : old->value);

		if (r < 0 && !(last_refused && i + 1 == past->n))
			stuck = old->file;
	}
	if (stuck != NULL)
		(void)hint(e, "%s could not be set back to what it was", stuck);
}

static void forget(struct cg_past *past)
{
	for (size_t i = 0; i < past->n; i++) {
		free(past->v[i].file);
		free(past->v[i].value);
	}
	free(past->v);
}

int cg_update(struct cg *cg, const struct cg_limits *l, int (*then)(void *arg, struct err *e),
	      void *arg, struct err *e)
{
	struct cg_past past = { 0 };
	bool refused;
	int got;

	if (cg_pass_on(cg, cg_needs(l), e) < 0)
		return -1;
	cg->past = &past;
	got = cg_limit(cg, l, e);
	refused = got < 0;
	if (got == 0 && then != NULL)
		got = then(arg, e);
	if (got < 0 && past.n > 0)
		take_back(cg, refused, e);
	cg->past = NULL;
	forget(&past);
	return got;
}
