/* SPDX-License-Identifier: Apache-2.0 */
/* Controllers are passed on from parent to child by cgroup.subtree_control. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cgroups/cg_private.h"

#define CONTROL "cgroup.subtree_control"

static unsigned read_bits(int dir, const char *file)
{
	char text[256];

	return file_peek_at(dir, file, text, sizeof(text)) < 0 ? 0 : cg_bits(text);
}

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (words += strspn(words, " "); *words != '\0'; words += strspn(words, " ")) {
		size_t len = strcspn(words, " ");

		if (len == n && memcmp(words, word, n) == 0)
			return true;
		words += len;
	}
	return false;
}

/* The controllers that a group has and does not pass on, as words to write; returns those that
 * it passes on. */
static unsigned kept_back(int dir, struct sbuf *b)
{
	char has[256], on[256], *rest = has, *word;
	const char *sep = "";

	if (file_peek_at(dir, "cgroup.controllers", has, sizeof(has)) < 0 ||
	    file_peek_at(dir, CONTROL, on, sizeof(on)) < 0)
		return 0;
	while ((word = strsep(&rest, " ")) != NULL) {
		if (word[0] == '\0' || has_word(on, word))
			continue;
		sbuf_add(b, "%s+%s", sep, word);
		sep = " ";
	}
	return cg_bits(on);
}

bool cg_enabled(int dir, unsigned need)
{
	char words[256] = "";
	struct sbuf b = SBUF(words);
	const unsigned on = kept_back(dir, &b);

	return words[0] == '\0' && (need & ~on) == 0;
}

/* Asked for or not: who counts what a container uses (a kubelet, podman stats) reads files that
 * only an enabled controller makes. A group with processes in it would become the root of a
 * threaded tree, where no container can be. What cannot be had is nobody's failure. */
static void pass_on_all(int dir, const char *path)
{
	char words[256] = "", first[16];
	struct sbuf b = SBUF(words);

	if (!str_eq(path, "/") && file_peek_at(dir, "cgroup.procs", first, sizeof(first)) != 0)
		return;
	(void)kept_back(dir, &b);
	if (words[0] != '\0')
		(void)file_put_at(dir, CONTROL, words);
}

void cg_keep_all(int dir)
{
	char on[256], words[256] = "", *rest = on, *word;
	struct sbuf b = SBUF(words);

	if (file_peek_at(dir, CONTROL, on, sizeof(on)) <= 0)
		return;
	while ((word = strsep(&rest, " ")) != NULL)
		sbuf_add(&b, "%s-%s", b.n > 0 ? " " : "", word);
	(void)file_put_at(dir, CONTROL, words);
}

/* The first process of a group, for the error that says who is in the way. */
static void first_process(int dir, char *buf, size_t size)
{
	if (file_peek_at(dir, "cgroup.procs", buf, size) <= 0)
		(void)snprintf(buf, size, "?");
	buf[strcspn(buf, "\n")] = '\0';
}

/* cgroup-v2.rst, "Model of Delegation": what an ancestor keeps to itself nobody below it has.
 */
static int not_delegated(const char *path, unsigned missing, unsigned has, struct err *e)
{
	char want[96] = "", have[96] = "", all[96] = "";
	struct sbuf w = SBUF(want), h = SBUF(have), n = SBUF(all);

	cg_words(missing, "", &w);
	cg_words(has, "", &h);
	cg_words(missing | has, "", &n);
	(void)fail(e, ERR_HOST, "cgroup %s: wanted controller %s: only %s delegated", path,
		   want, has != 0 ? have : "none");
	return hint(e,
		    "for users: a drop-in of user@.service with Delegate=%s, systemctl "
		    "daemon-reload, a new login; or take these limits out",
		    all);
}

int cg_has(const struct cg *cg, unsigned need, struct err *e)
{
	unsigned has = read_bits(cg->dir, "cgroup.controllers");

	return (need & ~has) == 0 ? 0 : not_delegated(cg->path, need & ~has, has, e);
}

static int not_there(const char *path, unsigned missing, unsigned has, struct err *e)
{
	char want[96] = "", have[96] = "";
	struct sbuf w = SBUF(want), h = SBUF(have);

	cg_words(missing, "", &w);
	cg_words(has, "", &h);
	(void)fail(e, ERR_HOST, "cgroup %s: wanted controller %s: only %s there", path, want,
		   has != 0 ? have : "none");
	if (str_eq(path, "/"))
		return hint(e, "the kernel lacks it, has it switched off (cgroup_disable=), or "
			       "has it bound to a v1 hierarchy: see /proc/cgroups");
	return hint(e,
		    "the parent must pass it on (cgroup.subtree_control), under systemd with "
		    "Delegate=%s for the unit",
		    want);
}

/* What stands in the way: cgroup-v2.rst, "Organizing Processes and Threads" and "No Internal
 * Process Constraint". */
static void obstacle(int dir, int errnum, struct sbuf *b)
{
	char found[64];

	if (errnum == EBUSY) {
		first_process(dir, found, sizeof(found));
		sbuf_add(b, ": process %s is in it", found);
	} else if (errnum == EOPNOTSUPP &&
		   file_peek_at(dir, "cgroup.type", found, sizeof(found)) > 0) {
		sbuf_add(b, ": its type is %s", found);
	}
}

static int refused(int dir, const char *path, const char *words, int errnum, struct err *e)
{
	char found[96] = "";
	struct sbuf b = SBUF(found);

	obstacle(dir, errnum, &b);
	(void)fail_sys(e, errnum, "cgroup %s: write %s to " CONTROL "%s", path, words, found);
	return cg_remedy(CONTROL, errnum, e);
}

int cg_enable(int dir, const char *path, unsigned need, struct err *e)
{
	unsigned missing, has;
	char text[128] = "";
	struct sbuf b = SBUF(text);
	int r;

	pass_on_all(dir, path);
	missing = need & ~read_bits(dir, CONTROL);
	if (missing == 0)
		return 0;
	cg_words(missing, "+", &b);
	r = file_put_at(dir, CONTROL, text);
	if (r == 0)
		return 0;
	has = read_bits(dir, "cgroup.controllers");
	if ((missing & ~has) != 0)
		return not_there(path, missing & ~has, has, e);
	if (r == -EACCES || r == -EPERM)
		return not_delegated(path, missing, read_bits(dir, CONTROL), e);
	return refused(dir, path, text, -r, e);
}
