#!/usr/bin/python3
"""Packets lost by a live capture at rising rates: tcpdump's and ours, one after the other.

Makes two network namespaces joined by a veth pair. tcpreplay sends simulated packets from the
one's own address to the other's, where the capture listens; nothing leaves the machine. Needs root.

Our command is a template and must print, as tcpdump does, a line that says it is listening and,
once SIGINT ends it, how many packets it received; --ours, --ready and --received tell this bench
its words.
"""

import argparse
import json
import os
import random
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

SENDER, RECEIVER = "192.168.77.1", "192.168.77.2"
SENDER_MAC, RECEIVER_MAC = "02:00:00:00:77:01", "02:00:00:00:77:02"
TCPDUMP = "tcpdump -n -i {interface} -w /dev/null"
TCPDUMP_READY, TCPDUMP_RECEIVED = "listening on", r"(\d+) packets? captured"
TCPDUMP_DROPPED = r"(\d+) packets? dropped by kernel"
DRAIN_S = 1.0  # for what lies in the capture's buffer when the last packet was sent


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


class Namespaces:
    """A sender's and a receiver's namespace, gone at the end with all that is in them."""

    def __init__(self):
        self.sender = f"silhouette-send-{os.getpid()}"
        self.receiver = f"silhouette-receive-{os.getpid()}"
        self.interface = "veth0"  # in both

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self):
        for name in (self.sender, self.receiver):
            run("ip", "netns", "add", name)
            # Only what is sent on purpose.
            run("ip", "netns", "exec", name, "sh", "-c",
                "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6;"
                "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6")
        run("ip", "link", "add", self.interface, "netns", self.sender, "type", "veth", "peer",
            "name", self.interface, "netns", self.receiver)
        for name, mac, address in ((self.sender, SENDER_MAC, SENDER),
                                   (self.receiver, RECEIVER_MAC, RECEIVER)):
            # Without a network around the address there is no way back: the receiver does not
            # answer that its ports are closed.
            run("ip", "-n", name, "link", "set", self.interface, "address", mac)
            run("ip", "-n", name, "address", "add", f"{address}/32", "dev", self.interface)
            run("ip", "-n", name, "link", "set", self.interface, "up")

    def __exit__(self, *_):
        for name in (self.sender, self.receiver):
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL)

    def arrived(self):
        """Packets that came out of the cable at the receiver so far, captured or not."""
        (link,) = json.loads(run("ip", "-n", self.receiver, "-j", "-s", "link", "show",
                                 self.interface))
        return link["stats64"]["rx"]["packets"]


def checksum(header):
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def write_capture(path, packets=20_000, flows=256):
    """UDP of 60 to 1500 bytes from the sender to the receiver; the same file each time."""
    rng = random.Random(1)
    mac = lambda text: bytes.fromhex(text.replace(":", ""))
    address = lambda text: bytes(int(part) for part in text.split("."))
    ethernet = mac(RECEIVER_MAC) + mac(SENDER_MAC) + b"\x08\x00"
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i in range(packets):
            size = rng.randint(60, 1500)
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0, 64, 17, 0,
                             address(SENDER), address(RECEIVER))
            ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
            udp = struct.pack(">HHHH", 1024 + rng.randrange(flows), 443, size - 34, 0)
            frame = (ethernet + ip + udp).ljust(size, b"\0")
            file.write(struct.pack("<IIII", 1_700_000_000, i, size, size) + frame)


class Capturing:
    """A capture program in the receiver's namespace, and what it said."""

    def __init__(self, namespaces, command, ready):
        self._said, self._ready_text, self._ready = [], ready, threading.Event()
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespaces.receiver, *shlex.split(command)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _read(self):
        for line in self.process.stdout:
            self._said.append(line)
            if self._ready_text in line:
                self._ready.set()
        self._ready.set()  # it ended

    def wait_ready(self):
        if not self._ready.wait(10):
            raise RuntimeError(f"did not say \"{self._ready_text}\" within 10 s")
        if not any(self._ready_text in line for line in self._said):
            raise RuntimeError(f"did not start: {self.stop().strip()}")

    def stop(self):
        """Everything that it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._reader.join()
        return "".join(self._said)


def number(pattern, text):
    found = re.search(pattern, text)
    return int(found.group(1)) if found else None


def send(namespaces, capture, rate, seconds):
    """Returns the rate that tcpreplay reached, which may be less than what was asked for."""
    said = run("ip", "netns", "exec", namespaces.sender, "tcpreplay", "--preload-pcap", "--quiet",
               "--loop=0", f"--pps={rate}", f"--limit={rate * seconds}",
               f"--intf1={namespaces.interface}", capture)
    rated = re.search(r"([\d.]+) pps", said)
    return float(rated.group(1)) if rated else float("nan")


def measure(namespaces, capture, rate, seconds, name, command, ready, received_pattern):
    row = {"case": f"{name} at {rate} packets/s", "value": None, "unit": "% lost",
           "better": "lower"}
    try:
        with Capturing(namespaces, command, ready) as capturing:
            capturing.wait_ready()
            before = namespaces.arrived()
            row["sent_per_s"] = send(namespaces, capture, rate, seconds)
            time.sleep(DRAIN_S)
            row["arrived"] = namespaces.arrived() - before
            said = capturing.stop()
        row["received"] = number(received_pattern, said)
        row["dropped"] = number(TCPDUMP_DROPPED, said)
        if row["received"] is None:
            raise RuntimeError(f"its output does not match \"{received_pattern}\"")
        row["value"] = 100 * (row["arrived"] - row["received"]) / max(1, row["arrived"])
    except RuntimeError as error:
        row["error"] = str(error).splitlines()[0]
    return row


def print_rows(rows):
    print(f"{'case':34} {'sent/s':>10} {'arrived':>10} {'received':>10} {'dropped':>10} {'lost':>9}")
    for row in rows:
        if "error" in row:
            print(f"{row['case']:34} not measured: {row['error']}")
            continue
        dropped = "-" if row["dropped"] is None else row["dropped"]
        print(f"{row['case']:34} {row['sent_per_s']:10.0f} {row['arrived']:10} {row['received']:10} "
              f"{dropped:>10} {row['value']:8.3f}%")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench_live", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rates", default="50000,100000,200000,400000",
                        type=lambda text: [int(rate) for rate in text.split(",")],
                        help="packets/s to try (%(default)s)")
    parser.add_argument("--seconds", type=int, default=5, help="for each rate (%(default)s)")
    parser.add_argument("--tcpdump", default=TCPDUMP, help="its command (%(default)s)")
    parser.add_argument("--ours", default="silhouette run --interface {interface}",
                        help="our command (%(default)s); looked for beside this program first")
    parser.add_argument("--ready", default=TCPDUMP_READY, help="what ours says when it listens")
    parser.add_argument("--received", default=TCPDUMP_RECEIVED,
                        help="regular expression of ours' count of packets (%(default)s)")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if os.geteuid() != 0:
        sys.exit("bench: making network namespaces needs root; run this with sudo")
    missing = [tool for tool in ("ip", "tcpdump", "tcpreplay") if not shutil.which(tool)]
    if missing:
        sys.exit(f"bench: {', '.join(missing)}: not installed; './dev setup bench' does it")
    beside = os.path.dirname(os.path.realpath(__file__))
    os.environ["PATH"] = beside + os.pathsep + os.environ["PATH"]
    rows = []
    with tempfile.TemporaryDirectory() as folder, Namespaces() as namespaces:
        capture = os.path.join(folder, "sent.pcap")
        write_capture(capture)
        fill = {"interface": namespaces.interface, "file": os.path.join(folder, "captured.pcap")}
        for rate in arguments.rates:
            for name, command, ready, received in (
                    ("tcpdump", arguments.tcpdump, TCPDUMP_READY, TCPDUMP_RECEIVED),
                    ("ours", arguments.ours, arguments.ready, arguments.received)):
                rows.append(measure(namespaces, capture, rate, arguments.seconds, name,
                                    command.format(**fill), ready, received))
    if arguments.json:
        for row in rows:
            print(json.dumps(row))
    else:
        print_rows(rows)


if __name__ == "__main__":
    main()
