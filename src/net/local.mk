# Network devices, moved by libnl: a program of its own, which the runtime starts for those few
# containers that ask for some.
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	src/net/device.c src/net/device.h
libnet_a_CFLAGS = $(AM_CFLAGS) $(NLROUTE_CFLAGS)
NET_LIBS = libnet.a $(BASE_LIBS) $(NLROUTE_LIBS) $(NL_LIBS)
pkglibexec_PROGRAMS += caisson-net
caisson_net_SOURCES = src/net/net_main.c
caisson_net_LDADD = $(NET_LIBS)
# libnl looks up names, which a static libc cannot
caisson_net_LDFLAGS = $(AM_LDFLAGS)
