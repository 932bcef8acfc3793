"""Makes the images' file systems without a container engine: a small Debian, unpacked into memory in namespaces of its
own, in which deploy/image/runtime.sh runs as in the Containerfile's last stage. Whatever is left goes with the process
that holds the namespaces."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import kubectl
from kubectl import harness

# An image has its own models.
os.environ.pop("SILHOUETTE_MODELS", None)

BASE = os.path.join(kubectl.CACHE, "debian-12.tar")
EPOCH = 1750000000  # SOURCE_DATE_EPOCH of the tests
INSTALL_TIMEOUT_S = 1200
USER = "10001"


def mirror():
    """Where this machine has its Debian from."""
    sources = ""
    for folder, _, files in os.walk("/etc/apt"):
        for name in files:
            if name.startswith("sources.list") or name.endswith((".list", ".sources")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    sources += file.read() + "\n"
    found = re.findall(r"(?m)^(?:deb\s+(?:\[[^]]*\]\s+)?|URIs:\s*)(https?://\S+/debian)/?(?:\s|$)", sources)
    return found[0] if found else "http://deb.debian.org/debian"


def why_not():
    """Why no image can be made here; None where it can."""
    if os.geteuid() != 0:
        return "making a file system and a chroot needs root"
    for program in ("debootstrap", "unshare", "nsenter", "setpriv"):
        if not shutil.which(program):
            return program + " is not installed"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs",
                            "/mnt"], capture_output=True, text=True, check=False)
    return "no file system can be mounted here: " + tried.stderr.strip() if tried.returncode else None


def in_new_namespaces(script, *arguments):
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script, "sh",
            *arguments]


def base():
    """A tar of the Debian that images are made from, kept under build/; skips the test where it cannot be made."""
    reason = why_not()
    if reason:
        raise unittest.SkipTest(reason)
    os.makedirs(kubectl.CACHE, exist_ok=True)
    with open(BASE + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(BASE):
            return BASE
        with tempfile.TemporaryDirectory(dir=kubectl.CACHE) as folder:
            done = subprocess.run(in_new_namespaces(
                'mount -t tmpfs tmpfs "$1"; debootstrap --variant=minbase bookworm "$1/root" "$2";'
                'tar -C "$1/root" --one-file-system -cf "$3" .',
                folder, mirror(), BASE + ".partial"), stdin=subprocess.DEVNULL, text=True,
                capture_output=True, timeout=INSTALL_TIMEOUT_S, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest("debootstrap cannot make a Debian here: %s"
                                    % (done.stdout + done.stderr)[-500:])
        os.rename(BASE + ".partial", BASE)
    return BASE


def stage(folder):
    """What the build stage leaves, from what was built here."""
    build = os.path.dirname(harness.BIN)
    installed = os.path.join(folder, "install")
    out = os.path.join(folder, "out")
    for command in (["cmake", "--install", build, "--prefix", installed, "--strip"],
                    [os.path.join(harness.ROOT, "deploy", "image", "stage.sh"), installed, out]):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=harness.TIMEOUT_S, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
    return out


# $1 the mount point, $2 the base, $3 what was staged. What engines mount read-only, BuildKit above all, is read-only here.
SETUP = """
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/root"
tar -C "$1/root" -xf "$2"
mount -t proc proc "$1/root/proc"
mount --bind /dev/null "$1/root/dev/null"
mkdir "$1/root/out"
read_only() { mount --bind "$1" "$2"; mount -o remount,bind,ro "$2"; }
read_only "$3" "$1/root/out"
read_only /sys "$1/root/sys"
for file in resolv.conf hosts hostname; do
  touch "$1/root/etc/$file"
  read_only "/etc/$file" "$1/root/etc/$file"
done
echo ready
read end
"""


class Root:
    """The file system of one image."""

    def __init__(self, target, out, **environment):
        self._folder = tempfile.mkdtemp(prefix="silhouette-image-")
        self._keeper = subprocess.Popen(in_new_namespaces(SETUP, self._folder, base(), out),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            if self._keeper.stdout.readline() != "ready\n":
                raise AssertionError("the namespaces of an image could not be made")
            path = "/proc/%d/task/%d/children" % (self._keeper.pid, self._keeper.pid)
            with open(path, encoding="ascii") as file:
                self.pid = int(file.read())
            self.path = "/proc/%d/root%s/root" % (self.pid, self._folder)
            self._make(target, environment)
        except BaseException:
            self.close()
            raise

    def close(self):
        self._keeper.stdin.close()
        self._keeper.wait(harness.TIMEOUT_S)
        self._keeper.stdout.close()
        os.rmdir(self._folder)

    def _make(self, target, environment):
        proxies = {name: value for name, value in os.environ.items() if name.endswith("_proxy")}
        done = subprocess.run(
            self.command("/out/runtime.sh", target), stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=INSTALL_TIMEOUT_S, check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SOURCE_DATE_EPOCH": str(EPOCH),
                 **proxies, **environment})
        if done.returncode != 0:
            raise AssertionError((done.stdout + done.stderr)[-2000:])
        # What an engine mounts over, and takes away again.
        subprocess.run(self._enter("sh", "-ec", 'cd "$1"; umount out sys dev/null etc/resolv.conf'
                                   ' etc/hosts etc/hostname; rmdir out; : >etc/resolv.conf;'
                                   'mount -t proc proc proc', "sh",
                                   self._folder + "/root"), check=True)

    def _enter(self, *words):
        return ["nsenter", "--target", str(self.pid), "--mount", "--pid", *words]

    def command(self, *words):
        """A command line that runs `words` in the image, as root."""
        return self._enter("/usr/sbin/chroot", self._folder + "/root", *words)

    def command_of_user(self, *words, rights=(), may_gain=True):
        """As the image's user, who could have `rights` ("net_raw") if a program had them, and with no_new_privs unless
        it `may_gain` any by executing. The user has none when the program is executed, as with engines that take them
        all from who is not root; others leave what is in the manifest."""
        return self.command(
            "setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--inh-caps", "-all",
            "--bounding-set", ",".join(["-all", *("+" + right for right in rights)]),
            *(["env"] if may_gain else ["setpriv", "--no-new-privs"]), *words)

    def run(self, *words, **more):
        """(exit status, what it said) of the image's user."""
        done = subprocess.run(self.command_of_user(*words, **more), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=harness.TIMEOUT_S, check=False)
        return done.returncode, done.stdout + done.stderr

    def make_read_only(self, *writable):
        """As a pod's, but for folders that are volumes of its own."""
        subprocess.run(self._enter(
            "sh", "-ec", 'cd "$1"; mount --rbind . "$1"; mount -o remount,bind,ro "$1"; shift;'
            'for each; do mount -t tmpfs -o uid=10001 tmpfs "$each"; done', "sh",
            self._folder + "/root", *(self._folder + "/root" + each for each in writable)),
            check=True)

    def files(self):
        """{path: what can be told of it}, sorted."""
        done = subprocess.run(
            self.command("find", "/", "-xdev", "-printf", r"%P\t%y %#m %U:%G %s %T@ %l\n"),
            capture_output=True, text=True, check=True)
        told = dict(line.split("\t", 1) for line in done.stdout.splitlines())
        sums = subprocess.run(
            self.command("find", "/", "-xdev", "-type", "f", "-exec", "sha256sum", "{}", "+"),
            capture_output=True, text=True, check=True)
        for line in sums.stdout.splitlines():
            digest, path = line.split("  /", 1)
            told[path] += " " + digest
        return told


class Running:
    """A service that runs in an image; made once it listens. Its process is the child of the command that went into the
    image's namespaces."""

    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.said = ""
        while "listens on ports" not in self.said:
            line = self._process.stderr.readline()
            if not line:
                self.kill_if_running()
                raise AssertionError("did not start: " + self.said)
            self.said += line
        path = "/proc/%d/task/%d/children" % (self._process.pid, self._process.pid)
        with open(path, encoding="ascii") as file:
            self.pid = int(file.read())

    def stop(self):
        """SIGTERM; the exit status."""
        os.kill(self.pid, signal.SIGTERM)
        self.said += self._process.stderr.read()
        return self._process.wait(harness.TIMEOUT_S)

    def kill_if_running(self):
        if self._process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        self._process.wait(harness.TIMEOUT_S)
        self._process.stderr.close()
