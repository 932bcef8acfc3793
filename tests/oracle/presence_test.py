"""presence.v1 against an oracle: numpy and pandas on the packets, from the formulas alone.

The oracle reads the pcap by itself and shares no code with feature-svc.
"""

import ipaddress
import os
import struct
import sys
import tempfile
import unittest

import numpy as np
import pandas as pd

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness  # noqa: E402  (beside this folder, not on the path)

WINDOW_NS = 500_000_000
HORIZON_NS = 5_000_000_000
HOME = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                          "169.254.0.0/16", "fc00::/7", "fe80::/10")]


def is_home(address):
    return any(address.version == n.version and address in n for n in HOME)


def read_udp(path):
    """The UDP packets of a microsecond pcap of Ethernet frames, as a table."""
    rows = []
    with open(path, "rb") as file:
        assert struct.unpack("<IHHiIII", file.read(24))[0] == 0xA1B2C3D4
        while record := file.read(16):
            seconds, micros, captured, wire = struct.unpack("<IIII", record)
            frame = file.read(captured)
            kind = frame[12:14]
            if kind == b"\x08\x00" and frame[23] == 17:
                ends, ports_at = (frame[26:30], frame[30:34]), 14 + 4 * (frame[14] & 15)
            elif kind == b"\x86\xdd" and frame[20] == 17:
                ends, ports_at = (frame[22:38], frame[38:54]), 54
            else:
                continue
            source, destination = map(ipaddress.ip_address, ends)
            ports = struct.unpack(">HH", frame[ports_at:ports_at + 4])
            rows.append((seconds * 10**9 + micros * 1000, wire, source, destination, *ports))
    table = pd.DataFrame(rows, columns=["time", "size", "source", "destination", "sport", "dport"])
    return orient(table)


def orient(table):
    """Adds the subject's name and the direction, by the design's rule for the home end."""
    subjects, outbound = [], []
    for row in table.itertuples():
        s_home, d_home = is_home(row.source), is_home(row.destination)
        if s_home != d_home:
            out = s_home
        elif row.sport != row.dport:
            out = row.sport > row.dport
        else:
            out = row.source < row.destination
        home, remote = (row.source, row.destination) if out else (row.destination, row.source)
        subjects.append(f"conversation:{home}-{remote}/udp")
        outbound.append(out)
    return table.assign(subject=subjects, outbound=outbound)


def windows_of(table):
    """{(start, subject): nine features}, by the definition of a window, one at a time."""
    result = {}
    last_window = int(table["time"].max()) // WINDOW_NS
    for subject, packets in table.groupby("subject"):
        packets = packets.sort_values("time", kind="stable")
        times, sizes = packets["time"].to_numpy(), packets["size"].to_numpy()
        out = packets["outbound"].to_numpy()
        first = int(times[0]) // WINDOW_NS
        for number in range(first, last_window + 1):
            start = number * WINDOW_NS
            inside = (times >= start) & (times < start + WINDOW_NS)
            before = times[(times >= start - HORIZON_NS) & (times < start)]
            if not inside.any() and not len(before):
                continue
            gaps = np.diff(np.concatenate([before[-1:], times[inside]])) / 1e9
            result[(start, subject)] = [*figures(sizes[inside]), *figures(gaps),
                                        int((~out[inside]).sum()), int(out[inside].sum()),
                                        int(inside.sum())]
    return result


def figures(values):
    if len(values) == 0:
        return [0.0, 0.0, 0.0]
    std = np.std(values, ddof=1) if len(values) > 1 else 0.0
    return [np.mean(values), std, np.median(values)]


class PresenceOracle(unittest.TestCase):
    def check(self, path):
        expected = windows_of(read_udp(path))
        status, out, errors = harness.run_tool("run", path, "--all", "--json")
        self.assertEqual(status, 0, errors)
        got = {(v["window_start_ns"], v["subject"]): list(v["features"].values())
               for v in harness.json_lines(out, "verdict")}
        self.assertEqual(sorted(got), sorted(expected))
        for key, values in expected.items():
            self.assertEqual(got[key][6:], values[6:], key)
            np.testing.assert_allclose(got[key][:6], values[:6], rtol=1e-9, atol=1e-15,
                                       err_msg=str(key))
        return len(expected)

    def test_agrees_on_the_sample(self):
        self.assertEqual(self.check(harness.SAMPLE), 240)

    def test_agrees_on_every_conversation_of_a_simulated_home(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "home.pcap")
            status, _, errors = harness.run_tool("simulate", "home", "--seed", "5", "--duration",
                                                 "40", "-o", path)
            self.assertEqual(status, 0, errors)
            self.assertGreater(self.check(path), 500)

    def test_agrees_on_the_rebuilt_zoom_call(self):
        self.assertEqual(self.check(harness.shared("presence", "zoom_call_rebuilt.pcap")), 1205)


if __name__ == "__main__":
    unittest.main()
