/* SPDX-License-Identifier: Apache-2.0 */
/* caller.c - who calls, and with what, as an event has it. All of it is the container's own
 * word, but for numbers: it is bounded, and escaped when it is printed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/str.h"
#include "watch/calls.h"

#define PATH_SHOWN 1024  /* bytes of a path, at most */
#define WORDS_MAX  65536 /* bytes of argv in the digest */
#define PAGE       4096

static const char *const exec_names[] = { "execve", "execveat", NULL };

bool call_is_exec(const struct seccomp_data *call)
{
	const char *name = syscall_name(call->arch, call->nr);

	return name != NULL && str_in(name, exec_names);
}

/* ---- its memory, while it waits ---- */

/* Within a page at a time: the next may not be there. */
static size_t read_memory(int mem, uint64_t at, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size) {
		size_t step = PAGE - (size_t)(at + n) % PAGE;
		ssize_t got =
			pread(mem, buf + n, step < size - n ? step : size - n, (off_t)(at + n));

		if (got <= 0)
			break;
		n += (size_t)got;
		if (memchr(buf + n - (size_t)got, '\0', (size_t)got) != NULL)
			break;
	}
	return n;
}

/* A text of at most size - 1 bytes; NULL: there is none. */
static const char *read_text(struct arena *a, int mem, uint64_t at, size_t size)
{
	char *buf = arena_alloc(a, size);

	if (at == 0 || read_memory(mem, at, buf, size - 1) == 0)
		return NULL;
	return buf; /* zeroed by the arena */
}

static int open_memory(pid_t pid)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Arguments that name a file, so that a reader knows what it was about. */
static bool is_path(const struct syscall_arg *arg)
{
	static const char *const names[] = { "path",    "oldpath",   "newpath",  "linkpath",
					     "target",  "source",    "new_root", "put_old",
					     "to_path", "from_path", NULL };

	return arg->is_pointer && str_in(arg->name, names);
}

static void add_paths(struct arena *a, struct json *o, const struct seccomp_notif *n, int mem)
{
	struct json *paths = json_object(a);
	struct syscall_arg arg;

	for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
		const char *text;

		if (!syscall_argument(n->data.arch, n->data.nr, i, &arg))
			break;
		text = is_path(&arg) ? read_text(a, mem, n->data.args[i], PATH_SHOWN) : NULL;
		if (text != NULL)
			json_set(paths, arg.name, json_string(a, text));
	}
	if (paths->n > 0)
		json_set(o, "paths_racy", paths);
}

/* ---- who ---- */

static const char *read_link(struct arena *a, pid_t pid, const char *name)
{
	char path[32], text[PATH_SHOWN];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	n = readlink(path, text, sizeof(text));
	return n > 0 ? arena_strndup(a, text, (size_t)n) : NULL;
}

/* NSpid: what each pid namespace on the way calls it, the innermost last (proc(5)). */
static int64_t inner_pid(pid_t pid)
{
	char path[32], text[PAGE];
	const char *at, *end;
	uint64_t n = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (file_peek_at(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return -1;
	at = strstr(text, "\nNSpid:");
	if (at == NULL || (end = strchr(at + 1, '\n')) == NULL)
		return -1;
	while (end[-1] == ' ' || end[-1] == '\t')
		end--;
	for (at = end; at[-1] >= '0' && at[-1] <= '9'; at--)
		;
	for (; at < end; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	return (int64_t)n;
}

void caller_add(struct arena *a, struct json *o, const struct seccomp_notif *n)
{
	const pid_t pid = (pid_t)n->pid;
	const char *exe = read_link(a, pid, "exe");
	int64_t inner = inner_pid(pid);
	char path[32], comm[32] = "";
	autofd int mem = open_memory(pid);

	json_set(o, "pid", json_int(a, pid));
	if (inner > 0)
		json_set(o, "container_pid", json_int(a, inner));
	if (exe != NULL)
		json_set(o, "exe", json_string(a, exe));
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (file_peek_at(AT_FDCWD, path, comm, sizeof(comm)) > 0) {
		comm[strcspn(comm, "\n")] = '\0';
		json_set(o, "comm", json_string(a, arena_strdup(a, comm)));
	}
	if (mem >= 0)
		add_paths(a, o, n, mem);
}

/* ---- what it executes ---- */

/* Of a pointer, as the caller has it. */
static size_t word_size(const struct seccomp_data *call)
{
	struct syscall_arg arg = { .bits = 64 };

	(void)syscall_argument(call->arch, call->nr, 1, &arg);
	return arg.bits / 8;
}

/* The words one after the other, each with its NUL; false: not all of them. */
static bool gather_words(int mem, const struct seccomp_notif *n, uint64_t argv, char *buf,
			 size_t *len, uint64_t *count)
{
	const size_t word = word_size(&n->data);

	*len = *count = 0;
	while (argv != 0 && *len < WORDS_MAX) {
		uint64_t at = 0;
		size_t got;

		if (pread(mem, &at, word, (off_t)(argv + *count * word)) != (ssize_t)word)
			return false;
		if (at == 0)
			return true;
		got = read_memory(mem, at, buf + *len, WORDS_MAX - *len);
		if (got == 0)
			return false;
		got = strnlen(buf + *len, got);
		*len += got + 1;
		++*count;
	}
	return argv == 0;
}

void caller_add_program(struct arena *a, struct json *o, const struct seccomp_notif *n)
{
	const char *name = syscall_name(n->data.arch, n->data.nr);
	const unsigned at = str_eq(name, "execveat") ? 1 : 0;
	autofd int mem = open_memory((pid_t)n->pid);
	char *words, digest[DIGEST_HEX];
	const char *path;
	uint64_t count;
	size_t len;

	json_set(o, "racy", json_bool(a, true));
	if (mem < 0)
		return;
	path = read_text(a, mem, n->data.args[at], PATH_SHOWN);
	if (path != NULL)
		json_set(o, "path", json_string(a, path));
	words = arena_alloc(a, WORDS_MAX + 1);
	if (!gather_words(mem, n, n->data.args[at + 1], words, &len, &count))
		json_set(o, "args_cut", json_bool(a, true));
	digest_hex(words, len, digest);
	json_set(o, "args_n", json_uint(a, count));
	json_set(o, "args_sha256", json_string(a, arena_strdup(a, digest)));
}

/* ---- the call ---- */

/* A file's mode is read in octal, whatever constants say. */
static const char *arg_text(struct arena *a, const struct seccomp_data *call, unsigned i,
			    const struct syscall_arg *arg)
{
	if (str_eq(arg->name, "mode") && arg->bits == 16)
		return arena_printf(a, "0%o", (unsigned)(call->args[i] & 0xffff));
	return policy_arg_text(a, call, i);
}

/* Pointers say nothing, and where the container's memory is is nobody's business. */
static void add_args(struct arena *a, struct json *o, const struct seccomp_data *call)
{
	struct json *args = json_object(a);
	struct syscall_arg arg;

	for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
		if (!syscall_argument(call->arch, call->nr, i, &arg))
			break;
		if (!arg.is_pointer)
			json_set(args, arg.name, json_string(a, arg_text(a, call, i, &arg)));
	}
	if (args->n > 0)
		json_set(o, "args", args);
}

static const char *errno_text(struct arena *a, uint16_t err)
{
	const char *text = policy_action_text(a, SECCOMP_RET_ERRNO | err, POLICY_AUDIT_NONE, 0);
	const char *word = str_after(text, "deny ");

	return word != NULL ? word : text;
}

static void add_rule(struct arena *a, struct json *o, const struct policy_verdict *said)
{
	const struct policy_place *at = &said->at;

	if (at->file != NULL)
		json_set(o, "rule",
			 json_string(a, at->line == 0 ? at->file
						      : arena_printf(a, "%s:%u", at->file,
								     at->line)));
	if (said->reason != NULL)
		json_set(o, "reason", json_string(a, said->reason));
}

struct json *call_json(struct arena *a, const struct seccomp_data *call,
		       const struct policy_verdict *said, bool with_args)
{
	const char *name = syscall_name(call->arch, call->nr);
	const char *arch = policy_arch_name(call->arch);
	struct json *o = json_object(a);

	if (name != NULL)
		json_set(o, "syscall", json_string(a, name));
	json_set(o, "nr", json_int(a, call->nr));
	if (arch != NULL)
		json_set(o, "arch", json_string(a, arch));
	if (with_args)
		add_args(a, o, call);
	if (said == NULL)
		return o;
	if (!said->allow)
		json_set(o, "errno", json_string(a, errno_text(a, said->err)));
	add_rule(a, o, said);
	return o;
}
