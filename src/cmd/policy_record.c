/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy_record.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/proc.h"
#include "cmd/policy_tool.h"

#define FIRST_SIZE 1024 /* a power of two */

/* A kind of call. */
struct seen {
	bool used;
	struct seccomp_data call; /* pointers are 0; .instruction_pointer is 0 */
	unsigned known;           /* not 0: of the arguments only these, a bit each */
	bool rest;                /* all other arguments of this call */
	const char *answer;
	uint64_t count;
	/* of a rest: how many kinds there are beside it, and how many of them with `known' */
	size_t values, partly;
};

struct record {
	struct arena *arena;
	int fd;
	struct seen *table;
	size_t n, size; /* size is a power of two, at least half of it is free */
};

struct record *record_new(struct arena *a, int fd)
{
	struct record *r = arena_new(a, struct record);

	*r = (struct record){ .arena = a, .fd = fd, .size = FIRST_SIZE };
	r->table = arena_array(a, r->size, sizeof(*r->table));
	return r;
}

/* ---- the table ---- */

/* Fibonacci hashing of each word. */
static size_t hash(const struct seen *key)
{
	uint64_t h = (uint64_t)key->call.arch << 33 ^ (uint32_t)key->call.nr ^
		     (uint64_t)key->rest << 32 ^ (uint64_t)key->known << 40;

	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		h = (h ^ (h >> 29) ^ key->call.args[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(h >> 20);
}

static bool same(const struct seen *a, const struct seen *b)
{
	return a->rest == b->rest && a->known == b->known &&
	       memcmp(&a->call, &b->call, sizeof(a->call)) == 0;
}

/* Where it is, or belongs. */
static struct seen *place(struct seen *table, size_t size, const struct seen *key)
{
	size_t i = hash(key) & (size - 1);

	while (table[i].used && !same(&table[i], key))
		i = (i + 1) & (size - 1);
	return &table[i];
}

static void grow(struct record *r)
{
	const size_t size = r->size * 2;
	struct seen *table = arena_array(r->arena, size, sizeof(*table));

	for (size_t i = 0; i < r->size; i++)
		if (r->table[i].used)
			*place(table, size, &r->table[i]) = r->table[i];
	r->table = table;
	r->size = size;
}

static struct seen *find(struct record *r, const struct seen *key)
{
	struct seen *at = place(r->table, r->size, key);

	if (at->used)
		return at;
	*at = *key;
	at->used = true;
	r->n++;
	return at;
}

/* Of a call that nobody knows no argument tells anything. */
static void without_pointers(const struct seccomp_data *from, struct seccomp_data *to)
{
	*to = (struct seccomp_data){ .nr = from->nr, .arch = from->arch };
	for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
		struct syscall_arg arg;

		if (syscall_argument(from->arch, from->nr, i, &arg) && !arg.is_pointer)
			to->args[i] = from->args[i];
	}
}

/* ---- lines ---- */

/* A rest has no arguments to tell. */
static struct json *call_json(struct arena *a, const struct seen *s)
{
	const char *name = syscall_name(s->call.arch, s->call.nr);
	const char *arch = policy_arch_name(s->call.arch);
	struct json *o;

	if (!s->rest) {
		o = tool_call_json(a, &s->call);
		if (s->known != 0)
			json_set(o, "known", json_uint(a, s->known));
		return o;
	}
	o = json_object(a);
	json_set(o, "arch", json_string(a, arch != NULL ? arch : ""));
	json_set(o, "nr", json_uint(a, (uint32_t)s->call.nr));
	if (name != NULL)
		json_set(o, "name", json_string(a, name));
	return o;
}

static int write_line(const struct record *r, const struct seen *s, int pid, uint64_t count)
{
	autoarena struct arena a = { 0 };
	struct json *o = call_json(&a, s);
	const char *line;
	char now[40];
	size_t n;

	time_rfc3339(now_wall_ns(), now);
	json_set(o, "record", json_uint(&a, 1));
	json_set(o, "count", json_uint(&a, count));
	json_set(o, "time", json_string(&a, now));
	if (s->answer[0] != '\0')
		json_set(o, "answer", json_string(&a, s->answer));
	if (pid > 0)
		json_set(o, "pid", json_int(&a, pid));
	line = json_print(&a, o, JSON_CANONICAL, &n);
	line = arena_printf(&a, "%s\n", line);
	return write_all(r->fd, line, n + 1);
}

/* ---- what is seen ---- */

static struct seen *find_rest(struct record *r, const struct seen *of)
{
	const struct seen key = { .call = { .nr = of->call.nr, .arch = of->call.arch },
				  .rest = true };

	return find(r, &key);
}

/* Of a call with too many kinds, those arguments that learning keeps. */
static struct seen *partly_kind(struct record *r, const struct seen *key, struct seen *rest)
{
	struct seen part = *key;

	part.known = policy_kept_arguments(key->call.arch, key->call.nr);
	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		if ((part.known >> i & 1) == 0)
			part.call.args[i] = 0;
	if (part.known == 0)
		return rest;
	if (place(r->table, r->size, &part)->used)
		return find(r, &part);
	if (rest->partly == RECORD_VALUES)
		return rest;
	rest->partly++;
	return find(r, &part);
}

/* The kind that counts the call. */
static struct seen *kind_of(struct record *r, const struct seen *key)
{
	struct seen *rest;

	if (place(r->table, r->size, key)->used)
		return find(r, key);
	rest = find_rest(r, key);
	if (rest->values == RECORD_VALUES)
		return partly_kind(r, key, rest);
	rest->values++;
	return find(r, key);
}

int record_add(struct record *r, const struct seccomp_data *call, int pid, const char *answer)
{
	struct seen key = { .answer = "" };
	struct seen *kind;

	without_pointers(call, &key.call);
	if (r->n + 2 > r->size / 2)
		grow(r);
	kind = kind_of(r, &key);
	if (kind->count++ > 0)
		return 0;
	kind->answer = arena_strdup(r->arena, answer);
	return write_line(r, kind, pid, 1);
}

int record_end(struct record *r)
{
	int rc = 0;

	for (size_t i = 0; i < r->size && rc == 0; i++)
		if (r->table[i].used && r->table[i].count > 1)
			rc = write_line(r, &r->table[i], 0, r->table[i].count - 1);
	return rc;
}
