#!/usr/bin/python3
"""How long it takes to train and to judge, and how much memory: `silhouette train` and `silhouette
evaluate` on simulated tables of windows, one as long as the published call, one of a million rows."""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time

PUBLISHED_ROWS = 1205
BLOCK = 120  # a minute of half-second windows
FEATURES = ["size_mean", "size_std", "size_median", "iat_mean", "iat_std", "iat_median",
            "inbound_packets", "outbound_packets", "total_packets"]
TRAIN = ["--label", "who", "--classes", "background,person", "--blocks", "minute"]


def write_table(path, rows):
    """Windows whose classes overlap and whose neighbours look alike, the classes taking turns."""
    rng = random.Random(1)
    drift = 0.0
    with open(path, "w", encoding="ascii") as table:
        table.write("# simulated\nwindow," + ",".join(FEATURES) + ",who,minute\n")
        for row in range(rows):
            person = row // BLOCK % 2
            drift = 0.95 * drift + 0.3 * rng.gauss(0, 1)
            packets = max(2, round(90 + 25 * person + 12 * drift + rng.gauss(0, 8)))
            outbound = rng.randint(packets // 3, packets // 2)
            size = 700 + 120 * person + 60 * drift + rng.gauss(0, 40)
            gap = 0.5 / packets
            values = [size, 200 + 50 * rng.random(), size * (0.9 + 0.2 * rng.random()), gap,
                      gap * math.exp(rng.gauss(0, 0.3)), gap * rng.random(),
                      packets - outbound, outbound, packets]
            cells = ",".join(f"{value:.9g}" for value in values)
            table.write(f"{row},{cells},{person},{row // BLOCK}\n")


def measure(tool, what, rows, *args):
    """Runs the tool; {what, rows, seconds, peak_mib}."""
    begin = time.monotonic()
    process = subprocess.Popen([tool, *args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{tool} {' '.join(args)}: {errors.strip()}")
    return {"what": what, "rows": rows, "seconds": round(time.monotonic() - begin, 2),
            "peak_mib": round(usage.ru_maxrss / 1024, 1)}


def measure_all(tool, rows, folder):
    small, large = os.path.join(folder, "small.csv"), os.path.join(folder, "large.csv")
    write_table(small, PUBLISHED_ROWS)
    write_table(large, rows)
    out = ["-o", os.path.join(folder, "models")]
    yield measure(tool, "train", PUBLISHED_ROWS, "train", small, *TRAIN, *out)
    yield measure(tool, "evaluate --compare", PUBLISHED_ROWS, "evaluate", small, "--label", "who",
                  "--blocks", "minute", "--compare", "--curves")
    yield measure(tool, "train", rows, "train", large, *TRAIN, *out, "--force")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--tool", default=os.path.join(here, "silhouette"), help="the tool to run")
    parser.add_argument("--rows", type=int, default=1_000_000,
                        help="of the large table (default: %(default)s, which takes 10 minutes)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    args = parser.parse_args()
    if not args.json:
        print(f"{'simulated windows':22} {'rows':>9} {'seconds':>9} {'peak MiB':>9}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for row in measure_all(args.tool, args.rows, folder):
            if args.json:
                print(json.dumps(row), flush=True)
            else:
                print(f"{row['what']:22} {row['rows']:9} {row['seconds']:9.2f} "
                      f"{row['peak_mib']:9.1f}", flush=True)


if __name__ == "__main__":
    main()
