/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c - what it costs to append to the audit log.
 *
 *   bench-audit LOG WRITERS EVENTS
 *
 * So many processes append so many events each, all to one chain, and the time for all of them
 * is printed. With one writer that is what an event costs; LOG stays, as a large log to read.
 */
#include "audit/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/proc.h"
#include "base/str.h"

static void give_up(const char *what)
{
	(void)fprintf(stderr, "bench-audit: %s\n", what);
	exit(2);
}

static struct json *verdict(struct arena *a)
{
	struct json *v = json_object(a);

	json_set(v, "reason", json_string(a, "exited"));
	json_set(v, "exit_code", json_int(a, 0));
	json_set(v, "wall_ms", json_int(a, 1234));
	json_set(v, "memory_peak", json_int(a, 12345678));
	return v;
}

/* Of a thousand events one is rare. */
static enum audit_event event_of(uint64_t i)
{
	static const enum audit_event usual[] = { AUDIT_CREATE, AUDIT_START, AUDIT_EXEC,
						  AUDIT_EXIT, AUDIT_DELETE };

	return i % 1000 == 999 ? AUDIT_CHECKPOINT : usual[i % COUNT(usual)];
}

static void write_all_of(const char *path, unsigned writer, uint64_t events)
{
	static const char *const argv[] = { "/usr/bin/python3", "-m", "job", "--input=/data",
					    NULL };
	struct audit *au = NULL;
	struct err e = { 0 };

	if (audit_open(path, &au, &e) < 0)
		give_up(e.text);
	for (uint64_t i = 0; i < events; i++) {
		autoarena struct arena a = { 0 };
		const enum audit_event what = event_of(i);
		const struct audit_subject who = {
			.id = arena_printf(&a, "container-%u-%" PRIu64, writer, i / 5),
			.bundle = "/var/lib/containers/storage/overlay-containers/bundle",
			.labels.engine = "podman",
			.labels.image = "docker.io/library/python:3.12",
			.pid = (pid_t)(i % 30000 + 2),
			.argv = argv,
			.policy_name = "untrusted",
		};
		const struct audit_result result = {
			.exit_code = what == AUDIT_EXIT ? 0 : -1,
			.verdict = what == AUDIT_EXIT ? verdict(&a) : NULL,
		};

		if (audit_write(au, &a, what, &who, &result, &e) < 0)
			give_up(e.text);
	}
	audit_close(au);
}

static uint64_t number(const char *text, uint64_t most)
{
	uint64_t n;

	if (!str_uint64(text, most, &n) || n == 0)
		give_up("expected LOG WRITERS EVENTS");
	return n;
}

static void start(const char *path, unsigned writers, uint64_t events)
{
	for (unsigned i = 0; i < writers; i++) {
		const pid_t pid = fork();

		if (pid < 0)
			give_up("fork");
		if (pid == 0) {
			write_all_of(path, i, events);
			_exit(0);
		}
	}
}

static double processor_us(const struct rusage *r)
{
	return (double)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) * 1e6 +
	       (double)(r->ru_utime.tv_usec + r->ru_stime.tv_usec);
}

int main(int argc, char **argv)
{
	uint64_t writers, events, begin;
	struct rusage used;
	double seconds;
	int status;

	if (argc != 4)
		give_up("expected LOG WRITERS EVENTS");
	writers = number(argv[2], 10000);
	events = number(argv[3], 100000000);
	begin = now_boot_ms();
	start(argv[1], (unsigned)writers, events);
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			give_up("a writer failed");
	seconds = (double)(now_boot_ms() - begin) / 1000;
	(void)getrusage(RUSAGE_CHILDREN, &used);
	(void)printf("%" PRIu64 " writers, %" PRIu64 " events: %.2f s, %.0f events/s, "
		     "%.2f us each, of processor %.2f us\n",
		     writers, writers * events, seconds, (double)(writers * events) / seconds,
		     seconds * 1e6 / (double)(writers * events),
		     processor_us(&used) / (double)(writers * events));
	return 0;
}
