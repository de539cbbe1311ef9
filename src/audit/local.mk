noinst_LIBRARIES += libaudit.a
libaudit_a_SOURCES = \
	src/audit/anchor.c src/audit/anchor.h \
	src/audit/append.c \
	src/audit/audit.c src/audit/audit.h src/audit/audit_line.c \
	src/audit/audit_private.h \
	src/audit/events.def src/audit/fields.def \
	src/audit/kind.c src/audit/kind.h \
	src/audit/labels.c \
	src/audit/keyfile.c src/audit/keyfile.h \
	src/audit/lock.c \
	src/audit/redact.c src/audit/redact.h \
	src/audit/rotate.c \
	src/audit/rules.c \
	src/audit/seal.c src/audit/seal.h \
	src/audit/sink.c src/audit/sink.h src/audit/sink_private.h \
	src/audit/sink_config.c src/audit/sink_form.c \
	src/audit/tail.c src/audit/tail.h \
	src/audit/who.c src/audit/who.h
dist_pkgdata_DATA += src/audit/event.schema.json
AUDIT_LIBS = libaudit.a $(BASE_LIBS)

if HAVE_CRITERION
check_PROGRAMS += unit-audit
unit_audit_SOURCES = \
	tests/unit/t_audit.c \
	tests/unit/t_audit_labels.c \
	tests/unit/t_redact.c \
	tests/unit/t_sink.c \
	tests/unit/t_sink_forms.c \
	tests/unit/journal_help.c tests/unit/journal_help.h \
	tests/unit/scratch.c tests/unit/scratch.h
unit_audit_CFLAGS = $(TEST_CFLAGS)
unit_audit_LDADD = $(AUDIT_LIBS) $(CRITERION_LIBS)
TESTS += unit-audit
endif
