"""What goes wrong in one run, and when: the same for the same seed, on every machine."""

import dataclasses
import random

SERVICES = ("feature-svc", "classify-svc", "gateway")
LINKS = ("capture-feature", "feature-classify", "classify-gateway")
# Per kind: its targets, how many seconds it lasts at least and at most, and what ends it.
KINDS = {
    "kill": (SERVICES, 0.05, 0.6, "started again"),
    "restart": (SERVICES, 0.0, 0.3, "started again"),  # seconds from its orderly end
    "stop": (("capture-svc", *SERVICES), 0.1, 1.5, "continued"),
    "cut": (LINKS, 0.05, 1.0, "restored"),
    "slow": (LINKS, 0.3, 1.5, "fast again"),
    "fill": (("disk",), 0.1, 1.0, "emptied"),
}
# A kill that has to hit comes when there is still much to do; others may come at the very end.
LATEST_KILL, LATEST = 0.75, 1.0
PAIRED, REPLAYED = 0.25, 0.25  # how often two kills come at once; how often a capture is replayed


@dataclasses.dataclass(frozen=True)
class Fault:
    """Begins when `link` has carried `share` of the bytes that it carries in an undisturbed run."""
    kind: str
    target: str
    link: str
    share: float
    seconds: float

    def __str__(self):
        return "%s %s at %.1f %% of %s, %s after %.2f s" % (
            self.kind, self.target, 100 * self.share, self.link, KINDS[self.kind][3], self.seconds)


@dataclasses.dataclass(frozen=True)
class Schedule:
    seed: int
    source: str  # "file": as fast as the links take it; "replay": at the pace of its times
    faults: tuple


def make_schedule(seed, has_small_disk=True):
    """Kills each of the three services at least once, and does up to five other things. Without a
    small disk only the fills are left out."""
    rng = random.Random(seed)
    source = "replay" if rng.random() < REPLAYED else "file"
    faults = [_kill(rng, name) for name in SERVICES]
    if rng.random() < PAIRED:
        one, other = rng.sample(range(3), 2)
        faults[one] = dataclasses.replace(faults[one], link=faults[other].link,
                                          share=faults[other].share)
    faults += [_any(rng) for _ in range(rng.randint(1, 5))]
    return Schedule(seed, source, tuple(fault for fault in faults
                                        if has_small_disk or fault.kind != "fill"))


def _kill(rng, name):
    _, least_s, most_s, _ = KINDS["kill"]
    return Fault("kill", name, rng.choice(LINKS), rng.uniform(0.02, LATEST_KILL),
                 rng.uniform(least_s, most_s))


def _any(rng):
    kind = rng.choice(tuple(KINDS))
    targets, least_s, most_s, _ = KINDS[kind]
    return Fault(kind, rng.choice(targets), rng.choice(LINKS), rng.uniform(0.0, LATEST),
                 rng.uniform(least_s, most_s))
