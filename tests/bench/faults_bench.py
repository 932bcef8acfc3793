#!/usr/bin/python3
"""Kills, stops, restarts, cut and slow links and full disks, from seeded schedules: in how many
runs does the store hold, byte for byte, what it holds after an undisturbed run?

Progress goes to stderr. Exit status 1 when any run differs. Filling a disk needs root."""

import argparse
import collections
import contextlib
import json
import os
import signal
import sys

# This program is a link into the source tree (see CMakeLists.txt) that lies where the services are.
os.environ.setdefault("SILHOUETTE_BIN", os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "fault"))
import fault_schedule
import fault_series
import small_disk

WORDS = {"kill": "kills", "restart": "orderly restarts", "stop": "stopped processes",
         "cut": "cut links", "slow": "slow links", "fill": "full disks"}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench_faults", description=__doc__)
    parser.add_argument("--schedules", type=int,
                        help="how many, with the seeds 1, 2, 3 and so on (200)")
    parser.add_argument("--seed", type=int,
                        help="run this one, or begin with it if --schedules is given")
    parser.add_argument("--at-once", type=int, default=4,
                        help="runs at the same time (%(default)s)")
    parser.add_argument("--verbose", action="store_true",
                        help="tell what happened in good runs too")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args()
    arguments.schedules = arguments.schedules or (1 if arguments.seed is not None else 200)
    arguments.seed = 1 if arguments.seed is None else arguments.seed
    return arguments


def tell(arguments, number, schedule, outcome):
    """One line a schedule, and all that is known about one that went wrong."""
    kills = outcome.hits["kill"]
    print("%d of %d: seed %d, %s, %d faults, %d kills, %.1f s: %s" % (
        number, arguments.schedules, schedule.seed, schedule.source, sum(outcome.hits.values()),
        kills, outcome.seconds, "DIFFERS" if outcome.problems else "equal"), file=sys.stderr,
        flush=True)
    if outcome.problems or arguments.verbose:
        print(fault_series.report(schedule, outcome), file=sys.stderr, flush=True)
    if arguments.json:
        print(json.dumps({"seed": schedule.seed, "source": schedule.source,
                          "equal": not outcome.problems, "seconds": round(outcome.seconds, 2),
                          "hits": outcome.hits, "problems": outcome.problems}), flush=True)


def summarize(arguments, equal, planned, hits, verdicts):
    if arguments.json:
        print(json.dumps({"schedules": arguments.schedules, "equal": equal, "planned": planned,
                          "hits": hits, "verdicts_of_a_run": verdicts}))
        return
    print("%d of %d schedules gave the store of the undisturbed run, byte for byte (%s verdicts)" %
          (equal, arguments.schedules, ", ".join("%s: %d" % each for each in verdicts.items())))
    for kind, word in WORDS.items():
        print("%6d %s while the run was in progress, of %d planned" %
              (hits[kind], word, planned[kind]))


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as by Ctrl-C
    no_disk = small_disk.enter_own_mounts()
    if no_disk:
        print("no full disks: " + no_disk, file=sys.stderr)
    equal, planned, hits = 0, collections.Counter(), collections.Counter()
    with fault_series.FaultSeries(has_small_disk=not no_disk) as series:
        verdicts = {source: len(undisturbed.contents.verdicts)
                    for source, undisturbed in series.undisturbed.items()}
        seeds = range(arguments.seed, arguments.seed + arguments.schedules)
        with contextlib.closing(series.run(seeds, arguments.at_once)) as runs:
            for number, (schedule, outcome) in enumerate(runs, 1):
                tell(arguments, number, schedule, outcome)
                equal += not outcome.problems
                planned += collections.Counter(fault.kind for fault in schedule.faults)
                hits += outcome.hits
    summarize(arguments, equal, planned, hits, verdicts)
    sys.exit(0 if equal == arguments.schedules else 1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
