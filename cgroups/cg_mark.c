/* SPDX-License-Identifier: Apache-2.0 */
/* cg_mark.c - whose a group is: its name may have passed to another container meanwhile. */
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "cgroups/cg_private.h"

/* xattr(7): trusted.* is for who has CAP_SYS_ADMIN in the initial user namespace. What the
 * container itself could write there must not decide whether it is killed. */
#define MARK "trusted.caisson.owner"

struct mark {
	char text[1100]; /* a container's name has at most 1024 */
	size_t n;
};

static struct mark make_mark(const char *id, uint64_t since_ns)
{
	struct mark m;
	int n = snprintf(m.text, sizeof(m.text), "%s %ju", id, (uintmax_t)since_ns);

	m.n = n > 0 && (size_t)n < sizeof(m.text) ? (size_t)n : 0;
	return m;
}

void cg_mark(const struct cg *cg, const char *id, uint64_t since_ns)
{
	const struct mark m = make_mark(id, since_ns);

	(void)fsetxattr(cg->dir, MARK, m.text, m.n, 0);
}

bool cg_is_of(const struct cg *cg, const char *id, uint64_t since_ns)
{
	const struct mark want = make_mark(id, since_ns);
	char is[sizeof(want.text)];
	ssize_t n = fgetxattr(cg->dir, MARK, is, sizeof(is));

	return n <= 0 || ((size_t)n == want.n && memcmp(is, want.text, want.n) == 0);
}
