"""The oracle of features against numbers worked out by hand."""

import math
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import features_oracle as oracle  # noqa: E402  (needs the harness, which is not on the path)
import packets_oracle  # noqa: E402
from features_oracle import Spec  # noqa: E402

MS = 10**6
CALL = Spec("conversation", "presence.v1", 500 * MS, protocols=("udp",))
HOST, OTHER_HOST = "192.168.1.20", "192.168.1.30"
SERVER, SECOND_SERVER, THIRD_SERVER = "203.0.113.7", "203.0.113.8", "203.0.113.9"
HOST_MAC, OTHER_MAC, GROUP_MAC = "02:00:00:00:00:20", "02:00:00:00:00:30", "ff:ff:ff:ff:ff:ff"
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "gre": 47}


def told(ms, size, source, destination, protocol="udp", flags=0, **changes):
    """A packet as `packets --json` tells it; the ends are (address, port, MAC), cut as need be."""
    packet = {"time_ns": ms * MS, "wire_bytes": size, "outcome": "ok", "direction": "outbound",
              "network": protocol if protocol in ("arp", "other") else "ip"}
    for side, end in (("source", source), ("destination", destination)):
        for key, value in zip((side, side + "_port", side + "_mac"), end):
            if value is not None:
                packet[key] = value
    if packet["network"] == "ip":
        packet["protocol"] = PROTOCOLS[protocol]
    if protocol == "tcp":
        packet["tcp_flags"] = flags
    return packet | changes


def sent(ms, size=100, to=SERVER, port=443, **more):
    return told(ms, size, (HOST, 50000), (to, port), **more)


def received(ms, size=100, by=SERVER, port=443, **more):
    return told(ms, size, (by, port), (HOST, 50000), **more)


def windows(capture, spec):
    """{(subject, start in ms): {feature: value}} by the oracle."""
    names = list(oracle.empty_features(spec.schema))
    return {(row.subject, row.start // MS): dict(zip(names, row.values))
            for row in oracle.windows_of(capture, spec)[0]}


def device_windows(capture, window_ms=1000):
    """{start in ms: {feature: value}} of HOST."""
    found = windows(capture, Spec("device", "traffic.v1", window_ms * MS))
    return {start: values for (subject, start), values in found.items()
            if subject == f"device:{HOST}"}


class OracleByHand(unittest.TestCase):
    def expect(self, values, **expected):
        for name, value in expected.items():
            self.assertAlmostEqual(values[name], value, places=12, msg=name)

    def names(self, kind, *packet, **more):
        """Subjects of one packet, with the direction that each sees."""
        spec = Spec(kind, "traffic.v1", 1000 * MS)
        return [(name, "out" if sighting.out else "in") for name, sighting
                in oracle.sightings(spec, packets_oracle.parse(told(0, 100, *packet, **more)))]

    def test_presence(self):
        found = windows([sent(100, 100), received(200, 300), sent(400, 200), received(600, 50)],
                        CALL)
        name = f"conversation:{HOST}-{SERVER}/udp"
        self.assertEqual(list(found), [(name, 0), (name, 500)])
        self.expect(found[name, 0], size_mean=200, size_std=100, size_median=200, iat_mean=0.15,
                    iat_std=0.005**0.5, iat_median=0.15, inbound_packets=1, outbound_packets=2,
                    total_packets=3)
        self.expect(found[name, 500], size_mean=50, size_std=0, size_median=50, iat_mean=0.2,
                    iat_std=0, iat_median=0.2, inbound_packets=1, outbound_packets=0,
                    total_packets=1)

    def test_windows_go_on_for_a_horizon_and_end_with_the_newest_packet(self):
        def starts(newest_ms, **spec):
            capture = [sent(300), told(newest_ms, 60, (OTHER_HOST, 1), (SERVER, 2))]
            return [start for subject, start in windows(capture, Spec("device", **spec))
                    if subject == f"device:{HOST}"]

        presence = {"schema": "presence.v1", "window_ns": 500 * MS}
        self.assertEqual(starts(100_000, **presence), list(range(0, 5001, 500)))
        self.assertEqual(starts(2000, **presence), list(range(0, 2001, 500)))
        self.assertEqual(starts(1000, schema="presence.v1", window_ns=1000 * MS, hop_ns=500 * MS),
                         [-500, 0, 500, 1000])
        self.assertEqual(starts(100_000, schema="traffic.v1", window_ns=1000 * MS),
                         list(range(0, 60_001, 1000)))

    def test_a_window_has_the_packet_on_its_start_and_not_the_one_on_its_end(self):
        found = device_windows([sent(0), sent(999), sent(1000)])
        self.assertEqual([values["all_packets"] for values in found.values()], [2, 1])

    def test_a_time_since_the_one_before_reaches_back_to_the_horizon_and_not_beyond(self):
        name = f"conversation:{HOST}-{SERVER}/udp"
        for earlier_ms, gap in ((5000, 5.3), (4999, 0)):
            found = windows([sent(earlier_ms), sent(10_300)], CALL)
            self.assertAlmostEqual(found[name, 10_000]["iat_mean"], gap)

    def test_packets_out_of_order_within_the_lateness_are_sorted(self):
        found = device_windows([sent(100), sent(400), sent(200)])
        self.expect(found[0], all_iat_min=0.1, all_iat_max=0.2)

    def test_sizes(self):
        values = device_windows([sent(i, size) for i, size in enumerate((40, 10, 30, 20))])[0]
        self.expect(values, out_packets=4, out_bytes=100, out_bytes_per_second=100,
                    out_size_mean=25, out_size_std=(500 / 3)**0.5, out_size_min=10,
                    out_size_q1=17.5, out_size_median=25, out_size_q3=32.5, out_size_max=40,
                    out_unique_sizes=4, size_entropy=2, in_packets=0, in_size_max=0)
        values = device_windows([sent(i, size) for i, size in
                                 enumerate((63, 64, 127, 128, 1023, 1024, 2047, 2048, 9000))])[0]
        self.expect(values, all_size_below_64=1, all_size_from_64=2, all_size_from_128=1,
                    all_size_from_256=0, all_size_from_512=1, all_size_from_1024=2,
                    all_size_from_2048=2)

    def test_each_direction_has_its_own_times_since_the_one_before(self):
        values = device_windows([sent(0), received(100), sent(300), received(600)])[0]
        self.expect(values, out_iat_mean=0.3, in_iat_mean=0.5, all_iat_mean=0.2)

    def test_bursts_begin_after_30_ms_of_silence(self):
        values = device_windows([sent(0), sent(10), sent(39), sent(69)])[0]
        self.expect(values, out_bursts=2, out_burst_packets_max=3, in_bursts=0)
        found = device_windows([sent(990), sent(1000), sent(1010)])
        self.expect(found[0], out_bursts=1, out_burst_packets_max=1)
        self.expect(found[1000], out_bursts=0, out_burst_packets_max=2)

    def test_tcp_flags(self):
        values = device_windows([sent(0, protocol="tcp", flags=0x02),
                                 received(1, protocol="tcp", flags=0x12),
                                 sent(2, protocol="tcp", flags=0x39)])[0]
        self.expect(values, out_syn=1, in_syn=1, all_syn=2, all_ack=2, out_fin=1, out_psh=1,
                    out_urg=1, all_rst=0)

    def test_unanswered_syns(self):
        values = device_windows([
            sent(0, port=80, protocol="tcp", flags=0x02),
            sent(1, port=80, protocol="tcp", flags=0x02),
            sent(2, port=443, protocol="tcp", flags=0x02),
            received(3, port=443, protocol="tcp", flags=0x12),
            told(4, 60, (SERVER, 40000), (HOST, 22), protocol="tcp", flags=0x02),
        ])[0]
        self.expect(values, out_unanswered_syns=1, in_unanswered_syns=1)

    def test_shares_peers_and_ports(self):
        values = device_windows([
            sent(0, to=SERVER, port=53), sent(1, to=SERVER, port=53, protocol="tcp"),
            sent(2, to=SECOND_SERVER, port=80), told(3, 60, (HOST,), (THIRD_SERVER,), "icmp"),
        ])[0]
        self.expect(values, udp_share=0.5, tcp_share=0.25, icmp_share=0.25, arp_share=0,
                    other_share=0, peers=3, peer_entropy=1.5, home_ports=1, home_port_entropy=0,
                    remote_ports=2, remote_port_entropy=math.log2(3) - 2 / 3)

    def test_ratios_to_the_median_of_the_windows_before(self):
        found = device_windows([sent(500), *(sent(2000 + i) for i in range(3)), sent(3000),
                                sent(3001), told(20_000, 60, (OTHER_HOST, 1), (SERVER, 2))])
        ratios = {start: values["out_packets_ratio"] for start, values in found.items()}
        self.expect(ratios | {"in": found[3000]["in_packets_ratio"]}, **{"in": 1})
        for start, ratio in ((0, 1), (1000, 1 / 2), (2000, 4 / 2), (3000, 3 / 3), (4000, 1 / 3),
                             (11_000, 1 / 3), (12_000, 1)):
            self.assertAlmostEqual(ratios[start], ratio, msg=start)
        self.expect(found[2000], out_bytes_ratio=301 / 101, peers_ratio=1)

    def test_the_windows_before_lie_within_60_s(self):
        found = device_windows([sent(500), sent(60_500), sent(70_500)], window_ms=10_000)
        self.assertAlmostEqual(found[60_000]["out_bytes_ratio"], 1)  # 101 / 101
        self.assertAlmostEqual(found[50_000]["out_bytes_ratio"], 1 / 101)
        found = device_windows([sent(500), sent(70_500, 300)], window_ms=10_000)
        self.assertEqual(found[70_000]["out_bytes_ratio"], 1)

    def test_names_of_conversations_and_flows(self):
        to_server = (HOST, 50000), (SERVER, 443)
        self.assertEqual(self.names("conversation", *to_server),
                         [(f"conversation:{HOST}-{SERVER}/udp", "out")])
        self.assertEqual(self.names("conversation", *to_server[::-1]),
                         [(f"conversation:{HOST}-{SERVER}/udp", "in")])
        self.assertEqual(self.names("flow", *to_server),
                         [(f"flow:{HOST}:50000-{SERVER}:443/udp", "out")])
        self.assertEqual(self.names("flow", (SERVER,), (HOST,), protocol="gre"),
                         [(f"flow:{HOST}:0-{SERVER}:0/proto47", "in")])
        self.assertEqual(self.names("flow", ("fe80::1", 5353), ("ff02::fb", 5353)),
                         [("flow:[fe80::1]:5353-[ff02::fb]:5353/udp", "out")])
        self.assertEqual(self.names("conversation", (HOST,), (OTHER_HOST,), protocol="arp"), [])

    def test_a_later_fragment_without_its_first_is_in_no_flow(self):
        for kind, names in (("flow", []), ("device", [(f"device:{HOST}", "out")]),
                            ("conversation", [(f"conversation:{HOST}-{SERVER}/udp", "out")])):
            self.assertEqual(self.names(kind, (HOST,), (SERVER,), fragment="later"), names)

    def test_with_both_ends_or_none_at_home_the_higher_port_is(self):
        for a, b in ((HOST, OTHER_HOST), (SERVER, SECOND_SERVER)):
            self.assertEqual(self.names("conversation", (b, 50000), (a, 53)),
                             [(f"conversation:{b}-{a}/udp", "out")])
            self.assertEqual(self.names("conversation", (b, 53), (a, 53)),
                             [(f"conversation:{a}-{b}/udp", "in")])

    def test_both_ends_at_home_are_devices(self):
        self.assertEqual(self.names("device", (HOST, 50000), (OTHER_HOST, 53)),
                         [(f"device:{HOST}", "out"), (f"device:{OTHER_HOST}", "in")])
        self.assertEqual(self.names("device", (SERVER, 50000), (SECOND_SERVER, 53)),
                         [(f"device:{SERVER}", "out")])
        values = windows([told(0, 100, (HOST, 50000), (OTHER_HOST, 53), "tcp", 0x02)],
                         Spec("device", "traffic.v1", 1000 * MS))
        self.expect(values[f"device:{HOST}", 0], out_packets=1, in_packets=0,
                    out_unanswered_syns=1, in_unanswered_syns=0)
        self.expect(values[f"device:{OTHER_HOST}", 0], out_packets=0, in_packets=1,
                    out_unanswered_syns=0, in_unanswered_syns=1)

    def test_who_talks_to_itself_sees_its_packet_go_and_come(self):
        self.assertEqual(self.names("device", (HOST, 50000), (HOST, 53)),
                         [(f"device:{HOST}", "out"), (f"device:{HOST}", "in")])

    def test_groups_and_nobody_are_no_devices(self):
        for address in ("224.0.0.251", "ff02::fb", "255.255.255.255"):
            host = "fe80::1" if ":" in address else HOST
            self.assertEqual(self.names("device", (host, 5353), (address, 5353)),
                             [(f"device:{host}", "out")])
        self.assertEqual(self.names("device", ("0.0.0.0", 68), ("255.255.255.255", 67)), [])

    def test_who_is_asked_for_by_arp_is_no_device_yet(self):
        asked, answered = (OTHER_HOST, None, GROUP_MAC), (OTHER_HOST, None, OTHER_MAC)
        asker = (HOST, None, HOST_MAC)
        self.assertEqual(self.names("device", asker, asked, protocol="arp"),
                         [(f"device:{HOST}", "out")])
        self.assertEqual(self.names("device", asker, answered, protocol="arp"),
                         [(f"device:{HOST}", "out"), (f"device:{OTHER_HOST}", "in")])
        announced = (HOST, None, GROUP_MAC)
        self.assertEqual(self.names("device", asker, announced, protocol="arp"),
                         [(f"device:{HOST}", "out")])

    def test_devices_by_hardware_address(self):
        ends = (HOST, 50000, HOST_MAC), (SERVER, 443, OTHER_MAC)
        self.assertEqual(self.names("device-mac", *ends), [(f"device-mac:{HOST_MAC}", "out")])
        self.assertEqual(self.names("device-mac", (HOST, 1), (SERVER, 2)), [])
        neighbours = (HOST, 50000, HOST_MAC), (OTHER_HOST, 53, OTHER_MAC)
        both = [(f"device-mac:{HOST_MAC}", "out"), (f"device-mac:{OTHER_MAC}", "in")]
        self.assertEqual(self.names("device-mac", *neighbours), both)
        frame = (None, None, HOST_MAC), (None, None, OTHER_MAC)
        self.assertEqual(self.names("device-mac", *frame, protocol="other"), both)
        to_all = (None, None, HOST_MAC), (None, None, GROUP_MAC)
        self.assertEqual(self.names("device-mac", *to_all, protocol="other"), both[:1])
        self.assertEqual(self.names("device", *frame, protocol="other"), [])

    def test_late_malformed_and_filtered_packets_go_in_no_window(self):
        capture = [sent(10_000), sent(9000), sent(8999), sent(2**62 // MS + 1),
                   sent(11_000, outcome="not_ip"), sent(12_000, outcome="malformed"),
                   sent(10_999), sent(11_000), told(12_500, 60, (HOST,), (SERVER,), "arp")]
        rows, accounts = oracle.windows_of(capture, CALL)
        self.assertEqual(accounts, {"received": 9, "windowed": 3, "filtered": 2, "malformed": 2,
                                    "late": 2, "shed": 0, "pending": 0})
        self.assertEqual([row.start // MS for row in rows], list(range(9000, 12_501, 500)))

    def test_a_jump_of_the_clock_forgets_what_was_before(self):
        capture = [sent(70_000), sent(9000), sent(8500), sent(100_000_000)]
        rows, accounts = oracle.windows_of(capture, CALL)
        self.assertEqual([row.start // MS for row in rows], [70_000, 8500, 9000, 100_000_000])
        self.assertEqual(accounts["late"], 0)


if __name__ == "__main__":
    unittest.main()
