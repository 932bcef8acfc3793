"""Dependencies point one way: proto <- common <- the four services <- learn <- cli, tests."""

import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVICES = ["capture-svc", "feature-svc", "classify-svc", "gateway"]
MAY_INCLUDE = {
    "common": {"common"},
    **{service: {"common", service} for service in SERVICES},
    "learn": {"common", "learn", *SERVICES},
    "cli": {"common", "learn", "cli", *SERVICES},
}
# Inside a service: a folder's own ones, and those beneath it. Tests may use what they like.
MAY_INCLUDE_INSIDE = {
    "capture-svc": {"sandbox": {"sandbox"}, "source": {"source"}},
    "gateway": {"rest": {"rest"}},
    "common": {"parse": {"", "parse"}, "capture_file": {"", "parse", "capture_file"},
               "help": {"help"}},
}
INCLUDE = re.compile(r'^#include "([^"/]+)/([^"]+)"', re.MULTILINE)
# What only a service's adapters may use; its logic stays free of them.
CORE_FREE_OF = re.compile(r"#include [<\"](grpcpp|grpc|prometheus|.*\.grpc\.pb\.h)")


def sources(folder):
    for path, _, names in os.walk(os.path.join(ROOT, folder)):
        for name in names:
            if name.endswith((".cc", ".h")):
                yield os.path.join(path, name)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Layers(unittest.TestCase):
    def test_no_layer_includes_one_above_or_beside_it(self):
        for layer, allowed in MAY_INCLUDE.items():
            for path in sources(layer):
                for folder, rest in INCLUDE.findall(read(path)):
                    if not os.path.isdir(os.path.join(ROOT, folder)):
                        continue  # a library's, or generated from proto/
                    self.assertIn(folder, allowed, f"{path} includes {folder}/{rest}")

    def test_inside_a_service_a_folder_includes_only_those_beneath_it(self):
        for service, folders in MAY_INCLUDE_INSIDE.items():
            for folder, allowed in folders.items():
                for path in sources(os.path.join(service, folder)):
                    if path.endswith("_test.cc") or os.path.basename(path).startswith("test_"):
                        continue
                    for layer, rest in INCLUDE.findall(read(path)):
                        if layer == service:
                            self.assertIn(os.path.dirname(rest), allowed, f"{path}: {rest}")

    def test_no_core_target_links_grpc(self):
        for service in SERVICES:
            cmake = read(os.path.join(ROOT, service, "CMakeLists.txt"))
            (core,) = re.findall(r"add_library\((\w+_core) STATIC([^)]*)\)", cmake)
            for name in core[1].split():
                text = read(os.path.join(ROOT, service, name))
                header = os.path.join(ROOT, service, name.replace(".cc", ".h"))
                if os.path.exists(header):
                    text += read(header)
                self.assertIsNone(CORE_FREE_OF.search(text), f"{service}/{name}")
            links = re.search(core[0] + r"\s+PUBLIC([^)]*)\)", cmake).group(1)
            self.assertNotIn("grpc", links.replace("silhouette_proto_grpc", "grpc"), service)


if __name__ == "__main__":
    unittest.main()
