/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/tail.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/str.h"

#define TAIL_FIRST 2048

static const char *value_of(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at != NULL ? at + strlen(key) : NULL;
}

uint64_t audit_line_sequence(const char *line)
{
	const char *ours = value_of(line, "\"metadata\":{");
	const char *at = ours != NULL ? value_of(ours, "\"sequence\":") : NULL;
	size_t len = at != NULL ? strspn(at, "0123456789") : 0;
	char digits[24];
	uint64_t n;

	if (len == 0 || len >= sizeof(digits))
		return 0;
	memcpy(digits, at, len);
	digits[len] = '\0';
	return str_uint64(digits, UINT64_MAX - 1, &n) ? n : 0;
}

/* At most room - 1 characters of one kind; more is not ours. */
static void take_text(const char *at, const char *kind, char *out, size_t room)
{
	size_t len = at != NULL ? strspn(at, kind) : 0;

	if (len >= room)
		len = 0;
	if (len > 0)
		memcpy(out, at, len);
	out[len] = '\0';
}

#define ATTESTATION "\"attestation_list\":[{\"chain_uid\":\""

void audit_line_chain(const char *line, char out[CHAIN_UID_MAX])
{
	take_text(value_of(line, ATTESTATION), "0123456789abcdef-", out, CHAIN_UID_MAX);
}

void audit_line_previous(const char *line, char out[DIGEST_HEX])
{
	const char *at = value_of(line, ATTESTATION);

	if (at != NULL)
		at = value_of(at, "\"prev_event\":{\"fingerprint\":{\"algorithm_id\":3,"
				  "\"value\":\"");
	take_text(at, "0123456789abcdef", out, DIGEST_HEX);
}

void audit_tail_read(const char *line, size_t len, struct audit_tail *t)
{
	t->sequence = audit_line_sequence(line);
	audit_line_chain(line, t->chain);
	digest_hex(line, len, t->fingerprint);
}

/* The last whole line of the text, which ends where the file does. False: it begins before. */
static bool find_in(char *text, size_t n, bool from_start, struct audit_tail *t)
{
	char *end = memrchr(text, '\n', n), *start;

	if (end == NULL) {
		t->whole = 0;
		return from_start;
	}
	t->whole = t->size - (text + n - (end + 1));
	*end = '\0';
	start = memrchr(text, '\n', (size_t)(end - text));
	if (start == NULL && !from_start)
		return false;
	start = start != NULL ? start + 1 : text;
	audit_tail_read(start, (size_t)(end - start), t);
	return true;
}

/* Two lines and a torn one at most: each is no longer than AUDIT_LINE. */
int audit_tail_at(int fd, off_t size, struct arena *a, struct audit_tail *out)
{
	char first[TAIL_FIRST + 1];

	*out = (struct audit_tail){ .size = size, .whole = size };
	if (size == 0)
		return 0;
	for (size_t want = TAIL_FIRST; want <= (size_t)4 * AUDIT_LINE; want *= 4) {
		size_t n = (uintmax_t)size < want ? (size_t)size : want;
		char *text = want == TAIL_FIRST ? first : arena_alloc(a, n + 1);
		ssize_t got = pread(fd, text, n, size - (off_t)n);

		if (got != (ssize_t)n)
			return got < 0 ? -errno : -EIO;
		text[n] = '\0';
		if (find_in(text, n, n == (size_t)size, out))
			return 0;
	}
	return -EBADMSG; /* no file of ours */
}

int audit_tail_find(int fd, struct arena *a, struct audit_tail *out)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? -errno : audit_tail_at(fd, st.st_size, a, out);
}
