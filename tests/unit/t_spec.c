/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/str.h"
#include "spec_help.h"

/* Where a case's members stand in a config that is right without them. */
enum place {
	ALL, /* they are the whole document */
	TOP,
	PROCESS,
	LINUX, /* with every namespace but user, each of them new */
	RESOURCES,
	SECCOMP,
};

#define HEAD "{'ociVersion':'1.3.0','root':{'path':'r'},"
#define NAMESPACES                                                                         \
	"'namespaces':[{'type':'mount'},{'type':'pid'},{'type':'network'},{'type':'uts'}," \
	"{'type':'ipc'},{'type':'cgroup'},{'type':'time'}],"

static const char *const before[] = {
	[ALL] = "",
	[TOP] = HEAD,
	[PROCESS] = HEAD "'process':{'args':['a'],'cwd':'/',",
	[LINUX] = HEAD "'linux':{" NAMESPACES,
	[RESOURCES] = HEAD "'linux':{'resources':{",
	[SECCOMP] = HEAD "'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW',",
};

static const char *const after[] = {
	[ALL] = "",     [TOP] = "}",         [PROCESS] = "}}",
	[LINUX] = "}}", [RESOURCES] = "}}}", [SECCOMP] = "}}}",
};

struct one {
	enum place place;
	const char *members;
	const char *says; /* all that is said; NULL: nothing */
};

#define MIB "1048576"
#define U64 "18446744073709551615"

/* clang-format off */
static const struct one top_cases[] = {
	{ ALL, "{'ociVersion':'1.3.0'}", "root.path: expected a path, found nothing" },
	{ ALL, "{'root':{'path':'r'}}", "ociVersion: expected a version, found nothing" },
	{ ALL, "{'ociVersion':'1.0.0','root':{'path':''}}", "root.path: expected a path, found \"\"" },
	{ ALL, "{'ociVersion':'1.0.0','root':'r'}", "root: expected object, found string" },
	{ ALL, "{'ociVersion':1,'root':{'path':'r'}}", "ociVersion: expected string, found number" },
	{ ALL, "{'ociVersion':'1.0.0','root':{'path':'r'}}", NULL },
	{ ALL, "{'ociVersion':'1.0.2-dev','root':{'path':'r'}}", NULL },
	{ ALL, "{'ociVersion':'1.0.0-rc5-dev','root':{'path':'r'}}", NULL },
	{ ALL, "{'ociVersion':'1.1.0+dev','root':{'path':'r'}}", NULL },
	{ ALL, "{'ociVersion':'1.3.12','root':{'path':'r'}}", NULL },
	{ ALL, "{'ociVersion':'2.0.0','root':{'path':'r'}}", "ociVersion: expected a version 1.x.y, found \"2.0.0\"" },
	{ ALL, "{'ociVersion':'1.3','root':{'path':'r'}}", "ociVersion: expected a version 1.x.y, found \"1.3\"" },
	{ ALL, "{'ociVersion':'1. 3.0','root':{'path':'r'}}", "ociVersion: expected a version 1.x.y, found \"1. 3.0\"" },
	{ ALL, "{'ociVersion':'1.-3.0','root':{'path':'r'}}", "ociVersion: expected a version 1.x.y, found \"1.-3.0\"" },
	{ ALL, "{'ociVersion':'1.3.0-','root':{'path':'r'}}", "ociVersion: expected a version 1.x.y, found \"1.3.0-\"" },
	{ ALL, "{'ociVersion':'1.14.0','root':{'path':'r'}}", NULL },
	{ ALL, "{'ociVersion':'1.4','root':{'path':'r'}}", "ociVersion: expected a version 1.x.y, found \"1.4\"" },
	{ ALL, "{'ociVersion':'1.4.0','root':{'path':'r','wall':true}}", "root.wall: expected a property of 1.3 or before, because ociVersion is newer than that: found one that this version does not know" },
	{ ALL, "{'ociVersion':'1.3.0.0','root':{'path':'r'}}", "ociVersion: expected a version 1.x.y, found \"1.3.0.0\"" },
	{ TOP, "'hostname':null,'mounts':null,'hooks':null,'linux':null,'annotations':null,'process':null", NULL },
	{ TOP, "'unknown':{'keys':'pass'}", NULL },
	{ TOP, "'hostname':'a'", "hostname: expected a uts namespace for it, found none" },
	{ TOP, "'domainname':'a'", "domainname: expected a uts namespace for it, found none" },
	{ TOP, "'hostname':''", NULL },
	{ TOP, "'hostname':'a','linux':{'namespaces':[{'type':'uts'}]}", NULL },
	{ TOP, "'hostname':'a','hostname':'b'", "hostname: expected string, found two values" },
	{ TOP, "'annotations':{'':'a'}", "annotations[\"\"]: expected a key, found \"\"" },
	{ TOP, "'annotations':{'a.b':1}", "annotations[\"a.b\"]: expected string, found number" },
	{ TOP, "'annotations':{'a':null}", "annotations.a: expected string, found null" },
	{ TOP, "'annotations':{'a':''}", NULL },
	{ TOP, "'windows':{}", "windows: refused: settings for Windows, and this is Linux" },
	{ TOP, "'vm':{'kernel':{}}", "vm: refused: settings for a virtual machine, and a container has none" },
	{ TOP, "'windows':null", NULL },
	{ TOP, "'mounts':[{'type':'proc'}]", "mounts[0].destination: expected a path, found nothing" },
	{ TOP, "'mounts':[null]", "mounts[0]: expected object, found null" },
	{ TOP, "'mounts':[{'destination':'/a'},3]", "mounts[1]: expected object, found number" },
	{ TOP, "'mounts':{'destination':'/a'}", "mounts: expected array, found object" },
	{ TOP, "'mounts':[{'destination':'/a','options':['ro',1]}]", "mounts[0].options[1]: expected string, found number" },
	{ TOP, "'mounts':[{'destination':'a'}]", NULL },
	{ TOP, "'mounts':[{'destination':'/a','uidMappings':[{'containerID':0,'hostID':0,'size':1}]}]",
	  "mounts[0].gidMappings: expected mappings, because uidMappings has some, found nothing" },
	{ TOP, "'mounts':[{'destination':'/a','gidMappings':[{'containerID':0,'hostID':0,'size':1}]}]",
	  "mounts[0].uidMappings: expected mappings, because gidMappings has some, found nothing" },
	{ TOP, "'mounts':[{'destination':'/a','gidMappings':[{'containerID':0,'hostID':0,'size':1}],"
	       "'uidMappings':[{'containerID':0,'hostID':0,'size':0}]}]",
	  "mounts[0].uidMappings[0].size: expected 1 to 4294967295, found 0" },
	{ TOP, "'hooks':{'prestart':[{}]}", "hooks.prestart[0].path: expected an absolute path, found nothing" },
	{ TOP, "'hooks':{'poststop':[{'path':'bin/a'}]}", "hooks.poststop[0].path: expected an absolute path, found \"bin/a\"" },
	{ TOP, "'hooks':{'createRuntime':[{'path':'/a','timeout':0}]}", "hooks.createRuntime[0].timeout: expected 1 to 2147483647, found 0" },
	{ TOP, "'hooks':{'createRuntime':[{'path':'/a','timeout':1}]}", NULL },
	{ TOP, "'hooks':[]", "hooks: expected object, found array" },
};

static const struct one process_cases[] = {
	{ TOP, "'process':{'cwd':'/'}", "process.args: expected at least one argument, found nothing" },
	{ TOP, "'process':{'cwd':'/','args':[]}", "process.args: expected at least one argument, found an empty array" },
	{ TOP, "'process':{'cwd':'/','args':'sh'}", "process.args: expected array, found string" },
	{ TOP, "'process':{'args':['sh']}", "process.cwd: expected an absolute path, found nothing" },
	{ TOP, "'process':{'args':['sh'],'cwd':''}", "process.cwd: expected an absolute path, found \"\"" },
	{ TOP, "'process':{'args':['sh'],'cwd':'tmp'}", "process.cwd: expected an absolute path, found \"tmp\"" },
	{ TOP, "'process':{'args':[''],'cwd':'/'}", NULL },
	{ PROCESS, "'commandLine':'a'", "process.commandLine: refused: a command line for Windows: Linux takes args" },
	{ PROCESS, "'user':{'username':'a'}", "process.user.username: refused: a user of Windows: Linux takes uid and gid" },
	{ PROCESS, "'terminal':'yes'", "process.terminal: expected boolean, found string" },
	{ PROCESS, "'consoleSize':{'height':65536,'width':1}", "process.consoleSize.height: expected 0 to 65535, found 65536" },
	{ PROCESS, "'user':{'uid':4294967296}", "process.user.uid: expected 0 to 4294967294, found 4294967296" },
	{ PROCESS, "'user':{'uid':4294967295}", "process.user.uid: expected 0 to 4294967294, found 4294967295" },
	{ PROCESS, "'user':{'uid':4294967294}", NULL },
	{ PROCESS, "'user':{'gid':4294967295}", "process.user.gid: expected 0 to 4294967294, found 4294967295" },
	{ PROCESS, "'user':{'additionalGids':[1,4294967295]}", "process.user.additionalGids[1]: expected 0 to 4294967294, found 4294967295" },
	{ LINUX, "'devices':[{'type':'p','path':'/a','uid':4294967295}]", "linux.devices[0].uid: expected 0 to 4294967294, found 4294967295" },
	{ LINUX, "'devices':[{'type':'p','path':'/a','gid':4294967295}]", "linux.devices[0].gid: expected 0 to 4294967294, found 4294967295" },
	{ PROCESS, "'user':{'uid':-1}", "process.user.uid: expected 0 to 4294967294, found -1" },
	{ PROCESS, "'user':{'umask':512}", "process.user.umask: expected 0 to 511, found 512" },
	{ PROCESS, "'user':{'additionalGids':[1,'2']}", "process.user.additionalGids[1]: expected integer, found string" },
	{ PROCESS, "'user':{'additionalGids':[null]}", "process.user.additionalGids[0]: expected integer, found null" },
	{ PROCESS, "'env':'A=b'", "process.env: expected array, found string" },
	{ PROCESS, "'capabilities':{'bounding':['CAP_CHOWN','CAP_FLY']}",
	  "process.capabilities.bounding[1]: expected a capability, found \"CAP_FLY\"" },
	{ PROCESS, "'capabilities':{'ambient':['chown']}", "process.capabilities.ambient[0]: expected a capability, found \"chown\"" },
	{ PROCESS, "'capabilities':{'ambient':['CAP_chown']}", "process.capabilities.ambient[0]: expected a capability, found \"CAP_chown\"" },
	{ PROCESS, "'capabilities':{'effective':['1']}", "process.capabilities.effective[0]: expected a capability, found \"1\"" },
	{ PROCESS, "'rlimits':[{'type':'RLIMIT_CPU','soft':2,'hard':1}]", "process.rlimits[0].soft: expected no more than hard, 1, found 2" },
	{ PROCESS, "'rlimits':[{'type':'RLIMIT_FUN','soft':1,'hard':1}]", "process.rlimits[0].type: expected a resource limit, found \"RLIMIT_FUN\"" },
	{ PROCESS, "'rlimits':[{'soft':1,'hard':1}]", "process.rlimits[0].type: expected a resource limit, found nothing" },
	{ PROCESS, "'rlimits':[{'type':'RLIMIT_CPU','hard':1}]", "process.rlimits[0].soft: expected integer, found nothing" },
	{ PROCESS, "'rlimits':[{'type':'RLIMIT_CPU','soft':0}]", "process.rlimits[0].hard: expected integer, found nothing" },
	{ PROCESS, "'rlimits':[{'type':'RLIMIT_CPU','soft':1,'hard':1},{'type':'RLIMIT_AS','soft':1,'hard':1},"
		   "{'type':'RLIMIT_CPU','soft':1,'hard':1}]",
	  "process.rlimits[2].type: expected each limit once, found a second RLIMIT_CPU" },
	{ PROCESS, "'rlimits':{'a':1}", "process.rlimits: expected array, found object" },
	{ PROCESS, "'oomScoreAdj':-1001", "process.oomScoreAdj: expected -1000 to 1000, found -1001" },
	{ PROCESS, "'oomScoreAdj':1001", "process.oomScoreAdj: expected -1000 to 1000, found 1001" },
	{ PROCESS, "'oomScoreAdj':-1000", NULL },
	{ PROCESS, "'scheduler':{}", "process.scheduler.policy: expected a scheduling policy, found nothing" },
	{ PROCESS, "'scheduler':{'policy':'SCHED_ISO'}", "process.scheduler.policy: expected a scheduling policy, found \"SCHED_ISO\"" },
	{ PROCESS, "'scheduler':{'policy':'SCHED_OTHER','nice':20}", "process.scheduler.nice: expected -20 to 19, found 20" },
	{ PROCESS, "'scheduler':{'policy':'SCHED_OTHER','priority':1}",
	  "process.scheduler.priority: expected 0, as only SCHED_FIFO and SCHED_RR have one, found 1" },
	{ PROCESS, "'scheduler':{'policy':'SCHED_RR','priority':100}", "process.scheduler.priority: expected 1 to 99, found 100" },
	{ PROCESS, "'scheduler':{'policy':'SCHED_FIFO'}", "process.scheduler.priority: expected 1 to 99, found 0" },
	{ PROCESS, "'scheduler':{'policy':'SCHED_BATCH','runtime':1}",
	  "process.scheduler: expected runtime, deadline and period with SCHED_DEADLINE only" },
	{ PROCESS, "'scheduler':{'policy':'SCHED_DEADLINE','runtime':" U64 "}", NULL },
	{ PROCESS, "'scheduler':{'policy':'SCHED_OTHER','flags':['SCHED_FLAG_FAST']}",
	  "process.scheduler.flags[0]: expected a scheduler flag, found \"SCHED_FLAG_FAST\"" },
	{ PROCESS, "'ioPriority':{}", "process.ioPriority.class: expected an I/O class, found nothing" },
	{ PROCESS, "'ioPriority':{'class':'IOPRIO_CLASS_NONE'}", "process.ioPriority.class: expected an I/O class, found \"IOPRIO_CLASS_NONE\"" },
	{ PROCESS, "'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':8}", "process.ioPriority.priority: expected 0 to 7, found 8" },
	{ PROCESS, "'execCPUAffinity':{'initial':'0-'}", "process.execCPUAffinity.initial: expected a list of processors, as in \"0-3,7\", found \"0-\"" },
	{ PROCESS, "'execCPUAffinity':{'final':'3-1'}", "process.execCPUAffinity.final: expected a list of processors, as in \"0-3,7\", found \"3-1\"" },
	{ PROCESS, "'execCPUAffinity':{'initial':'','final':'0 - 3, 7'}", NULL },
};

#define MAP(c, h, n) "{'containerID':" #c ",'hostID':" #h ",'size':" #n "}"
#define USERNS(u, g) "'linux':{'namespaces':[{'type':'user'}],'uidMappings':[" u "],'gidMappings':[" g "]}"

static const struct one linux_cases[] = {
	{ TOP, "'linux':{'namespaces':[{'type':'foo'}]}", "linux.namespaces[0].type: expected a namespace, found \"foo\"" },
	{ TOP, "'linux':{'namespaces':[{}]}", "linux.namespaces[0].type: expected a namespace, found nothing" },
	{ TOP, "'linux':{'namespaces':['pid']}", "linux.namespaces[0]: expected object, found string" },
	{ LINUX, "'namespaces':[]", "linux.namespaces: expected array, found two values" },
	{ TOP, "'linux':{'namespaces':[{'type':'pid'},{'type':'ipc'},{'type':'uts'},{'type':'pid','path':'/a'}]}",
	  "linux.namespaces[3].type: expected each namespace once, found a second \"pid\"" },
	{ TOP, "'linux':{'namespaces':[{'type':'pid','path':'proc/1/ns/pid'}]}",
	  "linux.namespaces[0].path: expected an absolute path, found \"proc/1/ns/pid\"" },
	{ TOP, "'linux':{'namespaces':[{'type':'pid','path':''}]}", NULL },
	{ TOP, "'linux':{'uidMappings':[" MAP(0,0,1) "]}", "linux.uidMappings: expected a user namespace to map, found none" },
	{ TOP, USERNS(MAP(0,1000,1), ""), "linux.gidMappings: expected a mapping, because linux.uidMappings has some, found nothing" },
	{ TOP, USERNS("", MAP(0,1000,1)), "linux.uidMappings: expected a mapping, because linux.gidMappings has some, found nothing" },
	{ TOP, USERNS(MAP(0,1000,1), MAP(0,1000,1)), NULL },
	{ TOP, USERNS(MAP(0,1000,0), MAP(0,1000,1)), "linux.uidMappings[0].size: expected 1 to 4294967295, found 0" },
	{ TOP, USERNS(MAP(0,1000,1) "," MAP(0,2000,1), MAP(0,1000,1)), "linux.uidMappings[1]: expected no id twice, found an overlap with [0]" },
	{ TOP, USERNS(MAP(0,1000,1), MAP(0,1000,10) "," MAP(10,1009,1)), "linux.gidMappings[1]: expected no id twice, found an overlap with [0]" },
	{ TOP, USERNS(MAP(0,1000,10) "," MAP(10,1010,5), MAP(0,1000,1)), NULL },
	{ TOP, USERNS(MAP(1,0,4294967295), MAP(0,1000,1)),
	  "linux.uidMappings[0].size: expected ids below 4294967295, found 4294967295 from container 1 and host 0" },
	{ TOP, USERNS(MAP(0,0,4294967295), MAP(0,0,4294967295)), NULL },
	{ TOP, USERNS(MAP(0,1000,1), "{'containerID':0,'hostID':0}"), "linux.gidMappings[0].size: expected integer, found nothing" },
	{ TOP, "'linux':{'namespaces':[{'type':'user','path':'/proc/9/ns/user'}]}", NULL },
	{ TOP, "'linux':{'timeOffsets':{'monotonic':{'secs':1}}}", "linux.timeOffsets: expected a new time namespace for it, found none" },
	{ TOP, "'linux':{'namespaces':[{'type':'time','path':'/a'}],'timeOffsets':{'boottime':{}}}",
	  "linux.timeOffsets: expected a new time namespace for it, found none" },
	{ LINUX, "'timeOffsets':{'boottime':{'secs':-5,'nanosecs':1000000000}}",
	  "linux.timeOffsets.boottime.nanosecs: expected 0 to 999999999, found 1000000000" },
	{ LINUX, "'timeOffsets':{'monotonic':{'secs':-5,'nanosecs':999999999}}", NULL },
	{ TOP, "'linux':{'maskedPaths':['/proc/a']}", "linux.maskedPaths: expected a mount namespace for it, found none" },
	{ TOP, "'linux':{'readonlyPaths':['/proc/a']}", "linux.readonlyPaths: expected a mount namespace for it, found none" },
	{ LINUX, "'maskedPaths':['/a','b']", "linux.maskedPaths[1]: expected an absolute path, found \"b\"" },
	{ LINUX, "'readonlyPaths':['']", "linux.readonlyPaths[0]: expected an absolute path, found \"\"" },
	{ LINUX, "'devices':[{'path':'/dev/a','major':1,'minor':3}]", "linux.devices[0].type: expected a device type, found nothing" },
	{ LINUX, "'devices':[{'type':'x','path':'/dev/a','major':1,'minor':3}]",
	  "linux.devices[0].type: expected \"c\", \"b\", \"u\" or \"p\", found \"x\"" },
	{ LINUX, "'devices':[{'type':'cc','path':'/dev/a','major':1,'minor':3}]",
	  "linux.devices[0].type: expected \"c\", \"b\", \"u\" or \"p\", found \"cc\"" },
	{ LINUX, "'devices':[{'type':'c','path':'dev/a','major':1,'minor':3}]", "linux.devices[0].path: expected an absolute path, found \"dev/a\"" },
	{ LINUX, "'devices':[{'type':'c','path':'/dev/a','minor':3}]", "linux.devices[0].major: expected integer, found nothing" },
	{ LINUX, "'devices':[{'type':'b','path':'/dev/a','major':4096,'minor':3}]", "linux.devices[0].major: expected 0 to 4095, found 4096" },
	{ LINUX, "'devices':[{'type':'p','path':'/dev/a','fileMode':65536}]", "linux.devices[0].fileMode: expected 0 to 65535, found 65536" },
	{ LINUX, "'devices':[{'type':'p','path':'/dev/a','fileMode':8612}]", NULL },
	{ LINUX, "'rootfsPropagation':'rslave'", NULL },
	{ LINUX, "'rootfsPropagation':'slaves'", "linux.rootfsPropagation: expected a propagation, found \"slaves\"" },
	{ LINUX, "'personality':{}", "linux.personality.domain: expected a personality, found nothing" },
	{ LINUX, "'personality':{'domain':'SVR4'}", "linux.personality.domain: expected \"LINUX\" or \"LINUX32\", found \"SVR4\"" },
	{ LINUX, "'personality':{'domain':'LINUX','flags':['READ_IMPLIES_EXEC']}",
	  "linux.personality.flags: expected an empty array, found \"READ_IMPLIES_EXEC\"" },
	{ LINUX, "'intelRdt':{'closID':'a/b'}", "linux.intelRdt.closID: expected the name of a class, found \"a/b\"" },
	{ LINUX, "'intelRdt':{'closID':'..'}", "linux.intelRdt.closID: expected the name of a class, found \"..\"" },
	{ LINUX, "'intelRdt':{'closID':'info'}", "linux.intelRdt.closID: expected the name of a class, found \"info\"" },
	{ LINUX, "'intelRdt':{'closID':'/'}", NULL },
	{ LINUX, "'intelRdt':{'closID':'gold.1','l3CacheSchema':'L3:0=f\\nMB:0=20','memBwSchema':'MB:0=20','schemata':['L3:1=f'],'enableMonitoring':true}", NULL },
	{ LINUX, "'intelRdt':{'memBwSchema':'L3:0=f'}", "linux.intelRdt.memBwSchema: expected one line that begins with \"MB:\", found \"L3:0=f\"" },
	{ LINUX, "'intelRdt':{'memBwSchema':'MB:0=1\\nL3:0=f'}", "linux.intelRdt.memBwSchema: expected one line that begins with \"MB:\", found \"MB:0=1?L3:0=f\"" },
	{ LINUX, "'intelRdt':{'schemata':['L3:0=f','f']}", "linux.intelRdt.schemata: expected lines such as \"L3:0=f\", found \"f\"" },
	{ LINUX, "'intelRdt':{'schemata':['L3:0=f\\nL3:1=f']}", "linux.intelRdt.schemata: expected lines such as \"L3:0=f\", found \"L3:0=f?L3:1=f\"" },
	{ LINUX, "'memoryPolicy':{'nodes':'0'}", "linux.memoryPolicy.mode: expected a memory policy, found nothing" },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_MAX','nodes':'0'}", "linux.memoryPolicy.mode: expected a memory policy, found \"MPOL_MAX\"" },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_BIND'}", "linux.memoryPolicy.nodes: expected a list of memory nodes for MPOL_BIND, found nothing" },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_INTERLEAVE','nodes':''}", "linux.memoryPolicy.nodes: expected a list of memory nodes for MPOL_INTERLEAVE, found nothing" },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'all'}", "linux.memoryPolicy.nodes: expected a list of memory nodes, as in \"0-3,7\", found \"all\"" },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_LOCAL','nodes':'0'}", "linux.memoryPolicy.nodes: expected none, because MPOL_LOCAL has none, found \"0\"" },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_DEFAULT','nodes':'1-2'}", "linux.memoryPolicy.nodes: expected none, because MPOL_DEFAULT has none, found \"1-2\"" },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':['MPOL_F_FAST']}", "linux.memoryPolicy.flags[0]: expected a flag of memory policies, found \"MPOL_F_FAST\"" },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':['MPOL_F_STATIC_NODES','MPOL_F_RELATIVE_NODES']}",
	  "linux.memoryPolicy.flags: expected one of MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES, found both" },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':['MPOL_F_STATIC_NODES','MPOL_F_NUMA_BALANCING']}", NULL },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_DEFAULT','nodes':''}", NULL },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_LOCAL'}", NULL },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_PREFERRED'}", NULL },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_PREFERRED','nodes':'1'}", NULL },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_PREFERRED_MANY','nodes':'0-1'}", NULL },
	{ LINUX, "'memoryPolicy':{'mode':'MPOL_WEIGHTED_INTERLEAVE','nodes':'0,2'}", NULL },
	{ TOP, "'linux':{'netDevices':{'eth0':{}}}", "linux.netDevices: expected a network namespace for it, found none" },
	{ LINUX, "'netDevices':{'eth0':{'name':'lan%d'},'eth1':{'name':'lan%d'},'eth2':{},'a-name-of-15-ch':{}}", NULL },
	{ LINUX, "'netDevices':{'eth0':{'name':'lan0'},'eth1':{'name':'lan0'}}", "linux.netDevices.eth1: expected a name of its own, found \"lan0\" for eth0 too" },
	{ LINUX, "'netDevices':{'eth0':{'name':'eth1'},'eth1':{}}", "linux.netDevices.eth1: expected a name of its own, found \"eth1\" for eth0 too" },
	{ LINUX, "'netDevices':{'eth0':{'name':'%d'}}", "linux.netDevices.eth0.name: expected the name of a network device, found \"%d\"" },
	{ LINUX, "'netDevices':{'eth0':{'name':'a%dx'}}", "linux.netDevices.eth0.name: expected the name of a network device, found \"a%dx\"" },
	{ LINUX, "'netDevices':{'eth0':{'name':'a%s'}}", "linux.netDevices.eth0.name: expected the name of a network device, found \"a%s\"" },
	{ LINUX, "'netDevices':{'eth0':{'name':'a/b'}}", "linux.netDevices.eth0.name: expected the name of a network device, found \"a/b\"" },
	{ LINUX, "'netDevices':{'eth0':{'name':'..'}}", "linux.netDevices.eth0.name: expected the name of a network device, found \"..\"" },
	{ LINUX, "'netDevices':{'eth0':{'name':'sixteen-letters-'}}", "linux.netDevices.eth0.name: expected the name of a network device, found \"sixteen-letters-\"" },
	{ LINUX, "'netDevices':{'eth%d':{}}", "linux.netDevices[\"eth%d\"]: expected the name of a network device" },
	{ LINUX, "'netDevices':{'a b':{}}", "linux.netDevices[\"a b\"]: expected the name of a network device" },
	{ LINUX, "'netDevices':{'eth0':1}", "linux.netDevices.eth0: expected object, found number" },
	{ LINUX, "'sysctl':{'net.ipv4.ip_forward':1}", "linux.sysctl[\"net.ipv4.ip_forward\"]: expected string, found number" },
	{ LINUX, "'sysctl':{'':'1'}", "linux.sysctl[\"\"]: expected a key, found \"\"" },
	{ LINUX, "'sysctl':{'net.ipv4.ip_forward':'1','kernel.shmmax':'1','kernel.msgmni':'1','kernel.sem':'1',"
		 "'kernel.shm_rmid_forced':'1','fs.mqueue.msg_max':'1','kernel.domainname':'a','net/ipv4/conf/a.b/rp_filter':'1'}", NULL },
	{ LINUX, "'sysctl':{'kernel.hostname':'a'}", "linux.sysctl[\"kernel.hostname\"]: refused: it has a property of its own, hostname" },
	{ TOP, "'domainname':'a','linux':{'namespaces':[{'type':'uts'}],'sysctl':{'kernel.domainname':'a'}}", NULL },
	{ TOP, "'domainname':'a','linux':{'namespaces':[{'type':'uts'}],'sysctl':{'kernel.domainname':'b'}}",
	  "linux.sysctl[\"kernel.domainname\"]: expected \"a\", as domainname has it, found \"b\"" },
	{ LINUX, "'sysctl':{'kernel.core_pattern':'a'}", "linux.sysctl[\"kernel.core_pattern\"]: refused: it belongs to the host, not to any namespace" },
	{ LINUX, "'sysctl':{'kernel.domainnames':'a'}", "linux.sysctl[\"kernel.domainnames\"]: refused: it belongs to the host, not to any namespace" },
	{ LINUX, "'sysctl':{'vm.swappiness':'1'}", "linux.sysctl[\"vm.swappiness\"]: refused: it belongs to the host, not to any namespace" },
	{ LINUX, "'sysctl':{'net':'1'}", "linux.sysctl.net: refused: it belongs to the host, not to any namespace" },
	{ LINUX, "'sysctl':{'net/../kernel/core_pattern':'a'}", "linux.sysctl[\"net/../kernel/core_pattern\"]: expected the name of a sysctl" },
	{ LINUX, "'sysctl':{'net.//.kernel.core_pattern':'a'}", "linux.sysctl[\"net.//.kernel.core_pattern\"]: expected the name of a sysctl" },
	{ LINUX, "'sysctl':{'/net/a':'a'}", "linux.sysctl[\"/net/a\"]: expected the name of a sysctl" },
	{ LINUX, "'sysctl':{'user.max_user_namespaces':'1'}",
	  "linux.sysctl[\"user.max_user_namespaces\"]: expected a namespace of type user for it, found none" },
	{ TOP, "'linux':{'sysctl':{'net.core.somaxconn':'1'}}", "linux.sysctl[\"net.core.somaxconn\"]: expected a namespace of type network for it, found none" },
	{ TOP, "'linux':{'sysctl':{'kernel.sem':'1'}}", "linux.sysctl[\"kernel.sem\"]: expected a namespace of type ipc for it, found none" },
	{ TOP, "'linux':{'sysctl':{'kernel.domainname':'1'}}", "linux.sysctl[\"kernel.domainname\"]: expected a namespace of type uts for it, found none" },
	{ TOP, "'linux':{'namespaces':[{'type':'network','path':'/a'}],'sysctl':{'net.core.somaxconn':'1'}}", NULL },
};

#define V1 "refused: cgroup v2 has no such limit, it was of cgroup v1 only"

static const struct one resource_cases[] = {
	{ RESOURCES, "'memory':[]", "linux.resources.memory: expected object, found array" },
	{ RESOURCES, "'memory':{'limit':'1G'}", "linux.resources.memory.limit: expected integer, found string" },
	{ RESOURCES, "'memory':{'limit':1,'limit':2}", "linux.resources.memory.limit: expected integer, found two values" },
	{ RESOURCES, "'memory':{'limit':-2}", "linux.resources.memory.limit: expected -1 to 9223372036854775807, found -2" },
	{ RESOURCES, "'memory':{'swap':9}", "linux.resources.memory.limit: expected a limit, because swap is set, found nothing" },
	{ RESOURCES, "'memory':{'swap':9,'limit':-1}", "linux.resources.memory.limit: expected a limit, because swap is set, found -1" },
	{ RESOURCES, "'memory':{'limit':9,'swap':8}", "linux.resources.memory.swap: expected no less than limit, 9, found 8" },
	{ RESOURCES, "'memory':{'limit':9,'swap':9}", NULL },
	{ RESOURCES, "'memory':{'swap':-1}", NULL },
	{ RESOURCES, "'memory':{'kernel':" MIB "}", "linux.resources.memory.kernel: " V1 },
	{ RESOURCES, "'memory':{'kernelTCP':" MIB "}", "linux.resources.memory.kernelTCP: " V1 },
	{ RESOURCES, "'memory':{'kernel':-1,'kernelTCP':0,'disableOOMKiller':false,'useHierarchy':true}", NULL },
	{ RESOURCES, "'memory':{'swappiness':0}", "linux.resources.memory.swappiness: " V1 },
	{ RESOURCES, "'memory':{'disableOOMKiller':true}", "linux.resources.memory.disableOOMKiller: " V1 },
	{ RESOURCES, "'cpu':{'realtimeRuntime':1}", "linux.resources.cpu.realtimeRuntime: " V1 },
	{ RESOURCES, "'cpu':{'realtimePeriod':1}", "linux.resources.cpu.realtimePeriod: " V1 },
	{ RESOURCES, "'cpu':{'realtimeRuntime':0,'realtimePeriod':0}", NULL },
	{ RESOURCES, "'cpu':{'period':9223372036854775807}", NULL },
	{ RESOURCES, "'cpu':{'period':9223372036854775808}", "linux.resources.cpu.period: expected 0 to 9223372036854775807, found 9223372036854775808" },
	{ RESOURCES, "'cpu':{'idle':2}", "linux.resources.cpu.idle: expected 0 to 1, found 2" },
	{ RESOURCES, "'cpu':{'quota':-2}", "linux.resources.cpu.quota: expected -1 to 9223372036854775807, found -2" },
	{ RESOURCES, "'cpu':{'shares':-1}", "linux.resources.cpu.shares: expected 0 to " U64 ", found -1" },
	{ RESOURCES, "'pids':{}", "linux.resources.pids.limit: expected integer, found nothing" },
	{ RESOURCES, "'pids':{'limit':-1}", NULL },
	{ RESOURCES, "'pids':{'limit':0}", NULL },
	{ RESOURCES, "'blockIO':{'weight':9}", "linux.resources.blockIO.weight: expected 10 to 1000, found 9" },
	{ RESOURCES, "'blockIO':{'weight':1001}", "linux.resources.blockIO.weight: expected 10 to 1000, found 1001" },
	{ RESOURCES, "'blockIO':{'weight':0,'leafWeight':0}", NULL },
	{ RESOURCES, "'blockIO':{'leafWeight':10}", "linux.resources.blockIO.leafWeight: " V1 },
	{ RESOURCES, "'blockIO':{'weightDevice':[{'major':8,'minor':0,'leafWeight':10}]}",
	  "linux.resources.blockIO.weightDevice[0].leafWeight: " V1 },
	{ RESOURCES, "'blockIO':{'weightDevice':[{'major':8,'minor':0,'weight':5}]}",
	  "linux.resources.blockIO.weightDevice[0].weight: expected 10 to 1000, found 5" },
	{ RESOURCES, "'blockIO':{'throttleReadBpsDevice':[{'minor':0,'rate':10}]}",
	  "linux.resources.blockIO.throttleReadBpsDevice[0].major: expected integer, found nothing" },
	{ RESOURCES, "'hugepageLimits':[{'pageSize':'2MB','limit':" U64 "}]", NULL },
	{ RESOURCES, "'hugepageLimits':[{'pagesize':'2MB','limit':1}]", NULL },
	{ RESOURCES, "'CPU':{'Shares':1,'Cpus':'0'}", NULL },
	{ RESOURCES, "'CPU':{'Shares':'x'}", "linux.resources.cpu.shares: expected integer, found string" },
	{ RESOURCES, "'hugepageLimits':[{'pageSize':'2M','limit':1}]",
	  "linux.resources.hugepageLimits[0].pageSize: expected a page size, such as \"2MB\", found \"2M\"" },
	{ RESOURCES, "'hugepageLimits':[{'pageSize':'2','limit':1}]",
	  "linux.resources.hugepageLimits[0].pageSize: expected a page size, such as \"2MB\", found \"2\"" },
	{ RESOURCES, "'hugepageLimits':[{'pageSize':'02MB','limit':1}]",
	  "linux.resources.hugepageLimits[0].pageSize: expected a page size, such as \"2MB\", found \"02MB\"" },
	{ RESOURCES, "'hugepageLimits':[{'pageSize':'2MB'}]", "linux.resources.hugepageLimits[0].limit: expected integer, found nothing" },
	{ RESOURCES, "'rdma':{'mlx5_1':{'hcaHandles':-1}}", "linux.resources.rdma.mlx5_1.hcaHandles: expected 0 to 4294967295, found -1" },
	{ RESOURCES, "'network':{'classID':1}", "linux.resources.network.classID: " V1 },
	{ RESOURCES, "'network':{'classID':0,'priorities':[]}", NULL },
	{ RESOURCES, "'network':{'priorities':[{'name':'eth0','priority':1}]}", "linux.resources.network.priorities: " V1 },
	{ RESOURCES, "'unified':{'':'1'}", "linux.resources.unified[\"\"]: expected a key, found \"\"" },
	{ RESOURCES, "'unified':{'../memory.max':'1'}", "linux.resources.unified[\"../memory.max\"]: expected a file's name, found a path" },
	{ RESOURCES, "'unified':{'..':'1'}", "linux.resources.unified[\"..\"]: expected a file's name, found a path" },
	{ RESOURCES, "'unified':{'memory.max':1}", "linux.resources.unified[\"memory.max\"]: expected string, found number" },
	{ RESOURCES, "'devices':[{'access':'rwm'}]", "linux.resources.devices[0].allow: expected boolean, found nothing" },
	{ RESOURCES, "'devices':[{'allow':true}]", "linux.resources.devices[0].access: expected letters of \"rwm\", found nothing" },
	{ RESOURCES, "'devices':[{'allow':false}]", NULL },
	{ RESOURCES, "'devices':[{'allow':true,'access':'rx'}]", "linux.resources.devices[0].access: expected letters of \"rwm\", found \"rx\"" },
	{ RESOURCES, "'devices':[{'allow':true,'type':'p','access':'r'}]", "linux.resources.devices[0].type: expected \"a\", \"b\" or \"c\", found \"p\"" },
	{ RESOURCES, "'devices':[{'allow':true,'minor':1048576,'access':'r'}]", "linux.resources.devices[0].minor: expected -1 to 1048575, found 1048576" },
};

static const struct one seccomp_cases[] = {
	{ TOP, "'linux':{'seccomp':{}}", "linux.seccomp.defaultAction: expected a seccomp action, found nothing" },
	{ TOP, "'linux':{'seccomp':{'defaultAction':'ALLOW'}}", "linux.seccomp.defaultAction: expected a seccomp action, found \"ALLOW\"" },
	{ SECCOMP, "'architectures':['SCMP_ARCH_X86_64','X86']", "linux.seccomp.architectures[1]: expected a seccomp architecture, found \"X86\"" },
	{ SECCOMP, "'architectures':[1]", "linux.seccomp.architectures[0]: expected string, found number" },
	{ SECCOMP, "'flags':['SECCOMP_FILTER_FLAG_NEW']", "linux.seccomp.flags[0]: expected a seccomp filter flag, found \"SECCOMP_FILTER_FLAG_NEW\"" },
	{ SECCOMP, "'flags':[]", NULL },
	{ SECCOMP, "'defaultErrnoRet':1", "linux.seccomp.defaultErrnoRet: expected nothing, because SCMP_ACT_ALLOW has no errno, found 1" },
	{ SECCOMP, "'listenerPath':'s'", "linux.seccomp.listenerPath: expected an absolute path, found \"s\"" },
	{ SECCOMP, "'listenerMetadata':'m'", "linux.seccomp.listenerMetadata: expected nothing, because there is no listenerPath, found string" },
	{ SECCOMP, "'syscalls':[{'names':[],'action':'SCMP_ACT_LOG'}]", "linux.seccomp.syscalls[0].names: expected at least one name, found an empty array" },
	{ SECCOMP, "'syscalls':[{'action':'SCMP_ACT_LOG'}]", "linux.seccomp.syscalls[0].names: expected at least one name, found nothing" },
	{ SECCOMP, "'syscalls':[{'names':['a']}]", "linux.seccomp.syscalls[0].action: expected a seccomp action, found nothing" },
	{ SECCOMP, "'syscalls':[{'names':['a'],'action':'SCMP_ACT_ERRNO','errnoRet':4096}]",
	  "linux.seccomp.syscalls[0].errnoRet: expected 0 to 4095, found 4096" },
	{ SECCOMP, "'syscalls':[{'names':['a'],'action':'SCMP_ACT_ERRNO','errnoRet':4095}]", NULL },
	{ SECCOMP, "'syscalls':[{'names':['a'],'action':'SCMP_ACT_KILL','errnoRet':0}]",
	  "linux.seccomp.syscalls[0].errnoRet: expected nothing, because SCMP_ACT_KILL has no errno, found 0" },
	{ SECCOMP, "'syscalls':[{'names':['a'],'action':'SCMP_ACT_LOG','args':[{'index':6,'value':0,'op':'SCMP_CMP_EQ'}]}]",
	  "linux.seccomp.syscalls[0].args[0].index: expected 0 to 5, found 6" },
	{ SECCOMP, "'syscalls':[{'names':['a'],'action':'SCMP_ACT_LOG','args':[{'index':0,'op':'SCMP_CMP_EQ'}]}]",
	  "linux.seccomp.syscalls[0].args[0].value: expected integer, found nothing" },
	{ SECCOMP, "'syscalls':[{'names':['a'],'action':'SCMP_ACT_LOG','args':[{'index':0,'value':1,'op':'=='}]}]",
	  "linux.seccomp.syscalls[0].args[0].op: expected a seccomp operator, found \"==\"" },
	{ SECCOMP, "'syscalls':[{'names':['a'],'action':'SCMP_ACT_LOG','args':null}]", NULL },
};
/* clang-format on */

static void judge(const struct one *t)
{
	autochecked struct checked c;
	char text[2048];
	struct sbuf b = SBUF(text);

	sbuf_add(&b, "%s%s%s", before[t->place], t->members, after[t->place]);
	cr_assert_not(b.over);
	check_text(&c, text);
	cr_expect_eq(c.bad.n, t->says != NULL, "%s: %zu complaints: %s", t->members, c.bad.n,
		     c.bad.last != NULL ? c.bad.last->text : "");
	if (c.bad.n > 0 && t->says != NULL)
		cr_expect_str_eq(c.bad.first->text, t->says);
}

static void judge_all(const struct one *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		judge(&cases[i]);
}

Test(spec, top_level_is_judged)
{
	judge_all(top_cases, COUNT(top_cases));
}

Test(spec, process_is_judged)
{
	judge_all(process_cases, COUNT(process_cases));
}

Test(spec, linux_is_judged)
{
	judge_all(linux_cases, COUNT(linux_cases));
}

Test(spec, resources_are_judged)
{
	judge_all(resource_cases, COUNT(resource_cases));
}

Test(spec, seccomp_is_judged)
{
	judge_all(seccomp_cases, COUNT(seccomp_cases));
}

Test(spec, says_all_that_is_wrong_at_once)
{
	autochecked struct checked c;
	struct err e = { 0 };

	check_text(&c,
		   "{'ociVersion':'3.0.0','process':{'terminal':1},'linux':{'devices':{}}}");
	cr_assert_eq(c.bad.n, 6);
	cr_expect(complained(&c, "ociVersion: expected a version 1.x.y, found \"3.0.0\""));
	cr_expect(complained(&c, "root.path: expected a path, found nothing"));
	cr_expect(complained(&c, "process.terminal: expected boolean, found number"));
	cr_expect(
		complained(&c, "process.args: expected at least one argument, found nothing"));
	cr_expect(complained(&c, "process.cwd: expected an absolute path, found nothing"));
	cr_expect(complained(&c, "linux.devices: expected array, found object"));
	cr_assert_eq(complaints_fail(&c.bad, ERR_SPEC, &e), -1);
	cr_assert_str_eq(err_hint(&e), "and 5 more: \"caisson check\" lists them all");
}

/* What follows from a field that its reader has complained of is not said. */
/* clang-format off */
static const struct one follow_ups[] = {
	{ LINUX, "'uidMappings':7", "linux.uidMappings: expected array, found number" },
	{ TOP, "'linux':{'namespaces':[{'type':'user'}],'uidMappings':7,'gidMappings':[" MAP(0, 0, 1) "]}",
	  "linux.uidMappings: expected array, found number" },
	{ TOP, "'hostname':'h','linux':{'namespaces':[{'type':'utss'}]}",
	  "linux.namespaces[0].type: expected a namespace, found \"utss\"" },
	{ TOP, "'hostname':'h','linux':[]", "linux: expected object, found array" },
	{ TOP, "'linux':{'namespaces':{},'maskedPaths':['/a'],'timeOffsets':{'boottime':{'secs':1}}}",
	  "linux.namespaces: expected array, found object" },
	{ TOP, "'linux':{'namespaces':7,'uidMappings':[" MAP(0, 0, 1) "]}",
	  "linux.namespaces: expected array, found number" },
	{ TOP, "'linux':{'namespaces':7,'sysctl':{'net.ipv4.ip_forward':'1'}}",
	  "linux.namespaces: expected array, found number" },
	{ LINUX, "'sysctl':{'net.ipv4.ip_forward':1}",
	  "linux.sysctl[\"net.ipv4.ip_forward\"]: expected string, found number" },
	{ TOP, "'linux':{'namespaces':[{'type':'user'}],'gidMappings':[" MAP(0, 0, 1) "],"
	       "'uidMappings':[" MAP(0, 0, 10) ",{'containerID':'x','hostID':50,'size':1}]}",
	  "linux.uidMappings[1].containerID: expected integer, found string" },
	{ TOP, "'mounts':[{'destination':'/a','uidMappings':'x','gidMappings':[" MAP(0, 0, 1) "]}]",
	  "mounts[0].uidMappings: expected array, found string" },
	{ RESOURCES, "'memory':{'swap':5,'limit':'x'}",
	  "linux.resources.memory.limit: expected integer, found string" },
	{ RESOURCES, "'memory':{'swap':'x','limit':5}",
	  "linux.resources.memory.swap: expected integer, found string" },
};
/* clang-format on */

Test(spec, what_follows_from_a_complaint_is_no_complaint)
{
	judge_all(follow_ups, COUNT(follow_ups));
}

Test(spec, rules_between_fields_are_said_beside_wrong_types)
{
	autochecked struct checked c;

	check_text(&c, HEAD "'process':{'cwd':3,'args':['a']},'hostname':'h','linux':{"
			    "'namespaces':[{'type':'user'}],'sysctl':{'kernel.panic':'1'},"
			    "'gidMappings':[" MAP(0, 0, 1) "],"
							   "'resources':{'memory':{'swap':5},'"
							   "pids':{'limit':'x'}}}}");
	cr_expect_eq(c.bad.n, 6);
	cr_expect(complained(&c, "process.cwd: expected string, found number"));
	cr_expect(complained(&c, "linux.resources.pids.limit: expected integer, found string"));
	cr_expect(complained(&c, "hostname: expected a uts namespace for it, found none"));
	cr_expect(complained(&c, "linux.uidMappings: expected a mapping, because "
				 "linux.gidMappings has some, found nothing"));
	cr_expect(complained(&c, "linux.sysctl[\"kernel.panic\"]: refused: it belongs to the "
				 "host, not to any namespace"));
	cr_expect(complained(&c, "linux.resources.memory.limit: expected a limit, because swap "
				 "is set, found nothing"));
}

Test(spec, documents_that_are_no_objects_are_refused)
{
	static const char *const docs[] = { "null", "[]", "1", "'a'", "true" };

	for (size_t i = 0; i < COUNT(docs); i++) {
		autochecked struct checked c;

		check_text(&c, docs[i]);
		cr_expect_not_null(strstr(c.bad.first->text, "expected object, found "), "%s",
				   docs[i]);
	}
}

static void many_mappings(unsigned n, const char *says)
{
	autochecked struct checked c;
	static char text[65536];
	struct sbuf b = SBUF(text);

	sbuf_add(&b, HEAD "'linux':{'namespaces':[{'type':'user'}],'gidMappings':[" MAP(
			     0, 0, 1) "],'uidMappings':[");
	for (unsigned i = 0; i < n; i++)
		sbuf_add(&b, "%s{'containerID':%u,'hostID':%u,'size':1}", i > 0 ? "," : "", i,
			 i);
	sbuf_add(&b, "]}}");
	check_text(&c, text);
	cr_assert_eq(c.bad.n, says != NULL);
	if (says != NULL)
		cr_assert_str_eq(c.bad.first->text, says);
}

Test(spec, mappings_have_at_most_340_lines)
{
	many_mappings(340, NULL);
	many_mappings(341, "linux.uidMappings: expected at most 340 mappings, found 341");
}

Test(spec, parts_are_read_by_themselves)
{
	autoarena struct arena a = { 0 };
	struct complaints bad = { .arena = &a };
	static const char text[] =
		"{\"cwd\": \"tmp\", \"args\": [\"sh\"], \"user\": {\"username\": \"a\"}}";
	static const char limits[] =
		"{\"memory\": {\"limit\": \"x\"}, \"pids\": {\"limit\": 5}}";
	struct spec_process p;
	struct spec_resources r;
	struct json *doc = NULL;
	struct err e = { 0 };
	struct jat root;

	cr_assert_eq(json_parse(&a, "process", text, sizeof(text) - 1, &doc, &e), 0);
	root = j_root(doc, &bad);
	spec_read_process(&a, &root, &p);
	cr_expect_str_eq(p.args.v[0], "sh");
	cr_expect_str_eq(bad.first->text, "cwd: expected an absolute path, found \"tmp\"");
	cr_expect_str_eq(bad.last->text,
			 "user.username: refused: a user of Windows: Linux takes uid and gid");
	bad = (struct complaints){ .arena = &a };
	cr_assert_eq(json_parse(&a, "resources", limits, sizeof(limits) - 1, &doc, &e), 0);
	root = j_root(doc, &bad);
	spec_read_resources(&a, &root, &r);
	cr_expect_eq(r.pids_limit, 5);
	cr_expect_eq(bad.n, 1);
	cr_expect_str_eq(bad.first->text, "memory.limit: expected integer, found string");
}
