noinst_LIBRARIES += libwatch.a
libwatch_a_SOURCES = \
	src/watch/act.c \
	src/watch/answers.c \
	src/watch/caller.c \
	src/watch/calls.c src/watch/calls.h \
	src/watch/denials.c \
	src/watch/ending.c \
	src/watch/hold.c \
	src/watch/kernel_audit.c \
	src/watch/look.c \
	src/watch/program.h \
	src/watch/rules.c \
	src/watch/schedule.c src/watch/schedule.h \
	src/watch/spawn.c \
	src/watch/verdict.c src/watch/verdict.h \
	src/watch/want.c \
	src/watch/watch.c src/watch/watch.h src/watch/watch_private.h
WATCH_LIBS = libwatch.a libstate.a libaudit.a libcgroups.a $(POLICY_LIBS)

# A process beside each detached container: small, so it has only what watching needs.
pkglibexec_PROGRAMS += caisson-watch
caisson_watch_SOURCES = src/watch/watch_main.c
caisson_watch_LDADD = $(WATCH_LIBS)
caisson_watch_LDFLAGS = $(AM_LDFLAGS) $(STATIC_LDFLAGS)

if HAVE_CRITERION
check_PROGRAMS += unit-watch
unit_watch_SOURCES = \
	tests/unit/scratch.c tests/unit/scratch.h \
	tests/unit/t_verdict.c \
	tests/unit/t_watch_calls.c \
	tests/unit/t_watch_rules.c \
	tests/unit/t_watch_schedule.c
unit_watch_CFLAGS = $(TEST_CFLAGS)
unit_watch_LDADD = $(WATCH_LIBS) $(CRITERION_LIBS)
TESTS += unit-watch
endif
