"""Many schedules on one capture: how it goes undisturbed, and then each of them."""

import concurrent.futures
import os
import tempfile
import threading

from fault_run import run_disturbed, run_undisturbed
from fault_schedule import make_schedule
from fault_suite import RECEIVERS, harness
from store_contents import differences

AT_ONCE = 2
# Long enough that a link's buffers do not hold it all.
HOME_S, CALL_S = 600, 60
RUN_S = 3  # about what an undisturbed run takes: long enough for faults to hit data in flight
UNLIMITED = dict.fromkeys(RECEIVERS)


class FaultSeries:
    """For one thread at a time. With a small disk only where small_disk.py allows it."""

    def __init__(self, has_small_disk):
        self._has_small_disk = has_small_disk
        self._folder = tempfile.TemporaryDirectory(prefix="silhouette-faults-")
        try:
            home = self._simulate("home", HOME_S)
            call = self._simulate("call", CALL_S)
            self.undisturbed = {"file": self._run_limited(("--file", home, call)),
                                "replay": self._run_replay(home)}
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self._folder.cleanup()

    def run(self, seeds, at_once=AT_ONCE):
        """Gives (schedule, outcome) of each seed as they come; some run at the same time. Ends the
        processes it started when the caller breaks off."""
        stopping = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            try:
                runs = [pool.submit(self._run_one, seed, stopping) for seed in seeds]
                for done in concurrent.futures.as_completed(runs):
                    yield done.result()
            finally:
                stopping.set()
                pool.shutdown(cancel_futures=True)

    def _run_one(self, seed, stopping):
        schedule = make_schedule(seed, self._has_small_disk)
        undisturbed = self.undisturbed[schedule.source]
        return schedule, run_disturbed(schedule.faults, undisturbed, self._has_small_disk, stopping)

    def _simulate(self, kind, seconds):
        path = os.path.join(self._folder.name, kind + ".pcap")
        status, _, errors = harness.run_tool("simulate", kind, "--duration", str(seconds), "-o",
                                             path)
        if status != 0:
            raise AssertionError("silhouette simulate: " + errors)
        return path

    def _run_limited(self, capture_args):
        """As long as RUN_S: the links are as slow as it takes. That alone must change nothing."""
        free = run_undisturbed(capture_args, UNLIMITED)
        rates = {name: link.carried_bytes / RUN_S for name, link in free.links.items()}
        limited = run_undisturbed(capture_args, rates, self._has_small_disk)
        changed = differences(free.contents, limited.contents)
        if changed:
            raise AssertionError("slow links change the result:\n" + "\n".join(changed))
        return limited

    def _run_replay(self, path):
        """As long as RUN_S by its own pace."""
        args = ("--replay", path, "--speed", "%gx" % (HOME_S / RUN_S))
        return run_undisturbed(args, UNLIMITED, self._has_small_disk)


def report(schedule, outcome):
    """All about a run that went wrong."""
    return "\n".join([
        "seed %d, %s:" % (schedule.seed, schedule.source), *outcome.problems,
        "its faults:", *("    %s" % fault for fault in schedule.faults),
        "what happened:", *("    " + event for event in outcome.events), outcome.logs])
