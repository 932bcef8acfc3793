"""A bare Debian in a folder, to install into, to run programs in and to boot.

debootstrap makes it once; a tarball of it stays in the build folder, beside what apt fetched. Each
command runs in namespaces of its own, so nothing stays mounted or running.
"""

import fcntl
import functools
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts"]
MORE = "systemd-sysv,dbus"  # beyond dpkg, apt and what is essential
TIMEOUT_S = 900
ENVIRONMENT = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
               "DEBIAN_FRONTEND=noninteractive",
               *["%s=%s" % (name, os.environ[name]) for name in ("http_proxy", "https_proxy")
                 if name in os.environ]]


def output(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=TIMEOUT_S)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(command), (done.stdout + done.stderr)[-4000:]))
    return done.stdout


@functools.cache
def mirrors():
    """This machine's own sources of Debian packages: [(address, release)]."""
    listed = output("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)",
                    "Identifier: Packages", "Origin: Debian", "Component: main")
    return sorted({tuple(line.split()) for line in listed.splitlines()})


def codename():
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def check_possible():
    """Skips the test where this machine cannot do it, and says why."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("a root for Debian needs root: chroot, mounts")
    if not shutil.which("debootstrap"):
        raise unittest.SkipTest("debootstrap is not installed; ./dev setup test")
    tried = subprocess.run([*NAMESPACES, "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                           capture_output=True, text=True, timeout=TIMEOUT_S)
    if tried.returncode != 0:
        raise unittest.SkipTest("no namespaces with mounts here: " + tried.stderr.strip())
    if not any(release == codename() for _, release in mirrors()):
        raise unittest.SkipTest("apt knows no mirror of Debian %s; apt-get update" % codename())


def bare_archive(cache):
    """The tarball, made when it is missing."""
    key = hashlib.sha256(repr((MORE, mirrors())).encode()).hexdigest()[:12]
    archive = os.path.join(cache, "%s-%s.tar" % (codename(), key))
    with open(os.path.join(cache, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(archive):
            make_bare_archive(archive)
    return archive


def make_bare_archive(archive):
    (address, *_) = [address for address, release in mirrors() if release == codename()]
    with tempfile.TemporaryDirectory(dir=os.path.dirname(archive)) as root:
        try:
            output(*NAMESPACES, "debootstrap", "--variant=minbase", "--include=" + MORE,
                   codename(), root, address)
        except RuntimeError as error:
            raise unittest.SkipTest("no bare Debian could be made: %s" % error)
        with open(os.path.join(root, "etc/apt/sources.list"), "w", encoding="utf-8") as sources:
            for mirror in mirrors():
                sources.write("deb %s %s main\n" % mirror)
        # Whether it survives a power cut is none of our questions.
        unsafe = os.path.join(root, "etc/dpkg/dpkg.cfg.d/unsafe-io")
        with open(unsafe, "w", encoding="utf-8") as config:
            config.write("force-unsafe-io\n")
        shutil.rmtree(os.path.join(root, "var/lib/apt/lists"))
        os.mkdir(os.path.join(root, "var/lib/apt/lists"))
        output("tar", "-C", root, "--numeric-owner", "-cf", archive + ".new", ".")
        os.rename(archive + ".new", archive)


class DebianRoot:
    def __init__(self, build):
        check_possible()
        self.cache = os.path.join(build, "debian-root")
        os.makedirs(self.cache, exist_ok=True)
        archive = bare_archive(self.cache)
        self._folder = tempfile.TemporaryDirectory(dir=self.cache, prefix="root-")
        self.folder = self._folder.name
        output("tar", "-C", self.folder, "--numeric-owner", "-xpf", archive)
        os.chmod(self.folder, 0o755)
        shutil.copy("/etc/resolv.conf", self.path("etc/resolv.conf"))
        self._systemd = None

    def path(self, name):
        return os.path.join(self.folder, name.lstrip("/"))

    def close(self):
        self.shut_down()
        self._folder.cleanup()

    def run(self, *command):
        """Runs a command to its end, where systemd is, when it is booted; returns what it said."""
        if self._systemd:
            return output("nsenter", "--all", "--target", str(self._init()), "env", "-i",
                          *ENVIRONMENT, *command)
        return output(*NAMESPACES, "sh", os.path.join(HERE, "enter_root.sh"), self.folder,
                      self.cache, *ENVIRONMENT, *command)

    def files(self):
        """{path: (kind and rights, owner, group)} of all there is."""
        found = {}
        for folder, folders, files in os.walk(self.folder):
            for name in folders + files:
                path = os.path.join(folder, name)
                about = os.lstat(path)
                found[os.path.relpath(path, self.folder)] = (oct(about.st_mode), about.st_uid,
                                                             about.st_gid)
        return found

    def boot(self):
        """Starts systemd as a machine does, without a network, and waits until it is up."""
        if self._systemd:
            return
        self._log = tempfile.TemporaryFile("w+")
        self._systemd = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "sh",
             os.path.join(HERE, "boot_root.sh"), self.folder, self.cache, *ENVIRONMENT],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while True:
            try:
                state = self.run("systemctl", "is-system-running", "--wait").strip()
            except (RuntimeError, LookupError) as error:
                state = str(error)
            if state == "running":
                return
            if self._systemd.poll() is not None or time.monotonic() > deadline:
                self.shut_down()
                self._log.seek(0)
                raise unittest.SkipTest("systemd does not boot here: %s %s" %
                                        (state, self._log.read()))
            time.sleep(0.1)

    def _init(self):
        """The number of systemd's process, the last in a line of only children."""
        process = self._systemd.pid
        while True:
            with open("/proc/%d/comm" % process, encoding="utf-8") as file:
                if file.read() == "systemd\n":
                    return process
            with open("/proc/%d/task/%d/children" % (process, process), encoding="utf-8") as file:
                children = file.read().split()
            if not children:
                raise LookupError("systemd has not started yet")
            process = int(children[0])

    def shut_down(self):
        if self._systemd is None:
            return
        try:
            os.kill(self._init(), signal.SIGKILL)  # and with it all others of its namespace
        except (LookupError, OSError):
            self._systemd.terminate()
        self._systemd.wait(TIMEOUT_S)
        self._systemd = None
