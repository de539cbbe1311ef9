noinst_LIBRARIES += libunit.a
libunit_a_SOURCES = \
	systemd/unit.h \
	systemd/unit_call.c \
	systemd/unit_name.c \
	systemd/unit_props.c \
	systemd/unit_value.c \
	systemd/unit_wire.c systemd/unit_wire.h
UNIT_LIBS = libunit.a $(BASE_LIBS)

# libsystemd lives in a program of its own, which the runtime starts for each call.
if HAVE_SYSTEMD
pkglibexec_PROGRAMS += caisson-systemd
caisson_systemd_SOURCES = \
	systemd/sdb.h \
	systemd/sdb_append.c \
	systemd/sdb_calls.c \
	systemd/sdb_main.c \
	systemd/sdb_session.c
caisson_systemd_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
caisson_systemd_LDADD = $(UNIT_LIBS) $(SYSTEMD_LIBS)
endif

if HAVE_CRITERION
check_PROGRAMS += unit-systemd
unit_systemd_SOURCES = tests/unit/t_systemd.c
unit_systemd_CFLAGS = $(TEST_CFLAGS)
unit_systemd_LDADD = $(UNIT_LIBS) $(CRITERION_LIBS)
TESTS += unit-systemd
endif
