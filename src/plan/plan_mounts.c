/* SPDX-License-Identifier: Apache-2.0 */
/* plan_mounts.c - mount options: the words of config.json, one table, and what they mean for
 * the new mount API. mount(8), mount_setattr(2), fsconfig(2); the set of words is runc's. */
#include <string.h>
#include <sys/mount.h>

#include "base/str.h"
#include "plan/plan.h"

/* Debian 12's <sys/mount.h> and <linux/mount.h> agree on these; older musl lacks some. */
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum word_kind {
	W_NONE,  /* the default anyway */
	W_SET,   /* value: MOUNT_ATTR_* to set */
	W_CLEAR, /* value: MOUNT_ATTR_* to clear */
	W_ATIME, /* value: one of MOUNT_ATTR__ATIME */
	W_RSET,  /* the same three, on everything below as well */
	W_RCLEAR,
	W_RATIME,
	W_BIND,      /* value: recursive; beside "remount" it says what a remount is anyway */
	W_PROPAGATE, /* value: MS_* */
	W_SUPER,     /* a flag of the file system: fsconfig(FSCONFIG_SET_FLAG, name) */
	W_REMOUNT,
	W_COPY_UP,
	W_COPY_SYMLINK,
	W_SRC_NOFOLLOW,
	W_DEST_NOFOLLOW,
	W_IDMAP, /* value: recursive */
};

struct mount_word {
	const char *name;
	enum word_kind kind;
	uint64_t value;
};

/* clang-format off */
static const struct mount_word mount_words[] = {
	{ "acl",            W_NONE,      0 },
	{ "async",          W_NONE,      0 },
	{ "atime",          W_ATIME,     MOUNT_ATTR_RELATIME },
	{ "bind",           W_BIND,      false },
	{ "copy",           W_NONE,      0 }, /* podman's own, like nocopy */
	{ "copy-symlink",   W_COPY_SYMLINK, 0 },
	{ "defaults",       W_NONE,      0 },
	{ "dest-nofollow",  W_DEST_NOFOLLOW, 0 },
	{ "dev",            W_CLEAR,     MOUNT_ATTR_NODEV },
	{ "diratime",       W_CLEAR,     MOUNT_ATTR_NODIRATIME },
	{ "dirsync",        W_SUPER,     0 },
	{ "exec",           W_CLEAR,     MOUNT_ATTR_NOEXEC },
	{ "idmap",          W_IDMAP,     false },
	{ "iversion",       W_SUPER,     0 },
	{ "lazytime",       W_SUPER,     0 },
	{ "loud",           W_NONE,      0 },
	{ "mand",           W_SUPER,     0 },
	{ "noacl",          W_SUPER,     0 },
	{ "noatime",        W_ATIME,     MOUNT_ATTR_NOATIME },
	{ "nocopy",         W_NONE,      0 },
	{ "nodev",          W_SET,       MOUNT_ATTR_NODEV },
	{ "nodiratime",     W_SET,       MOUNT_ATTR_NODIRATIME },
	{ "noexec",         W_SET,       MOUNT_ATTR_NOEXEC },
	{ "noiversion",     W_NONE,      0 },
	{ "nolazytime",     W_NONE,      0 },
	{ "nomand",         W_NONE,      0 },
	{ "norelatime",     W_ATIME,     MOUNT_ATTR_STRICTATIME },
	{ "nostrictatime",  W_ATIME,     MOUNT_ATTR_RELATIME },
	{ "nosuid",         W_SET,       MOUNT_ATTR_NOSUID },
	{ "nosymfollow",    W_SET,       MOUNT_ATTR_NOSYMFOLLOW },
	{ "private",        W_PROPAGATE, MS_PRIVATE },
	{ "ratime",         W_RATIME,    MOUNT_ATTR_RELATIME },
	{ "rbind",          W_BIND,      true },
	{ "rdev",           W_RCLEAR,    MOUNT_ATTR_NODEV },
	{ "rdiratime",      W_RCLEAR,    MOUNT_ATTR_NODIRATIME },
	{ "relatime",       W_ATIME,     MOUNT_ATTR_RELATIME },
	{ "remount",        W_REMOUNT,   0 },
	{ "rexec",          W_RCLEAR,    MOUNT_ATTR_NOEXEC },
	{ "ridmap",         W_IDMAP,     true },
	{ "rnoatime",       W_RATIME,    MOUNT_ATTR_NOATIME },
	{ "rnodev",         W_RSET,      MOUNT_ATTR_NODEV },
	{ "rnodiratime",    W_RSET,      MOUNT_ATTR_NODIRATIME },
	{ "rnoexec",        W_RSET,      MOUNT_ATTR_NOEXEC },
	{ "rnorelatime",    W_RATIME,    MOUNT_ATTR_STRICTATIME },
	{ "rnostrictatime", W_RATIME,    MOUNT_ATTR_RELATIME },
	{ "rnosuid",        W_RSET,      MOUNT_ATTR_NOSUID },
	{ "rnosymfollow",   W_RSET,      MOUNT_ATTR_NOSYMFOLLOW },
	{ "ro",             W_SET,       MOUNT_ATTR_RDONLY },
	{ "rprivate",       W_PROPAGATE, MS_PRIVATE | MS_REC },
	{ "rrelatime",      W_RATIME,    MOUNT_ATTR_RELATIME },
	{ "rro",            W_RSET,      MOUNT_ATTR_RDONLY },
	{ "rrw",            W_RCLEAR,    MOUNT_ATTR_RDONLY },
	{ "rshared",        W_PROPAGATE, MS_SHARED | MS_REC },
	{ "rslave",         W_PROPAGATE, MS_SLAVE | MS_REC },
	{ "rstrictatime",   W_RATIME,    MOUNT_ATTR_STRICTATIME },
	{ "rsuid",          W_RCLEAR,    MOUNT_ATTR_NOSUID },
	{ "rsymfollow",     W_RCLEAR,    MOUNT_ATTR_NOSYMFOLLOW },
	{ "runbindable",    W_PROPAGATE, MS_UNBINDABLE | MS_REC },
	{ "rw",             W_CLEAR,     MOUNT_ATTR_RDONLY },
	{ "shared",         W_PROPAGATE, MS_SHARED },
	{ "silent",         W_NONE,      0 },
	{ "slave",          W_PROPAGATE, MS_SLAVE },
	{ "src-nofollow",   W_SRC_NOFOLLOW, 0 },
	{ "strictatime",    W_ATIME,     MOUNT_ATTR_STRICTATIME },
	{ "suid",           W_CLEAR,     MOUNT_ATTR_NOSUID },
	{ "symfollow",      W_CLEAR,     MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync",           W_SUPER,     0 },
	{ "tmpcopyup",      W_COPY_UP,   0 },
	{ "unbindable",     W_PROPAGATE, MS_UNBINDABLE },
};
/* clang-format on */

const char *plan_mount_option_name(size_t i)
{
	return i < COUNT(mount_words) ? mount_words[i].name : NULL;
}

static const struct mount_word *find_word(const char *name)
{
	for (size_t i = 0; i < COUNT(mount_words); i++)
		if (strcmp(mount_words[i].name, name) == 0)
			return &mount_words[i];
	return NULL;
}

/* The last word wins, as on a command line: a later "rw" takes an earlier "ro" back. */
static void attr(uint64_t *set, uint64_t *clr, uint64_t add, uint64_t drop)
{
	*set = (*set & ~drop) | add;
	*clr = (*clr & ~add) | drop;
}

/* The modes are one field: to set it, the kernel wants all of it cleared. */
static void atime(uint64_t *set, uint64_t *clr, uint64_t mode)
{
	attr(set, clr, 0, MOUNT_ATTR__ATIME);
	*set |= mode;
}

static void apply_attr(const struct mount_word *w, struct plan_mount *m)
{
	uint64_t *set = &m->attr_set, *clr = &m->attr_clr;

	if (w->kind == W_RSET || w->kind == W_RCLEAR || w->kind == W_RATIME) {
		set = &m->rec_attr_set;
		clr = &m->rec_attr_clr;
	}
	if (w->kind == W_SET || w->kind == W_RSET)
		attr(set, clr, w->value, 0);
	else if (w->kind == W_CLEAR || w->kind == W_RCLEAR)
		attr(set, clr, 0, w->value);
	else
		atime(set, clr, w->value);
}

static void apply(const struct mount_word *w, struct plan_mount *m, struct plan_param *param)
{
	switch (w->kind) {
	case W_NONE:
		break;
	case W_SET:
	case W_CLEAR:
	case W_ATIME:
	case W_RSET:
	case W_RCLEAR:
	case W_RATIME:
		apply_attr(w, m);
		break;
	case W_BIND:
		if (m->kind != PM_REMOUNT)
			m->kind = PM_BIND;
		m->recursive = m->recursive || w->value;
		break;
	case W_PROPAGATE:
		m->propagation = w->value & ~(uint64_t)MS_REC;
		m->propagation_rec = (w->value & MS_REC) != 0;
		break;
	case W_SUPER:
		*param = (struct plan_param){ w->name, NULL };
		m->params_n++;
		break;
	case W_REMOUNT:
		m->kind = PM_REMOUNT;
		break;
	case W_COPY_UP:
		m->copy_up = true;
		break;
	case W_COPY_SYMLINK:
		m->copy_symlink = true;
		break;
	case W_SRC_NOFOLLOW:
		m->source_nofollow = true;
		break;
	case W_DEST_NOFOLLOW:
		m->dest_nofollow = true;
		break;
	case W_IDMAP:
		m->idmap = true;
		m->idmap_recursive = w->value;
		break;
	}
}

/* Words that are not in the table belong to the file system: "size=64k", "newinstance". */
static int file_system_word(struct arena *a, const char *word, struct plan_param *out)
{
	const char *eq = strchr(word, '=');

	if (word[0] == '=')
		return -1;
	*out = (struct plan_param){ word, NULL };
	if (eq != NULL)
		*out = (struct plan_param){ arena_strndup(a, word, (size_t)(eq - word)),
					    eq + 1 };
	return 0;
}

/* What a bind shows has these from whoever mounted it. The peers hand them to the kernel, which
 * passes over them, and OCI's own validation has them beside "bind". */
static const char *const moot_for_binds[] = { "gid", "mode", "nr_inodes", "size", "uid" };

static bool is_moot(const struct plan_param *p)
{
	for (size_t i = 0; i < COUNT(moot_for_binds); i++)
		if (p->value != NULL && str_eq(p->key, moot_for_binds[i]))
			return true;
	return false;
}

static size_t drop_moot(struct plan_param *params, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!is_moot(&params[i]))
			params[kept++] = params[i];
	return kept;
}

static bool has_map(const char *word)
{
	return str_after(word, "idmap=") != NULL || str_after(word, "ridmap=") != NULL;
}

int plan_mount_options(struct arena *a, const struct spec_mount *m, struct plan_mount *out,
		       struct err *e)
{
	struct plan_param *params = arena_array(a, m->options.n + 1, sizeof(*params));

	out->params = params;
	for (size_t i = 0; i < m->options.n; i++) {
		const char *word = m->options.v[i];
		const struct mount_word *w = find_word(word);

		/* podman's mounts for a systemd inside have one; mount(8) skips it too */
		if (word[0] == '\0')
			continue;
		if (has_map(word)) {
			if (plan_idmap_option(a, word, out, e) < 0)
				return -1;
			continue;
		}
		if (w != NULL)
			apply(w, out, &params[out->params_n]);
		else if (file_system_word(a, word, &params[out->params_n]) == 0)
			out->params_n++;
		else
			return fail(e, ERR_SPEC,
				    "mounts[%zu].options[%zu]: expected a mount option: found "
				    "\"%s\"",
				    out->index, i, word);
	}
	if (out->kind == PM_BIND)
		out->params_n = drop_moot(params, out->params_n);
	/* Neither takes data: a word that is left is one that we do not know. */
	if ((out->kind == PM_BIND || out->kind == PM_REMOUNT) && out->params_n > 0)
		return fail(e, ERR_SPEC,
			    "mounts[%zu].options: expected options of a %s: found \"%s\"",
			    out->index, out->kind == PM_BIND ? "bind mount" : "remount",
			    params[0].key);
	return 0;
}
