"""Services with something wrong each, for an alert of its own."""

import os
import signal
import tempfile
import threading

from monitored import Talk, certificates, harness, may_capture

# Keeps the port that Prometheus knows a service under when it begins anew.
SAME_METRICS_PORT = """last=; for each; do
  if [ "$last" = --metrics-listen ]; then set -- "$@" "$0"; else set -- "$@" "$each"; fi
  last=$each; shift
done; exec "$@" """
# Its files may grow to 512 KiB.
FULL_DISK = 'trap "" XFSZ; ulimit -f 512; exec "$@"'
NOBODY = "127.0.0.1:1"
SPEC = "subject=device,window=5s,hop=1s,schema=traffic.v1"


class Trouble:
    """`expected` says which alerts are to fire on what: {alert: labels}. Ended by close."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="silhouette-wrong-")
        self.folder = self._folder.name
        os.chmod(self.folder, 0o777)
        self.services, self.expected = [], {}
        self._talks, self._threads, self._over = [], [], threading.Event()
        try:
            self._start_all()
        except BaseException:
            self.close()
            raise

    def stop(self):
        """Nothing more happens."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def close(self):
        self.stop()
        for service in self.services:
            service.kill_if_running()
        for talk in self._talks:
            talk.close()
        self._folder.cleanup()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, name, *args, launcher=(), listen="127.0.0.1:0"):
        """In a folder of its own, as there are several of a name."""
        own = tempfile.mkdtemp(prefix=name, dir=self.folder)
        os.chmod(own, 0o777)
        service = harness.Service(name, own, *args, launcher=launcher, listen=listen)
        self.services.append(service)
        return service

    def expect(self, service, *alerts, **more):
        for alert in alerts:
            self.expected[alert] = {
                "job": "silhouette-" + service.name.removesuffix("-svc"),
                "instance": service.address("metrics"), **more}

    def gateway(self, name, *args, **more):
        return self.start("gateway", "--store", self.path(name + ".db"), *args, **more)

    def again_and_again(self, do):
        """Until all is over."""
        def repeat():
            while not self._over.is_set():
                do()
        thread = threading.Thread(target=repeat)
        self._threads.append(thread)
        thread.start()

    # ---- what is there ------------------------------------------------------------------------

    def _start_all(self):
        status, _, errors = harness.run_tool("simulate", "home", "--duration", "600", "-o",
                                             self.path("long.pcap"))
        assert status == 0, errors
        self._full_disk_and_broken_model()
        self._small_store()
        self._certificates()
        self._restless()
        self.gone = self.gateway("gone")
        self.expect(self.gone, "SilhouetteServiceDown")
        if may_capture():
            self._silent_interface()
            self._flooded_interface()
            self._slow_verdicts()
        self._cut_capture()

    def _cut_capture(self):
        """Which fails after 24 s, when Prometheus has seen that none did."""
        with open(harness.SAMPLE, "rb") as whole, open(self.path("cut.pcap"), "wb") as cut:
            cut.write(whole.read(400_000))
        capture = self.start("capture-svc", "--feature-address", self.slow_feature.address(),
                             "--replay", self.path("cut.pcap"))
        self.expect(capture, "SilhouetteCaptureFailed")

    def _replay(self, feature, *args):
        return self.start("capture-svc", "--feature-address", feature.address(), "--replay",
                          self.path("long.pcap"), "--speed", "20x", *args)

    def _broken_models(self):
        os.makedirs(self.path("models", "broken", "1"))
        os.symlink(os.path.join(harness.ROOT, "models", "presence"),
                   self.path("models", "presence"))
        with open(self.path("models", "broken", "1", "manifest.json"), "w",
                  encoding="utf-8") as file:
            file.write("{}")
        return self.path("models")

    def _full_disk_and_broken_model(self):
        full = self.gateway("full", launcher=("bash", "-c", FULL_DISK, "bash"))
        classify = self.start("classify-svc", "--models", self._broken_models(),
                              "--gateway-address", full.address())
        self.feature = self.start("feature-svc", "--classify-address", classify.address())
        self._replay(self.feature)
        self.expect(full, "SilhouetteStoreFailing")
        self.expect(classify, "SilhouetteModelRefused")
        self.expect(self.feature, "SilhouetteLinkNotSettling")

    def _small_store(self):
        """Which keeps nothing; and a job that no capture-svc takes."""
        self.small = self.gateway("small", "--max-store", "10000", "--capture-address", NOBODY)
        self.slow = self.start("classify-svc", "--models", harness.CALL_MODELS,
                               "--gateway-address", self.small.address())
        self.slow_feature = self.start("feature-svc", "--classify-address", self.slow.address())
        self.start("capture-svc", "--feature-address", self.slow_feature.address(), "--replay",
                   harness.SAMPLE, "--speed", "2x")
        status, _, errors = harness.run_tool("submit", harness.SAMPLE, "--gateway",
                                             self.small.address())
        assert status == 0, errors
        self.expect(self.small, "SilhouetteStoreFull", "SilhouetteJobWaits")

    def _certificates(self):
        authority = certificates.Authority(self.folder, "ours")
        ending = authority.sign("ending", days=5)
        self._key = ending[1]
        ends = self.gateway("ending", *authority.flags(ending))
        flags = authority.flags(authority.sign("last", days=1))
        strict = self.gateway("last", "--max-peer-call-rate", "1", *flags)
        self._ask = lambda: harness.run_tool("status", "--gateway", strict.address(), *flags)
        self.expect(ends, "SilhouetteCertificateEnds", "SilhouetteCertificateNotTaken")
        self.expect(strict, "SilhouetteCertificateLastDays")
        self.expect(strict, "SilhouetteCallsRefused", reason="rate")

    def _restless(self):
        """feature-svc, which never gets rid of a window; so capture-svc cannot keep all of its packets."""
        self._args = ["--classify-address", NOBODY, "--spec", SPEC]
        self.restless = self.start("feature-svc", *self._args)
        capture = self._replay(self.restless, "--link-buffer", "1")
        self.expect(self.restless, "SilhouetteServiceRestarts")
        self.expect(capture, "SilhouettePacketsForgotten")

    def _listen(self, feature, talk, origin, *args):
        self._talks.append(talk)
        return self.start("capture-svc", "--feature-address", feature.address(), "--origin", origin,
                          *args, *talk.capture_flags())

    def _silent_interface(self):
        capture = self._listen(self.feature, Talk(), "silent")
        self.expect(capture, "SilhouetteNoPackets", source="silent")

    def _flooded_interface(self):
        """Whose feature-svc takes nothing."""
        nobody = self.start("feature-svc", "--classify-address", NOBODY)
        talk = Talk(rate=0)
        capture = self._listen(nobody, talk, "flooded", "--link-buffer", "1")
        talk.start()
        self.expect(capture, "SilhouettePacketsShed", source="flooded")

    def _slow_verdicts(self):
        talk = Talk()
        self._listen(self.slow_feature, talk, "slow")
        talk.start()
        self.expect(self.small, "SilhouetteWindowLag", "SilhouetteVerdictsSlow", source="slow")

    # ---- what happens -------------------------------------------------------------------------

    def begin(self, prometheus):
        """What goes wrong under the eyes of `prometheus`."""
        self.gone.process.send_signal(signal.SIGKILL)
        with open(self._key, "w", encoding="utf-8") as file:
            file.write("rubbish")
        self.again_and_again(self._ask)
        self.again_and_again(lambda: self._restart(prometheus))
        if may_capture():
            self.again_and_again(self._stand_still)

    def _restart(self, prometheus):
        """Once it was seen."""
        began = "silhouette_feature_start_timestamp_seconds"
        now = self.restless.metrics()[began]
        seen = '%s{instance="%s"} == %r' % (began, self.restless.address("metrics"), now)
        harness.wait_until(lambda: self._over.is_set() or prometheus.query(seen), "it is seen")
        self.restless.kill_if_running()
        self.restless = self.start(
            "feature-svc", *self._args, listen=self.restless.address(),
            launcher=("bash", "-c", SAME_METRICS_PORT, self.restless.address("metrics")))

    def _stand_still(self):
        self.slow.process.send_signal(signal.SIGSTOP)
        self._over.wait(1.5)
        self.slow.process.send_signal(signal.SIGCONT)
        self._over.wait(1)
