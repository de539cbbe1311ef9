/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h - events as JSON lines in OCSF form, RFC 8785, appended whole.
 *
 * A line is at most AUDIT_LINE bytes and goes out in one write(2) to a file opened O_APPEND,
 * under flock(2), so that concurrent writers never tear one another.
 *
 * The lines are a chain: each names the log (chain_uid) and carries the SHA-256 of the line
 * before it, without its newline, in OCSF's form (profile record_integrity, attestation_list).
 * As a line is canonical JSON, the hash of its bytes is the hash of what it says. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

#define AUDIT_LINE         65536
#define AUDIT_ROTATE_BYTES (64 << 20) /* a log that is so long becomes a segment */

/* clang-format off */
enum audit_event {
#define EVENT(id, name, done, undone, class, activity, severity, has, about) AUDIT_##id,
#include "audit/events.def"
#undef EVENT
	AUDIT_EVENTS
};
/* clang-format on */

/* What the engine says of the container, in annotations; all may be NULL. */
struct audit_labels {
	const char *engine, *name, *image;
	const char *pod, *pod_namespace, *pod_uid, *pod_container, *sandbox;
	const char *const *pairs; /* KEY, VALUE, KEY ... of those that were read; NULL-ended */
};
/* From its annotations, one after another; `pairs' is made in the arena. */
#define AUDIT_PAIRS_MAX 16
void audit_labels_add(struct arena *a, struct audit_labels *l, const char *key,
		      const char *value);

/* Who and what the events are about; strings may be NULL. */
struct audit_subject {
	const char *id, *bundle;
	struct audit_labels labels;
	pid_t pid;               /* of the container's init, 0: none */
	const char *const *argv; /* NULL-ended or NULL */
	const char *policy_name, *policy_digest;
};

struct audit_result {
	const struct err *err; /* NULL: success */
	const struct json
		*verdict;         /* container.exit: what goes to unmapped.verdict, else NULL */
	const struct json *limit; /* what goes to unmapped.limit, or NULL */
	const struct json *call;  /* what goes to unmapped.seccomp, or NULL */
	const struct json *asked; /* what goes to unmapped.asked, or NULL */
	pid_t caller;             /* of the call; 0: not known, or many */
	int exit_code;            /* container.exit, container.exec_end; -1: not known */
	const struct json *log; /* of a log's own events: what goes to unmapped.log, or NULL */
};

struct audit; /* opaque: an open log and what never changes in its lines */
struct audit_config;

/* The log: `path', else /var/log/caisson/audit.jsonl for root, else
 * $XDG_STATE_HOME/caisson/audit.jsonl; directories are made 0700. "none" as path: no log, every
 * call succeeds. Freed by audit_close. */
int audit_open(const char *path, struct audit **out, struct err *e) CHECK;
/* The log of that path that a descriptor is open on, -1: none; the descriptor is the log's from
 * then on, the path has to be absolute. */
int audit_adopt(int fd, const char *path, struct audit **out, struct err *e) CHECK;
/* Its descriptor, still its own, -1: none; and its absolute path. */
int audit_fd(const struct audit *au);
const char *audit_name(const struct audit *au);
/* The log's path: the given one, else where this user's lines go; of a user namespace's root,
 * the host's. */
int audit_path(struct arena *a, const char *given, const char **out, struct err *e) CHECK;
/* Sinks and patterns, audit/sink.h; they have to live as long. */
void audit_configure(struct audit *au, const struct audit_config *c);
const struct audit_config *audit_configured(const struct audit *au); /* or NULL */
/* Reads what every line says of this host and caller; else the first line does. */
void audit_gather(struct audit *au);
void audit_close(struct audit *au);

/* What our configuration says of the log; caisson.json(5). */
enum audit_full {
	AUDIT_FULL_DROP,  /* without room for an event, all goes on */
	AUDIT_FULL_BLOCK, /* nothing begins before there is room, or AUDIT_BLOCK_MS are over */
	AUDIT_FULL_HALT,  /* nothing begins */
};
#define AUDIT_BLOCK_MS    30000
#define AUDIT_ANCHORS_MAX 8
struct audit_rules {
	enum audit_full full;
	const char *anchors[AUDIT_ANCHORS_MAX]; /* where each seal is told: anchor.h */
	size_t anchors_n;
};
/* The object "audit" on top of what *out says; complains. */
struct jat;
void audit_rules_read(const struct jat *at, struct audit_rules *out);
/* And back, into that object. */
void audit_rules_write(struct arena *a, const struct audit_rules *r, struct json *o);
/* From then on; they have to live as long as the log. */
void audit_obey(struct audit *au, const struct audit_rules *rules);
const struct audit_rules *audit_obeyed(const struct audit *au); /* or NULL */
/* May something begin? Events that find no room later are counted, and log.lost says how many
 * when there is some again: what runs already is not stopped by it. */
int audit_ready(const struct audit *au, struct err *e) CHECK;

/* Appends one event. The arena is for scratch. */
int audit_write(struct audit *au, struct arena *a, enum audit_event what,
		const struct audit_subject *who, const struct audit_result *result,
		struct err *e) CHECK;

/* An event of the log itself; `log' goes to unmapped.log. */
int audit_note(struct audit *au, struct arena *a, enum audit_event what, const struct json *log,
	       struct err *e) CHECK;
/* Where it ends by now (tail.h). */
struct audit_tail;
int audit_end(struct audit *au, struct arena *a, struct audit_tail *out, struct err *e) CHECK;
/* Begins to seal: makes the keys, and the first seal, of all that is there. *key has the first
 * one in hexadecimal digits: only who has it can verify, and it is kept nowhere here. */
int audit_seal_begin(struct audit *au, struct arena *a, char key[DIGEST_HEX],
		     struct err *e) CHECK;
/* Seals all that is there now; with nothing new since the last seal, or without keys, nothing.
 * Which seal is the last one then. */
struct audit_sealed {
	uint64_t epoch, sequence; /* it vouches for all lines up to this one */
	bool has_key, is_new;
};
int audit_seal(struct audit *au, struct arena *a, struct audit_sealed *out,
	       struct err *e) CHECK;
/* Makes a segment of what there is. An empty log, or one that ends in half a line, stays. */
int audit_rotate(struct audit *au, struct arena *a, struct err *e) CHECK;

/* The line that audit_write would append, without the newline; pure, for tests. */
struct audit_facts {
	uint64_t wall_ns, boot_ns, sequence;
	const char *chain, *previous; /* of the line before: chain_uid, SHA-256; NULL: none */
	const char *hostname, *boot_id, *user;
	uid_t uid, login_uid;
	pid_t caller;
	const char *const *redact; /* patterns beside those that are built in, or NULL */
};
const char *audit_line(struct arena *a, const struct audit_facts *f, enum audit_event what,
		       const struct audit_subject *who, const struct audit_result *result);
