/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c - times whole runs of several commands in turn, so that what else the machine does
 * falls on all alike.
 *
 * bench [-n RUNS] [-w WARM-UPS] [--json] NAME COMMAND [NAME COMMAND ...]
 *
 * A COMMAND is words between blanks; "{id}" in a word becomes a name that no other run has, and
 * a word ";" parts phases that are timed one by one and summed (create ; start ; delete). Each
 * peer's RUNS are spread over RUNS rounds; the round's first is another each time.
 *
 * The clock runs from before the fork until the direct child has been waited for: what a caller
 * sees. Peak memory is ru_maxrss of wait4(2): the largest resident set among that child and the
 * descendants that were waited for, each alone and never their sum. A container's init is a
 * copy of the runtime and its payload is smaller, so that is the runtime itself. The kernel
 * counts the memory map that execve(2) replaced too, which is ours: it is the least value that
 * can be seen (--json: bench_peak_kib). The cpu time is that of the same processes. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PEERS_MAX    12
#define PHASES_MAX   4
#define WORDS_MAX    32
#define WORD_MAX     256
#define RUNS_MAX     100000
#define SAID_MAX     400
#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/* One program's start, as words. */
struct phase {
	const char *name; /* the word by which the table calls it */
	char *words[WORDS_MAX];
	size_t n;
};

struct peer {
	const char *name;
	struct phase phase[PHASES_MAX];
	size_t phases;
	uint64_t *ns[PHASES_MAX + 1]; /* [phases]: the sum of one run */
	uint64_t *cpu_ns;
	size_t n;
	size_t failures;
	long peak_kib;
	char said[SAID_MAX]; /* by the first run that failed */
};

struct bench {
	struct peer peer[PEERS_MAX];
	size_t n;
	size_t runs;
	size_t warm_ups;
	bool json;
	unsigned long serial;
	int null;
	int said; /* an unlinked file: what the commands write to stderr */
};

/* What is printed of a series. */
struct summary {
	double median, p10, p95, least;
};

static _Noreturn void PRINTF(1, 2) die(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("bench: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(2);
}

static void *need(void *p)
{
	if (p == NULL)
		die("memory: %s", strerror(errno));
	return p;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t cpu_ns(const struct rusage *u)
{
	return (uint64_t)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) * 1000;
}

/* ---- one run ---- */

/* The word with the id in the place of "{id}". */
static char *fill_in(const char *word, const char *id, char out[WORD_MAX])
{
	const char *at = strstr(word, "{id}");
	int n;

	if (at == NULL)
		n = snprintf(out, WORD_MAX, "%s", word);
	else
		n = snprintf(out, WORD_MAX, "%.*s%s%s", (int)(at - word), word, id, at + 4);
	if (n < 0 || n >= WORD_MAX)
		die("%s: longer than %d bytes", word, WORD_MAX);
	return out;
}

/* posix_spawn(3) shares our memory with the child until it executes: its cost does not grow
 * with what we hold. */
static pid_t spawn(const struct bench *b, char **argv)
{
	static char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *const env[] = { path, NULL };
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int err = posix_spawn_file_actions_init(&fa);

	if (err == 0)
		err = posix_spawn_file_actions_adddup2(&fa, b->null, STDIN_FILENO);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(&fa, b->null, STDOUT_FILENO);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(&fa, b->said, STDERR_FILENO);
	if (err == 0)
		err = posix_spawnp(&pid, argv[0], &fa, NULL, argv, env);
	if (err != 0)
		die("%s: run: %s", argv[0], strerror(err));
	(void)posix_spawn_file_actions_destroy(&fa);
	return pid;
}

/* Starts one phase and waits for its end. Whether it went well. */
static bool run_phase(const struct bench *b, const struct phase *ph, const char *id,
		      uint64_t *ns, struct rusage *use)
{
	char text[WORDS_MAX][WORD_MAX];
	char *argv[WORDS_MAX + 1];
	uint64_t start;
	pid_t pid;
	int status = 0;

	for (size_t i = 0; i < ph->n; i++)
		argv[i] = fill_in(ph->words[i], id, text[i]);
	argv[ph->n] = NULL;
	start = now_ns();
	pid = spawn(b, argv);
	while (wait4(pid, &status, 0, use) < 0)
		if (errno != EINTR)
			die("wait4: %s", strerror(errno));
	*ns = now_ns() - start;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The end of what the failed command said, as one line. */
static void remember(const struct bench *b, struct peer *p)
{
	ssize_t n = pread(b->said, p->said, sizeof(p->said) - 1, 0);

	if (n <= 0)
		n = snprintf(p->said, sizeof(p->said), "it said nothing");
	p->said[n] = '\0';
	for (ssize_t i = n; i > 0 && p->said[i - 1] == '\n'; i--)
		p->said[i - 1] = '\0';
	for (char *nl = p->said; (nl = strchr(nl, '\n')) != NULL;)
		*nl = ' ';
}

static void run_once(struct bench *b, struct peer *p, bool counts)
{
	uint64_t ns[PHASES_MAX] = { 0 }, sum = 0, cpu = 0;
	bool good = true;
	long peak = 0;
	char id[40];

	(void)snprintf(id, sizeof(id), "bench-%d-%lu", getpid(), ++b->serial);
	if (ftruncate(b->said, 0) < 0)
		die("the file for messages: %s", strerror(errno));
	/* the later phases too when one fails: they take away what it left */
	for (size_t i = 0; i < p->phases; i++) {
		struct rusage use = { 0 };

		good = run_phase(b, &p->phase[i], id, &ns[i], &use) && good;
		sum += ns[i];
		cpu += cpu_ns(&use);
		if (use.ru_maxrss > peak)
			peak = use.ru_maxrss;
	}
	if (!good && p->failures++ == 0)
		remember(b, p);
	if (!good || !counts)
		return;
	for (size_t i = 0; i < p->phases; i++)
		p->ns[i][p->n] = ns[i];
	p->ns[p->phases][p->n] = sum;
	p->cpu_ns[p->n++] = cpu;
	if (peak > p->peak_kib)
		p->peak_kib = peak;
}

static void run_all(struct bench *b)
{
	for (size_t i = 0; i < b->warm_ups; i++)
		for (size_t k = 0; k < b->n; k++)
			run_once(b, &b->peer[k], false);
	for (size_t i = 0; i < b->runs; i++)
		for (size_t k = 0; k < b->n; k++)
			run_once(b, &b->peer[(i + k) % b->n], true);
}

/* ---- what came out ---- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* In milliseconds. Sorts the series; the nearest rank, the mean of the middle two. */
static struct summary summarize(uint64_t *v, size_t n)
{
	struct summary s = { 0 };

	if (n == 0)
		return s;
	qsort(v, n, sizeof(*v), compare);
	s.least = (double)v[0] / 1e6;
	s.p10 = (double)v[(n - 1) * 10 / 100] / 1e6;
	s.p95 = (double)v[(n - 1) * 95 / 100] / 1e6;
	s.median = ((double)v[(n - 1) / 2] + (double)v[n / 2]) / 2e6;
	return s;
}

static void print_line(struct peer *p, double first)
{
	struct summary s = summarize(p->ns[p->phases], p->n);
	struct summary cpu = summarize(p->cpu_ns, p->n);
	char ratio[16] = "-";

	if (first > 0 && p->n > 0)
		(void)snprintf(ratio, sizeof(ratio), "%.2f", s.median / first);
	(void)printf("%-22s %8.2f %8.2f %8.2f %8.2f %7s %8.2f %9.2f %7zu %8zu\n", p->name,
		     s.median, s.p10, s.p95, s.least, ratio, cpu.median,
		     (double)p->peak_kib / 1024, p->n, p->failures);
	for (size_t i = 0; p->phases > 1 && i < p->phases; i++) {
		s = summarize(p->ns[i], p->n);
		(void)printf("  %-20s %8.2f %8.2f %8.2f %8.2f\n", p->phase[i].name, s.median,
			     s.p10, s.p95, s.least);
	}
}

static void print_table(struct bench *b)
{
	double first = summarize(b->peer[0].ns[b->peer[0].phases], b->peer[0].n).median;

	(void)printf("%-22s %8s %8s %8s %8s %7s %8s %9s %7s %8s\n", "", "median", "p10", "p95",
		     "least", "ratio", "cpu", "peak MiB", "runs", "failures");
	for (size_t i = 0; i < b->n; i++)
		print_line(&b->peer[i], first);
}

static void print_string(const char *s)
{
	(void)putchar('"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			(void)printf("\\%c", *s);
		else if ((unsigned char)*s < ' ')
			(void)printf("\\u%04x", (unsigned)*s);
		else
			(void)putchar(*s);
	}
	(void)putchar('"');
}

static void print_series(const char *key, uint64_t *v, size_t n)
{
	struct summary s = summarize(v, n);

	print_string(key);
	(void)printf(":{\"median_ms\":%.4f,\"p10_ms\":%.4f,\"p95_ms\":%.4f,\"least_ms\":%.4f}",
		     s.median, s.p10, s.p95, s.least);
}

static void print_peer(struct peer *p)
{
	(void)printf("{\"name\":");
	print_string(p->name);
	(void)printf(",\"runs\":%zu,\"failures\":%zu,\"peak_kib\":%ld,", p->n, p->failures,
		     p->peak_kib);
	print_series("total", p->ns[p->phases], p->n);
	(void)putchar(',');
	print_series("cpu", p->cpu_ns, p->n);
	for (size_t i = 0; p->phases > 1 && i < p->phases; i++) {
		(void)putchar(',');
		print_series(p->phase[i].name, p->ns[i], p->n);
	}
	if (p->failures > 0) {
		(void)printf(",\"said\":");
		print_string(p->said);
	}
	(void)putchar('}');
}

static void print_json(struct bench *b)
{
	struct rusage self = { 0 };

	(void)getrusage(RUSAGE_SELF, &self);
	(void)printf("{\"bench_peak_kib\":%ld,\"peers\":[", self.ru_maxrss);
	for (size_t i = 0; i < b->n; i++) {
		if (i > 0)
			(void)putchar(',');
		print_peer(&b->peer[i]);
	}
	(void)puts("]}");
}

/* ---- the command line ---- */

/* What the table calls a phase: its first word that is a command of a runtime. */
static const char *phase_name(const struct phase *ph)
{
	static const char *const known[] = { "run", "create", "start", "delete", "exec" };

	for (size_t i = 1; i < ph->n; i++)
		for (size_t k = 0; k < COUNT(known); k++)
			if (strcmp(ph->words[i], known[k]) == 0)
				return known[k];
	return ph->words[0];
}

/* Cuts the command into words, where it is. */
static void read_command(struct peer *p, char *command)
{
	char *rest = command;
	struct phase *ph = &p->phase[0];
	char *word;

	p->phases = 1;
	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '\0')
			continue;
		if (strcmp(word, ";") == 0) {
			if (p->phases == PHASES_MAX)
				die("%s: more than %d phases", p->name, PHASES_MAX);
			ph = &p->phase[p->phases++];
		} else if (ph->n == WORDS_MAX) {
			die("%s: more than %d words", p->name, WORDS_MAX);
		} else {
			ph->words[ph->n++] = word;
		}
	}
	for (size_t i = 0; i < p->phases; i++) {
		if (p->phase[i].n == 0)
			die("%s: a command without words", p->name);
		p->phase[i].name = phase_name(&p->phase[i]);
	}
}

static void add_peer(struct bench *b, const char *name, char *command)
{
	struct peer *p = &b->peer[b->n];

	if (b->n == PEERS_MAX)
		die("more than %d peers", PEERS_MAX);
	b->n++;
	p->name = name;
	read_command(p, command);
	for (size_t i = 0; i <= p->phases; i++)
		p->ns[i] = need(calloc(b->runs, sizeof(uint64_t)));
	p->cpu_ns = need(calloc(b->runs, sizeof(uint64_t)));
}

static size_t number(const char *text, size_t min)
{
	char *end = NULL;
	long n = text != NULL ? strtol(text, &end, 10) : -1;

	if (end == NULL || end == text || *end != '\0' || n < (long)min || n > RUNS_MAX)
		die("expected a number from %zu to %d: found %s", min, RUNS_MAX,
		    text != NULL ? text : "nothing");
	return (size_t)n;
}

/* Fills in what was asked for; the first argument that is no option. */
static int read_options(struct bench *b, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0)
			b->json = true;
		else if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
			b->runs = number(argv[++i], 1);
		else if (strcmp(argv[i], "-w") == 0 && i + 1 < argc)
			b->warm_ups = number(argv[++i], 0);
		else
			die("%s: unknown option, or one without its value", argv[i]);
	}
	if (i >= argc || (argc - i) % 2 != 0)
		die("expected NAME COMMAND pairs after the options");
	return i;
}

int main(int argc, char **argv)
{
	static struct bench b = { .runs = 100, .warm_ups = 5 };
	char said[] = "/tmp/bench.XXXXXX";
	size_t failures = 0;

	for (int i = read_options(&b, argc, argv); i < argc; i += 2)
		add_peer(&b, argv[i], argv[i + 1]);
	b.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	b.said = mkostemp(said, O_CLOEXEC | O_APPEND);
	if (b.null < 0 || b.said < 0)
		die("/dev/null or /tmp: %s", strerror(errno));
	(void)unlink(said);
	run_all(&b);
	if (b.json)
		print_json(&b);
	else
		print_table(&b);
	for (size_t i = 0; i < b.n; i++) {
		failures += b.peer[i].failures;
		if (b.peer[i].failures > 0)
			(void)fprintf(stderr, "bench: %s: failed %zu times: %s\n",
				      b.peer[i].name, b.peer[i].failures, b.peer[i].said);
	}
	return failures > 0 ? 1 : 0;
}
