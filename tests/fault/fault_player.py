"""Makes the faults of a schedule happen to running services."""

import collections
import signal
import time

from fault_schedule import KINDS, SERVICES
from fault_suite import harness

SLOW_S = 24  # what a slowed link would take for all that it carries in an undisturbed run


class FaultPlayer:
    """Begins each fault when its moment has come and its target has no other one, and ends it when
    its time is over."""

    def __init__(self, suite, faults, links):
        """`links` says of each link how many bytes it carries undisturbed, and its rate or None."""
        self.events = []  # lines that say what happened when, by the clock of the logs
        self.hits = collections.Counter()  # of a kind, while the run was in progress
        self.killed = set()  # services that were killed while the run was in progress
        self._suite, self._links = suite, links
        self._began = time.monotonic()
        self._waiting = list(faults)
        self._ends = {}  # a fault that has begun: when it ends, None while that is not known

    def step(self):
        """To be called again and again. Raises AssertionError when a service ended that should not
        have."""
        self._check_the_others()
        for fault, end in list(self._ends.items()):
            if end is None:
                self._await_orderly_end(fault)
            elif end <= time.monotonic():
                self._end(fault)
        if not self._suite.is_capturing():
            return
        carried = self._suite.carried_bytes()
        for fault in list(self._waiting):
            moment = fault.share * self._links[fault.link].carried_bytes
            if carried[fault.link] >= moment and not self._is_busy(fault.target):
                self._waiting.remove(fault)
                self._begin(fault)

    def end_all(self):
        """Puts everything right at once; what has not begun never will."""
        for fault, end in list(self._ends.items()):
            if end is None:
                self._suite.services[fault.target].process.wait(harness.TIMEOUT_S)
                self._await_orderly_end(fault)
            self._end(fault)

    def _is_busy(self, target):
        return any(fault.target == target for fault in self._ends)

    def _check_the_others(self):
        """Only what was killed or told to end may have ended."""
        gone = {fault.target for fault in self._ends if fault.kind in ("kill", "restart")}
        for name in SERVICES:
            if name not in gone and self._suite.status(name) is not None:
                raise AssertionError("%s ended by itself with status %d" %
                                     (name, self._suite.status(name)))

    def _begin(self, fault):
        self._say(str(fault))
        if self._suite.is_capturing():
            self.hits[fault.kind] += 1
            if fault.kind == "kill":
                self.killed.add(fault.target)
        {"kill": self._suite.kill,
         "restart": lambda name: self._suite.signal(name, signal.SIGTERM),
         "stop": lambda name: self._suite.signal(name, signal.SIGSTOP),
         "cut": lambda link: self._suite.links[link].cut(),
         "slow": lambda link: self._suite.links[link].limit(
             self._links[link].carried_bytes / SLOW_S),
         "fill": lambda _: self._suite.disk.fill()}[fault.kind](fault.target)
        self._ends[fault] = None if fault.kind == "restart" else time.monotonic() + fault.seconds

    def _end(self, fault):
        {"kill": self._start,
         "restart": self._start,
         "stop": lambda name: self._suite.signal(name, signal.SIGCONT),
         "cut": lambda link: self._suite.links[link].restore(),
         "slow": lambda link: self._suite.links[link].limit(self._links[link].bytes_per_s),
         "fill": lambda _: self._suite.disk.empty()}[fault.kind](fault.target)
        del self._ends[fault]
        self._say("%s %s" % (fault.target, KINDS[fault.kind][3]))

    def _start(self, name):
        if name == "gateway" and self._suite.disk:
            self._suite.disk.empty()  # on a full one it may refuse to start
        self._suite.start(name)

    def _await_orderly_end(self, fault):
        status = self._suite.status(fault.target)
        if status is None:
            return
        if status != 0:
            raise AssertionError("%s ended on SIGTERM with status %d" % (fault.target, status))
        self._ends[fault] = time.monotonic() + fault.seconds
        self._say("%s has ended in order" % fault.target)

    def _say(self, what):
        now = time.time()
        clock = time.strftime("%H:%M:%S", time.localtime(now)) + ".%03d" % (now % 1 * 1000)
        self.events.append("%s (%.3f s): %s" % (clock, time.monotonic() - self._began, what))
