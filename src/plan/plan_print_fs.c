/* SPDX-License-Identifier: Apache-2.0 */
/* plan_print_fs.c - root, mounts, devices, links and closed paths as text. */
#include <inttypes.h>
#include <sys/mount.h>

#include "plan/plan_text.h"
#include "spec/words.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* Under the first word behind "  [N] ". */
#define DEEP "      "

static const char *propagation_name(uint64_t propagation, bool recursive)
{
	const char *name =
		word_name(words_propagations, propagation | (recursive ? (uint64_t)MS_REC : 0));

	return name != NULL ? name : "unknown";
}

static void root(struct text *t, const struct plan *p)
{
	const struct plan_root *r = &p->root;

	text_add(t, "root\n");
	text_field(t, "path", r->path);
	text_add(t, "  access: %s%s\n", r->readonly ? "read-only" : "read-write",
		 r->nodev ? ", no devices" : "");
	if (r->propagation != 0)
		text_field(t, "propagation",
			   propagation_name(r->propagation, r->propagation_rec));
	text_add(t, "  entered by: %s\n",
		 p->ns.new_mount && r->pivot ? "pivot_root" : "chroot");
}

/* The access time modes are a field of the attributes, not bits: 0 is a mode. */
static void attributes(struct text *t, const char *suffix, uint64_t set, uint64_t clr)
{
	static const struct word names[] = {
		{ "ro", MOUNT_ATTR_RDONLY },
		{ "nosuid", MOUNT_ATTR_NOSUID },
		{ "nodev", MOUNT_ATTR_NODEV },
		{ "noexec", MOUNT_ATTR_NOEXEC },
		{ "nodiratime", MOUNT_ATTR_NODIRATIME },
		{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW },
		{ NULL, 0 },
	};
	static const struct word atimes[] = {
		{ "relatime", MOUNT_ATTR_RELATIME },
		{ "noatime", MOUNT_ATTR_NOATIME },
		{ "strictatime", MOUNT_ATTR_STRICTATIME },
		{ NULL, 0 },
	};
	const uint64_t mode = MOUNT_ATTR__ATIME;
	char key[32];
	struct sbuf b = SBUF(key);
	const char *atime = word_name(atimes, set & mode);

	sbuf_add(&b, "set%s", suffix);
	text_bits(t, DEEP, key, names, set & ~mode);
	b = SBUF(key);
	sbuf_add(&b, "cleared%s", suffix);
	text_bits(t, DEEP, key, names, clr & ~mode);
	if ((clr & mode) == mode)
		text_add(t, DEEP "access time%s: %s\n", suffix,
			 atime != NULL ? atime : "unknown");
}

static void params(struct text *t, const struct plan_mount *m)
{
	for (size_t i = 0; i < m->params_n; i++) {
		text_add(t, "%s", i == 0 ? DEEP "parameters: " : ", ");
		text_word(t, m->params[i].key);
		if (m->params[i].value == NULL)
			continue;
		text_add(t, "=");
		text_word(t, m->params[i].value);
	}
	if (m->params_n > 0)
		text_add(t, "\n");
}

/* The flags of a mount, one word each. */
static void manners(struct text *t, const struct plan_mount *m)
{
	const struct {
		bool on;
		const char *name;
	} words[] = {
		{ m->copy_up, "copies up" },
		{ m->copy_symlink, "copies the symlink" },
		{ m->source_nofollow, "source not followed" },
		{ m->dest_nofollow, "destination not followed" },
		{ m->optional, "optional" },
		{ m->dest_is_fixed, "no symlink on the way" },
		{ m->read_only_late, "read-only at the end" },
	};
	const char *before = DEEP "manner: ";

	for (size_t i = 0; i < COUNT(words); i++) {
		if (!words[i].on)
			continue;
		text_add(t, "%s%s", before, words[i].name);
		before = ", ";
	}
	if (before[0] == ',')
		text_add(t, "\n");
}

static void id_map(struct text *t, const char *key, const char *text)
{
	text_add(t, DEEP "%s: ", key);
	for (; *text != '\0'; text++)
		if (*text != '\n')
			text_add(t, "%c", *text);
		else if (text[1] != '\0')
			text_add(t, ", ");
	text_add(t, "\n");
}

static void id_maps(struct text *t, const struct plan_mount *m)
{
	if (!m->idmap)
		return;
	text_add(t, DEEP "ids: %s%s\n", m->uid_map != NULL ? "mapped" : "as the container's",
		 m->idmap_recursive ? ", on all below" : "");
	if (m->uid_map != NULL)
		id_map(t, "uid", m->uid_map);
	if (m->gid_map != NULL)
		id_map(t, "gid", m->gid_map);
}

static void one_mount(struct text *t, const struct plan_mount *m)
{
	static const char *const kinds[] = {
		[PM_FS] = "mount",
		[PM_BIND] = "bind",
		[PM_CGROUP] = "cgroup",
		[PM_REMOUNT] = "remount",
	};

	text_add(t, "  [%zu] %s", m->index, kinds[m->kind]);
	if (m->kind == PM_FS) {
		text_add(t, " ");
		text_word(t, m->type);
	}
	text_add(t, "%s: ", m->recursive ? ", recursive" : "");
	text_word(t, m->source);
	text_add(t, " -> ");
	text_word(t, m->destination);
	text_add(t, "\n");
	params(t, m);
	attributes(t, "", m->attr_set, m->attr_clr);
	attributes(t, " on all below", m->rec_attr_set, m->rec_attr_clr);
	if (m->propagation != 0)
		text_add(t, DEEP "propagation: %s\n",
			 propagation_name(m->propagation, m->propagation_rec));
	manners(t, m);
	id_maps(t, m);
	if (m->label != NULL) {
		text_add(t, DEEP "%s: ", m->label_option);
		text_word(t, m->label);
		text_add(t, "\n");
	}
}

static void mounts(struct text *t, const struct plan *p)
{
	if (p->mounts_n > 0)
		text_add(t, "mounts\n");
	for (size_t i = 0; i < p->mounts_n; i++)
		one_mount(t, &p->mounts[i]);
}

static void devices(struct text *t, const struct plan *p)
{
	if (p->devices_n > 0)
		text_add(t, "devices, %s\n", p->ns.in_user_ns ? "bound" : "made");
	for (size_t i = 0; i < p->devices_n; i++) {
		const struct plan_device *d = &p->devices[i];

		text_add(t, "  %c %u:%u %04o %u:%u ", d->type, d->major, d->minor, d->mode,
			 d->uid, d->gid);
		text_word(t, d->path);
		text_add(t, "%s\n", d->optional ? ", optional" : "");
	}
}

static void links(struct text *t, const struct plan *p)
{
	if (p->links_n > 0)
		text_add(t, "links\n");
	for (size_t i = 0; i < p->links_n; i++) {
		text_add(t, "  ");
		text_word(t, p->links[i].path);
		text_add(t, " -> ");
		text_word(t, p->links[i].target);
		text_add(t, "\n");
	}
}

static void paths(struct text *t, const char *head, const struct spec_strings *s)
{
	if (s->n > 0)
		text_add(t, "%s\n", head);
	for (size_t i = 0; i < s->n; i++)
		text_line(t, s->v[i]);
}

static void sysctl(struct text *t, const struct spec_pairs *s)
{
	if (s->n > 0)
		text_add(t, "sysctl\n");
	for (size_t i = 0; i < s->n; i++) {
		text_add(t, "  ");
		text_word(t, s->v[i].key);
		text_add(t, " = ");
		text_word(t, s->v[i].value);
		text_add(t, "\n");
	}
}

void plan_print_filesystem(struct text *t, const struct plan *p)
{
	root(t, p);
	mounts(t, p);
	devices(t, p);
	links(t, p);
	paths(t, "masked", &p->masked);
	paths(t, "read-only", &p->readonly_paths);
	sysctl(t, &p->sysctl);
}
