noinst_LIBRARIES += libdoctor.a
libdoctor_a_SOURCES = \
	src/doctor/doctor.c src/doctor/doctor.h \
	src/doctor/doctor_cgroup.c \
	src/doctor/doctor_kernel.c \
	src/doctor/doctor_mount.c \
	src/doctor/doctor_private.h \
	src/doctor/doctor_user.c
DOCTOR_LIBS = libdoctor.a $(RUN_LIBS)

if HAVE_CRITERION
check_PROGRAMS += unit-doctor
unit_doctor_SOURCES = tests/unit/t_doctor.c
unit_doctor_CFLAGS = $(TEST_CFLAGS)
unit_doctor_LDADD = $(DOCTOR_LIBS) $(CRITERION_LIBS)
TESTS += unit-doctor
endif
