"""A link between two network namespaces, and simulated traffic on it, for the live tests.

Nothing leaves the machine: the sender's packets go to the receiver's own address, which sends each
one back. No address needs to be asked for, and IPv6 is off, so nothing else is on the link.
"""

import ctypes
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest

SENDERS = ["192.168.77.1", "192.168.77.3", "192.168.77.4"]
RECEIVER, PORT = "192.168.77.2", 5004
SENDER_MAC, RECEIVER_MAC = "02:00:00:00:77:01", "02:00:00:00:77:02"
INTERFACE = "veth0"  # in both
TIMEOUT_S = 30
CLONE_NEWNET = 0x40000000


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=TIMEOUT_S)
    if done.returncode != 0:
        raise RuntimeError("ip %s: %s" % (" ".join(arguments), done.stderr.strip()))
    return done.stdout


def enter(path):
    """Moves the calling thread, and all that it starts from now on, into a network namespace."""
    with open(path, "rb") as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns: " + os.strerror(ctypes.get_errno()))


def udp_socket(address):
    """With room for all of a test's packets, so that a busy machine loses none."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
    made.bind(address)
    return made


class VethLink:
    """Puts the calling process at the receiver's end until it is closed.

    To be made before there are threads. Skips the test where the system has no namespaces.
    """

    def __init__(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("making network namespaces needs root")
        if not shutil.which("ip"):
            raise unittest.SkipTest("iproute2 is not installed")
        self.sender = "silhouette-sender-%d" % os.getpid()
        self.receiver = "silhouette-receiver-%d" % os.getpid()
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._echo = None
        try:
            self._make()
            enter("/run/netns/" + self.receiver)
            self._echo = Echo()
        except (RuntimeError, OSError) as error:
            self.close()
            raise unittest.SkipTest("no network namespaces here: %s" % error) from error
        except BaseException:
            self.close()
            raise

    def _make(self):
        for name in (self.sender, self.receiver):
            ip("netns", "add", name)
            ip("netns", "exec", name, "sh", "-c", "for each in all default; do "
               "echo 1 >/proc/sys/net/ipv6/conf/$each/disable_ipv6 || true; done")
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", INTERFACE, "netns", self.sender, "type", "veth", "peer", "name",
           INTERFACE, "netns", self.receiver)
        self._set_up(self.sender, SENDER_MAC, SENDERS)
        self._set_up(self.receiver, RECEIVER_MAC, [RECEIVER])
        self._introduce(self.sender, [RECEIVER], RECEIVER_MAC)
        self._introduce(self.receiver, SENDERS, SENDER_MAC)

    @staticmethod
    def _set_up(name, mac, addresses):
        ip("-n", name, "link", "set", INTERFACE, "address", mac)
        for address in addresses:
            ip("-n", name, "address", "add", address + "/24", "dev", INTERFACE)
        ip("-n", name, "link", "set", INTERFACE, "up")

    @staticmethod
    def _introduce(name, neighbours, mac):
        for neighbour in neighbours:
            ip("-n", name, "neighbour", "add", neighbour, "lladdr", mac, "dev", INTERFACE, "nud",
               "permanent")

    def start_sending(self, packets, seconds):
        """Sends so many packets, which all come back. Sizes and senders vary, but the same way each
        time."""
        return Sending(self.sender, packets, seconds)

    def send(self, packets, seconds):
        """To its end; as Sending.wait."""
        return self.start_sending(packets, seconds).wait()

    def close(self):
        if self._echo is not None:
            self._echo.close()
        enter("/proc/self/fd/%d" % self._home)
        os.close(self._home)
        for name in (self.sender, self.receiver):
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL, check=False)


class Sending:
    def __init__(self, namespace, packets, seconds):
        self._packets, self._timeout_s = packets, seconds + TIMEOUT_S
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, sys.executable, "-B", os.path.abspath(__file__),
             str(packets), str(seconds)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def wait(self):
        """Returns how many packets have been on the link, right when the last has passed."""
        said, _ = self._process.communicate(timeout=self._timeout_s)
        if said.strip() != b"%d" % self._packets:
            raise AssertionError("%r of %d packets came back" % (said, self._packets))
        return 2 * self._packets


class Echo:
    """Sends back what comes to the receiver's port."""

    def __init__(self):
        self._socket = udp_socket((RECEIVER, PORT))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while True:
            data, sender = self._socket.recvfrom(2048)
            if sender[0] == RECEIVER:
                return  # close() woke it
            self._socket.sendto(data, sender)

    def close(self):
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join(TIMEOUT_S)
        self._socket.close()


def exchange(packets, seconds):
    """Runs at the sender's end; returns how many packets came back."""
    rng = random.Random(1)
    sockets = [udp_socket((address, 40000 + i)) for i, address in enumerate(SENDERS)]
    sent, came_back = [0] * len(sockets), 0
    begin = time.monotonic()
    for number in range(packets):
        due = begin + seconds * number / packets
        time.sleep(max(0, due - time.monotonic()))
        chosen = rng.randrange(len(sockets))
        sockets[chosen].sendto(bytes(rng.randint(20, 1200)), (RECEIVER, PORT))
        sent[chosen] += 1
    for each, count in zip(sockets, sent):
        each.settimeout(TIMEOUT_S / 2)
        for _ in range(count):
            each.recv(2048)
            came_back += 1
    return came_back


if __name__ == "__main__":
    print(exchange(int(sys.argv[1]), float(sys.argv[2])), flush=True)
    os._exit(0)  # at once: who waits wants to know what is captured right behind the last packet
