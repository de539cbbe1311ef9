noinst_LIBRARIES += libspec.a
libspec_a_SOURCES = \
	src/spec/bundle.c src/spec/bundle.h \
	src/spec/read.c src/spec/read.h \
	src/spec/refusals.c src/spec/refusals.h \
	src/spec/spec.h \
	src/spec/spec_check.c \
	src/spec/spec_linux.c \
	src/spec/spec_mounts.c \
	src/spec/spec_process.c \
	src/spec/spec_read.c \
	src/spec/spec_resources.c \
	src/spec/spec_seccomp.c \
	src/spec/words.c src/spec/words.h
SPEC_LIBS = libspec.a $(CAP_LIBS) $(BASE_LIBS)

if HAVE_CRITERION
check_PROGRAMS += unit-spec
unit_spec_SOURCES = \
	tests/unit/spec_help.c tests/unit/spec_help.h \
	tests/unit/t_spec.c \
	tests/unit/t_spec_whole.c \
	tests/unit/t_spec_schema.c \
	tests/unit/t_words.c
unit_spec_CFLAGS = $(TEST_CFLAGS)
unit_spec_LDADD = $(SPEC_LIBS) $(CRITERION_LIBS)
TESTS += unit-spec
endif
EXTRA_DIST += tests/unit/properties.txt tests/unit/whole.json
