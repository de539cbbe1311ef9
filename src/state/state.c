/* SPDX-License-Identifier: Apache-2.0 */
#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/proc.h"
#include "state/state_private.h"

#define CONFIG_FILE    "config.json"
#define EXIT_FILE      "exit.json"
#define FILTER_FILE    "filter"
#define VERDICTS_FILE  "verdicts"
#define VERDICTS_MAX   (8 << 20)
#define STATE_OCI_SEEN "1.3.0" /* of a container that died before it was saved */

int state_save(const struct state_dir *d, const struct state *s, struct err *e)
{
	autoarena struct arena a = { 0 };
	size_t len;
	const char *text = state_text(&a, s, &len);

	if (len > STATE_MAX) {
		(void)fail(e, ERR_STATE, STATE_FILE ": expected at most %u bytes, found %zu",
			   STATE_MAX, len);
		return hint(e, "the annotations of config.json are kept there: shorten them");
	}
	/* /run is memory: a crash of the host takes the containers with it, so no sync */
	return file_replace_at(d->fd, STATE_FILE, text, len, 0600, false, e);
}

int state_open_own(const struct state_dir *d, const char *name, struct err *e)
{
	autofd int fd =
		openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0)
		return take_fd(&fd);
	(void)fail(e, ERR_STATE,
		   "%s: expected a file of ours that nobody else writes: found mode 0%o of uid "
		   "%u",
		   name, st.st_mode, st.st_uid);
	return -EPERM;
}

/* A create that was killed before its first save: the directory is all there is. */
static int unsaved(struct arena *a, const struct state_dir *d, const char *id,
		   struct state *out, struct err *e)
{
	struct stat st;

	if (fstat(d->fd, &st) < 0)
		return fail_sys(e, errno, "container %s: stat", id);
	*out = (struct state){
		.version = STATE_VERSION,
		.id = arena_strdup(a, id),
		.oci_version = STATE_OCI_SEEN,
		.bundle = "",
		.status = ST_CREATING,
		.owner_uid = st.st_uid,
		.created_ns =
			(uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec,
	};
	return 0;
}

static int must_be_of(const struct state *s, const char *id, struct err *e)
{
	if (strcmp(s->id, id) == 0)
		return 0;
	return fail(e, ERR_STATE, "state.json: id: expected \"%s\", found \"%.64s\"", id,
		    s->id);
}

/* What cannot be read is as good as none: the container's other half must stay deletable. */
static void read_exit(struct arena *a, const struct state_dir *d, struct state *s)
{
	struct err ignored = { 0 };
	autofd int fd = state_open_own(d, EXIT_FILE, &ignored);
	autofree char *text = NULL;
	struct json *v;
	size_t len;

	if (fd < 0 || file_read_fd(fd, STATE_MAX, EXIT_FILE, &text, &len, &ignored) < 0 ||
	    json_parse(a, EXIT_FILE, text, len, &v, &ignored) < 0 || v->kind != JSON_OBJECT)
		return;
	s->verdict = arena_strndup(a, text, len);
}

int state_load(struct arena *a, const struct state_dir *d, const char *id, struct state *out,
	       struct err *e)
{
	autofd int fd = state_open_own(d, STATE_FILE, e);
	autofree char *text = NULL;
	struct state s;
	size_t len;

	if (fd == -ENOENT)
		return unsaved(a, d, id, out, e);
	if (fd < 0)
		return fail_sys(e, -fd, "%s: open", STATE_FILE);
	if (file_read_fd(fd, STATE_MAX, STATE_FILE, &text, &len, e) < 0 ||
	    state_parse(a, text, len, &s, e) < 0 || must_be_of(&s, id, e) < 0)
		return -1;
	read_exit(a, d, &s);
	*out = s;
	return 0;
}

int state_load_remains(struct arena *a, const struct state_dir *d, const char *id,
		       struct state *out, struct err *e)
{
	autofd int fd = state_open_own(d, STATE_FILE, e);
	autofree char *text = NULL;
	struct state s;
	size_t len;

	if (fd < 0)
		return fail_sys(e, -fd, "%s: open", STATE_FILE);
	if (file_read_fd(fd, JSON_MAX, STATE_FILE, &text, &len, e) < 0 ||
	    state_parse_remains(a, text, len, &s, e) < 0 || must_be_of(&s, id, e) < 0)
		return -1;
	s.oci_version = STATE_OCI_SEEN;
	read_exit(a, d, &s);
	*out = s;
	return 0;
}

static int load_file(const struct state_dir *d, const char *name, size_t max, char **text,
		     size_t *len, struct err *e)
{
	autofd int fd = state_open_own(d, name, e);

	if (fd < 0)
		return fail_sys(e, -fd, "%s: open the copy", name);
	return file_read_fd(fd, max, name, text, len, e);
}

int state_save_config(const struct state_dir *d, const char *text, size_t len, struct err *e)
{
	return file_replace_at(d->fd, CONFIG_FILE, text, len, 0600, false, e);
}

int state_load_config(const struct state_dir *d, char **text, size_t *len, struct err *e)
{
	return load_file(d, CONFIG_FILE, JSON_MAX, text, len, e);
}

int state_save_filter(const struct state_dir *d, const void *bytes, size_t len, struct err *e)
{
	return file_replace_at(d->fd, FILTER_FILE, bytes, len, 0600, false, e);
}

int state_save_verdicts(const struct state_dir *d, const void *bytes, size_t len, struct err *e)
{
	return file_replace_at(d->fd, VERDICTS_FILE, bytes, len, 0600, false, e);
}

int state_open_verdicts(const struct state_dir *d, size_t *len, struct err *e)
{
	autofd int fd = state_open_own(d, VERDICTS_FILE, e);
	struct stat st;

	if (fd < 0)
		return e->kind != ERR_NONE ? -1 : fail_sys(e, -fd, VERDICTS_FILE ": open");
	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, VERDICTS_FILE);
	if (st.st_size <= 0 || st.st_size > VERDICTS_MAX)
		return fail(e, ERR_STATE, VERDICTS_FILE ": expected a table: found %jd bytes",
			    (intmax_t)st.st_size);
	*len = (size_t)st.st_size;
	return take_fd(&fd);
}

int state_load_filter(const struct state_dir *d, char **bytes, size_t *len, struct err *e)
{
	return load_file(d, FILTER_FILE, STATE_FILTER_MAX, bytes, len, e);
}

enum state_status state_now(const struct state *s)
{
	if (s->pid == 0)
		return ST_CREATING;
	if (!proc_alive(s->pid, s->start_time))
		return ST_STOPPED;
	/* the runtime that said START was killed before it could save */
	if (s->status != ST_RUNNING && proc_executed(s->pid, s->start_time))
		return ST_RUNNING;
	return s->status;
}
