/* SPDX-License-Identifier: Apache-2.0 */
/* create.c - the runtime's side of making a container, and of taking a half-made one back. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sys.h"
#include "run/life.h"
#include "run/run_private.h"

const struct run_table run_tables[] = {
	{ "create, the runtime", parent_steps, &parent_steps_n },
	{ "create, the container", child_steps, &child_steps_n },
	{ "exec, the runtime", exec_steps, &exec_steps_n },
	{ "exec, the container", entry_steps, &entry_steps_n },
	{ "create and exec, the process", process_steps, &process_steps_n },
	{ "start and exec, the process", start_steps, &start_steps_n },
	{ "restore, the runtime", restore_steps, &restore_steps_n },
	{ NULL, NULL, NULL },
};

void run_init(struct run *r, const struct plan *pl, const struct run_options *o,
	      struct arena *a)
{
	*r = (struct run){
		.pl = pl,
		.o = o,
		.arena = a,
		.dir = { .fd = -1, .lock = -1 },
		.pidfd = -1,
		.sock = -1,
		.net = -1,
		.pty = -1,
		.child_sock = -1,
		.start_listen = -1,
		.console = -1,
		.agent = -1,
		.root = -1,
		.proc = -1,
		.exec_label = -1,
		.watcher = { .said = -1 },
		.holder = { .said = -1 },
		.calls_socket = -1,
		.watch_lock = -1,
		.telling = -1,
		.wait_ms = HS_WAIT_MS,
	};
	for (int k = 0; k < NS_KINDS; k++)
		r->ns_fd[k] = -1;
}

bool starts_ahead(const struct run *r)
{
	return r->target == NULL && r->foreground_start && r->o->pid_file == NULL;
}

/* Its end of the socket is closed a moment before it can be waited for. */
static void tell_signal(const struct run *r, struct err *e)
{
	struct pollfd p = { .fd = r->pidfd, .events = POLLIN };
	siginfo_t end = { 0 };
	char c;

	if (r->pidfd < 0 || recv(r->sock, &c, sizeof(c), MSG_PEEK | MSG_DONTWAIT) != 0 ||
	    poll(&p, 1, 1000) <= 0 ||
	    waitid(P_PIDFD, (id_t)r->pidfd, &end, WEXITED | WNOHANG | WNOWAIT) < 0)
		return;
	if (end.si_code == CLD_KILLED || end.si_code == CLD_DUMPED)
		(void)hint(e, "the init was killed by signal %d (%s)", end.si_status,
			   strsignal(end.si_status));
}

void init_reason(const struct run *r, struct err *e)
{
	if (r->pid <= 0 || r->sock < 0)
		return;
	hs_peer_reason(r->sock, e);
	tell_signal(r, e);
}

int run_create_steps(struct run *r, struct err *e)
{
	run_fill_state(r, r->pl); /* whichever step fails, the event says whose it is */
	if (steps_run(parent_steps, parent_steps_n, r, r->pl, e) == 0)
		return 0;
	init_reason(r, e);
	return -1;
}

/* What policy_text has written into the state. */
static void read_policy(struct arena *a, const char *text, struct audit_subject *who)
{
	struct err ignored = { 0 };
	const struct json *name, *digest;
	struct json *doc;

	if (text == NULL || json_parse(a, "policy", text, strlen(text), &doc, &ignored) < 0 ||
	    doc->kind != JSON_OBJECT)
		return;
	name = json_get(doc, "name");
	digest = json_get(doc, "sha256");
	who->policy_name = name != NULL ? name->text : NULL;
	who->policy_digest = digest != NULL ? digest->text : NULL;
}

struct audit_subject run_subject(struct arena *a, const struct state *st, const struct plan *pl)
{
	struct audit_subject who = {
		.id = st->id,
		.bundle = st->bundle,
		.pid = st->pid,
		.argv = pl != NULL ? pl->process.argv : NULL,
	};

	for (size_t i = 0; i < st->annotations_n; i++)
		audit_labels_add(a, &who.labels, st->annotations[i].key,
				 st->annotations[i].value);
	read_policy(a, st->policy, &who);
	return who;
}

void run_audit(const struct run_options *o, struct arena *a, enum audit_event what,
	       const struct audit_subject *who, const struct audit_result *result)
{
	struct err e = { 0 };
	char text[sizeof(e.text) + 64];

	if (o->audit == NULL || audit_write(o->audit, a, what, who, result, &e) == 0)
		return;
	err_format(&e, text, sizeof(text));
	log_debug("audit: %s", text);
}

/* Ours to reap, so the number cannot have gone to another process. */
static void end_init(struct run *r)
{
	if (r->pid <= 0)
		return;
	if (r->pidfd >= 0)
		(void)sys_pidfd_send_signal(r->pidfd, SIGKILL);
	else
		(void)kill(r->pid, SIGKILL);
	(void)proc_wait(r->pid, r->pidfd, LIFE_WAIT_MS, NULL);
	r->pid = 0;
}

/* Takes back what was made, newest first; each part is tried whatever became of the others. */
static void undo(struct run *r)
{
	struct err ignored = { 0 };
	bool was_cloned = r->pid > 0;

	if (r->watch_lock >= 0)
		state_forgo_record(&r->dir); /* the failure of the making says it */
	end_init(r);
	net_devices_back(r); /* nobody of the container's is left who could rename them */
	if (r->made_cgroup && r->cg != NULL)
		(void)cg_kill(r->cg, &ignored);
	if (r->made_cgroup && r->st.unit != NULL)
		unit_stop(r->arena, r->st.unit);
	if (r->made_cgroup)
		(void)cg_remove(r->st.cgroup, LIFE_WAIT_MS, &ignored);
	(void)!life_end_resctrl(&r->st, &ignored);
	/* runtime.md#lifecycle: what fails after the environment was made goes on to poststop
	 */
	if (was_cloned)
		hooks_run_all(r->arena, &r->pl->hooks[HOOK_POSTSTOP], HOOK_POSTSTOP, &r->st,
			      ST_STOPPED);
	if (r->made_state)
		(void)state_remove(r->o->root, r->pl->id, &r->dir, &ignored);
}

void run_close(struct run *r, bool take_back)
{
	const int fds[] = { r->pidfd,        r->sock,    r->pty,        r->child_sock,
			    r->start_listen, r->console, r->agent,      r->root,
			    r->proc,         r->net,     r->watch_lock, r->telling,
			    r->calls_socket };

	if (take_back)
		undo(r);
	watch_close(r->watch);
	watch_forget(&r->watcher);
	watch_forget(&r->holder);
	for (size_t i = 0; i < COUNT(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	for (int k = 0; k < NS_KINDS; k++)
		if (r->ns_fd[k] >= 0)
			(void)close(r->ns_fd[k]);
	cg_close(r->cg);
	state_dir_close(&r->dir);
}

int run_create(const struct plan *pl, const struct run_options *o, struct err *e)
{
	autoarena struct arena a = { 0 };
	struct audit_subject who;
	struct run r;
	int got;

	run_init(&r, pl, o, &a);
	got = run_create_steps(&r, e);
	who = run_subject(&a, &r.st, pl);
	run_audit(o, &a, AUDIT_CREATE, &who,
		  &(struct audit_result){ .err = got < 0 ? e : NULL, .exit_code = -1 });
	run_close(&r, got < 0);
	return got;
}
