/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c - the working directory, the executable, HOME: all inside the container's root. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"
#include "run/run_private.h"

#define PASSWD_MAX (1u << 20)

/* config.md#process: cwd. Made when missing, as every runtime does for create and none for
 * exec. Where root inside cannot enter (a user namespace on NFS, a mode), the user itself tries
 * again. */
int do_working_directory(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int dir = r->target != NULL ? path_open_in(r->root, pl->process.cwd,
							  O_PATH | O_DIRECTORY, 0)
					   : path_mkdirs_in(r->root, pl->process.cwd, 0755);

	if (dir >= 0 && fchdir(dir) == 0)
		return 0;
	if (dir < 0)
		errno = -dir;
	r->cwd_pending = errno == EACCES;
	return r->cwd_pending ? 0
			      : fail_sys(e, errno, "process.cwd: enter %s", pl->process.cwd);
}

/* A descriptor of the host that leaked can make "the directory of /proc/self/fd/7" a place
 * outside the root: then getcwd has no path for it. */
int do_cwd_check(struct run *r, const struct plan *pl, struct err *e)
{
	char buf[PATH_MAX];

	if (r->cwd_pending && chdir(pl->process.cwd) < 0)
		return fail_sys(e, errno, "process.cwd: enter %s", pl->process.cwd);
	if (sys_getcwd(buf, sizeof(buf)) < 0 || buf[0] != '/')
		return fail(e, ERR_SPEC,
			    "process.cwd: expected a directory inside the container: found "
			    "\"%s\"",
			    pl->process.cwd);
	return 0;
}

/* 0, or the errno that execve would give. */
static int executable_error(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* execvp(3)'s rules: an unreadable hit is remembered and the search goes on. */
static const char *search_path(struct run *r, const char *path, const char *name, int *err)
{
	*err = ENOENT;
	while (path != NULL) {
		size_t n = strcspn(path, ":");
		const char *try =
			n == 0 ? arena_printf(r->arena, "./%s", name)
			       : arena_printf(r->arena, "%.*s/%s", (int)n, path, name);
		int got = executable_error(try);

		if (got == 0)
			return try;
		if (got == EACCES)
			*err = got;
		path = path[n] == ':' ? path + n + 1 : NULL;
	}
	return NULL;
}

int do_executable(struct run *r, const struct plan *pl, struct err *e)
{
	const char *name = pl->process.argv[0];
	int err = 0;

	if (strchr(name, '/') != NULL) {
		err = executable_error(name);
		r->executable = name;
	} else {
		r->executable = search_path(r, pl->process.path_env, name, &err);
		err = r->executable != NULL ? 0 : err;
	}
	if (err == ENOENT && strchr(name, '/') == NULL)
		return fail(e, ERR_SPEC,
			    "process.args[0]: \"%s\": executable file not found in $PATH",
			    name);
	/* podman answers 127 to "open executable", and 126 must be left for what is there */
	if (err ==
	    EISDIR) /* execve(2) says EACCES; moby looks for the one, podman for the other */
		return fail_sys(e, EACCES, "process.args[0]: execute \"%s\": is a directory",
				name);
	if (err != 0)
		return fail_sys(e, err, "process.args[0]: %s \"%s\"",
				err == ENOENT ? "open executable" : "execute", name);
	return 0;
}

/* passwd(5), read by ourselves: NSS would run code of the container's choice. */
static const char *home_of(struct arena *a, char *passwd, uint32_t uid)
{
	char *save = NULL;

	for (char *line = strtok_r(passwd, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char *field[7], *rest = line;
		size_t n = 0;
		uint64_t id;

		while (n < COUNT(field) && rest != NULL)
			field[n++] = strsep(&rest, ":");
		if (n == COUNT(field) && str_uint64(field[2], UINT32_MAX, &id) && id == uid &&
		    field[5][0] == '/')
			return arena_strdup(a, field[5]);
	}
	return "/";
}

static const char *find_home(struct run *r, uint32_t uid)
{
	autofd int fd = path_open_in(r->root, "/etc/passwd", O_RDONLY | O_NONBLOCK, 0);
	autofree char *text = NULL;
	struct err ignored = { 0 };
	struct stat st;
	size_t len;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    file_read_fd(fd, PASSWD_MAX, "/etc/passwd", &text, &len, &ignored) < 0)
		return "/";
	return home_of(r->arena, text, uid);
}

static bool is_listen(const char *entry)
{
	return str_after(entry, "LISTEN_FDS=") != NULL ||
	       str_after(entry, "LISTEN_PID=") != NULL;
}

/* sd_listen_fds(3) compares LISTEN_PID with what getpid(2) says inside: 1, unless the pid
 * namespace is shared. */
const char *const *final_environment(struct run *r, const struct plan *pl)
{
	const char *const *from = pl->process.envp;
	bool listens = r->o->listen_fds > 0;
	const char **env;
	size_t n = 0;

	if (!pl->process.home_from_passwd && !listens)
		return from;
	while (from[n] != NULL)
		n++;
	env = arena_array(r->arena, n + 4, sizeof(*env));
	n = 0;
	for (; *from != NULL; from++)
		if (!listens || !is_listen(*from))
			env[n++] = *from;
	if (pl->process.home_from_passwd)
		env[n++] =
			arena_printf(r->arena, "HOME=%s", find_home(r, pl->process.creds.uid));
	if (listens) {
		env[n++] = arena_printf(r->arena, "LISTEN_FDS=%u", r->o->listen_fds);
		env[n++] = arena_printf(r->arena, "LISTEN_PID=%d", getpid());
	}
	return env;
}
