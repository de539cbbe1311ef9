/* SPDX-License-Identifier: Apache-2.0 */
/* What a program in C ordinarily does: threads, processes, pipes, files, mappings, shared
 * memory, message queues, semaphores, timers, signals, sockets, epoll. A line of TAP for each.
 * With the argument "no-code" it also makes sure that no memory can be made executable. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS  10000
#define PAGE    4096

extern char **environ;

static char folder[] = "/tmp/program.XXXXXX";

/* ---- threads ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void *count(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static bool threads(void)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, count, NULL) != 0)
			return false;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	pthread_setname_np(pthread_self(), "main");
	return counter == (long)THREADS * ROUNDS;
}

/* ---- processes ---- */

static bool ended_well(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool fork_and_pipe(void)
{
	int p[2];
	char got[6] = "";
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0)
		_exit(write(p[1], "hello", 5) == 5 ? 0 : 1);
	return ended_well(pid) && read(p[0], got, 5) == 5 && strcmp(got, "hello") == 0;
}

static bool spawn(void)
{
	char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char[]){ "exit 0" }, NULL };
	pid_t pid;

	return posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0 && ended_well(pid);
}

static bool shell_line(void)
{
	char got[16] = "";
	FILE *f = popen("echo 1 2 | wc -w", "r");

	return f != NULL && fgets(got, sizeof(got), f) != NULL && pclose(f) == 0 &&
	       got[0] == '2';
}

static bool limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return false;
	r.rlim_cur = r.rlim_max < 64 ? r.rlim_max : 64;
	return setrlimit(RLIMIT_NOFILE, &r) == 0 && setpriority(PRIO_PROCESS, 0, 1) == 0;
}

/* ---- files ---- */

static bool files(void)
{
	char path[64], to[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/a", folder);
	snprintf(to, sizeof(to), "%s/b", folder);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, "text", 4, 0) != 4 || fsync(fd) < 0 || ftruncate(fd, 2) < 0 ||
	    fchmod(fd, 0640) < 0 || fcntl(fd, F_GETFL) < 0 || close(fd) < 0)
		return false;
	return rename(path, to) == 0 && symlink("b", path) == 0 && stat(path, &st) == 0 &&
	       st.st_size == 2 && unlink(path) == 0 && utimensat(AT_FDCWD, to, NULL, 0) == 0 &&
	       unlink(to) == 0;
}

static bool watch(void)
{
	char path[64], got[512];
	const int fd = inotify_init1(IN_CLOEXEC);

	snprintf(path, sizeof(path), "%s/fifo", folder);
	return inotify_add_watch(fd, folder, IN_CREATE) >= 0 && mkfifo(path, 0600) == 0 &&
	       read(fd, got, sizeof(got)) > 0 && unlink(path) == 0;
}

/* ---- memory ---- */

static bool maps(void)
{
	const int fd = memfd_create("m", MFD_CLOEXEC);
	char *p;

	if (ftruncate(fd, 2 * PAGE) < 0)
		return false;
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return false;
	p[0] = 'x';
	p = mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	return p != MAP_FAILED && p[0] == 'x' && madvise(p, PAGE, MADV_WILLNEED) == 0 &&
	       mprotect(p, PAGE, PROT_READ) == 0 && munmap(p, 2 * PAGE) == 0 && close(fd) == 0;
}

static bool no_code(void)
{
	const int anon = MAP_PRIVATE | MAP_ANONYMOUS, rw = PROT_READ | PROT_WRITE;
	void *p = mmap(NULL, PAGE, rw, anon, -1, 0);

	return mprotect(p, PAGE, PROT_READ | PROT_EXEC) < 0 &&
	       mprotect(p, PAGE, rw | PROT_EXEC) < 0 &&
	       mmap(NULL, PAGE, rw | PROT_EXEC, anon, -1, 0) == MAP_FAILED;
}

static bool shared(void)
{
	const int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	char *p = shmat(id, NULL, 0);
	const bool ok = p != (void *)-1 && fork_and_pipe() && shmdt(p) == 0; /* NOLINT */

	return shmctl(id, IPC_RMID, NULL) == 0 && ok;
}

static bool semaphores(void)
{
	const int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	struct sembuf up = { 0, 1, 0 }, down = { 0, -1, 0 };
	const bool ok = semop(id, &up, 1) == 0 && semop(id, &down, 1) == 0;

	return semctl(id, 0, IPC_RMID) == 0 && ok;
}

/* ---- time and signals ---- */

static volatile sig_atomic_t alarms;

static void on_alarm(int signal)
{
	(void)signal;
	alarms = 1;
}

static bool timers(void)
{
	const struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct timespec nap = { 0, 50000000 };
	timer_t t;

	signal(SIGALRM, on_alarm);
	if (timer_create(CLOCK_MONOTONIC, &event, &t) < 0 ||
	    timer_settime(t, 0, &soon, NULL) < 0)
		return false;
	while (!alarms)
		nanosleep(&nap, NULL);
	return timer_delete(t) == 0;
}

static bool events(void)
{
	struct epoll_event want = { .events = EPOLLIN }, got;
	const struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	const int ep = epoll_create1(EPOLL_CLOEXEC), ev = eventfd(0, EFD_CLOEXEC);
	const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	sigset_t set;

	sigemptyset(&set);
	return epoll_ctl(ep, EPOLL_CTL_ADD, timer, &want) == 0 &&
	       timerfd_settime(timer, 0, &soon, NULL) == 0 &&
	       epoll_wait(ep, &got, 1, 5000) == 1 && eventfd_write(ev, 1) == 0 &&
	       signalfd(-1, &set, SFD_CLOEXEC) >= 0;
}

/* ---- sockets ---- */

static void *echo(void *arg)
{
	const int listener = *(int *)arg, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char got[4];

	if (recv(fd, got, sizeof(got), MSG_WAITALL) == sizeof(got))
		(void)send(fd, got, sizeof(got), MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static bool internet(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	const int one = 1;
	char got[4] = "";
	pthread_t t;
	bool ok;

	if (bind(listener, (struct sockaddr *)&at, len) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) < 0 ||
	    pthread_create(&t, NULL, echo, &listener) != 0)
		return false;
	setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
	ok = connect(fd, (struct sockaddr *)&at, len) == 0 && send(fd, "ping", 4, 0) == 4 &&
	     recv(fd, got, 4, MSG_WAITALL) == 4 && memcmp(got, "ping", 4) == 0;
	pthread_join(t, NULL);
	return close(fd) == 0 && close(listener) == 0 && ok;
}

static bool local(void)
{
	int p[2];
	char got[2];

	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p) == 0 &&
	       send(p[0], "x", 1, 0) == 1 && recv(p[1], got, sizeof(got), 0) == 1;
}

/* glibc asks netlink for these. */
static bool interfaces(void)
{
	struct ifaddrs *list;
	const struct addrinfo hints = { .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *info;

	if (getifaddrs(&list) < 0)
		return false;
	freeifaddrs(list);
	if (getaddrinfo("127.0.0.1", "80", &hints, &info) != 0)
		return false;
	freeaddrinfo(info);
	return true;
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	bool (*run)(void);
} parts[] = {
	{ "threads", threads },
	{ "fork and pipe", fork_and_pipe },
	{ "spawn", spawn },
	{ "popen", shell_line },
	{ "files", files },
	{ "watch", watch },
	{ "maps", maps },
	{ "shared memory", shared },
	{ "semaphores", semaphores },
	{ "timers", timers },
	{ "events", events },
	{ "internet", internet },
	{ "local", local },
	{ "interfaces", interfaces },
	{ "limits", limits },
	{ "no code", no_code },
};
#define PARTS (sizeof(parts) / sizeof(*parts))

int main(int argc, char **argv)
{
	const size_t n = argc > 1 && strcmp(argv[1], "no-code") == 0 ? PARTS : PARTS - 1;
	bool all = mkdtemp(folder) != NULL;

	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		bool ok;

		fflush(stdout);
		errno = 0;
		ok = parts[i].run();
		printf("%s %zu - %s%s%s\n", ok ? "ok" : "not ok", i + 1, parts[i].name,
		       ok ? "" : ": ", ok ? "" : strerror(errno));
		all &= ok;
	}
	return rmdir(folder) == 0 && all ? 0 : 1;
}
