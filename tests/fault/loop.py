# SPDX-License-Identifier: Apache-2.0
"""The loop of tests/fault/run: init of a pid namespace, so each process in /proc is accounted
for, and whatever is orphaned comes to us."""

import copy
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

CAISSON = sys.argv[1]
WANTED = re.compile(os.environ.get("FAULT_STEPS", "."))
SHOTS = int(os.environ.get("FAULT_SHOTS", "200"))
PATIENCE = 10  # seconds for what a dead process leaves to go, and for one call
CALL_LIMIT = 30
CGROUP = "/sys/fs/cgroup"


# ---- TAP ----


class Tap:
    def __init__(self):
        self.n = self.bad = self.skipped = 0

    def result(self, name, complaints, skip=None):
        self.n += 1
        self.bad += bool(complaints)
        self.skipped += skip is not None
        word = "not ok" if complaints else "ok"
        print(f"{word} {self.n} - {name}" + (f" # SKIP {skip}" if skip else ""))
        for line in complaints:
            print("#   " + line.replace("\n", "\n#   "))
        sys.stdout.flush()


# ---- bundles ----


class Bundle:
    """A directory with a config, and how the runtime is to be called for it."""

    def __init__(self, name, config, options=(), terminal=False, entered=False):
        self.name, self.options, self.terminal = name, list(options), terminal
        self.entered = entered
        self.devices = list(config["linux"].get("netDevices", {}))
        self.path = os.path.join(WORK, name)
        self.root = os.path.join(self.path, "state")  # --root
        self.pids = os.path.join(self.path, "pids")
        os.makedirs(self.root, mode=0o700)
        os.mkdir(self.pids)
        with open(os.path.join(self.path, "config.json"), "w") as f:
            json.dump(config, f)
        self.steps = set()


def make_rootfs(path, owner):
    for d in ("bin", "dev", "etc", "proc", "sys", "tmp", "root", "mnt"):
        os.makedirs(os.path.join(path, d))
    shutil.copy(shutil.which("busybox"), os.path.join(path, "bin/busybox"))
    for applet in ("sh", "true", "sleep", "cat"):
        os.symlink("busybox", os.path.join(path, "bin", applet))
    for where, dirs, files in os.walk(path):
        for f in [where] + [os.path.join(where, f) for f in files]:
            os.chown(f, owner, owner, follow_symlinks=False)


def base_config():
    where = os.path.join(WORK, "spec")
    os.mkdir(where)
    subprocess.run([CAISSON, "spec", "--bundle", where], check=True)
    with open(os.path.join(where, "config.json")) as f:
        c = json.load(f)
    c["process"]["terminal"] = False
    c["process"]["args"] = ["/bin/sleep", "0"]
    c["root"] = {"path": os.path.join(WORK, "rootfs"), "readonly": True}
    c["linux"]["cgroupsPath"] = CG_PATH
    return c


def without(namespaces, *kinds):
    return [n for n in namespaces if n["type"] not in kinds]


def seccomp():
    rule = {"names": ["reboot", "swapon"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}
    return {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}


def full(c):
    """Everything that one container can have at once."""
    hook = [{"path": "/bin/cat", "args": ["cat"], "timeout": 10}]
    kinds = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart",
             "poststop")
    c["hooks"] = {k: hook for k in kinds}
    c["linux"]["sysctl"] = {"kernel.msgmax": "4096"}
    c["linux"]["personality"] = {"domain": "LINUX"}
    c["linux"]["seccomp"] = seccomp()
    c["process"] |= {
        "noNewPrivileges": False,
        "oomScoreAdj": 100,
        "scheduler": {"policy": "SCHED_BATCH", "nice": 1},
        "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4},
        "user": {"uid": 1000, "gid": 1000, "umask": 0o27},
    }
    c["domainname"] = "nowhere"
    c["annotations"] = {"org.caisson.limit.wall-ms": "60000",
                        "org.caisson.limit.cpu-ms": "60000"}


def user_namespace(c):
    c["linux"]["namespaces"].append({"type": "user"})
    c["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    c["linux"]["gidMappings"] = c["linux"]["uidMappings"]
    c["root"]["path"] = os.path.join(WORK, "mapped")


def join(c, pid, *kinds):
    files = {"network": "net", "mount": "mnt"}
    ns = c["linux"]["namespaces"]
    c["linux"]["namespaces"] = without(ns, *kinds) + [
        {"type": k, "path": f"/proc/{pid}/ns/{files.get(k, k)}"} for k in kinds]


def joins_network(c):
    join(c, HELPER, "network")


def joins_pid(c):
    join(c, HELPER, "network", "pid")
    c["linux"]["seccomp"] = seccomp()


def joins_mounts(c):
    """Mounts that are there are taken as they stand."""
    join(c, HELPER, "mount")
    c["root"]["readonly"] = False
    c["mounts"] = []
    c["linux"]["maskedPaths"] = c["linux"]["readonlyPaths"] = []


def staged_user(c):
    """A new user namespace below joined ones: the staged ladder writes the maps."""
    user_namespace(c)
    join(c, HELPER, "ipc")
    c["mounts"] = [m for m in c["mounts"] if m["type"] != "mqueue"]  # not ours to mount


def time_offsets(c):
    c["linux"]["namespaces"].append({"type": "time"})
    c["linux"]["timeOffsets"] = {"monotonic": {"secs": 100, "nanosecs": 0}}


def idmapped(c):
    maps = [{"containerID": 0, "hostID": 1000, "size": 10}]
    c["mounts"].append({"destination": "/mnt", "type": "bind", "source": WORK + "/rootfs/tmp",
                        "options": ["bind", "idmap"], "uidMappings": maps,
                        "gidMappings": maps})


def host_pids(c):
    c["linux"]["namespaces"] = without(c["linux"]["namespaces"], "pid")
    c["mounts"] = [m for m in c["mounts"] if m["type"] != "proc"]
    c["linux"]["maskedPaths"] = c["linux"]["readonlyPaths"] = []


def no_cgroup(c):
    del c["linux"]["cgroupsPath"]
    c["linux"].pop("resources", None)
    c["linux"]["namespaces"] = without(c["linux"]["namespaces"], "cgroup")


def labelled(c):
    c["process"]["apparmorProfile"] = "unconfined"


def terminal(c):
    c["process"]["terminal"] = True


def network(c):
    c["linux"]["netDevices"] = {"fault0": {"name": "lan0"}}


def notified(c):
    c["linux"]["seccomp"] = seccomp() | {"listenerPath": AGENT}
    c["linux"]["seccomp"]["syscalls"][0] = {"names": ["reboot"], "action": "SCMP_ACT_NOTIFY"}


def numa(c):
    cpu = str(min(os.sched_getaffinity(0)))
    c["linux"]["memoryPolicy"] = {"mode": "MPOL_DEFAULT"}
    c["process"]["execCPUAffinity"] = {"initial": cpu, "final": cpu}


# name, change, global options; the first bundle that wants a step stands for it in what
# "once" means, the ladders (those marked) run every step they want
KINDS = [
    ("plain", lambda c: None, (), True),
    ("full", full, (), False),
    ("user-namespace", user_namespace, (), True),
    ("joins-network", joins_network, (), False),
    ("joins-pid", joins_pid, (), True),
    ("joins-mounts", joins_mounts, (), False),
    ("staged-user", staged_user, (), True),
    ("time-offsets", time_offsets, (), False),
    ("terminal", terminal, (), False),
    ("idmapped", idmapped, (), False),
    ("host-pids", host_pids, (), True),
    ("no-cgroup", no_cgroup, ("--cgroup-manager", "disabled"), True),
    ("labelled", labelled, (), False),
    ("network", network, (), True),
    ("notified", notified, (), False),
    ("numa", numa, (), False),
]


def entered(change=lambda c: None):
    """A container that stays, for exec."""
    def all_of_it(c):
        change(c)
        c["process"]["args"] = ["/bin/sleep", "100000"]
    return all_of_it


def many(c):
    """What the process of exec can have at once."""
    full(c)
    del c["hooks"]


# the same for exec: name, change, global options, ladder
ENTERED = [
    ("exec", entered(), (), True),
    ("exec-full", entered(many), (), False),
    ("exec-user-namespace", entered(user_namespace), (), True),
    ("exec-host-pids", entered(host_pids), (), False),
    ("exec-no-cgroup", entered(no_cgroup), ("--cgroup-manager", "disabled"), False),
    ("exec-terminal", entered(terminal), (), False),
    ("exec-labelled", entered(labelled), (), False),
    ("exec-notified", entered(notified), (), False),
    ("exec-numa", entered(numa), (), False),
]

# Where more than create is killed at any moment.
KILLED = {
    "plain": ("create", "run", "start", "delete"),
    "full": ("create", "run"),
    "terminal": ("create",),
    "network": ("create",),
}


# ---- what is around ----


def is_device(name):
    return any(name == n for _, n in socket.if_nameindex())


def has_devices(bundle):
    return all(map(is_device, bundle.devices))


def give_devices(bundle):
    """A container that began takes its devices along when it ends, in the kernel's time."""
    until = time.monotonic() + PATIENCE
    for d in bundle.devices:
        while not is_device(d) and is_device(d + "-peer") and time.monotonic() < until:
            time.sleep(0.01)
        if not is_device(d):
            subprocess.run(["ip", "link", "add", d, "type", "veth", "peer", "name", d + "-peer"],
                           check=True)


def answer_agents(server):
    """The filter's one call is never made: who takes the listener may drop it."""
    while True:
        conn, _ = server.accept()
        with conn:
            _, fds, _, _ = socket.recv_fds(conn, 65536, 8)
            for fd in fds:
                os.close(fd)


# ---- calls ----


def call(bundle, words, fault=None, pid_file=False):
    """One run of the runtime: exit code (or -signal), what it said on stderr."""
    env = dict(os.environ)
    if words[0] in ("create", "run"):
        give_devices(bundle)
    if fault is not None:
        env["CAISSON_FAULT"] = fault
    command = [CAISSON, "--root", bundle.root, "--audit-log", AUDIT, *bundle.options, *words]
    stdio, master = subprocess.DEVNULL, -1
    if bundle.terminal and (words[0] == "run" or words[:2] == ["exec", "-t"]):
        master, stdio = pty.openpty()
    with open(os.path.join(WORK, "stderr"), "w+b") as err:
        try:
            got = subprocess.run(command, stdin=stdio, stdout=stdio, stderr=err, env=env,
                                 timeout=CALL_LIMIT).returncode
        except subprocess.TimeoutExpired:
            got = "no end"
        finally:
            if master >= 0:
                os.close(master)
                os.close(stdio)
        err.seek(0)
        return got, err.read().decode(errors="replace")


def launch_words(bundle, command):
    words = [command, "--bundle", bundle.path, "--pid-file",
             os.path.join(bundle.pids, "pid")]
    if bundle.terminal and command == "create":
        words += ["--console-socket", CONSOLE]
    return words + [ID]


def drain_console():
    """Takes what was sent: a terminal whose master nobody holds would linger."""
    while True:
        try:
            conn, _ = console.accept()
        except BlockingIOError:
            return
        conn.close()


# ---- what is left ----


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass


def processes():
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in OURS:
            try:
                with open(f"/proc/{name}/stat") as f:
                    found.append(f"process {name} {f.read().split(')')[0].split('(')[1]}")
            except OSError:
                pass
    return found


def mounts():
    with open("/proc/self/mountinfo") as f:
        return set(f.read().splitlines())


def cgroups():
    return ["cgroup " + os.path.join(w, d)
            for w, dirs, _ in os.walk(CGROUP + CG_TOP) for d in dirs]


def files(bundle):
    """The state, and temporary files beside it and beside the pid file."""
    left = []
    for where in (bundle.root, bundle.pids):
        left += [f"file {where}/{f}" for f in os.listdir(where) if f != "pid"]
    return left


def leftovers(bundle):
    reap()
    drain_console()
    left = processes() + cgroups() + files(bundle)
    return left + ["mount " + m for m in mounts() - MOUNTS]


def nothing_left(bundle):
    until = time.monotonic() + PATIENCE
    while left := leftovers(bundle):
        if time.monotonic() > until:
            return ["left: " + x for x in left]
        time.sleep(0.005)
    return []


def sweep(bundle):
    """After a failure: the next case begins with nothing."""
    for p in processes():
        try:
            os.kill(int(p.split()[1]), signal.SIGKILL)
        except ProcessLookupError:
            pass
    time.sleep(0.1)
    reap()
    for c in sorted(cgroups(), reverse=True):
        try:
            os.rmdir(c.split()[1])
        except OSError:
            pass
    for f in files(bundle):
        path = f.split(" ", 1)[1]
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


# ---- the cases ----


def check_delete(bundle):
    code, said = call(bundle, ["delete", "--force", ID])
    return [] if code == 0 and said == "" else [f"delete --force: {code}: {said}"]


def check_failure(step, code, said, want=1):
    if code == 0:
        return ["it succeeded"]
    lines = said.splitlines()
    if code != want or len(lines) != 1 or f"{step}: made to fail by CAISSON_FAULT" not in lines[0]:
        return [f"expected {want} and one line that names the step: found {code}: {said}"]
    return []


SIGNAL_HINT = "caisson: hint: the init was killed by signal 9 (Killed)"


def check_kill(code, said, want=1):
    if code == -signal.SIGKILL and said == "":
        return []
    # an init that is pid 1 is deaf to its own signal, and exits
    lines = said.splitlines()
    if code == want and len(lines) == 1 + (SIGNAL_HINT in lines):
        return []
    return [f"expected a killed runtime or one line of error: found {code}: {said}"]


def check_again(bundle):
    """The id is free, and the whole life goes well."""
    bad = []
    for words in (launch_words(bundle, "create"), ["start", ID]):
        code, said = call(bundle, words)
        if code != 0:
            bad.append(f"{words[0]} after it: {code}: {said}")
    return bad + check_delete(bundle)


def attempt(bundle, step, table, command, how):
    fault = step if how == "fail" else step + ":kill"
    code, said = call(bundle, launch_words(bundle, command), fault)
    bad = []
    if command == "create" and table.startswith("start"):
        if code != 0:
            bad.append(f"create: {code}: {said}")
        code, said = call(bundle, ["start", ID])
    bad += check_failure(step, code, said) if how == "fail" else check_kill(code, said)
    # what failed by itself is not the user's to clean up; after start the container exists
    if how == "fail" and (command == "run" or table.startswith("create")):
        bad += [x + ", before delete" for x in nothing_left(bundle)]
        bad += [] if has_devices(bundle) else ["a device was not given back"]
    bad += check_delete(bundle) + nothing_left(bundle)
    if how == "kill":
        bad += check_again(bundle) + nothing_left(bundle)
    if bad:
        sweep(bundle)
    return bad


def exec_words(bundle):
    """--pid-file and a terminal where the container has one; the process ends by itself."""
    tty = ["-t"] if bundle.terminal else []
    return ["exec", *tty, "--pid-file", os.path.join(bundle.pids, "pid"), ID, "/bin/true"]


def attempt_exec(bundle, step, how):
    """The container stays as it was, whatever becomes of who wants to come in."""
    fault = step if how == "fail" else step + ":kill"
    bad = before(bundle, "exec")
    inside = sorted(processes())
    code, said = call(bundle, exec_words(bundle), fault)
    if how == "fail":
        bad += check_failure(step, code, said, 255)
    else:
        bad += check_kill(code, said, 255)
    until = time.monotonic() + PATIENCE
    while bad == [] and (now := sorted(reaped_processes())) != inside:
        if time.monotonic() > until:
            bad += [f"in the container: {now}, and before: {inside}"]
        time.sleep(0.005)
    code, said = call(bundle, exec_words(bundle))
    if code != 0:
        bad.append(f"exec after it: {code}: {said}")
    bad += check_delete(bundle) + nothing_left(bundle)
    if bad:
        sweep(bundle)
    return bad


def reaped_processes():
    reap()
    return processes()


def words_of(bundle, command):
    if command in ("create", "run"):
        return launch_words(bundle, command)
    return [command, *(["--force"] if command == "delete" else []), ID]


def before(bundle, command):
    """What start, exec and delete need."""
    if command in ("create", "run"):
        return []
    code, said = call(bundle, launch_words(bundle, "create"))
    if code == 0 and command == "exec":
        code, said = call(bundle, ["start", ID])
    return [] if code == 0 else [f"before {command}: {code}: {said}"]


def shot(bundle, command, delay):
    """The runtime is killed after a time, wherever it is."""
    argv = [CAISSON, "--root", bundle.root, "--audit-log", AUDIT, *bundle.options,
            *words_of(bundle, command)]
    bad = before(bundle, command)
    actions = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in range(3)]
    if command in ("create", "run"):
        give_devices(bundle)
    until = time.perf_counter() + delay
    pid = os.posix_spawn(CAISSON, argv, os.environ, file_actions=actions)
    while time.perf_counter() < until:
        pass
    os.kill(pid, signal.SIGKILL)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    # half a pid file beside the pid file: in the caller's directory, which no later call knows
    for f in os.listdir(bundle.pids):
        if f.startswith(".pid."):
            os.unlink(os.path.join(bundle.pids, f))
    bad += check_delete(bundle) + nothing_left(bundle)
    if bad:
        sweep(bundle)
    return ended == -signal.SIGKILL, [f"after {delay * 1000:.1f} ms: " + x for x in bad]


def shots(tap, bundle, command):
    """How long a call takes decides over what time the shots are spread."""
    bad = before(bundle, command)
    began = time.perf_counter()
    call(bundle, words_of(bundle, command))
    whole = (time.perf_counter() - began) * 1.2
    bad += check_delete(bundle) + nothing_left(bundle)
    hits = 0
    for i in range(SHOTS):
        hit, complaints = shot(bundle, command, whole * i / SHOTS)
        hits += hit
        bad += complaints
    bad += check_again(bundle) + nothing_left(bundle)
    if hits == 0 and SHOTS > 0:
        bad.append("the runtime was never killed in time")
    tap.result(f"{bundle.name}: {command}, killed {SHOTS} times within {whole * 1000:.0f} ms "
               f"({hits} while it ran)", bad[:20])


def learn_steps(bundle):
    """Which steps a bundle wants, by the debug log of its whole life; or why it cannot be."""
    log = os.path.join(bundle.path, "log")
    want = bundle.options
    bundle.options = ["--debug", "--log", log, *want]
    said = ""
    life = [launch_words(bundle, "create"), ["start", ID], ["delete", "--force", ID]]
    if bundle.entered:
        life.insert(2, exec_words(bundle))
    for words in life:
        if words[0] == "exec":
            open(log, "w").close()  # of create's steps others tell
        code, said = call(bundle, words)
        if code != 0:
            break
    bundle.options = want
    with open(log) as f:
        bundle.steps |= set(re.findall(r"\bstep ([a-z-]+)", f.read()))
    check_delete(bundle)
    return said if code != 0 else None


def prepare(tap, kinds, is_entered):
    bundles = []
    for name, change, options, ladder in kinds:
        config = copy.deepcopy(BASE)
        change(config)
        b = Bundle(name, config, options, config["process"]["terminal"], is_entered)
        b.ladder = ladder
        why = learn_steps(b)
        if name in ("exec-labelled", "labelled", "idmapped", "time-offsets", "numa",
                    "exec-numa") and why:
            # what this kernel may lack
            tap.result(f"{name}: a whole life", [], skip=why.splitlines()[0])
            continue
        tap.result(f"{name}: a whole life", ([why] if why else []) + nothing_left(b))
        if why is None:
            bundles.append(b)
    return bundles


# Steps that may have no bundle here, and why.
KNOWN = {step: "not on this kernel" for step in (
    "label", "label-open", "idmapped-mounts", "resctrl", "resctrl-join", "memory-policy",
    "affinity-initial")}
KNOWN["scope"] = "systemd.bats has it, beside a systemd"


def choose(tap, bundles, step):
    """The first bundle that wants a step stands for it, but for the ladders."""
    wanting = [b for b in bundles if step in b.steps]
    chosen = [b for b in wanting if b.ladder] or wanting[:1]
    if not chosen:
        why = KNOWN.get(step)
        tap.result(f"{step}: a bundle wants it", [] if why else ["none does"], skip=why)
    return chosen


def cases(tap, bundles, entered_bundles):
    dump = subprocess.run([CAISSON, "--dump-steps"], capture_output=True, text=True, check=True)
    for line in dump.stdout.splitlines():
        table, step, _ = line.split("\t")
        if not WANTED.search(step):
            continue
        for how in ("fail", "kill"):
            if table.startswith(("create", "start")):
                for b in choose(tap, bundles, step):
                    for command in ("create", "run"):
                        tap.result(f"{step}: {how} in {command} of {b.name}",
                                   attempt(b, step, table, command, how))
            if "exec" in table and step != "start-hooks":
                for b in choose(tap, entered_bundles, step):
                    tap.result(f"{step}: {how} in {b.name}", attempt_exec(b, step, how))


def neighbour(tap, bundle):
    """Two containers that name one cgroup: who is killed before it can be refused must not take
    the other along when it is deleted."""
    for step in ("state", "cgroup"):
        bad, first, second = before(bundle, "start"), ID, ID + "-second"
        pid = int(open(os.path.join(bundle.pids, "pid")).read())
        words = ["create", "--bundle", bundle.path, second]
        code, said = call(bundle, words, step + ":kill")
        bad += check_kill(code, said)
        code, said = call(bundle, ["delete", "--force", second])
        bad += [] if code == 0 else [f"delete --force: {code}: {said}"]
        time.sleep(0.1)
        reap()
        bad += [] if os.path.exists(f"/proc/{pid}") else [f"{first} was killed, too"]
        bad += check_delete(bundle) + nothing_left(bundle)
        if bad:
            sweep(bundle)
        tap.result(f"{step}: killed beside a container of the same cgroup", bad)


def main():
    tap, began = Tap(), time.monotonic()
    bundles = prepare(tap, KINDS, False)
    cases(tap, bundles, prepare(tap, ENTERED, True))
    neighbour(tap, bundles[0])
    for b in bundles:
        for command in KILLED.get(b.name, ("create",) if b.ladder else ()):
            if SHOTS > 0:
                shots(tap, b, command)
    print(f"1..{tap.n}")
    print(f"# {tap.n - tap.bad - tap.skipped} passed, {tap.bad} failed, {tap.skipped} skipped "
          f"in {time.monotonic() - began:.0f} s")
    return 1 if tap.bad else 0


WORK = tempfile.mkdtemp(prefix="caisson-fault-")
os.chmod(WORK, 0o711)
ID = "fault-" + os.path.basename(WORK)[-8:].replace("_", "-")
AUDIT = os.path.join(WORK, "audit.jsonl")
CG_TOP = "/" + ID
CG_PATH = CG_TOP + "/container"
os.mkdir(CGROUP + CG_TOP)
make_rootfs(os.path.join(WORK, "rootfs"), 0)
make_rootfs(os.path.join(WORK, "mapped"), 100000)
CONSOLE = os.path.join(WORK, "console.sock")
console = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
console.bind(CONSOLE)
console.listen(64)
console.setblocking(False)
AGENT = os.path.join(WORK, "agent.sock")
agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
agent.bind(AGENT)
agent.listen(64)
threading.Thread(target=answer_agents, args=(agent,), daemon=True).start()
helper = subprocess.Popen(["unshare", "--net", "--ipc", "--mount", "--pid", "--fork",
                           "--kill-child", "sleep", "100000"])
while not (inside := open(f"/proc/{helper.pid}/task/{helper.pid}/children").read().split()):
    time.sleep(0.01)
HELPER = int(inside[0])
OURS = {os.getpid(), helper.pid, HELPER}
BASE = base_config()
MOUNTS = mounts()
try:
    status = main()
finally:
    helper.kill()
    os.rmdir(CGROUP + CG_TOP)
    shutil.rmtree(WORK)
sys.exit(status)
