/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/str.h"
#include "plan_help.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

#define ATIME (uint64_t) MOUNT_ATTR__ATIME

/* What a word makes of an empty mount. */
struct effect {
	const char *word;
	struct plan_mount want;
	const char *param; /* the flag that goes to fsconfig */
};

#define SET(bits)                  \
	{                          \
		.attr_set = (bits) \
	}
#define CLEAR(bits)                \
	{                          \
		.attr_clr = (bits) \
	}
#define MODE(bits)                                    \
	{                                             \
		.attr_set = (bits), .attr_clr = ATIME \
	}
#define REC_SET(bits)                  \
	{                              \
		.rec_attr_set = (bits) \
	}
#define REC_CLEAR(bits)                \
	{                              \
		.rec_attr_clr = (bits) \
	}
#define REC_MODE(bits)                                        \
	{                                                     \
		.rec_attr_set = (bits), .rec_attr_clr = ATIME \
	}
#define PROPAGATE(flag, rec)                                    \
	{                                                       \
		.propagation = (flag), .propagation_rec = (rec) \
	}

/* clang-format off */
static const struct effect effects[] = {
	{ "acl",            { 0 }, NULL },
	{ "async",          { 0 }, NULL },
	{ "atime",          MODE(MOUNT_ATTR_RELATIME), NULL },
	{ "bind",           { .kind = PM_BIND }, NULL },
	{ "copy",           { 0 }, NULL },
	{ "copy-symlink",   { .copy_symlink = true }, NULL },
	{ "defaults",       { 0 }, NULL },
	{ "dest-nofollow",  { .dest_nofollow = true }, NULL },
	{ "dev",            CLEAR(MOUNT_ATTR_NODEV), NULL },
	{ "diratime",       CLEAR(MOUNT_ATTR_NODIRATIME), NULL },
	{ "dirsync",        { 0 }, "dirsync" },
	{ "exec",           CLEAR(MOUNT_ATTR_NOEXEC), NULL },
	{ "idmap",          { .idmap = true }, NULL },
	{ "iversion",       { 0 }, "iversion" },
	{ "lazytime",       { 0 }, "lazytime" },
	{ "loud",           { 0 }, NULL },
	{ "mand",           { 0 }, "mand" },
	{ "noacl",          { 0 }, "noacl" },
	{ "noatime",        MODE(MOUNT_ATTR_NOATIME), NULL },
	{ "nocopy",         { 0 }, NULL },
	{ "nodev",          SET(MOUNT_ATTR_NODEV), NULL },
	{ "nodiratime",     SET(MOUNT_ATTR_NODIRATIME), NULL },
	{ "noexec",         SET(MOUNT_ATTR_NOEXEC), NULL },
	{ "noiversion",     { 0 }, NULL },
	{ "nolazytime",     { 0 }, NULL },
	{ "nomand",         { 0 }, NULL },
	{ "norelatime",     MODE(MOUNT_ATTR_STRICTATIME), NULL },
	{ "nostrictatime",  MODE(MOUNT_ATTR_RELATIME), NULL },
	{ "nosuid",         SET(MOUNT_ATTR_NOSUID), NULL },
	{ "nosymfollow",    SET(MOUNT_ATTR_NOSYMFOLLOW), NULL },
	{ "private",        PROPAGATE(MS_PRIVATE, false), NULL },
	{ "ratime",         REC_MODE(MOUNT_ATTR_RELATIME), NULL },
	{ "rbind",          { .kind = PM_BIND, .recursive = true }, NULL },
	{ "rdev",           REC_CLEAR(MOUNT_ATTR_NODEV), NULL },
	{ "rdiratime",      REC_CLEAR(MOUNT_ATTR_NODIRATIME), NULL },
	{ "relatime",       MODE(MOUNT_ATTR_RELATIME), NULL },
	{ "remount",        { .kind = PM_REMOUNT }, NULL },
	{ "rexec",          REC_CLEAR(MOUNT_ATTR_NOEXEC), NULL },
	{ "ridmap",         { .idmap = true, .idmap_recursive = true }, NULL },
	{ "rnoatime",       REC_MODE(MOUNT_ATTR_NOATIME), NULL },
	{ "rnodev",         REC_SET(MOUNT_ATTR_NODEV), NULL },
	{ "rnodiratime",    REC_SET(MOUNT_ATTR_NODIRATIME), NULL },
	{ "rnoexec",        REC_SET(MOUNT_ATTR_NOEXEC), NULL },
	{ "rnorelatime",    REC_MODE(MOUNT_ATTR_STRICTATIME), NULL },
	{ "rnostrictatime", REC_MODE(MOUNT_ATTR_RELATIME), NULL },
	{ "rnosuid",        REC_SET(MOUNT_ATTR_NOSUID), NULL },
	{ "rnosymfollow",   REC_SET(MOUNT_ATTR_NOSYMFOLLOW), NULL },
	{ "ro",             SET(MOUNT_ATTR_RDONLY), NULL },
	{ "rprivate",       PROPAGATE(MS_PRIVATE, true), NULL },
	{ "rrelatime",      REC_MODE(MOUNT_ATTR_RELATIME), NULL },
	{ "rro",            REC_SET(MOUNT_ATTR_RDONLY), NULL },
	{ "rrw",            REC_CLEAR(MOUNT_ATTR_RDONLY), NULL },
	{ "rshared",        PROPAGATE(MS_SHARED, true), NULL },
	{ "rslave",         PROPAGATE(MS_SLAVE, true), NULL },
	{ "rstrictatime",   REC_MODE(MOUNT_ATTR_STRICTATIME), NULL },
	{ "rsuid",          REC_CLEAR(MOUNT_ATTR_NOSUID), NULL },
	{ "rsymfollow",     REC_CLEAR(MOUNT_ATTR_NOSYMFOLLOW), NULL },
	{ "runbindable",    PROPAGATE(MS_UNBINDABLE, true), NULL },
	{ "rw",             CLEAR(MOUNT_ATTR_RDONLY), NULL },
	{ "shared",         PROPAGATE(MS_SHARED, false), NULL },
	{ "silent",         { 0 }, NULL },
	{ "slave",          PROPAGATE(MS_SLAVE, false), NULL },
	{ "src-nofollow",   { .source_nofollow = true }, NULL },
	{ "strictatime",    MODE(MOUNT_ATTR_STRICTATIME), NULL },
	{ "suid",           CLEAR(MOUNT_ATTR_NOSUID), NULL },
	{ "symfollow",      CLEAR(MOUNT_ATTR_NOSYMFOLLOW), NULL },
	{ "sync",           { 0 }, "sync" },
	{ "tmpcopyup",      { .copy_up = true }, NULL },
	{ "unbindable",     PROPAGATE(MS_UNBINDABLE, false), NULL },
};
/* clang-format on */

/* The options of one mount, NULL-ended, understood. */
static int options(struct arena *a, const char *const *words, struct plan_mount *out,
		   struct err *e)
{
	struct spec_mount m = { .options = { words, 0 } };

	while (words[m.options.n] != NULL)
		m.options.n++;
	return plan_mount_options(a, &m, out, e);
}

static void expect_same(const char *word, const struct plan_mount *m,
			const struct plan_mount *want)
{
	cr_expect_eq(m->kind, want->kind, "%s", word);
	cr_expect_eq(m->attr_set, want->attr_set, "%s", word);
	cr_expect_eq(m->attr_clr, want->attr_clr, "%s", word);
	cr_expect_eq(m->rec_attr_set, want->rec_attr_set, "%s", word);
	cr_expect_eq(m->rec_attr_clr, want->rec_attr_clr, "%s", word);
	cr_expect_eq(m->propagation, want->propagation, "%s", word);
	cr_expect_eq(m->propagation_rec, want->propagation_rec, "%s", word);
	cr_expect_eq(m->recursive, want->recursive, "%s", word);
	cr_expect_eq(m->copy_up, want->copy_up, "%s", word);
	cr_expect_eq(m->copy_symlink, want->copy_symlink, "%s", word);
	cr_expect_eq(m->source_nofollow, want->source_nofollow, "%s", word);
	cr_expect_eq(m->dest_nofollow, want->dest_nofollow, "%s", word);
	cr_expect_eq(m->idmap, want->idmap, "%s", word);
	cr_expect_eq(m->idmap_recursive, want->idmap_recursive, "%s", word);
}

Test(plan_mount_options, each_word_has_its_effect_and_no_other)
{
	for (size_t i = 0; i < COUNT(effects); i++) {
		const struct effect *t = &effects[i];
		const char *const words[] = { t->word, NULL };
		autoarena struct arena a = { 0 };
		struct plan_mount m = { 0 };
		struct err e = { 0 };

		cr_assert_eq(options(&a, words, &m, &e), 0, "%s: %s", t->word, e.text);
		expect_same(t->word, &m, &t->want);
		cr_expect_eq(m.params_n, t->param != NULL, "%s", t->word);
		if (t->param == NULL || m.params_n == 0)
			continue;
		cr_expect_str_eq(m.params[0].key, t->param);
		cr_expect_null(m.params[0].value);
	}
}

Test(plan_mount_options, an_id_map_may_be_in_the_option)
{
	static const char *const words[] = { "ridmap=uids=0-1-2#2-9-1;gids=0-5-6", "bind",
					     NULL };
	autoarena struct arena a = { 0 };
	struct plan_mount m = { .kind = PM_BIND };
	struct err e = { 0 };

	cr_assert_eq(options(&a, words, &m, &e), 0, "%s", e.text);
	cr_expect(m.idmap && m.idmap_recursive);
	cr_expect_str_eq(m.uid_map, "0 1 2\n2 9 1\n");
	cr_expect_str_eq(m.gid_map, "0 5 6\n");
}

Test(plan_mount_options, an_id_map_that_is_none_is_refused)
{
	static const char *const wrong[] = {
		"idmap=",
		"idmap=uids=0-1-2",
		"idmap=gids=0-1-2",
		"idmap=uids=0-1;gids=0-1-2",
		"idmap=uids=0-1-0;gids=0-1-2",
		"idmap=uids=0-1-2-3;gids=0-1-2",
		"idmap=uids=;gids=0-1-2",
		"idmap=uids=0-1-2;uids=0-1-2",
		"idmap=uids=0-1-4294967295;gids=0-1-2",
		"idmap=uids=@0-1-2;gids=@0-1-2",
		"idmap=ids=0-1-2;gids=0-1-2",
		"idmap=uids=0-1-2;gids=0-1-2;",
		"idmap=uids=0-1-2#;gids=0-1-2",
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		const char *const words[] = { wrong[i], NULL };
		autoarena struct arena a = { 0 };
		struct plan_mount m = { .kind = PM_BIND };
		char text[300];
		struct err e = { 0 };

		cr_expect_eq(options(&a, words, &m, &e), -1, "%s", wrong[i]);
		(void)snprintf(text, sizeof(text),
			       "mounts[0].options: expected a map of ids: found \"%s\"\n"
			       "as in idmap=uids=0-100000-65536;gids=0-100000-65536, in ids of "
			       "the host",
			       wrong[i]);
		cr_expect_str_eq(e.text, text);
	}
}

/* podman run --systemd=always passes one among the options of its tmpfs */
Test(plan_mount_options, an_empty_word_is_none)
{
	static const char *const words[] = { "", "ro", "", "size=1", "", NULL };
	static const enum plan_mount_kind kinds[] = { PM_FS, PM_BIND };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		autoarena struct arena a = { 0 };
		struct plan_mount m = { .kind = kinds[i] };
		struct err e = { 0 };
		bool takes_data = kinds[i] == PM_FS;

		cr_expect_eq(options(&a, takes_data ? words : words + 4, &m, &e), 0, "%s",
			     e.text);
		cr_expect_eq(m.params_n, takes_data ? 1 : 0);
		cr_expect_eq(m.attr_set, takes_data ? MOUNT_ATTR_RDONLY : 0);
	}
}

Test(plan_mount_options, all_words_are_here_and_sorted)
{
	size_t n = 0;

	for (; plan_mount_option_name(n) != NULL; n++) {
		cr_assert_lt(n, COUNT(effects), "%s", plan_mount_option_name(n));
		cr_expect_str_eq(plan_mount_option_name(n), effects[n].word);
		cr_expect(n == 0 || strcmp(effects[n - 1].word, effects[n].word) < 0, "%s",
			  effects[n].word);
	}
	cr_expect_eq(n, COUNT(effects));
}

Test(plan_mount_options, the_last_word_wins)
{
	static const struct {
		const char *words[4];
		struct plan_mount want;
	} cases[] = {
		{ { "ro", "rw" }, CLEAR(MOUNT_ATTR_RDONLY) },
		{ { "rw", "ro" }, SET(MOUNT_ATTR_RDONLY) },
		{ { "noatime", "strictatime" }, MODE(MOUNT_ATTR_STRICTATIME) },
		{ { "noatime", "relatime" }, MODE(MOUNT_ATTR_RELATIME) },
		{ { "rro", "rrw" }, REC_CLEAR(MOUNT_ATTR_RDONLY) },
		{ { "rro", "rw" },
		  { .rec_attr_set = MOUNT_ATTR_RDONLY, .attr_clr = MOUNT_ATTR_RDONLY } },
		{ { "rshared", "private" }, PROPAGATE(MS_PRIVATE, false) },
		{ { "nosuid", "nodev", "suid" },
		  { .attr_set = MOUNT_ATTR_NODEV, .attr_clr = MOUNT_ATTR_NOSUID } },
		/* as for mount(8), in any order a remount of a bind mount */
		{ { "bind", "remount" }, { .kind = PM_REMOUNT } },
		{ { "remount", "bind" }, { .kind = PM_REMOUNT } },
		{ { "rbind", "bind" }, { .kind = PM_BIND, .recursive = true } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autoarena struct arena a = { 0 };
		struct plan_mount m = { 0 };
		struct err e = { 0 };

		cr_assert_eq(options(&a, cases[i].words, &m, &e), 0, "%s", e.text);
		expect_same(cases[i].words[0], &m, &cases[i].want);
	}
}

Test(plan_mount_options, other_words_go_to_the_file_system_in_order)
{
	static const char *const words[] = { "nosuid", "size=64k", "newinstance", "x=",
					     "a=b=c",  "sync",     NULL };
	static const struct plan_param want[] = {
		{ "size", "64k" }, { "newinstance", NULL }, { "x", "" },
		{ "a", "b=c" },    { "sync", NULL },
	};
	autoarena struct arena a = { 0 };
	struct plan_mount m = { 0 };
	struct err e = { 0 };

	cr_assert_eq(options(&a, words, &m, &e), 0, "%s", e.text);
	cr_assert_eq(m.params_n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		cr_expect_str_eq(m.params[i].key, want[i].key);
		cr_expect(str_eq(m.params[i].value, want[i].value), "%s", want[i].key);
	}
}

/* OCI's validation programs bind with "mode=755" and "size=1k"; a word that protects is none of
 * these, however it is spelt. */
Test(plan_mount_options, a_bind_passes_over_what_its_file_system_has_already)
{
	static const struct {
		const char *words[8];
		size_t left;
	} cases[] = {
		{ { "size=1k", "bind", "mode=755", "ro" }, 0 },
		{ { "rbind", "uid=1", "gid=1", "nr_inodes=5" }, 0 },
		{ { "size=1k", "mode=755" }, 2 }, /* a file system is to be made */
	};
	static const char *const refused[][4] = {
		{ "bind", "size" },
		{ "bind", "sizes=1k" },
		{ "bind", "size=1k", "nosiud" },
		{ "bind", "context=x" },
		{ "remount", "size=1k" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autoarena struct arena a = { 0 };
		struct plan_mount m = { 0 };
		struct err e = { 0 };

		cr_assert_eq(options(&a, cases[i].words, &m, &e), 0, "%s", e.text);
		cr_expect_eq(m.params_n, cases[i].left, "case %zu", i);
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		autoarena struct arena a = { 0 };
		struct plan_mount m = { 0 };
		struct err e = { 0 };

		cr_expect_lt(options(&a, refused[i], &m, &e), 0, "%s", refused[i][1]);
	}
}

/* ---- whole mounts ---- */

static const struct plan_mount *first_mount(struct checked *c, const char *mount,
					    struct plan *p)
{
	struct config from = { .linux_ = NEW_MOUNT };
	autoarena struct arena a = { 0 };
	struct err e = { 0 };

	from.top = arena_printf(&a, "'mounts':[%s]", mount);
	cr_assert_eq(plan_config(c, &from, &plan_root_host, &plan_create, p, &e), 0, "%s",
		     e.text);
	cr_assert_geq(p->mounts_n, 1);
	return p->mounts;
}

Test(plan_mounts, have_a_clean_destination_and_a_source_from_the_bundle)
{
	static const struct {
		const char *mount;
		enum plan_mount_kind kind;
		const char *type, *source, *destination;
	} cases[] = {
		{ "{'destination':'/a//b/./../c/','type':'bind','source':'data'}", PM_BIND,
		  "bind", "/bundle/data", "/a/c" },
		{ "{'destination':'/a','source':'/srv','options':['rbind']}", PM_BIND, "",
		  "/srv", "/a" },
		{ "{'destination':'/a','type':'tmpfs'}", PM_FS, "tmpfs", "tmpfs", "/a" },
		{ "{'destination':'/a','type':'ext4','source':'dev'}", PM_FS, "ext4", "dev",
		  "/a" },
		{ "{'destination':'/a','type':'cgroup','source':'x'}", PM_CGROUP, "cgroup", "x",
		  "/a" },
		{ "{'destination':'/a','type':'cgroup2'}", PM_CGROUP, "cgroup2", "cgroup2",
		  "/a" },
		{ "{'destination':'a','type':'tmpfs'}", PM_FS, "tmpfs", "tmpfs", "/a" },
		{ "{'destination':'/bundle/rootfs/a','type':'tmpfs'}", PM_FS, "tmpfs", "tmpfs",
		  "/a" },
		{ "{'destination':'/bundle/rootfs','type':'tmpfs'}", PM_FS, "tmpfs", "tmpfs",
		  "/bundle/rootfs" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autochecked struct checked c = { 0 };
		struct plan p;
		const struct plan_mount *m = first_mount(&c, cases[i].mount, &p);

		cr_expect_eq(m->kind, cases[i].kind, "case %zu", i);
		cr_expect_str_eq(m->type, cases[i].type);
		cr_expect_str_eq(m->source, cases[i].source);
		cr_expect_str_eq(m->destination, cases[i].destination);
	}
}

Test(plan_mounts, are_labelled_by_the_option_that_podman_asks_for)
{
	static const struct {
		const char *asked, *option;
	} cases[] = {
		{ "", "context" },
		{ ",'annotations':{'run.oci.mount_context_type':'context'}", "context" },
		{ ",'annotations':{'run.oci.mount_context_type':'rootcontext'}",
		  "rootcontext" },
		{ ",'annotations':{'run.oci.mount_context_type':'fscontext'}", "fscontext" },
		{ ",'annotations':{'run.oci.mount_context_type':'defcontext'}", "defcontext" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autochecked struct checked c = { 0 };
		autoarena struct arena a = { 0 };
		const struct config from = {
			.linux_ = NEW_MOUNT ",'mountLabel':'files'",
			.top = arena_printf(&a,
					    "'mounts':[{'destination':'/a','type':'tmpfs'},"
					    "{'destination':'/proc','type':'proc'}]%s",
					    cases[i].asked),
		};
		struct err e = { 0 };
		struct plan p;

		cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0,
			     "%s", e.text);
		cr_expect_str_eq(p.mounts[0].label, "files");
		cr_expect_str_eq(p.mounts[0].label_option, cases[i].option);
		cr_expect_null(p.mounts[1].label);
	}
}

#define RO_BIND(to) "{'destination':'" to "','type':'bind','source':'/x','options':['ro']}"

Test(plan_mounts, wait_with_read_only_until_they_are_filled_and_covered)
{
	static const struct {
		const char *mount;
		bool late;
	} cases[] = {
		{ "{'destination':'/a','type':'tmpfs','options':['ro','tmpcopyup']}", true },
		{ "{'destination':'/dev','type':'tmpfs','options':['ro']}", true },
		{ "{'destination':'/a','type':'tmpfs','options':['ro']}", false },
		{ "{'destination':'/dev','type':'bind','source':'/dev','options':['ro']}",
		  false },
		{ "{'destination':'/dev','type':'tmpfs','options':['ro','rw']}", false },
		{ RO_BIND("/a") "," RO_BIND("/a/b"), true },
		{ "{'destination':'/a','type':'tmpfs','options':['ro']}," RO_BIND(
			  "/b") "," RO_BIND("/a/b/c"),
		  true },
		{ RO_BIND("/a") "," RO_BIND("/ab"), false },
		{ RO_BIND("/a/b") "," RO_BIND("/a"), false },
		{ RO_BIND("/a") ",{'destination':'/a/"
				"b','type':'none','options':['remount','ro']}",
		  false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autochecked struct checked c = { 0 };
		struct plan p;
		const struct plan_mount *m = first_mount(&c, cases[i].mount, &p);

		cr_expect_eq(m->read_only_late, cases[i].late, "case %zu", i);
		if (cases[i].late)
			cr_expect_eq(m->attr_set & MOUNT_ATTR_RDONLY, 0);
	}
}

Test(plan_mounts, may_cover_proc_itself_and_what_lxcfs_replaces)
{
	static const char *const fine[] = {
		"{'destination':'/proc','type':'proc','source':'proc'}",
		"{'destination':'/proc','type':'bind','source':'/proc','options':['rbind']}",
		"{'destination':'/proc/uptime','type':'bind','source':'/x'}",
		"{'destination':'/proc/sys/kernel/ns_last_pid','type':'bind','source':'/x'}",
		"{'destination':'/proc/sys','type':'none','options':['remount','ro']}",
		"{'destination':'/process','type':'tmpfs'}",
		"{'destination':'/a/proc/self','type':'tmpfs'}",
	};

	for (size_t i = 0; i < COUNT(fine); i++) {
		autochecked struct checked c = { 0 };
		struct plan p;

		(void)first_mount(&c, fine[i], &p);
	}
}

/* ---- devices ---- */

static bool has_device(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->devices_n; i++)
		if (str_eq(p->devices[i].path, path))
			return true;
	return false;
}

Test(plan_devices, of_the_config_replace_the_default_ones)
{
	const struct config from = {
		.linux_ = NEW_MOUNT ",'devices':[{'path':'/dev/null','type':'c','major':1,"
				    "'minor':3,'fileMode':384,'uid':7},"
				    "{'path':'/dev/pipe','type':'p'}]",
	};
	autochecked struct checked c = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	cr_expect_eq(p.devices_n, 7);
	cr_expect_eq(p.links_n, 6);
	cr_expect(has_device(&p, "/dev/tty"));
	cr_expect_str_eq(p.devices[5].path, "/dev/null");
	cr_expect_eq(p.devices[5].mode, 0600);
	cr_expect_eq(p.devices[5].uid, 7);
	cr_expect_eq(p.devices[6].type, 'p');
}

Test(plan_devices, are_not_made_in_a_dev_of_the_host)
{
	const struct config from = {
		.linux_ = NEW_MOUNT,
		.top = "'mounts':[{'destination':'/dev/','type':'bind','source':'/dev'}]",
	};
	autochecked struct checked c = { 0 };
	struct plan p;
	struct err e = { 0 };

	cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0, "%s",
		     e.text);
	cr_expect_not(p.root.populate_dev);
	cr_expect_eq(p.devices_n + p.links_n, 0);
}

Test(plan_root, is_slave_unless_the_config_says_more)
{
	static const struct {
		const char *linux_;
		uint64_t propagation;
		bool rec;
	} cases[] = {
		{ NEW_MOUNT, MS_SLAVE, true },
		{ NEW_MOUNT ",'rootfsPropagation':'private'", MS_PRIVATE, false },
		{ NEW_MOUNT ",'rootfsPropagation':'rshared'", MS_SHARED, true },
		{ NEW_MOUNT ",'rootfsPropagation':'unbindable'", MS_UNBINDABLE, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct config from = { .linux_ = cases[i].linux_ };
		autochecked struct checked c = { 0 };
		struct plan p;
		struct err e = { 0 };

		cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0,
			     "%s", e.text);
		cr_expect_eq(p.root.propagation, cases[i].propagation, "case %zu", i);
		cr_expect_eq(p.root.propagation_rec, cases[i].rec, "case %zu", i);
		cr_expect_str_eq(p.root.path, "/bundle/rootfs");
		cr_expect(p.root.pivot);
	}
}
