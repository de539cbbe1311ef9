noinst_LIBRARIES += libstate.a
libstate_a_SOURCES = \
	src/state/dir.c \
	src/state/record.c \
	src/state/state.c src/state/state.h src/state/state_private.h \
	src/state/state_json.c
STATE_LIBS = libstate.a $(BASE_LIBS)

if HAVE_CRITERION
check_PROGRAMS += unit-state
unit_state_SOURCES = tests/unit/t_record.c tests/unit/t_state.c tests/unit/t_state_lock.c \
	tests/unit/scratch.c tests/unit/scratch.h
unit_state_CFLAGS = $(TEST_CFLAGS)
unit_state_LDADD = $(STATE_LIBS) $(CRITERION_LIBS)
TESTS += unit-state
endif
