"""Packets as the oracle of features takes them: home ends, event time, subjects.

Written from the design's rules alone. The packets come from `silhouette packets --json`, which
packets_test.py holds against tshark. Not told by it, and not modelled: how long a source listened
behind its newest packet (pcapng's isb_endtime), and whether a later fragment of a protocol without
ports has its first one; such a fragment is in no flow here.
"""

import functools
import ipaddress
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

import harness

SECOND = 10**9
LAST_PLAUSIBLE_NS = 2**62 - 1
LATENESS_NS = SECOND
JUMP_BACK_NS = 60 * SECOND
JUMP_AHEAD_NS = 24 * 3600 * SECOND

PROTOCOL_NAMES = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}
HOME = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                          "169.254.0.0/16", "fc00::/7", "fe80::/10")]


class End(NamedTuple):
    address: Optional[str]  # None without IP and ARP
    mac: Optional[str]  # None where the link has none
    port: int  # 0 where there is none


class Packet(NamedTuple):
    """A packet whose headers could be read, with its home end."""
    time: int
    size: int
    network: str  # ip, arp, other, cut
    protocol: Optional[int]  # None without IP
    tcp_flags: int
    home: End
    remote: End
    both_home: bool
    outbound: bool
    has_ports: bool
    has_flow: bool


def read_capture(path):
    """(exit status, JSON objects) of `silhouette packets`."""
    status, out, _ = harness.run_tool("packets", path, "--json")
    return status, [json.loads(line) for line in out.splitlines()]


@functools.cache
def is_home(address):
    ip = ipaddress.ip_address(address)
    return any(ip.version == network.version and ip in network for network in HOME)


@functools.cache
def rank(address):
    """Its place in the order of addresses: IPv4 as IPv4-mapped IPv6."""
    ip = ipaddress.ip_address(address)
    return int(ip) + (0xFFFF << 32 if ip.version == 4 else 0)


def source_is_home(source, destination):
    """The rule for the home end, for packets with addresses."""
    if is_home(source.address) != is_home(destination.address):
        return is_home(source.address)
    if source.port != destination.port:
        return source.port > destination.port
    return rank(source.address) < rank(destination.address)


def parse(told):
    """A Packet from what `packets --json` tells of one with the outcome ok."""
    source = End(told.get("source"), told.get("source_mac"), told.get("source_port", 0))
    destination = End(told.get("destination"), told.get("destination_mac"),
                      told.get("destination_port", 0))
    has_addresses = told["network"] in ("ip", "arp")
    if has_addresses:
        outbound = source_is_home(source, destination)
        both_home = is_home(source.address) and is_home(destination.address)
    else:
        outbound = told["direction"] == "outbound"
        both_home = True  # such a frame stays on its link
    home, remote = (source, destination) if outbound else (destination, source)
    has_ports = "source_port" in told
    return Packet(told["time_ns"], told["wire_bytes"], told["network"], told.get("protocol"),
                  told.get("tcp_flags", 0), home, remote, both_home, outbound, has_ports,
                  has_flow=has_ports or told.get("fragment") != "later")


@dataclass
class Run:
    """What lies between two jumps of the clock."""
    first_ns: int
    newest_ns: int
    packets: list = field(default_factory=list)


def is_jump(time, newest):
    return time < newest - JUMP_BACK_NS or time > newest + JUMP_AHEAD_NS


def admit(capture):
    """(runs, accounts of the packets that go in no window)."""
    runs, accounts = [], Counter()
    for told in capture:
        time, outcome = told["time_ns"], told["outcome"]
        if abs(time) > LAST_PLAUSIBLE_NS:
            accounts["malformed"] += 1
            continue
        if not runs or is_jump(time, runs[-1].newest_ns):
            runs.append(Run(time, time))
        run = runs[-1]
        if time < run.newest_ns - LATENESS_NS:
            accounts["late"] += 1
            continue
        run.newest_ns = max(run.newest_ns, time)
        if outcome == "ok":
            run.packets.append(parse(told))
        else:
            accounts["malformed" if outcome == "malformed" else "filtered"] += 1
    return runs, accounts


def protocol_name(number):
    return PROTOCOL_NAMES.get(number, f"proto{number}")


@functools.cache
def is_unicast_address(address):
    ip = ipaddress.ip_address(address)
    return not (ip.is_multicast or ip.is_unspecified or address == "255.255.255.255")


def is_group_mac(mac):
    return int(mac[:2], 16) & 1 == 1


def is_host(end):
    return is_unicast_address(end.address) and not (end.mac and is_group_mac(end.mac))


def with_port(end):
    return f"[{end.address}]:{end.port}" if ":" in end.address else f"{end.address}:{end.port}"


def subject_ends(packet):
    """The ends that may be a device: (end, whether it is the remote one)."""
    return [(packet.home, False)] + [(packet.remote, True)] * packet.both_home


def subjects(kind, packet):
    """(name, whether it is the remote end) of each subject of this kind that has the packet."""
    home, remote = packet.home, packet.remote
    if kind == "device-mac":
        return [(f"device-mac:{end.mac}", is_remote) for end, is_remote in subject_ends(packet)
                if end.mac and not is_group_mac(end.mac)]
    if kind == "device" and packet.network in ("ip", "arp"):
        return [(f"device:{end.address}", is_remote) for end, is_remote in subject_ends(packet)
                if is_host(end)]
    if kind == "conversation" and packet.network == "ip":
        return [(f"conversation:{home.address}-{remote.address}/{protocol_name(packet.protocol)}",
                 False)]
    if kind == "flow" and packet.network == "ip" and packet.has_flow:
        return [(f"flow:{with_port(home)}-{with_port(remote)}/{protocol_name(packet.protocol)}",
                 False)]
    return []
