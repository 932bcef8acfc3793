"""`silhouette features`, and the windows of `silhouette run`, against an oracle."""

import json
import os
import re
import sys
import tempfile
import unittest

import numpy as np
import pandas as pd

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness  # noqa: E402  (beside this folder, not on the path)
import features_oracle as oracle  # noqa: E402  (which needs the harness)
from features_oracle import Spec  # noqa: E402
from packets_oracle import read_capture  # noqa: E402

MS = 10**6
KINDS = ("conversation", "flow", "device", "device-mac")
CALL = Spec("conversation", "presence.v1", 500 * MS, protocols=("udp",))

# All link types, IPv4, IPv6, ARP and neither, cut and malformed packets, fragments, tunnels, late
# packets, many flows; one packet to some hundreds. None says how long it listened (pcapng's
# isb_endtime), which `packets` does not tell; none has a jump of the clock.
CAPTURES = """
    ndpi/4in4tunnel.pcap ndpi/6in4tunnel.pcap ndpi/activision.pcap ndpi/ah.pcapng ndpi/ajp.pcap
    ndpi/android.pcap ndpi/avast_securedns.pcapng ndpi/BGP_redist.pcap ndpi/bjnp.pcap
    ndpi/can.pcap ndpi/capwap.pcap ndpi/dos_win98_smb_netbeui.pcap ndpi/KakaoTalk_chat.pcap
    ndpi/monero.pcap ndpi/ossfuzz_seed_fake_traces_1.pcapng ndpi/reasm_crash_anon.pcapng
    ndpi/sctp.cap ndpi/starcraft_battle.pcap ndpi/telnet.pcap ndpi/tor.pcap ndpi/WebattackRCE.pcap
    zeek/arp-leak.pcap zeek/arp-who-has-radiotap.pcap zeek/cisco-fabric-path.pcap
    zeek/http_get-to-ssh-server.pcap zeek/icmp_icmp6-mldv2.pcap zeek/icmp_nd_dnssl.pcap
    zeek/igmp_igmp-many-sources.pcap zeek/ip6_esp.pcap zeek/ipv4_fragmented-4.pcap
    zeek/ipv6-fragmented-dns.pcap 
    zeek/ldap_ldap-max-recursion.pcap zeek/linux_dlt_sll2.pcap zeek/modbus_fuzz-1011.pcap
    zeek/mpls-in-vlan.pcap zeek/ncp.pcap zeek/ppp_quic-interop-retry.pcap zeek/pppoe.pcap
    zeek/quic_383379789-decrypt-crash.pcap zeek/raw_packets.pcap zeek/tcp_timeout-with-pings.pcap
    zeek/tls_pop3-starttls.pcap zeek/trunc_ip4-trunc.pcap zeek/trunc_ip6-ext-trunc.pcap
    zeek/tunnels_gtp_gtp1_gn_normal_incl_fragmentation.pcap zeek/tunnels_tunnel-direct-bypass.pcap
    zeek/vntag.pcap zeek/wikipedia.pcap zeek/wlanmon.pcap
""".split()
CAPTURES_WITH_JUMPS = """
    ndpi/gaijin_mobile_mixed.pcap ndpi/lol_wild_rift_udp.pcap ndpi/syncthing.pcap ndpi/trdp.pcapng
    zeek/mixed-vlan-mpls.pcap zeek/ssh_ssh.client-side-half-duplex.pcap
""".split()


def simulated_home(folder):
    path = os.path.join(folder, "home.pcap")
    status, _, errors = harness.run_tool("simulate", "home", "--seed", "5", "--duration", "40",
                                         "-o", path)
    assert status == 0, errors
    return path


def accounts_of(errors):
    """The numbers of the line of accounts on stderr."""
    (line,) = [line for line in errors.splitlines() if line.startswith("accounts: ")]
    return {term: int(number) for term, number in re.findall(r"(\w+) (\d+)", line)}


class FeaturesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name

    def check(self, path, *specs, args=()):
        """Compares every window of these specs; returns the number of rows of the last one."""
        status, capture = read_capture(path)
        for spec in specs:
            with self.subTest(capture=os.path.basename(path), spec=str(spec)):
                rows, accounts = oracle.windows_of(capture, spec, "first" in args)
                self.compare(self.features(path, spec, status, accounts, args), spec, rows)
        return len(rows)

    def features(self, path, spec, status, accounts, args):
        """The table that the command writes."""
        written = os.path.join(self.folder, "windows.csv")
        got_status, _, errors = harness.run_tool("features", path, "-o", written, "--spec",
                                                 str(spec), *args)
        self.assertEqual(got_status, status, errors)
        self.assertEqual(accounts_of(errors), accounts)
        return pd.read_csv(written, float_precision="round_trip")

    def compare(self, table, spec, rows):
        empty = oracle.empty_features(spec.schema)
        self.assertEqual(list(table.columns), ["start_ns", "subject", "partial", *empty])
        self.assertEqual(list(zip(table["start_ns"], table["subject"])), [row[:2] for row in rows])
        self.assertFalse(table["partial"].any())
        got = table[list(empty)].to_numpy(float)
        expected = np.array([row.values for row in rows], float).reshape(got.shape)
        is_count = np.array([isinstance(value, int) for value in empty.values()])
        right = np.where(is_count, got == expected,
                         np.isclose(got, expected, rtol=1e-9, atol=1e-12))
        for row, column in np.argwhere(~right)[:1]:
            self.fail(f"{list(empty)[column]} of {rows[row][:2]}: {got[row, column]!r} is not "
                      f"{expected[row, column]!r}; {(~right).sum()} of {right.size} are wrong")

    def test_agrees_on_the_sample(self):
        self.assertEqual(self.check(harness.SAMPLE, CALL), 240)
        self.check(harness.SAMPLE, Spec("conversation", "presence.v2", 500 * MS),
                   Spec("conversation", "presence.v2.ratio", 500 * MS),
                   Spec("device", "presence.v2", 1000 * MS, 250 * MS),
                   Spec("device", "presence.v2.ratio", 5000 * MS, 1000 * MS))
        self.check(harness.SAMPLE, Spec("device", "traffic.v2", 5000 * MS, 1000 * MS),
                   Spec("device-mac", "traffic.v2", 5000 * MS),
                   Spec("flow", "traffic.v1", 5000 * MS))

    def test_agrees_on_a_grid_from_the_first_packet(self):
        self.check(harness.SAMPLE, CALL, Spec("device", "traffic.v2", 5000 * MS, 1000 * MS),
                   args=("--align", "first"))

    def test_agrees_on_what_a_cut_capture_held(self):
        path = os.path.join(self.folder, "cut.pcap")
        with open(harness.SAMPLE, "rb") as whole, open(path, "wb") as cut:
            cut.write(whole.read(100_007))
        self.assertEqual(read_capture(path)[0], 1)
        self.assertGreater(self.check(path, CALL), 5)

    def test_agrees_on_a_simulated_home(self):
        path = simulated_home(self.folder)
        self.assertGreater(self.check(path, CALL), 500)
        self.check(path, *(Spec(kind, "traffic.v2", 1000 * MS) for kind in KINDS),
                   Spec("device", "traffic.v2", 5000 * MS, 1000 * MS),
                   Spec("device", "traffic.v2", 1000 * MS, protocols=("tcp", "udp")))

    def test_agrees_on_real_captures(self):
        for name in CAPTURES:
            self.check(harness.shared("robustness", *name.split("/")), *self.every_kind())

    def test_agrees_on_real_captures_whose_clock_jumps(self):
        for name in CAPTURES_WITH_JUMPS:
            self.check(harness.shared("robustness", *name.split("/")), *self.every_kind())

    @staticmethod
    def every_kind():
        return [Spec("flow", "presence.v2", 500 * MS),
                Spec("conversation", "presence.v2.ratio", 500 * MS)] + [
            spec for kind in KINDS for spec in (Spec(kind, "traffic.v2", 1000 * MS),
                                                Spec(kind, "presence.v1", 500 * MS))]

    def test_agrees_on_the_rebuilt_zoom_call_and_that_with_the_published_table(self):
        self.assertEqual(self.check(harness.shared("presence", "zoom_call_rebuilt.pcap"), CALL),
                         1205)
        got = pd.read_csv(os.path.join(self.folder, "windows.csv"))
        table = pd.read_csv(harness.shared("presence", "zoom_call_windows.csv"))
        for name in ("inbound_packets", "outbound_packets", "total_packets"):
            self.assertEqual(list(got[name]), list(table[name]), name)
        for name, tolerance in (("size_mean", 0.3), ("size_std", 0.25)):
            self.assertLessEqual((got[name] - table[name]).abs().max(), tolerance, name)

    def test_the_schemas_say_what_the_oracle_computes(self):
        for name, horizon in oracle.HORIZON_NS.items():
            status, out, errors = harness.run_tool("schema", name, "--json")
            self.assertEqual(status, 0, errors)
            schema = json.loads(out)
            self.assertEqual((schema["name"], schema["horizon_ns"]), (name, horizon))
            self.assertEqual([(f["name"], f["empty_value"]) for f in schema["features"]],
                             list(oracle.empty_features(name).items()))


class RunTest(unittest.TestCase):
    """The same windows on their way through the four services."""

    def check(self, path):
        expected, _ = oracle.windows_of(read_capture(path)[1], CALL)
        status, out, errors = harness.run_tool("run", path, "--all", "--json")
        self.assertEqual(status, 0, errors)
        verdicts = harness.json_lines(out, "verdict")
        self.assertEqual([(v["window_start_ns"], v["subject"]) for v in verdicts],
                         [row[:2] for row in expected])
        for verdict, row in zip(verdicts, expected):
            # The store keeps them as 32-bit numbers.
            np.testing.assert_allclose(list(verdict["features"].values()), row.values, rtol=1.2e-7,
                                       atol=1e-12, err_msg=str(row[:2]))
        return len(expected)

    def test_agrees_on_the_sample(self):
        self.assertEqual(self.check(harness.SAMPLE), 240)

    def test_agrees_on_a_simulated_home(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertGreater(self.check(simulated_home(folder)), 500)


if __name__ == "__main__":
    unittest.main()
