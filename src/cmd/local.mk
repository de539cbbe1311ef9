noinst_LIBRARIES += libcmd.a
libcmd_a_SOURCES = \
	src/cmd/check.c \
	src/cmd/cmd.h \
	src/cmd/cmdline.c \
	src/cmd/common.c \
	src/cmd/create.c \
	src/cmd/delete.c \
	src/cmd/events.c \
	src/cmd/exec.c src/cmd/exec.h \
	src/cmd/exec_process.c \
	src/cmd/features.c \
	src/cmd/help.c \
	src/cmd/kill.c \
	src/cmd/launch.c src/cmd/launch.h \
	src/cmd/list.c \
	src/cmd/load.c src/cmd/load.h \
	src/cmd/opt.c src/cmd/opt.h \
	src/cmd/pause.c \
	src/cmd/ps.c \
	src/cmd/run.c \
	src/cmd/spec.c \
	src/cmd/start.c \
	src/cmd/state.c \
	src/cmd/update.c \
	src/cmd/version.c
CMD_LIBS = libcmd.a librun.a libplan.a libstate.a libaudit.a libspec.a libcgroups.a \
	libpolicy.a $(CAP_LIBS) $(SECCOMP_LIBS) $(BASE_LIBS)

bin_PROGRAMS += caisson
caisson_SOURCES = src/cmd/main.c
caisson_LDADD = $(CMD_LIBS)
caisson_LDFLAGS = $(AM_LDFLAGS) $(STATIC_LDFLAGS)

if HAVE_CRITERION
check_PROGRAMS += unit-cmd
unit_cmd_SOURCES = \
	tests/unit/t_cmdline.c \
	tests/unit/t_exec_process.c \
	tests/unit/t_opt.c
unit_cmd_CFLAGS = $(TEST_CFLAGS)
unit_cmd_LDADD = $(CMD_LIBS) $(CRITERION_LIBS)
TESTS += unit-cmd
endif
