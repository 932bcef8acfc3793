"""The Containerfile's images: what they start, as whom, and which ports they tell of."""

import json
import os
import re

import kubectl

PATH = os.path.join(kubectl.harness.ROOT, "Containerfile")


class Image:
    def __init__(self, base):
        self.base = base
        self.entrypoint, self.user, self.ports, self.steps, self.labels = [], "0:0", [], [], {}


def instructions():
    """(instruction, rest), lines joined."""
    with open(PATH, encoding="utf-8") as file:
        text = re.sub(r"\\\n\s*", " ", file.read())
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest


def images():
    """By the name of their target."""
    found, image = {}, None
    for name, rest in instructions():
        if name == "FROM":
            base, target = re.fullmatch(r"(\S+) AS (\S+)", rest).groups()
            image = found[target] = Image(base)
            if base in found:
                image.labels = dict(found[base].labels)
        elif name == "ENTRYPOINT":
            image.entrypoint = json.loads(rest)
        elif name == "USER":
            image.user = rest
        elif name == "EXPOSE":
            image.ports = [int(port) for port in rest.split()]
        elif name == "RUN":
            image.steps.append(rest)
        elif name == "LABEL":
            image.labels.update((key, quoted or plain) for key, quoted, plain
                                in re.findall(r'(\S+?)=(?:"([^"]*)"|(\S+))', rest))
    return {target: image for target, image in found.items() if target not in ("build", "runtime")}
