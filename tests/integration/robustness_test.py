"""Captures of every kind: each gives a result or a clear error, and accounts for its packets."""

import concurrent.futures
import os
import unittest

import harness

SAMPLE = 120  # files; --all takes every one


def files():
    found = []
    for folder in ("ndpi", "zeek"):
        path = harness.shared("robustness", folder)
        found += sorted(os.path.join(path, name) for name in os.listdir(path))
    if os.environ.get("SILHOUETTE_TEST_ALL"):
        return found
    return found[::max(1, len(found) // SAMPLE)]


def check(path):
    """What is wrong with the run on one file, or nothing."""
    status, out, errors = harness.run_tool("run", path, "--all", "--json")
    failures = [line for line in errors.splitlines() if "the clock of the capture" not in line]
    if status not in (0, 1) or len(failures) != status:
        return f"{path}: status {status}, stderr: {errors}"
    summaries = harness.json_lines(out, "summary")
    for packets in (s["packets"] for s in summaries):
        went = sum(packets[term] for term in
                   ("windowed", "filtered", "malformed", "late", "shed", "pending"))
        if packets["received"] != went or packets["pending"] != 0:
            return f"{path}: {packets}"
    return None if summaries or status == 1 and path in errors else f"{path}: neither result nor error"


class Robustness(unittest.TestCase):
    def test_every_capture_gives_a_result_or_one_line_of_error_and_its_accounts_balance(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            wrong = [problem for problem in pool.map(check, files()) if problem]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
