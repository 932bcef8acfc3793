"""Windows of features by their definition: what `silhouette features` must write.

Written from the formulas (common/schemas.cc) and the design's rules alone; shares no code with
feature-svc. Lengths and times stay whole numbers (bytes, ns) until the last division, so that no
figure depends on an order of summation.
"""

import bisect
import functools
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from packets_oracle import SECOND, End, Packet, admit, is_home, protocol_name, subjects

HORIZON_NS = {"presence.v1": 5 * SECOND, "presence.v2": 7 * SECOND,
              "presence.v2.ratio": 95 * SECOND, "traffic.v1": 60 * SECOND,
              "traffic.v2": 60 * SECOND}
BURST_GAP_NS = 30_000_000
TRAILING_WINDOWS = 8
TRAILING_NS = 60 * SECOND

TCP = 6
SHARES = {TCP: "tcp", 17: "udp", 1: "icmp", 58: "icmp"}
FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32}
SYN, ACK = FLAGS["syn"], FLAGS["ack"]


@dataclass(frozen=True)
class Spec:
    """What --spec says."""
    subject: str
    schema: str
    window_ns: int
    hop_ns: int = 0  # 0: the window's length
    protocols: tuple = ()  # names; none: all packets

    @property
    def hop(self):
        return self.hop_ns or self.window_ns

    def __str__(self):
        parts = [f"subject={self.subject}", f"window={self.window_ns // 10**6}ms"]
        if self.hop_ns:
            parts.append(f"hop={self.hop_ns // 10**6}ms")
        parts.append(f"schema={self.schema}")
        if self.protocols:
            parts.append("protocol=" + "+".join(self.protocols))
        return ",".join(parts)


def passes(spec, packet):
    return not spec.protocols or (packet.network == "ip" and
                                  protocol_name(packet.protocol) in spec.protocols)


class Sighting(NamedTuple):
    """A packet as one of its subjects sees it."""
    packet: Packet
    own: End
    peer: End
    out: bool

    @property
    def size(self):
        return self.packet.size


def sightings(spec, packet):
    """(subject, sighting) of each subject that has the packet."""
    if not passes(spec, packet):
        return []
    as_home = Sighting(packet, packet.home, packet.remote, packet.outbound)
    as_remote = Sighting(packet, packet.remote, packet.home, not packet.outbound)
    return [(name, as_remote if is_remote else as_home)
            for name, is_remote in subjects(spec.subject, packet)]


class Series:
    """Sightings in the order of time; those of one time in the order of the file."""

    def __init__(self, unsorted):
        self.sightings = sorted(unsorted, key=lambda s: s.packet.time)
        self.times = [s.packet.time for s in self.sightings]

    def within(self, start, end):
        return self.sightings[bisect.bisect_left(self.times, start):
                              bisect.bisect_left(self.times, end)]

    def gaps(self, start, end, horizon):
        """Times since the one before, of those within [start, end); the first may have none."""
        first, behind = bisect.bisect_left(self.times, start), bisect.bisect_left(self.times, end)
        if first > 0 and self.times[first - 1] >= start - horizon:
            first -= 1
        times = self.times[first:behind]
        return [later - earlier for earlier, later in zip(times, times[1:])]


class History:
    """All that a subject saw in a run."""

    def __init__(self, unsorted):
        self.all = Series(unsorted)
        self.by_direction = {"in": Series([s for s in unsorted if not s.out]),
                             "out": Series([s for s in unsorted if s.out]),
                             "all": self.all}
        self.quantities = functools.cache(self._quantities)
        self.presence = functools.cache(functools.partial(presence, self))

    def _quantities(self, start, end):
        """What has a trailing median, of one window; None of one without packets."""
        window = self.all.within(start, end)
        return quantities(window) if window else None


def mean(values):
    return sum(values) / len(values) if values else 0.0


def std(values):
    n = len(values)
    if n < 2:
        return 0.0
    return math.sqrt((n * sum(v * v for v in values) - sum(values)**2) / (n * (n - 1)))


def quantile(values, q):
    if not values:
        return 0.0
    x, h = sorted(values), q * (len(values) - 1)
    i = math.floor(h)
    return float(x[i]) if i == len(x) - 1 else x[i] + (h - i) * (x[i + 1] - x[i])


def entropy(values):
    total = len(values)
    return sum(n / total * math.log2(total / n) for n in Counter(values).values())


def named(prefix, figures, unit=1):
    return {f"{prefix}_{name}": value / unit for name, value in figures.items()}


def presence(history, spec, start):
    end = start + spec.window_ns
    window = history.all.within(start, end)
    gaps = history.all.gaps(start, end, HORIZON_NS["presence.v1"])

    def figures(values):
        return {"mean": mean(values), "std": std(values), "median": quantile(values, 0.5)}

    outbound = sum(s.out for s in window)
    return {
        **named("size", figures([s.size for s in window])),
        **named("iat", figures(gaps), SECOND),
        "inbound_packets": len(window) - outbound,
        "outbound_packets": outbound,
        "total_packets": len(window),
    }


def presences(history, spec, start, windows, reach_ns):
    """What presence.v1 says of the windows up to this one that hold a packet, oldest first."""
    length = spec.window_ns
    starts = [start - back * length for back in reversed(range(windows)) if back * length <= reach_ns]
    said = [history.presence(spec, at) for at in starts]
    return [window for window in said if window["total_packets"] > 0]


def over(value, to):
    return value / to if to else 0.0


def presence_v2(history, spec, start):
    windows = presences(history, spec, start, 5, 2 * SECOND)
    quantities = [{
        "packets": w["total_packets"],
        "bytes": w["total_packets"] * w["size_mean"],
        "smaller_share": min(w["inbound_packets"], w["outbound_packets"]) / w["total_packets"],
        "size_mean": w["size_mean"],
        "size_variation": over(w["size_std"], w["size_mean"]),
        "size_median_ratio": over(w["size_median"], w["size_mean"]),
        "iat_mean": w["iat_mean"],
        "iat_variation": over(w["iat_std"], w["iat_mean"]),
        "iat_median_ratio": over(w["iat_median"], w["iat_mean"]),
    } for w in windows]
    names = ("packets", "bytes", "smaller_share", "size_mean", "size_variation",
             "size_median_ratio", "iat_mean", "iat_variation", "iat_median_ratio")
    return {name: float(np.mean([q[name] for q in quantities])) if quantities else 0.0
            for name in names}


def presence_v2_ratio(history, spec, start):
    windows = presences(history, spec, start, 180, 90 * SECOND)
    quantities = {
        "packets_ratio": [w["total_packets"] for w in windows],
        "bytes_ratio": [w["total_packets"] * w["size_mean"] for w in windows],
        "iat_mean_ratio": [w["iat_mean"] for w in windows],
    }
    return {name: float(np.mean(values[-20:]) / np.mean(values)) if any(values) else 1.0
            for name, values in quantities.items()}


def distribution(values):
    return {"mean": mean(values), "std": std(values), "min": min(values, default=0),
            "q1": quantile(values, 0.25), "median": quantile(values, 0.5),
            "q3": quantile(values, 0.75), "max": max(values, default=0)}


def size_bins(sizes):
    def count(low, high):
        return sum(low <= size < high for size in sizes)

    bins = {"size_below_64": count(0, 64)}
    for low in (64, 128, 256, 512, 1024):
        bins[f"size_from_{low}"] = count(low, 2 * low)
    bins["size_from_2048"] = count(2048, math.inf)
    return bins


def longest_burst(window):
    longest = length = 0
    for i, sighting in enumerate(window):
        goes_on = i > 0 and sighting.packet.time - window[i - 1].packet.time < BURST_GAP_NS
        length = length + 1 if goes_on else 1
        longest = max(longest, length)
    return longest


def direction_features(prefix, series, spec, start):
    end = start + spec.window_ns
    window = series.within(start, end)
    sizes = [s.size for s in window]
    gaps = series.gaps(start, end, HORIZON_NS["traffic.v1"])
    flags = [s.packet.tcp_flags for s in window]
    without_gap = len(window) - len(gaps)  # 1 where the first has none before it
    features = {
        "packets": len(window),
        "bytes": sum(sizes),
        "bytes_per_second": sum(sizes) / (spec.window_ns / SECOND),
        **named("size", distribution(sizes)),
        **named("iat", distribution(gaps), SECOND),
        "unique_sizes": len(set(sizes)),
        **size_bins(sizes),
        "bursts": sum(gap >= BURST_GAP_NS for gap in gaps) + without_gap,
        "burst_packets_max": longest_burst(window),
        **{name: sum(f & bit != 0 for f in flags) for name, bit in FLAGS.items()},
    }
    return {f"{prefix}_{name}": value for name, value in features.items()}


def share_of(packet):
    if packet.network == "ip":
        return SHARES.get(packet.protocol, "other")
    return "arp" if packet.network == "arp" else "other"


def protocol_shares(window):
    counts = Counter(share_of(s.packet) for s in window)
    return {f"{name}_share": counts[name] / len(window) if window else 0.0
            for name in ("tcp", "udp", "icmp", "arp", "other")}


def peers_of(window):
    return [s.peer.address for s in window if s.peer.address is not None]


def unanswered_syns(window, asked_out):
    """TCP flows with a SYN without ACK in one direction and nothing in the other."""
    def flow(s):
        return s.own.address, s.own.port, s.peer.address, s.peer.port

    tcp = [s for s in window if s.packet.protocol == TCP and s.packet.has_flow]
    asked = {flow(s) for s in tcp
             if s.out == asked_out and s.packet.tcp_flags & (SYN | ACK) == SYN}
    answered = {flow(s) for s in tcp if s.out != asked_out}
    return len(asked - answered)


def peer_features(window):
    peers = peers_of(window)
    ports = [(s.own.port, s.peer.port) for s in window if s.packet.has_ports]
    home_ports, remote_ports = [own for own, _ in ports], [peer for _, peer in ports]
    return {
        "peers": len(set(peers)),
        "home_ports": len(set(home_ports)),
        "remote_ports": len(set(remote_ports)),
        "peer_entropy": float(entropy(peers)),
        "home_port_entropy": float(entropy(home_ports)),
        "remote_port_entropy": float(entropy(remote_ports)),
        "size_entropy": float(entropy([s.size for s in window])),
        "in_unanswered_syns": unanswered_syns(window, asked_out=False),
        "out_unanswered_syns": unanswered_syns(window, asked_out=True),
    }


def quantities(window):
    ins, outs = [s.size for s in window if not s.out], [s.size for s in window if s.out]
    return {"in_packets": len(ins), "out_packets": len(outs), "in_bytes": sum(ins),
            "out_bytes": sum(outs), "peers": len(set(peers_of(window)))}


def ratios(history, spec, start):
    length = spec.window_ns
    now = history.quantities(start, start + length) or quantities([])
    starts = [start - k * length for k in range(1, TRAILING_WINDOWS + 1)
              if k * length <= TRAILING_NS]
    before = [q for q in (history.quantities(at, at + length) for at in starts) if q is not None]
    if not before:
        return {f"{name}_ratio": 1.0 for name in now}
    return {f"{name}_ratio": (1 + now[name]) / (1 + quantile([q[name] for q in before], 0.5))
            for name in now}


def traffic(history, spec, start):
    window = history.all.within(start, start + spec.window_ns)
    features = {}
    for prefix, series in history.by_direction.items():
        features |= direction_features(prefix, series, spec, start)
    return (features | protocol_shares(window) | peer_features(window)
            | ratios(history, spec, start))


def variation(values):
    return std(values) / mean(values) if mean(values) else 0.0


def opened_features(window, asked_out):
    """TCP flows with a SYN without ACK in one direction, and how much they are alike."""
    flows = defaultdict(list)
    for s in window:
        if s.packet.protocol == TCP and s.packet.has_ports:
            flows[s.own.port, s.peer.address, s.peer.port].append(s)
    opened = {}
    for flow, seen in flows.items():
        asked = [s.packet.time for s in seen
                 if s.out == asked_out and s.packet.tcp_flags & (SYN | ACK) == SYN]
        if asked:
            opened[flow] = min(asked), seen
    times = sorted(time for time, _ in opened.values())
    same = Counter((address, peer_port if asked_out else own_port)
                   for own_port, address, peer_port in opened)
    each = [seen for _, seen in opened.values()]
    several = {
        "gap": [later - earlier for earlier, later in zip(times, times[1:])],
        "packets": [len(seen) for seen in each],
        "received": [sum(s.size for s in seen if not s.out) for seen in each],
        "sent": [sum(s.size for s in seen if s.out) for seen in each],
    }
    features = {"opened": len(opened), "opened_same": max(same.values(), default=0)}
    for name, values in several.items():
        features[f"opened_{name}_mean"] = mean(values) / (SECOND if name == "gap" else 1)
        features[f"opened_{name}_variation"] = variation(values)
    lasting = [max(s.packet.time for s in seen) - min(s.packet.time for s in seen)
               for seen in each]
    return features | {"opened_time_mean": mean(lasting) / SECOND}


def traffic_v2(history, spec, start):
    window = history.all.within(start, start + spec.window_ns)
    at_home = sum(s.peer.address is not None and is_home(s.peer.address) for s in window)
    return (traffic(history, spec, start)
            | {"home_share": at_home / len(window) if window else 0.0}
            | named("in", opened_features(window, asked_out=False))
            | named("out", opened_features(window, asked_out=True)))


SCHEMAS = {"presence.v1": presence, "presence.v2": presence_v2,
           "presence.v2.ratio": presence_v2_ratio, "traffic.v1": traffic, "traffic.v2": traffic_v2}


def empty_features(schema):
    """What a window of a subject without any packets gives; counts are int, the rest float."""
    return SCHEMAS[schema](History([]), Spec("device", schema, SECOND), 0)


def starts_of(times, spec, grid_ns, newest_ns):
    """Starts of a subject's windows: a packet within [start - horizon, end), none begins after the
    run's newest packet. `times` are sorted."""
    horizon, starts, next_number = HORIZON_NS[spec.schema], [], None
    for time in times:
        first = (time - spec.window_ns - grid_ns) // spec.hop + 1
        last = (min(time + horizon, newest_ns) - grid_ns) // spec.hop
        if next_number is not None:
            first = max(first, next_number)
        starts += [grid_ns + number * spec.hop for number in range(first, last + 1)]
        next_number = max(first, last + 1)
    return starts


class Row(NamedTuple):
    start: int
    subject: str
    values: list


def rows_of(run, spec, grid_ns):
    """(rows of one run in order, how many packets went in a window)."""
    seen, windowed = defaultdict(list), 0
    for packet in run.packets:
        found = sightings(spec, packet)
        windowed += bool(found)
        for subject, sighting in found:
            seen[subject].append(sighting)
    rows = []
    for subject, unsorted in seen.items():
        history = History(unsorted)
        for start in starts_of(history.all.times, spec, grid_ns, run.newest_ns):
            features = SCHEMAS[spec.schema](history, spec, start)
            rows.append(Row(start, subject, list(features.values())))
    return sorted(rows, key=lambda row: row[:2]), windowed


def windows_of(capture, spec, align_first=False):
    """(rows, accounts) of what read_capture gave."""
    runs, accounts = admit(capture)
    rows = []
    for run in runs:
        run_rows, windowed = rows_of(run, spec, run.first_ns if align_first else 0)
        rows += run_rows
        accounts["windowed"] += windowed
        accounts["filtered"] += len(run.packets) - windowed
    terms = ("windowed", "filtered", "malformed", "late", "shed", "pending")
    return rows, {"received": len(capture)} | {term: accounts[term] for term in terms}
