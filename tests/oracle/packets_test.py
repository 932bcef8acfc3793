"""`silhouette packets --json` against tshark, field by field, on real captures of every kind.

A sample of 150 files, or all of them with SILHOUETTE_TEST_ALL (./dev test --all).
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "robustness"
SILHOUETTE = pathlib.Path(os.environ["SILHOUETTE_BIN"]) / "silhouette"
SAMPLE = 150

# What tshark may dissect: the layers that we read, and nothing inside a payload.
PROTOCOLS = set(
    "frame eth ethertype vlan ieee8021ad llc sll null loop raw ppp ppp_hdlc chdlc pppoes pppoed mpls "
    "arp ip ipv6 ipv6.hopopts ipv6.routing ipv6.fraghdr ipv6.dstopts ah tcp udp icmp icmpv6 radiotap "
    "wlan wlan_radio".split()
)

FIELDS = (
    "frame.number frame.time_epoch frame.len frame.cap_len frame.protocols eth.src eth.dst "
    "sll.src.eth wlan.sa wlan.da vlan.id ieee8021ad.id ip.src ip.dst ip.proto ip.frag_offset "
    "ip.flags.mf ipv6.src ipv6.dst ipv6.nxt ipv6.fraghdr.offset tcp.srcport tcp.dstport tcp.flags "
    "udp.srcport udp.dstport arp.src.proto_ipv4 arp.dst.proto_ipv4"
).split()


def write_profile(home):
    """A Wireshark profile in `home` that leaves all other protocols out."""
    listing = subprocess.run(["tshark", "-G", "protocols"], capture_output=True, text=True, check=True)
    names = [line.split("\t")[2] for line in listing.stdout.splitlines()]
    folder = pathlib.Path(home) / "wireshark"
    folder.mkdir()
    (folder / "disabled_protos").write_text(
        "".join(name + "\n" for name in names if name not in PROTOCOLS)
    )


def tshark(path, home):
    """The packets that tshark reads of a file: the first value of each field, by its name."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=f"]
    command += ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"XDG_CONFIG_HOME": home}
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [dict(zip(FIELDS, row)) for row in rows]


def silhouette(path):
    """The packets that silhouette reads of a file."""
    done = subprocess.run(
        [SILHOUETTE, "packets", str(path), "--json"], capture_output=True, text=True, check=False
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def nanoseconds(epoch):
    """A decimal number of seconds, exactly."""
    seconds, _, fraction = epoch.partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0")) * (-1 if epoch.startswith("-") else 1)


def first_network(row):
    """Which of ip, ipv6 and arp comes first in a frame, and what follows it; None without one."""
    layers = row["frame.protocols"].split(":")
    for i, layer in enumerate(layers):
        if layer in ("ip", "ipv6", "arp"):
            return layer, layers[i + 1 :]
    return None, []


def expected(row):
    """The fields that ours must have, from tshark's; without those that tshark has no word on."""
    want = {
        "packet": int(row["frame.number"]),
        "time_ns": nanoseconds(row["frame.time_epoch"]),
        "wire_bytes": int(row["frame.len"]),
        "captured_bytes": int(row["frame.cap_len"]),
    }
    source_mac = row["eth.src"] or row["wlan.sa"] or row["sll.src.eth"]
    if source_mac and source_mac != "00:00:00:00:00:00":
        want["source_mac"] = source_mac
    network, behind = first_network(row)
    if network == "arp" and row["arp.src.proto_ipv4"]:
        want |= {"network": "arp", "source": row["arp.src.proto_ipv4"],
                 "destination": row["arp.dst.proto_ipv4"]}
    if network == "ip" and row["ip.dst"]:
        want |= {"network": "ip", "source": row["ip.src"], "destination": row["ip.dst"],
                 "protocol": int(row["ip.proto"])}
    if network == "ipv6" and row["ipv6.dst"]:
        want |= {"network": "ip", "source": row["ipv6.src"], "destination": row["ipv6.dst"]}
    behind = [layer for layer in behind if not layer.startswith("ipv6.") and layer != "ah"]
    for transport in ("tcp", "udp"):
        ports = row[transport + ".srcport"], row[transport + ".dstport"]
        if behind[:1] == [transport] and all(ports) and ports != ("0", "0"):
            want |= {"source_port": int(ports[0]), "destination_port": int(ports[1])}
    if behind[:1] == ["tcp"] and row["tcp.flags"]:
        want["tcp_flags"] = int(row["tcp.flags"], 16) & 0xFF  # the ninth bit is not kept
    return want


def differences(row, packet, may_differ):
    """What disagrees, in words. A packet that we call malformed has no more than its frame."""
    frame = ("packet", "time_ns", "wire_bytes", "captured_bytes")
    return [
        f"packet {row['frame.number']} ({row['frame.protocols']}): {key} is {packet.get(key)!r}, "
        f"tshark says {value!r}"
        for key, value in expected(row).items()
        if packet.get(key) != value
        and key not in may_differ
        and (packet["outcome"] == "ok" or key in frame)
    ]


# Where the two may differ, by file and fields, and why.
EXCEPTIONS = {
    "ndpi/fuzz-2021-06-07-c6c72a0a56.pcap": (
        {"time_ns", "wire_bytes"},
        "a damaged record; tshark takes the format's unsigned seconds and lengths for signed ones",
    ),
    "zeek/krb_smb2_krb.pcap": (
        {"captured_bytes"},
        "records longer than the snap length of the file's header; cut there, as libpcap does",
    ),
    "zeek/trunc_trunc-hdr.pcap": (
        {"captured_bytes"},
        "a record longer than the snap length of the file's header; cut there, as libpcap does",
    ),
}


def compare(path, home):
    """(packets compared, what disagrees in words) of one file."""
    name = str(path.relative_to(DATA))
    theirs, ours = tshark(path, home), silhouette(path)
    wrong = []
    if len(ours) < len(theirs):
        wrong.append(f"{name}: {len(ours)} packets, tshark reads {len(theirs)}")
    may_differ = EXCEPTIONS.get(name, (set(), ""))[0]
    for row, packet in zip(theirs, ours):
        wrong += [f"{name}: {line}" for line in differences(row, packet, may_differ)]
    return min(len(theirs), len(ours)), wrong


class Packets(unittest.TestCase):
    def test_agree_with_tshark(self):
        if not DATA.is_dir():
            self.skipTest(f"real captures not here: {DATA}")
        if shutil.which("tshark") is None:
            self.skipTest("tshark is not installed")
        files = sorted(path for path in DATA.rglob("*") if path.is_file())
        if not os.environ.get("SILHOUETTE_TEST_ALL"):
            files = files[:: -(-len(files) // SAMPLE)]
            files += [DATA / name for name in EXCEPTIONS if DATA / name not in files]
        with tempfile.TemporaryDirectory() as home:
            write_profile(home)
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                results = list(pool.map(lambda path: compare(path, home), files))
        compared = sum(packets for packets, _ in results)
        wrong = [line for _, lines in results for line in lines]
        self.assertEqual(wrong, [], "\n".join(wrong[:20]))
        self.assertGreater(compared, 10_000)
        print(f"{compared} packets of {len(files)} captures agree", flush=True)


if __name__ == "__main__":
    unittest.main()
