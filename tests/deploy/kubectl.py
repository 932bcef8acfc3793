"""Builds the manifests with Debian's kubectl, whose kustomize is old, or where that cannot be had with the one that is
there."""

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness

K8S = os.path.join(harness.ROOT, "k8s")
CACHE = os.path.join(harness.ROOT, "build", "deploy")
PACKAGE = "kubernetes-client"


def run(*command, **more):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=harness.TIMEOUT_S, check=False, **more)


def project_version():
    with open(os.path.join(harness.ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
        (found,) = re.findall(r"project\(silhouette VERSION (\S+)", file.read())
    return found


def version(program):
    return run(program, "version", "--client").stdout


def is_debians(program):
    return 'GitVersion:"v1.20' in version(program)


def unpack(into):
    """The package's files, without installing it: another package's kubectl may be in its place."""
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        fetched = run("apt-get", "download", PACKAGE, cwd=folder)
        if fetched.returncode != 0:
            raise unittest.SkipTest("apt-get download %s: %s" % (PACKAGE, fetched.stderr.strip()))
        (package,) = [name for name in os.listdir(folder) if name.endswith(".deb")]
        files = os.path.join(folder, "files")
        subprocess.run(["dpkg-deb", "-x", os.path.join(folder, package), files], check=True,
                       timeout=harness.TIMEOUT_S)
        try:
            os.rename(files, into)
        except OSError:  # another test was quicker
            if not os.path.isdir(into):
                raise


@functools.cache
def debians():
    """Path of Debian's kubectl; skips the test where it cannot be had."""
    owner = run("dpkg-query", "-S", "/usr/bin/kubectl").stdout
    if owner.startswith(PACKAGE + ":"):
        return "/usr/bin/kubectl"
    folder = os.path.join(CACHE, PACKAGE)
    program = os.path.join(folder, "usr", "bin", "kubectl")
    if not os.path.exists(program):
        unpack(folder)
    if not is_debians(program):
        raise AssertionError("not Debian's kubectl 1.20: " + version(program))
    return program


@functools.cache
def newer():
    """Path of another kubectl, or None."""
    program = shutil.which("kubectl")
    return None if program is None or is_debians(program) else program


@functools.cache
def usual():
    """Path of Debian's kubectl, or of another one where that cannot be had; skips the test where there is none."""
    try:
        return debians()
    except unittest.SkipTest:
        if newer() is None:
            raise
        return newer()


def build(folder, program=None):
    """The objects of a folder of k8s/ with a kustomization, as dicts."""
    built = run(program or usual(), "kustomize", os.path.join(K8S, folder))
    if built.returncode != 0:
        raise AssertionError("%s: %s" % (folder, built.stderr))
    return list(yaml.safe_load_all(built.stdout))
