#!/usr/bin/python3
"""Writes simulated captures of homes, and a list of them (simulated.tsv) for silhouette train.

usage: learn/recipes/simulate_threats.py SILHOUETTE FOLDER --window SECONDS [--seeds N]

All is a function of the arguments. The captures hold attacks that show within a window of that
length: RATES says how many probes, packets and guesses at the least. Beacons come three times in a
window and more often; of windows too short for that, what calls home is labelled as benign.
Of what a device suffers, and of homes where nothing happens, a third is seen one way alone, towards
the device, as some mirror ports show it.
"""

import argparse
import concurrent.futures
import json
import math
import os
import random
import struct
import subprocess

# Least and greatest number a second, and how many of them show in a window.
RATES = {"host-scan": (0.3, 3000, 20), "port-scan": (0.3, 3000, 20), "syn-flood": (15, 20000, 75),
         "udp-flood": (15, 20000, 75), "guessing": (0.3, 30, 22)}
# Their order is that of the seeds.
SCENARIOS = (*RATES, "beacon", "quiet", "call")
BENIGN = ("quiet", "call")
CALLS = 4  # of so many seeds one: they are large
SHORTEST_FOR_BEACONS = 20
MOST_PACKETS = 80000
PACKETS = {"guessing": 40}  # of each; else 1
HEADER = ["path", "label", "device", "role", "truth", "source", "simulated"]


def log_uniform(drawn, low, high):
    return math.exp(drawn.uniform(math.log(low), math.log(max(low, high))))


def flags(scenario, seed, window):
    """What is drawn here and not by the simulation, since it depends on the window."""
    drawn = random.Random("%s %d" % (scenario, seed))
    if scenario == "call":
        return ["--duration", "%d" % min(12 * window, 240)]
    if scenario == "quiet":
        return ["--duration", "%d" % min(60 * window, 1800)]
    if scenario == "beacon":
        period = log_uniform(drawn, 1, max(window, SHORTEST_FOR_BEACONS) / 3)
        return ["--period", "%.3f" % period, "--duration", "%d" % (12 * window)]
    least, greatest, shown = RATES[scenario]
    rate = log_uniform(drawn, max(least, shown / window), greatest)
    most = MOST_PACKETS / PACKETS.get(scenario, 1)
    length = min(12 * window, max(2 * window, most / rate))
    rate = min(rate, most / length)
    role = drawn.choice(["attacker", "victim", "victim"] if "flood" in scenario
                        else ["attacker", "victim"])
    return ["--rate", "%.4f" % rate, "--duration", "%.3f" % length, "--role", role]


def keep_what_comes_in(path, is_home):
    """Drops the frames of IPv4 that come from an address at home."""
    with open(path, "rb") as file:  # as our own simulation writes it: little-endian, Ethernet
        data = file.read()
    kept, at = [data[:24]], 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        if frame[12:14] != b"\x08\x00" or not is_home(frame[26:30]):
            kept.append(data[at:at + 16 + size])
        at += 16 + size
    with open(path, "wb") as file:
        file.writelines(kept)


def see_one_way(scenario, seed, role, capture, device):
    if seed % 3 or (scenario not in BENIGN and role != "victim"):
        return
    home, own = bytes([192, 168, 1]), bytes(map(int, device.split(".")))
    keep_what_comes_in(capture, lambda source: source == own or
                       (scenario in BENIGN and source[:3] == home))


def simulate(arguments, scenario, seed):
    capture = os.path.join(arguments.folder, "%s-%04d.pcap" % (scenario, seed))
    drawn = flags(scenario, seed, arguments.window)
    command = [arguments.silhouette, "simulate", "home", "--scenario", scenario, "--seed",
               str(seed), "-o", capture, "--json", *drawn]
    made = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    see_one_way(scenario, seed, drawn[-1], capture, made["device"])
    benign = scenario in BENIGN or (scenario == "beacon"
                                     and arguments.window < SHORTEST_FOR_BEACONS)
    # What a truth says is attacked; benign is what lies beside it.
    return [os.path.basename(capture), "benign",
            "-" if benign else made["device"], "-",
            "-" if benign else os.path.basename(made["truth"]),
            "simulated/%s-%04d" % (scenario, seed), "yes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("silhouette")
    parser.add_argument("folder")
    parser.add_argument("--window", type=float, required=True)
    parser.add_argument("--seeds", type=int, default=40)
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    # Equal seeds make equal homes: no two captures are of one.
    jobs = [(scenario, 1000 * number + seed) for number, scenario in enumerate(SCENARIOS)
            for seed in range(1, arguments.seeds + 1)
            if scenario != "call" or seed % CALLS == 0]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = list(pool.map(lambda job: simulate(arguments, *job), jobs))
    with open(os.path.join(arguments.folder, "simulated.tsv"), "w", encoding="utf-8") as file:
        for line in [HEADER, *lines]:
            file.write("\t".join(line) + "\n")


if __name__ == "__main__":
    main()
