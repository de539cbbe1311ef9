noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/auto.h \
	src/base/bits.c src/base/bits.h \
	src/base/digest.c src/base/digest.h \
	src/base/error.c src/base/error.h \
	src/base/fd.c src/base/fd.h \
	src/base/file.c src/base/file.h \
	src/base/job.c src/base/job.h \
	src/base/json.c src/base/json.h src/base/json_at.c src/base/json_print.c \
	src/base/log.c src/base/log.h \
	src/base/path.c src/base/path.h \
	src/base/pb.c src/base/pb.h \
	src/base/proc.c src/base/proc.h \
	src/base/program.c src/base/program.h \
	src/base/str.c src/base/str.h \
	src/base/sys.c src/base/sys.h \
	src/base/utf8.c src/base/utf8.h
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) -DCAISSON_LIBEXECDIR='"$(pkglibexecdir)"'
libbase_a_CFLAGS = $(AM_CFLAGS) $(YAJL_CFLAGS) $(NETTLE_CFLAGS)
BASE_LIBS = libbase.a $(YAJL_LIBS) $(NETTLE_LIBS)

if HAVE_CRITERION
check_PROGRAMS += unit-base
unit_base_SOURCES = tests/unit/t_base.c tests/unit/t_bits.c tests/unit/t_fd.c tests/unit/t_path.c \
	tests/unit/t_log.c \
	tests/unit/t_proc.c \
	tests/unit/scratch.c tests/unit/scratch.h
unit_base_SOURCES += tests/unit/t_json.c tests/unit/t_pb.c
unit_base_CFLAGS = $(TEST_CFLAGS)
unit_base_LDADD = $(BASE_LIBS) $(CRITERION_LIBS)
TESTS += unit-base
endif
