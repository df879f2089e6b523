"""python -m unittest discover export: the export of a tiny network with random weights, and what it refuses."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import torch
from transformers import HubertConfig, HubertModel

SCRIPT = Path(__file__).with_name("export_mert.py")
CONFIG = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "conv_dim": [16] * 7,
    "feat_proj_layer_norm": True,
    "feature_extractor_cqt": False,
    "deepnorm": False,
    "attention_relax": -1.0,
}
POSITIONAL = "encoder.pos_conv_embed.conv."


class ExportTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        torch.manual_seed(1)
        state = HubertModel(HubertConfig.from_dict(CONFIG)).state_dict()
        # As published: a weight norm's parameters by their older names.
        for old, new in (("weight_g", "original0"), ("weight_v", "original1")):
            state[POSITIONAL + old] = state.pop(f"{POSITIONAL}parametrizations.weight.{new}")
        self.state = state

    def export(self, config=CONFIG):
        (self.folder / "config.json").write_text(json.dumps(config))
        torch.save(self.state, self.folder / "pytorch_model.bin")
        self.out = self.folder / "out" / "mert"
        command = [sys.executable, SCRIPT, "--weights", self.folder, "--out", self.out]
        return subprocess.run(command, capture_output=True, text=True)

    def assert_refused(self, result, message):
        self.assertEqual(result.returncode, 1)
        self.assertIn(message, result.stderr)
        left = list(self.out.parent.iterdir()) if self.out.parent.exists() else []
        self.assertEqual(left, [])

    def test_writes_a_graph_and_its_manifest(self):
        result = self.export()
        self.assertEqual(result.returncode, 0, result.stderr)
        manifest = json.loads((self.out / "manifest.json").read_text())
        self.assertEqual(manifest["output"]["layers"], [0, 1, 2])
        self.assertEqual(manifest["output"]["dimension"], 32)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), ["backbone.onnx", "manifest.json"])

    def test_refuses_weights_that_would_stay_random(self):
        del self.state[POSITIONAL + "weight_g"]
        self.assert_refused(self.export(), "missing: encoder.pos_conv_embed.conv.parametrizations.weight.original0")

    def test_refuses_weights_that_would_go_unused(self):
        self.state["final_proj.weight"] = torch.zeros(2, 2)
        self.assert_refused(self.export(), "left over: final_proj.weight")

    def test_refuses_what_hubert_does_not_compute(self):
        self.assert_refused(self.export({**CONFIG, "feature_extractor_cqt": True}), "feature_extractor_cqt")


if __name__ == "__main__":
    unittest.main()
