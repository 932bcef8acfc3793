"""Services to look at: the harness of tests/integration, and traffic on the loopback interface."""

import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import certificates  # noqa: E402,F401  (the others import them from here)
import harness  # noqa: E402

# Beside each other on the loopback interface; both are at home there.
SENDER, RECEIVER = "127.0.0.1", "127.0.0.2"


def may_capture():
    return os.geteuid() == 0


class Talk:
    """UDP packets to and fro on the loopback interface until it is closed, `rate` a second each way;
    nothing before start."""

    def __init__(self, rate=100):
        self._pause_s = 1 / rate if rate else 0
        self._ends = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for end, host in zip(self._ends, (SENDER, RECEIVER)):
            end.bind((host, 0))
            end.setblocking(False)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def capture_flags(self):
        """What makes capture-svc listen to this alone."""
        ports = " or ".join("udp port %d" % end.getsockname()[1] for end in self._ends)
        return ["--interface", "lo", "--filter", ports, "--home", "127.0.0.0/8"]

    def start(self):
        self._thread.start()
        return self

    def _send(self):
        here, there = self._ends
        while not self._over.wait(self._pause_s):
            here.sendto(b"x" * 900, there.getsockname())
            there.sendto(b"x" * 200, here.getsockname())
            self._drop()

    def _drop(self):
        for end in self._ends:
            try:
                while True:
                    end.recv(2048)
            except BlockingIOError:
                pass

    def close(self):
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        for end in self._ends:
            end.close()
