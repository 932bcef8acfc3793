"""One run of a capture through the four processes, disturbed or not."""

import collections
import dataclasses
import sqlite3
import subprocess
import time

import store_contents
from fault_player import FaultPlayer
from fault_schedule import SERVICES
from fault_suite import RECEIVERS, FaultSuite, harness

STEP_S = 0.005
LOG_LINES = 15  # of each process, in the report of a run that went wrong


@dataclasses.dataclass(frozen=True)
class Link:
    """One of the three between the services."""
    carried_bytes: int = 0  # in an undisturbed run
    bytes_per_s: float = None  # at most; None: as fast as it goes


@dataclasses.dataclass
class Outcome:
    """What came of a run."""
    problems: list  # lines; none when all is as it should be
    contents: store_contents.Contents  # of the store; None when it cannot be read
    carried_bytes: dict  # by each link
    events: list  # lines that say what happened when
    hits: collections.Counter  # faults of each kind while the run was in progress
    killed: set  # services, while the run was in progress
    seconds: float
    logs: str  # their last lines


@dataclasses.dataclass(frozen=True)
class Undisturbed:
    """What every run with these arguments of capture-svc has to give."""
    capture_args: tuple
    links: dict  # name: Link
    contents: store_contents.Contents


class Interrupted(Exception):
    """The caller wants no more."""


def run_undisturbed(capture_args, bytes_per_s, has_small_disk=False):
    """`bytes_per_s` of each link, or None. An AssertionError when it does not work even so."""
    links = {name: Link(0, bytes_per_s[name]) for name in RECEIVERS}
    outcome = _run(capture_args, links, (), has_small_disk, stopping=None)
    if outcome.problems:
        raise AssertionError("\n".join([*outcome.problems, outcome.logs]))
    links = {name: Link(outcome.carried_bytes[name], bytes_per_s[name]) for name in RECEIVERS}
    return Undisturbed(capture_args, links, outcome.contents)


def run_disturbed(faults, undisturbed, has_small_disk=False, stopping=None):
    """Compares what is stored although these faults happen with what the undisturbed run stored.
    `stopping`, a threading.Event, makes it raise Interrupted."""
    outcome = _run(undisturbed.capture_args, undisturbed.links, faults, has_small_disk, stopping)
    if outcome.contents:
        outcome.problems += store_contents.differences(undisturbed.contents, outcome.contents)
    missed = {fault.target for fault in faults if fault.kind == "kill"} - outcome.killed
    if missed and not outcome.problems:
        outcome.problems.append("no test: the run ended before the kills of " +
                                ", ".join(sorted(missed)))
    return outcome


def _run(capture_args, links, faults, has_small_disk, stopping):
    began = time.monotonic()
    problems = []
    with FaultSuite(capture_args, {name: link.bytes_per_s for name, link in links.items()},
                    has_small_disk) as suite:
        player = FaultPlayer(suite, faults, links)
        try:
            _wait_for_the_end(suite, player, stopping)
            player.end_all()
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            problems.append(str(error))
        # What capture-svc ended on is stored: nobody gets the time to write more.
        for name in SERVICES:
            suite.kill(name)
        return Outcome(problems, _read_store(suite.store, problems), suite.carried_bytes(),
                       player.events, player.hits, player.killed, time.monotonic() - began,
                       suite.logs(LOG_LINES))


def _wait_for_the_end(suite, player, stopping):
    """Until capture-svc has ended with status 0; an AssertionError says what went wrong."""
    deadline = time.monotonic() + harness.TIMEOUT_S
    while (status := suite.status("capture-svc")) is None:
        player.step()
        if stopping and stopping.is_set():
            raise Interrupted()
        if time.monotonic() > deadline:
            raise AssertionError("capture-svc has not ended within %g s" % harness.TIMEOUT_S)
        time.sleep(STEP_S)
    if status != 0:
        raise AssertionError("capture-svc ended with status %d" % status)


def _read_store(path, problems):
    """Also of a run that failed: what is missing may tell why."""
    try:
        contents = store_contents.read(path)
    except (AssertionError, sqlite3.Error) as error:
        problems.append("the store cannot be read: %s" % error)
        return None
    problems += store_contents.broken_accounts(contents)
    return contents
