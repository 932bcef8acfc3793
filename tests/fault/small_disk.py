"""A small file system of its own that can be filled and emptied again."""

import ctypes
import os
import subprocess

CLONE_NEWNS = 0x00020000
SIZE_BYTES = 32 << 20
CHUNK = bytes(1 << 20)
TIMEOUT_S = 30


def enter_own_mounts():
    """Gives this process mounts of its own, which are gone when it and what it started are gone.
    To be called before there are threads. Returns "", or why the system does not allow it."""
    if os.geteuid() != 0:
        return "mounting a small disk needs root"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        return "unshare: " + os.strerror(ctypes.get_errno())
    return _run("mount", "--make-rprivate", "/")


def _run(*command):
    """What a command that failed says."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=TIMEOUT_S)
    return "" if done.returncode == 0 else done.stderr.strip() or "%s failed" % command[0]


class SmallDisk:
    """A tmpfs on `folder`; only for a process that has entered its own mounts."""

    def __init__(self, folder):
        self.folder = folder
        self._ballast = os.path.join(folder, "ballast")
        problem = _run("mount", "-t", "tmpfs", "-o", "size=%d" % SIZE_BYTES, "tmpfs", folder)
        if problem:
            raise RuntimeError(problem)

    def fill(self):
        """To the last byte."""
        with open(self._ballast, "wb", 0) as file:
            try:
                while True:
                    file.write(CHUNK)
            except OSError:  # full
                pass

    def empty(self):
        if os.path.exists(self._ballast):
            os.remove(self._ballast)

    def close(self):
        _run("umount", "--lazy", self.folder)
