"""Why a model said what it said, through the real services."""

import math
import unittest

import grpc

import harness
from status_test import StatusSuite


class Explain(unittest.TestCase):
    def setUp(self):
        self.messages = harness.messages("gateway_service")
        self.suite = StatusSuite("--file", harness.SAMPLE)
        self.addCleanup(self.suite.close)
        self.suite.capture.wait_for("ended, ")

    def ask(self, method, **fields):
        request = getattr(self.messages, method + "Request")(**fields)
        return harness.call(self.suite.gateway.address(), "GatewayService", method, request,
                            getattr(self.messages, method + "Response"))

    def explain(self, verdict):
        run = self.messages.RunSelector(origin=verdict.origin, run=verdict.run)
        return self.ask("ExplainVerdict", run=run, subject=verdict.subject,
                        window_start_ns=verdict.window_start_ns)

    def test_what_the_features_add_is_what_the_model_said(self):
        (model,) = self.ask("ListModels").models
        self.assertEqual((model.name, list(model.classes)), ("presence", ["background", "person"]))
        verdicts = self.ask("ListVerdicts", page_size=1000).verdicts
        self.assertEqual(len(verdicts), 240)
        for verdict in verdicts:
            said = self.explain(verdict)
            self.assertEqual(said.verdict, verdict)
            self.assertEqual(list(said.classes), list(model.classes))
            self.assertEqual([feature.value for feature in said.features], list(verdict.features))
            self.assertEqual((said.features[0].name, said.features[0].unit), ("size_mean", "B"))
            for index, score in enumerate(said.scores):
                added = sum(feature.contributions[index] for feature in said.features)
                self.assertAlmostEqual(said.base_scores[index] + added, score, 9)
            odds = [math.exp(score) for score in said.scores]
            for odd, probability in zip(odds, verdict.probabilities):
                self.assertAlmostEqual(odd / sum(odds), probability, 5)

    def test_without_classify_svc_it_is_unavailable(self):
        (verdict,) = self.ask("ListVerdicts", page_size=1).verdicts
        self.suite.classify.stop()
        for ask in (lambda: self.explain(verdict), lambda: self.ask("ListModels")):
            with self.assertRaises(grpc.RpcError) as raised:
                ask()
            self.assertEqual(raised.exception.code(), grpc.StatusCode.UNAVAILABLE)
            self.assertIn("classify-svc", raised.exception.details())


if __name__ == "__main__":
    unittest.main()
