/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/unit/policy_help.h"

/* ---- lines ---- */

struct listing {
	struct arena *a;
	const char *text;
};

/* "read/7 x2": the call as it is shown, the arguments that are known, how often. */
static void list(void *ctx, const struct policy_seen *s)
{
	struct listing *l = ctx;
	const char *call = policy_call_text(l->a, &s->call);

	l->text = arena_printf(l->a, "%s%s%s/%x", l->text, l->text[0] != '\0' ? "; " : "", call,
			       s->known);
	if (s->count != 1)
		l->text = arena_printf(l->a, "%s x%llu", l->text, (unsigned long long)s->count);
	if (s->pid != 0)
		l->text = arena_printf(l->a, "%s by %d", l->text, s->pid);
	if (s->has_clone_flags)
		l->text = arena_printf(l->a, "%s flags %#llx", l->text,
				       (unsigned long long)s->clone_flags);
}

static void feed(struct policy_record *r, const char *text)
{
	policy_record_begin(r, "file");
	while (*text != '\0') {
		const size_t n = strcspn(text, "\n");

		policy_record_line(r, text, n);
		text += n + (text[n] == '\n');
	}
	policy_record_end(r);
}

static const char *read_with(struct arena *a, const char *text, const char *from, bool all,
			     struct policy_record_facts *facts)
{
	struct listing l = { a, "" };
	const struct policy_record_want w = { .audit_arch = AUDIT_ARCH_X86_64,
					      .from = from,
					      .all = all,
					      .seen = list,
					      .ctx = &l };
	struct policy_record *r = policy_record_new(a, &w);

	feed(r, text);
	*facts = *policy_record_facts(r);
	return l.text;
}

/* clang-format off */
static const struct {
	const char *line, *seen;
} strace_lines[] = {
	{ "read(3, \"a, b) = 1\", 10) = 4", "read(3, 1, 10)/7" },
	{ "read(3, 0x7ffe91a596f0, 0xa) = 0x4", "read(3, 1, 10)/7" },
	{ "getpid() = 12", "getpid()/0" },
	{ "close(3</tmp/a,(b>)                        = 0", "close(3)/1" },
	{ "sendto(4<TCP:[127.0.0.1:1->127.0.0.1:2]>, \"x\", 1, 0, NULL, 0) = 1", "sendto(4, 1, 1, 0, 0, 0)/3f" },
	{ "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3", "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0)/7" },
	{ "socket(0x1, 0x80001, 0) = 3", "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0)/7" },
	{ "socket(0x1 /* AF_UNIX */, 0x1 /* SOCK_STREAM, really */, 0) = 3", "socket(AF_UNIX, SOCK_STREAM, 0)/7" },
	{ "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f7477f2c000",
	  "mmap(0, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)/3f" },
	{ "ioctl(0, TCGETS, {B38400 opost isig icanon echo ...}) = 0", "ioctl(0, TCGETS, 0)/3" },
	{ "ioctl(0, SNDCTL_TMR_TIMEBASE or TCGETS, 0x7ffc) = -1 ENOTTY (Inappropriate ioctl for device)", "ioctl(0, TCGETS, 0x7ffc)/7" },
	{ "ioctl(3, _IOC(_IOC_READ|_IOC_WRITE, 0x54, 0x5, 0x4), 0x7ffc) = 0", "ioctl(3, 0xc0045405, 0x7ffc)/7" },
	{ "ioctl(3, NO_SUCH_REQUEST, 0x7ffc) = 0", "ioctl(3, 0, 0x7ffc)/5" },
	{ "prctl(PR_SET_NAME, \"x\") = 0", "prctl(PR_SET_NAME, 0, 0, 0, 0)/1" },
	{ "fcntl(3, F_GETFL) = 0x8000 (flags O_RDONLY|O_LARGEFILE)", "fcntl(3, F_GETFL, 0)/3" },
	{ "openat(AT_FDCWD</root>, \"/x\", O_RDONLY|O_CLOEXEC) = 3</x>", "openat(AT_FDCWD, 1, O_RDONLY|O_CLOEXEC, 0)/7" },
	{ "openat(AT_FDCWD, \"/x\", O_WRONLY|O_CREAT, 0644) = 3", "openat(AT_FDCWD, 1, O_WRONLY|O_CREAT, 420)/f" },
	{ "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0", "prlimit64(0, RLIMIT_STACK, 0, 1)/f" },
	{ "personality(0x20000) = 0 (PER_LINUX)", "personality(PER_LINUX|UNAME26)/1" },
	{ "exit_group(0) = ?", "exit_group(0)/1" },
	{ "exit_group(0) = ?\r", "exit_group(0)/1" },
	{ "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f) = 12", "clone(SIGCHLD|CLONE_CHILD_CLEARTID, 0, 0, 0, 0)/1" },
	{ "clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x7f, stack_size=0x9000}, 88) = 12", "clone3(1, 88)/3 flags 0x4111" },
	{ "clone3({flags=CLONE_VM|CLONE_NEWTHING}, 88) = 12", "clone3(1, 88)/3" },
	{ "clone3() = 12", "clone3(0, 0)/0" },
	{ "syscall_0x1d5(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS (Function not implemented)", "file_setattr(1, 1, 1, 4, 0x5)/1f" },
	{ "syscall_0x3e7(0x1, 0x2) = -1 ENOSYS (Function not implemented)", "999()/0" },
	{ "rt_sigreturn({mask=[]}) = 0", "rt_sigreturn()/0" },
	{ "restart_syscall(<... resuming interrupted read ...>) = 0", "restart_syscall()/0" },
	{ "fallocate(3, 0, 0, 1<<20) = 0", "fallocate(3, FALLOC_FL_ALLOCATE_RANGE, 0, 1048576)/f" },
	{ "read(3,  <unfinished ...>", "read(3, 0, 0)/1" },
	{ "read(3, \"abc", "read(3, 1, 0)/3" },
	{ "socket(AF_ALG, SOCK_SEQPACKET, 0)", "socket(AF_ALG, SOCK_SEQPACKET, 0)/7" },
	/* what stands before */
	{ "12 getpid() = 12", "getpid()/0 by 12" },
	{ "12  getpid() = 12", "getpid()/0 by 12" },
	{ "12<python3> getpid() = 12", "getpid()/0 by 12" },
	{ "[pid    12] getpid() = 12", "getpid()/0 by 12" },
	{ "[pid 12<a b>] getpid() = 12", "getpid()/0 by 12" },
	{ "12 09:18:33.543173 getpid() = 12 <0.000011>", "getpid()/0 by 12" },
	{ "09:18:33 getpid() = 12", "getpid()/0" },
	{ "1700000000.123456 getpid() = 12", "getpid()/0" },
	{ "     0.000123 getpid() = 12", "getpid()/0" },
	{ "[pid 12] 1700000000.1 (+ 0.1) [  39] [00007f3a5c] getpid() = 12", "getpid()/0 by 12" },
	{ "[?\?\?\?\?\?] getpid() = 12", "getpid()/0" },
};

/* Lines that tell of no call. */
static const char *const other_lines[] = {
	"", "   ", "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---", "+++ exited with 0 +++",
	"12 +++ killed by SIGKILL +++", "[pid 12] --- SIGTERM {si_signo=SIGTERM} ---",
	"strace: Process 12 attached", "Process 12 attached", "<... read resumed>\"x\", 10) = 1",
	"12 <... clone resumed>, child_tidptr=0x7f) = 13", " > /usr/lib/libc.so.6(read+0x10) [0x1]",
	"[ Process PID=12 runs in 32 bit mode. ]", "strace: [ Process PID=12 runs in 64 bit mode. ]",
	"???\?( <unfinished ...>", " <unfinished ...>",
	"{\"a\":1}", "{\"arch\":1,\"nr\":\"x\"}", "type=PROCTITLE msg=audit(1.1:2): proctitle=6C73",
	"audit: type=1400 audit(1.1:2): apparmor=\"DENIED\" operation=\"open\"",
};

static const char *const bad_lines[] = {
	"x", "hello world", "READ(3) = 1", "read", "read(3) trailing", "12 x", "{", "{\"a\":}", "[1]", "<x>",
	"{\"arch\":\"z80\",\"nr\":1}", "{\"arch\":\"x86_64\",\"nr\":-1}", "{\"arch\":\"x86_64\",\"nr\":1,\"args\":{}}",
	"{\"arch\":\"x86_64\",\"nr\":1,\"args\":[1]}", "{\"arch\":\"x86_64\",\"nr\":1,\"args\":[\"x\"]}",
	"{\"arch\":\"x86_64\",\"nr\":1,\"count\":-3}",
	"{\"arch\":\"x86_64\",\"nr\":1,\"args\":[\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\"]}",
	"type=SECCOMP msg=audit(1.1:2): syscall=1", "type=SECCOMP msg=audit(1.1:2): arch=c000003e syscall=-1",
	"type=SECCOMP msg=audit(1.1:2): arch=x syscall=1",
};

static const struct {
	const char *line, *seen;
} other_forms[] = {
	{ "audit: type=1326 audit(1700000000.123:456): auid=1000 uid=1000 gid=1000 ses=2 subj=unconfined pid=1234 "
	  "comm=\"python3\" exe=\"/usr/bin/python3.11\" sig=31 arch=c000003e syscall=41 compat=0 ip=0x7f3a code=0x80000000",
	  "socket(AF_UNSPEC, 0, 0)/0 by 1234" },
	{ "[ 1234.5] audit: type=1326 audit(1.1:2): pid=7 arch=40000003 syscall=102 code=0x0", "socketcall(0, 0) @ i386/0 by 7" },
	{ "Nov 22 09:00:00 host kernel: audit: type=1326 audit(1.1:2): pid=7 arch=c00000b7 syscall=198 code=0x7ffc0000",
	  "socket(AF_UNSPEC, 0, 0) @ aarch64/0 by 7" },
	{ "type=SECCOMP msg=audit(1700000000.123:456): auid=0 pid=7 comm=\"a b\" exe=\"/x\" sig=0 arch=c000003e syscall=39 compat=0 ip=0x1 code=0x50001",
	  "getpid()/0 by 7" },
	{ "type=SYSCALL msg=audit(1.1:2): arch=c000003e syscall=41 success=no exit=-1 a0=26 a1=5 a2=0 a3=7ffe items=0 ppid=1 pid=7",
	  "socket(AF_ALG, SOCK_SEQPACKET, 0)/7 by 7" },
	{ "{\"record\":1,\"arch\":\"x86_64\",\"nr\":41,\"name\":\"socket\",\"args\":[\"0x26\",\"0x5\",\"0x0\",\"0x0\",\"0x0\",\"0x0\"],\"count\":3,\"pid\":7}",
	  "socket(AF_ALG, SOCK_SEQPACKET, 0)/7 x3 by 7" },
	{ "{\"record\":1,\"arch\":\"x86_64\",\"nr\":0,\"count\":2}", "read(0, 0, 0)/0 x2" },
	{ "{\"record\":1,\"arch\":\"x86_64\",\"nr\":0,\"args\":[\"0x3\",\"0x0\",\"0xa\",\"0x0\",\"0x0\",\"0x0\"]}", "read(3, 0, 10)/5" },
	{ "{\"record\":1,\"arch\":\"x86_64\",\"nr\":9,\"known\":4,\"args\":[\"0x0\",\"0x0\",\"0x3\",\"0x0\",\"0x0\",\"0x0\"],\"count\":9}",
	  "mmap(0, 0, PROT_READ|PROT_WRITE, 0, 0, 0)/4 x9" },
	{ "{\"type\":\"seccomp.denied\",\"unmapped\":{\"call\":{\"arch\":\"i386\",\"nr\":20}}}", "getpid() @ i386/0" },
	{ "{\"arch\":\"0xc00000f3\",\"nr\":1}", "1() @ 0xc00000f3/0" },
};
/* clang-format on */

Test(learn, each_style_of_strace_is_read)
{
	for (size_t i = 0; i < COUNT(strace_lines); i++) {
		autoarena struct arena a = { 0 };
		struct policy_record_facts f;

		cr_expect_str_eq(read_with(&a, strace_lines[i].line, NULL, true, &f),
				 strace_lines[i].seen, "%s: %s", strace_lines[i].line,
				 read_with(&a, strace_lines[i].line, NULL, true, &f));
		cr_expect_eq(f.garbage + f.other + f.nameless, 0, "%s", strace_lines[i].line);
	}
}

Test(learn, the_kernels_lines_and_records_are_read)
{
	for (size_t i = 0; i < COUNT(other_forms); i++) {
		autoarena struct arena a = { 0 };
		struct policy_record_facts f;

		cr_expect_str_eq(read_with(&a, other_forms[i].line, NULL, true, &f),
				 other_forms[i].seen, "%s: %s", other_forms[i].line,
				 read_with(&a, other_forms[i].line, NULL, true, &f));
		cr_expect_eq(f.garbage + f.other, 0, "%s", other_forms[i].line);
	}
}

Test(learn, lines_without_a_call_are_no_garbage)
{
	for (size_t i = 0; i < COUNT(other_lines); i++) {
		autoarena struct arena a = { 0 };
		struct policy_record_facts f;

		cr_expect_str_eq(read_with(&a, other_lines[i], NULL, true, &f), "");
		cr_expect_eq(f.garbage, 0, "%s", other_lines[i]);
		cr_expect_eq(f.other, f.lines, "%s", other_lines[i]);
	}
}

Test(learn, garbage_is_counted_with_its_place)
{
	autoarena struct arena all = { 0 };
	struct policy_record_facts f;

	for (size_t i = 0; i < COUNT(bad_lines); i++) {
		autoarena struct arena a = { 0 };

		cr_expect_str_eq(read_with(&a, bad_lines[i], NULL, true, &f), "", "%s",
				 bad_lines[i]);
		cr_expect_eq(f.garbage, 1, "%s", bad_lines[i]);
	}
	(void)read_with(&all, "getpid() = 1\nx\ny\n", NULL, true, &f);
	cr_expect_eq(f.garbage, 2);
	cr_expect_str_eq(f.garbage_at, "file:2");
	(void)read_with(&all, "no_such_call(1) = 1\nnor_this() = 0\n", NULL, true, &f);
	cr_expect_eq(f.nameless, 2);
	cr_expect_str_eq(f.nameless_name, "no_such_call");
}

Test(learn, a_line_without_end_is_cut)
{
	autoarena struct arena a = { 0 };
	struct listing l = { &a, "" };
	const struct policy_record_want w = {
		.audit_arch = AUDIT_ARCH_X86_64, .all = true, .seen = list, .ctx = &l
	};
	struct policy_record *r = policy_record_new(&a, &w);
	char *line = arena_alloc(&a, (1u << 20) + 1);

	memset(line, 'x', 1u << 20);
	memcpy(line, "write(1, \"", 10);
	policy_record_begin(r, "file");
	policy_record_line(r, line, 1u << 20);
	policy_record_line(r, "read(0, \0", 9);
	cr_expect_str_eq(l.text, "write(1, 1, 0)/3");
	cr_expect_eq(policy_record_facts(r)->cut, 1);
	cr_expect_eq(policy_record_facts(r)->garbage, 1);
}

/* ---- the beginning ---- */

/* clang-format off */
static const struct {
	const char *from, *text, *seen;
	unsigned before;
} starts[] = {
	{ NULL, "execve(\"/bin/ls\", [\"ls\"], 0x1) = 0\ngetpid() = 1\nexecve(\"/bin/x\", [\"x\"], 0x1) = 0\n", "getpid()/0; execve(1, 1, 1)/7", 1 },
	{ NULL, "getpid() = 1\nexecve(\"/bin/ls\", [\"ls\"], 0x1) = 0\n", "getpid()/0; execve(1, 1, 1)/7", 0 },
	{ "ls", "execve(\"/bin/sh\", [\"sh\"], 0x1) = 0\ngetpid() = 1\nexecve(\"/a/ls\", [\"ls\"], 0x1) = -1 ENOENT (x)\n"
	  "execve(\"/bin/ls\", [\"ls\"], 0x1) = 0\ngetuid() = 0\n", "getuid()/0", 4 },
	{ "/bin/ls", "execve(\"/bin/ls\", [\"ls\"], 0x1) = 0\ngetuid() = 0\n", "getuid()/0", 1 },
	{ "/bin/l", "execve(\"/bin/ls\", [\"ls\"], 0x1) = 0\ngetuid() = 0\n", "", 2 },
	/* a runtime, its hook, the container's program and its child; then the runtime again */
	{ NULL, "1 execve(\"/usr/bin/crun\", [\"crun\"], 0x1) = 0\n1 getpid() = 1\n"
	  "1 clone(child_stack=NULL, flags=SIGCHLD) = 2\n2 execve(\"/usr/bin/hook\", [\"h\"], 0x1) = 0\n2 gettid() = 2\n"
	  "1 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n3 setsid() = 3\n1 <... clone resumed>) = 3\n"
	  "3 pivot_root(\".\", \".\") = 0\n3 execve(\"/proc/self/fd/7\", [\"x\"], 0x1) = 0\n3 getppid() = 0\n"
	  "3 execve(\"/bin/app\", [\"app\"], 0x1) = 0\n3 getuid() = 0\n3 fork() = 4\n4 getgid() = 0\n1 getpid() = 1\n",
	  "getuid()/0 by 3; fork()/0 by 3; getgid()/0 by 4", 12 },
	{ NULL, "1 execve(\"/usr/bin/runc\", [\"runc\"], 0x1) = 0\n1 getpid() = 1\n", "", 2 },
	/* our own record begins with the execve of run; its count tells of others */
	{ NULL, "{\"arch\":\"x86_64\",\"nr\":59,\"count\":1}\n{\"arch\":\"x86_64\",\"nr\":39,\"count\":1}\n{\"arch\":\"x86_64\",\"nr\":59,\"count\":2}\n",
	  "getpid()/0; execve(0, 0, 0)/0 x2", 1 },
	{ NULL, "type=SECCOMP msg=audit(1.1:2): pid=7 comm=\"runc:[2:INIT]\" exe=\"/x\" arch=c000003e syscall=39\n"
	  "type=SECCOMP msg=audit(1.1:3): pid=7 comm=\"x\" exe=\"/usr/bin/crun\" arch=c000003e syscall=39\n"
	  "type=SECCOMP msg=audit(1.1:4): pid=7 comm=\"x\" exe=\"/usr/bin/x\" arch=c000003e syscall=39\n", "getpid()/0 by 7", 2 },
	/* the call itself knows more than what seccomp tells of it */
	{ NULL, "type=SECCOMP msg=audit(1.1:2): pid=7 arch=c000003e syscall=41 code=0x50001\n"
	  "type=SYSCALL msg=audit(1.1:2): arch=c000003e syscall=41 a0=1 a1=1 a2=0 a3=0 pid=7\n"
	  "type=SECCOMP msg=audit(1.1:3): pid=7 arch=c000003e syscall=41 code=0x50001\n",
	  "socket(AF_UNIX, SOCK_STREAM, 0)/7 by 7; socket(AF_UNSPEC, 0, 0)/0 by 7", 0 },
	/* a message within a line, as strace without -o writes it */
	{ NULL, "getpid() = 1\nclone(child_stack=NULL, flags=SIGCHLDstrace: Process 9 attached\n, child_tidptr=0x7f) = 9\n[pid 9] getuid() = 0\n",
	  "getpid()/0; clone(SIGCHLD, 0, 0, 0, 0)/1; getuid()/0 by 9", 0 },
	{ NULL, "getpid() = 1\n[pid 4] close(3strace: Process 9 attached\n)                    = 0\n[pid 9] getuid() = 0\n",
	  "getpid()/0; close(3)/1 by 4; getuid()/0 by 9", 0 },
	{ NULL, "[ Process PID=12 runs in 32 bit mode. ]\n[pid 12] getpid() = 1\n[pid 13] getpid() = 1\n[ Process PID=12 runs in 64 bit mode. ]\n[pid 12] getpid() = 1\n",
	  "getpid() @ i386/0 by 12; getpid()/0 by 13; getpid()/0 by 12", 0 },
};
/* clang-format on */

Test(learn, what_the_tracer_and_the_runtime_do_first_is_dropped)
{
	for (size_t i = 0; i < COUNT(starts); i++) {
		autoarena struct arena a = { 0 };
		struct policy_record_facts f;
		const char *got = read_with(&a, starts[i].text, starts[i].from, false, &f);

		cr_expect_str_eq(got, starts[i].seen, "%zu: %s", i, got);
		cr_expect_eq(f.before, starts[i].before, "%zu: %u", i, (unsigned)f.before);
		cr_expect_eq(f.garbage, 0, "%zu", i);
		cr_expect_eq(f.waiting, starts[i].seen[0] == '\0', "%zu", i);
	}
}

/* ---- the policy ---- */

struct made {
	struct policy_learned *l;
	struct policy_learn_want want;
	struct policy_learn_facts facts;
	struct err e;
};

static void learn(void *ctx, const struct policy_seen *s)
{
	policy_learn_add(ctx, s);
}

/* The rules of the text, or the error. */
static const char *made(struct arena *a, struct made *m, const char *record)
{
	struct policy_record_want w = { .audit_arch = AUDIT_ARCH_X86_64, .seen = learn };
	const char *text = NULL;
	struct policy_record *r;

	if (m->want.name == NULL)
		m->want.name = "p";
	m->l = policy_learn_new(a, m->want.base);
	w.ctx = m->l;
	r = policy_record_new(a, &w);
	feed(r, record);
	if (policy_learn_text(a, m->l, &m->want, &m->facts, &text, &m->e) < 0)
		return m->e.text;
	return text;
}

static const char *const own_never[] = { "mount", "@keyring", NULL };

/* clang-format off */
static const struct {
	const char *record, *rule; /* a line that must be there */
} rules[] = {
	{ "read(0, \"\", 1) = 0\nread(3, \"\", 1) = 0\n", "\tallow read; # 2 calls\n" },
	{ "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3\nsocket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK, 0) = 3\n",
	  "\tallow socket when family == AF_UNIX && type & 0xf == SOCK_STREAM; # 2 calls\n" },
	{ "socket(AF_INET, SOCK_STREAM, 0) = 3\nsocket(AF_INET6, SOCK_STREAM, 0) = 3\nsocket(AF_NETLINK, SOCK_RAW, 0) = 3\n",
	  "\tallow socket when family in { AF_INET, AF_INET6 } && type & 0xf == SOCK_STREAM ||\n"
	  "\t\tfamily == AF_NETLINK && type & 0xf == SOCK_RAW; # 3 calls\n" },
	{ "socket(AF_INET, SOCK_STREAM, 0) = 3\nsocket(AF_INET, SOCK_DGRAM, 0) = 3\n",
	  "\tallow socket when family == AF_INET && (type & 0xf == SOCK_STREAM || type & 0xf ==\n\t\tSOCK_DGRAM); # 2 calls\n" },
	{ "ioctl(0, TCGETS, 0x1) = 0\nioctl(1, TIOCGWINSZ, 0x1) = 0\n", "\tallow ioctl when cmd in { TCGETS, TIOCGWINSZ }; # 2 calls\n" },
	{ "ioctl(0, 0x1234, 0x1) = 0\n", "\tallow ioctl when cmd == 0x1234; # 1 call\n" },
	{ "ioctl(0, UNKNOWN, 0x1) = 0\n", "\tallow ioctl; # 1 call; arguments unknown: all are permitted\n" },
	{ "prctl(PR_SET_NAME, \"x\") = 0\n", "\tallow prctl when option == PR_SET_NAME; # 1 call\n" },
	{ "mprotect(0x1, 1, PROT_NONE) = 0\nmprotect(0x1, 1, PROT_READ|PROT_EXEC) = 0\n",
	  "\tallow mprotect when prot in { PROT_NONE, PROT_READ | PROT_EXEC }; # 2 calls\n" },
	{ "personality(0xffffffff) = 0\n", "\tallow personality when persona == 0xffffffff; # 1 call\n" },
	{ "unshare(CLONE_NEWNS) = 0\n", "\tallow unshare when flags == CLONE_NEWNS; # 1 call\n" },
	{ "clone(child_stack=NULL, flags=SIGCHLD) = 2\n", "\tallow clone when flags == SIGCHLD; # 1 call\n" },
	{ "clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD}, 88) = 2\n",
	  "\tallow clone when flags == SIGCHLD | CLONE_VM | CLONE_VFORK; # in place of clone3\n" },
	{ "clone3({flags=CLONE_VM}, 88) = 2\n", "\tdeny ENOSYS clone3; # 1 call\n" },
	{ "clone3(0x7ffe, 88) = 2\n",
	  "\tallow clone when flags has none CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |\n"
	  "\t\tCLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP; # in place of clone3\n" },
	{ "clone3(0x7ffe, 88) = 2\nclone(child_stack=NULL, flags=CLONE_NEWNS|SIGCHLD) = 2\n",
	  "CLONE_NEWCGROUP || flags ==\n\t\tSIGCHLD | CLONE_NEWNS; # 1 call\n" },
	{ "syscall_0x3e7(0x1) = 0\n", "\tallow nr 999@x86_64; # 1 call\n" },
	{ "type=SECCOMP msg=audit(1.1:2): arch=40000003 syscall=20\ngetpid() = 1\n", "\tarch x86_64, i386;\n" },
	{ "mount(\"a\", \"b\", \"c\", 0, NULL) = 0\n", "\tdeny mount; # 1 call\n" },
	{ "keyctl(KEYCTL_READ, 1) = 0\n", "\t# seen, and refused: --never\n\tdeny keyctl; # 1 call\n" },
	{ "getpid() = 1\n", "\tallow exit | exit_group | restart_syscall | rt_sigreturn; # not seen; to end, and to come back from a signal\n" },
	{ "fsync(3) = 0\nfdatasync(3) = 0\nmsync(0x1, 1, MS_SYNC) = 0\nsync() = 0\nsyncfs(3) = 0\n",
	  "\t# 5 of 6 seen, 5 calls; not: sync_file_range\n\tallow @sync;\n" },
	{ "pkey_alloc(0, 0) = 1\npkey_free(1) = 0\npkey_mprotect(0x1, 1, PROT_READ, 1) = 0\nfsync(3) = 0\n", "\tallow pkey_alloc; # 1 call\n" },
};
/* clang-format on */

static const struct policy *parsed(struct arena *a, const char *text, struct policy_diags *d)
{
	const struct policy *p = help_policy(a, text, NULL, d);

	cr_expect_not_null(p, "%s\n%s", text, help_says(a, d));
	return p;
}

Test(learn, what_was_seen_is_permitted_and_says_how_often)
{
	for (size_t i = 0; i < COUNT(rules); i++) {
		autoarena struct arena a = { 0 };
		struct made m = { .want.never = own_never };
		const char *text = made(&a, &m, rules[i].record);
		struct policy_diags d = { 0 };
		const struct policy *p;

		cr_expect(strstr(text, rules[i].rule) != NULL, "%zu: %s\nnot in\n%s", i,
			  rules[i].rule, text);
		p = parsed(&a, text, &d);
		cr_expect_eq(d.warnings, 0, "%s", help_says(&a, &d));
		cr_expect_eq(policy_learn_check(&a, m.l, &m.want, p, &m.e), 0, "%s", m.e.text);
	}
}

Test(learn, groups_are_not_made_where_danger_comes_along)
{
	/* all of @threads that x86-64 has but clone3, which is in @ns-escape */
	static const char record[] =
		"exit(0) = ?\nfutex(0x1, FUTEX_WAIT, 1, NULL) = 0\nfutex_requeue() = 0\n"
		"futex_wait() = 0\nfutex_waitv() = 0\nfutex_wake() = 0\nget_robust_list() = 0\n"
		"getcpu() = 0\ngettid() = 1\nmadvise() = 0\nmembarrier() = 0\n"
		"mmap(0x1, 1, PROT_READ, 0, 0, 0) = 0\nmprotect(0x1, 1, PROT_READ) = 0\n"
		"munmap() = 0\nrseq() = 0\nrseq_slice_yield() = 0\nrt_sigprocmask() = 0\n"
		"rt_sigreturn() = 0\nsched_getaffinity() = 0\nsched_yield() = 0\n"
		"set_robust_list() = 0\nset_tid_address() = 0\ntgkill() = 0\n"
		"clone(child_stack=NULL, flags=SIGCHLD) = 1\n";
	autoarena struct arena a = { 0 };
	struct made m = { 0 }, with = { 0 }, exact = { .want.exact = true };
	const char *more = arena_printf(&a, "%sclone3({flags=CLONE_VM}, 88) = 1\n", record);

	cr_expect_null(strstr(made(&a, &m, record), "allow @threads"));
	cr_expect_not_null(strstr(made(&a, &with, more),
				  "\tallow @threads - clone - clone3 - mmap - mprotect;\n"));
	cr_expect_null(strstr(made(&a, &exact, more), "@"));
}

Test(learn, never_is_of_names_that_are_known)
{
	static const char *const words[] = { "@keyrings", NULL };
	autoarena struct arena a = { 0 };
	struct made m = { .want.never = words };

	cr_expect_str_eq(made(&a, &m, "getpid() = 1\n"),
			 "--never: a group or a call: found \"@keyrings\"\n"
			 "did you mean @keyring?");
	cr_expect_eq(m.e.kind, ERR_USAGE);
}

Test(learn, nothing_seen_is_no_policy)
{
	autoarena struct arena a = { 0 };
	struct made m = { 0 };

	cr_expect_str_eq(made(&a, &m, "x\n"), "learn: calls that were seen: found none");
}

Test(learn, only_what_the_base_refuses_is_written)
{
	static const char record[] =
		"read(0, \"\", 1) = 0\nptrace(PTRACE_TRACEME) = 0\n"
		"getpid() = 1\nwrite(3, \"\", 1) = 1\nwrite(1, \"\", 1) = 1\n";
	static const char base[] = "policy base { allow read; deny EACCES ptrace; }";
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };
	const struct policy *b =
		help_policy(&a,
			    "allow read; allow write when fd in {0..2}; deny EACCES ptrace;",
			    NULL, &d);
	struct made m = { .want = { .base = b, .extends = "base" } };
	const char *text = made(&a, &m, record);

	(void)base;
	cr_expect_str_eq(text,
			 "# Learned from 5 calls of 5 kinds\n\npolicy p extends base {\n"
			 "\tallow getpid; # 1 call\n"
			 "\toverride allow ptrace when request == PTRACE_TRACEME; # 1 call; "
			 "refused by a rule before\n"
			 "\tallow write when fd == 3; # 1 call\n}\n");
	cr_expect_eq(m.facts.overridden, 1);
}

Test(learn, a_base_for_other_architectures_is_refused)
{
	autoarena struct arena a = { 0 };
	struct policy_diags d = { 0 };
	const struct policy *b = help_policy(&a, "allow read;", NULL, &d);
	struct made m = { .want = { .base = b, .extends = "base" } };

	cr_expect_str_eq(made(&a, &m,
			      "type=SECCOMP msg=audit(1.1:2): arch=40000003 syscall=20\n"),
			 "p: a policy for i386, where the calls were made: found none\n"
			 "--arch or a statement `arch' adds it");
}

Test(learn, a_record_of_any_size_stays_small)
{
	autoarena struct arena a = { 0 };
	struct policy_learned *l = policy_learn_new(&a, NULL);
	struct policy_learn_want w = { .name = "p" };
	struct policy_learn_facts f;
	const char *text;
	struct err e = { 0 };

	for (uint64_t i = 0; i < 100000; i++) {
		struct policy_seen s = { .known = 7, .count = UINT64_MAX / 2 };

		s.call = (struct seccomp_data){ .nr = i % 2 == 0 ? 16 : (int)(1000 + i),
						.arch = AUDIT_ARCH_X86_64,
						.args = { 0, i, 0 } };
		policy_learn_add(l, &s);
	}
	cr_assert_eq(policy_learn_text(&a, l, &w, &f, &text, &e), 0);
	cr_expect_eq(f.kinds, 256 + 1 + 256);
	cr_expect_eq(f.whole, 1);
	cr_expect_eq(f.lost, UINT64_MAX);
	cr_expect_lt(strlen(text), 20000);
}

/* ---- where a policy ends ---- */

/* clang-format off */
static const struct {
	const char *text, *name;
	long end; /* -1: it is not there */
	unsigned first, last;
} bodies[] = {
	{ "policy a { }", "a", 11, 1, 1 },
	{ "policy a extends b {\n\tif cap(X) { allow read; }\n}\n", "a", 48, 1, 3 },
	{ "# policy a { }\npolicy a { allow read as \"}\\\"}\"; }", "a", 48, 2, 2 },
	{ "/* policy a\n{ } */ policy b { } policy a { }", "a", 43, 2, 2 },
	{ "include \"policy a {}\"; policy b { }", "a", -1, 0, 0 },
	{ "policy a-b { }", "a", -1, 0, 0 },
	{ "policy a {", "a", -1, 0, 0 },
	{ "policy a ; { }", "a", -1, 0, 0 },
	{ "policy b { policy a { } }", "a", -1, 0, 0 },
	{ "", "a", -1, 0, 0 },
};
/* clang-format on */

Test(learn, the_end_of_a_policy_is_found_in_its_text)
{
	for (size_t i = 0; i < COUNT(bodies); i++) {
		const struct policy_source s = { "x", bodies[i].text, strlen(bodies[i].text) };
		unsigned lines[2] = { 0, 0 };
		size_t end = 0;
		const bool found = policy_find_body(&s, bodies[i].name, &end, lines);

		cr_expect_eq(found, bodies[i].end >= 0, "%s", bodies[i].text);
		if (!found)
			continue;
		cr_expect_eq(end, (size_t)bodies[i].end, "%s: %zu", bodies[i].text, end);
		cr_expect_eq(lines[0], bodies[i].first, "%s", bodies[i].text);
		cr_expect_eq(lines[1], bodies[i].last, "%s", bodies[i].text);
	}
}
