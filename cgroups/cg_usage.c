/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "cgroups/cg_private.h"

#define IO_STAT_MAX ((size_t)1 << 20)

/* A file with one number. */
static int64_t number(int dir, const char *file)
{
	char text[32];
	int64_t n;

	if (file_peek_at(dir, file, text, sizeof(text)) < 0)
		return -1;
	if (str_eq(text, "max"))
		return CG_MAX;
	return str_int64(text, 0, INT64_MAX, &n) ? n : -1;
}

/* Some keys of one file with "key value" lines; n of them, each -1 when it is not there. */
struct keyed {
	const char *key;
	int64_t *to;
};

static void keys(int dir, const char *file, const struct keyed *k, size_t n)
{
	char text[2048];
	bool there = file_peek_at(dir, file, text, sizeof(text)) >= 0;

	for (size_t i = 0; i < n; i++)
		*k[i].to = there ? cg_key(text, k[i].key) : -1;
}

/* The sum over all devices of "key=value" in io.stat. */
static int64_t io_sum(const char *text, const char *key)
{
	int64_t sum = 0;

	for (const char *p = strstr(text, key); p != NULL; p = strstr(p, key)) {
		char word[24] = "";
		int64_t n;
		size_t len;

		p += strlen(key);
		len = strspn(p, "0123456789");
		memcpy(word, p, len < sizeof(word) ? len : sizeof(word) - 1);
		if (str_int64(word, 0, INT64_MAX, &n) && __builtin_add_overflow(sum, n, &sum))
			return -1;
	}
	return sum;
}

static void read_io(int dir, struct cg_usage *out)
{
	autofree char *text = NULL;
	struct err ignored = { 0 };
	size_t len;

	out->io_read_bytes = out->io_write_bytes = -1;
	if (file_read_at(dir, "io.stat", IO_STAT_MAX, "io.stat", &text, &len, &ignored) < 0)
		return;
	out->io_read_bytes = io_sum(text, " rbytes=");
	out->io_write_bytes = io_sum(text, " wbytes=");
}

/* A group that its parent gives no such controller has none of the files: one look will do. */
static void read_memory(int dir, struct cg_usage *out)
{
	const struct keyed events[] = {
		{ "oom_kill", &out->oom_kills },
		{ "oom_group_kill", &out->oom_group_kills },
	};
	const struct keyed local[] = { { "oom", &out->oom_local } };

	out->memory_current = number(dir, "memory.current");
	out->memory_peak = out->memory_max = out->swap_current = -1;
	out->oom_kills = out->oom_group_kills = out->oom_local = -1;
	if (out->memory_current < 0)
		return;
	out->memory_peak = number(dir, "memory.peak");
	out->memory_max = number(dir, "memory.max");
	out->swap_current = number(dir, "memory.swap.current");
	keys(dir, "memory.events", events, COUNT(events));
	keys(dir, "memory.events.local", local, COUNT(local));
}

static void read_pids(int dir, struct cg_usage *out)
{
	const struct keyed events[] = { { "max", &out->pids_max_hits } };

	out->pids_current = number(dir, "pids.current");
	out->pids_peak = out->pids_max_hits = -1;
	if (out->pids_current < 0)
		return;
	out->pids_peak = number(dir, "pids.peak");
	keys(dir, "pids.events", events, COUNT(events));
}

int64_t cg_number(const struct cg *cg, const char *file, const char *key)
{
	int64_t n = -1;

	if (key == NULL)
		return number(cg->dir, file);
	keys(cg->dir, file, &(struct keyed){ key, &n }, 1);
	return n;
}

char *cg_text(const struct cg *cg, const char *file)
{
	struct err ignored = { 0 };
	char *text = NULL;
	size_t len;

	return file_read_at(cg->dir, file, IO_STAT_MAX, file, &text, &len, &ignored) < 0 ? NULL
											 : text;
}

void cg_each_hugetlb(const struct cg *cg, void (*seen)(void *ctx, const char *size), void *ctx)
{
	int fd = openat(cg->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char size[32];

	if (d == NULL) {
		auto_close_(&fd);
		return;
	}
	while ((entry = readdir(d)) != NULL) {
		const char *rest = str_after(entry->d_name, "hugetlb.");
		size_t n = rest != NULL ? strcspn(rest, ".") : 0;

		if (n == 0 || n >= sizeof(size) || !str_eq(rest + n, ".current"))
			continue;
		memcpy(size, rest, n);
		size[n] = '\0';
		seen(ctx, size);
	}
}

void cg_usage(const struct cg *cg, struct cg_usage *out)
{
	const struct keyed cpu[] = {
		{ "usage_usec", &out->cpu_usec },
		{ "user_usec", &out->cpu_user_usec },
		{ "system_usec", &out->cpu_system_usec },
		{ "nr_throttled", &out->cpu_throttled },
		{ "throttled_usec", &out->cpu_throttled_usec },
	};

	read_memory(cg->dir, out);
	read_pids(cg->dir, out);
	keys(cg->dir, "cpu.stat", cpu, COUNT(cpu));
	read_io(cg->dir, out);
}
