#!/usr/bin/python3
"""Says how slow an attack may be and still be found: simulated attacks at falling rates.

usage: learn/recipes/find_limits.py SILHOUETTE [--models FOLDER] [--seeds N] [--scenario NAME]...

Prints, for each scenario and rate (of probes, packets or guesses a second; of beacons the period),
how many of N simulated captures had an incident of the right kind on the device under watch while
it was attacked; last, how many homes in which nothing happens had an incident of any kind. All
figures are of simulated traffic, made with seeds that no model was trained on.
"""

import argparse
import concurrent.futures
import csv
import json
import os
import subprocess
import tempfile

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models")
KINDS = {"host-scan": "scan", "port-scan": "scan", "syn-flood": "flood", "udp-flood": "flood",
         "guessing": "brute_force", "beacon": "c2"}
RATES = {"host-scan": (100, 10, 3, 1, 0.3), "port-scan": (100, 10, 3, 1, 0.3),
         "syn-flood": (1000, 100, 30, 10, 3), "udp-flood": (1000, 100, 30, 10, 3),
         "guessing": (10, 3, 1, 0.3, 0.1)}
PERIODS = (2, 5, 10, 20, 40)  # s
FIRST_SEED = 900_000  # no recipe trains on seeds from here on
LASTS_S = 120
BEACONS_LAST_S = 600
QUIET_LASTS_S = 1800


def simulate_and_run(arguments, folder, scenario, seed, *how):
    """What the simulation says of itself, the truth's rows in seconds and the incidents."""
    capture = os.path.join(folder, "%s-%d-%s.pcap" % (scenario, seed, "-".join(how)))
    made = json.loads(subprocess.run(
        [arguments.silhouette, "simulate", "home", "--scenario", scenario, "--seed", str(seed),
         "-o", capture, "--json", *how], check=True, stdout=subprocess.PIPE).stdout)
    run = subprocess.run([arguments.silhouette, "run", capture, "--models", arguments.models,
                          "--json"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         text=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    with open(made["truth"], encoding="utf-8") as file:
        truth = list(csv.DictReader(line for line in file if not line.startswith("#")))
    os.remove(capture)
    zero_ns = next(line["summary"]["zero_ns"] for line in lines if "summary" in line)
    return made, truth, zero_ns, [line["incident"] for line in lines if "incident" in line]


def is_found(arguments, folder, scenario, value, seed):
    how = (["--period", str(value), "--duration", str(BEACONS_LAST_S)] if scenario == "beacon" else
           ["--rate", str(value), "--duration", str(LASTS_S), "--role",
            "victim" if seed % 2 else "attacker"])
    made, truth, zero_ns, incidents = simulate_and_run(arguments, folder, scenario, seed, *how)
    attacked = [(zero_ns + float(row["start_s"]) * 1e9, zero_ns + float(row["end_s"]) * 1e9)
                for row in truth if row["label"] == KINDS[scenario]]
    return any(incident["kind"] == KINDS[scenario] and incident["device"] == made["device"] and
               incident["from_ns"] < end_ns and incident["to_ns"] > start_ns
               for incident in incidents for start_ns, end_ns in attacked)


def is_alarmed(arguments, folder, seed):
    return bool(simulate_and_run(arguments, folder, "quiet", seed, "--duration",
                                 str(QUIET_LASTS_S))[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("silhouette", help="the program, as build/release/bin/silhouette")
    parser.add_argument("--models", default=MODELS, help="default: those that are bundled")
    parser.add_argument("--seeds", type=int, default=10,
                        help="captures of each kind and rate (default: 10, which takes a minute)")
    parser.add_argument("--scenario", action="append", choices=KINDS,
                        help="only this one (repeatable; default: all)")
    arguments = parser.parse_args()
    for path in (arguments.silhouette, arguments.models):
        if not os.path.exists(path):
            parser.error("%s: there is no such file" % path)
    print("simulated traffic; attacks of %d s, beacons of %d s" % (LASTS_S, BEACONS_LAST_S))
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for scenario in arguments.scenario or KINDS:
            for value in PERIODS if scenario == "beacon" else RATES[scenario]:
                found = sum(pool.map(
                    lambda seed, scenario=scenario, value=value: is_found(
                        arguments, folder, scenario, value, FIRST_SEED + seed),
                    range(arguments.seeds)))
                unit = "s between beacons" if scenario == "beacon" else "a second"
                print("%-10s %6g %-17s found in %2d of %d" % (scenario, value, unit, found,
                                                              arguments.seeds), flush=True)
        alarmed = sum(pool.map(lambda seed: is_alarmed(arguments, folder, FIRST_SEED + seed),
                               range(arguments.seeds)))
        print("quiet      %6d s, nothing happens  an incident in %2d of %d" % (
            QUIET_LASTS_S, alarmed, arguments.seeds))


if __name__ == "__main__":
    main()
