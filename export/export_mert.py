"""Exports MERT-v1-95M to ONNX, with the mean over time of every hidden state taken inside the graph.

Writes a folder that control-mvr takes as a backbone: backbone.onnx and manifest.json. Ends with exit code 1, and
writes nothing, where a weight is missing or left over, where the configuration asks for what HuBERT does not compute,
or where the graph does not give what the weights give.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from transformers import HubertConfig, HubertModel

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "src/backbone/paper/mert-v1-95m.json"
REPOSITORY = "m-a-p/MERT-v1-95M"
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
OPSET = 17

# What MERT's own code adds to HuBERT's forward pass, and the values that leave it out.
PLAIN_HUBERT = {"feature_extractor_cqt": False, "deepnorm": False, "attention_relax": -1.0}

# The parameters of a weight norm go by two pairs of names.
WEIGHT_NORM_NAMES = {
    "conv.weight_g": "conv.parametrizations.weight.original0",
    "conv.weight_v": "conv.parametrizations.weight.original1",
}

# (rows, samples): the shortest window, a batch, an odd length and the five seconds of every other.
CHECKED_SHAPES = ((1, 400), (3, 24_000), (1, 31_237), (2, 120_000))
LARGEST_DIFFERENCE = 1e-3


class LayerMeans(torch.nn.Module):
    """input_values [batch, samples] to layer_means [batch, layers, dimension]."""

    def __init__(self, hubert):
        super().__init__()
        self.hubert = hubert

    def forward(self, input_values):
        states = self.hubert(input_values, output_hidden_states=True).hidden_states
        return torch.stack([state.mean(dim=1) for state in states], dim=1)


def fail(message):
    sys.exit(f"export_mert: {message}")


def find_weights(folder, revision):
    """The folder with config.json and the weights, and what is known of where they come from."""
    if folder is not None:
        return folder, None
    from huggingface_hub import snapshot_download

    patterns = ["config.json", *WEIGHT_FILES]
    snapshot = Path(snapshot_download(REPOSITORY, revision=revision, allow_patterns=patterns))
    return snapshot, snapshot.name


def read_state(folder):
    """All weights by name, under the names that this version of torch gives a weight norm."""
    for name in WEIGHT_FILES:
        path = folder / name
        if not path.is_file():
            continue
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        return {rename(key): value for key, value in state.items()}
    fail(f"{folder} holds none of {', '.join(WEIGHT_FILES)}.")


def rename(key):
    for old, new in WEIGHT_NORM_NAMES.items():
        if key.endswith(old):
            return key.removesuffix(old) + new
    return key


def load_model(folder):
    """HuBERT with exactly the weights of the folder: none of its own, and none left over."""
    config = json.loads((folder / "config.json").read_text())
    unlike = {key: config[key] for key, plain in PLAIN_HUBERT.items() if config.get(key, plain) != plain}
    if unlike:
        fail(f"the configuration asks for what HuBERT does not compute: {unlike}.")
    model = HubertModel(HubertConfig.from_dict(config))
    missing, unexpected = model.load_state_dict(read_state(folder), strict=False)
    if missing or unexpected:
        fail(
            "the weights are not those of this network, and the graph would hold random ones.\n"
            f"  missing: {', '.join(missing) or 'none'}\n  left over: {', '.join(unexpected) or 'none'}"
        )
    # What a weight norm computes from its two parameters never changes again.
    convolution = model.encoder.pos_conv_embed.conv
    torch.nn.utils.parametrize.remove_parametrizations(convolution, "weight")
    model.set_attn_implementation("eager")
    return LayerMeans(model).eval().requires_grad_(False)


def export(model, path):
    torch.onnx.export(
        model,
        (torch.randn(2, 24_000),),
        str(path),
        input_names=["input_values"],
        output_names=["layer_means"],
        dynamic_axes={"input_values": {0: "batch", 1: "samples"}, "layer_means": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )


def check(model, path):
    """The largest difference between the graph and the weights; fails where it is too large."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(1)
    largest = 0.0
    for shape in CHECKED_SHAPES:
        values = generator.standard_normal(shape, dtype=np.float32)
        (found,) = session.run(["layer_means"], {"input_values": values})
        with torch.inference_mode():
            expected = model(torch.from_numpy(values)).numpy()
        if found.shape != expected.shape:
            fail(f"the graph gives {found.shape} for {shape}, the weights {expected.shape}.")
        difference = float(np.abs(found - expected).max())
        if not difference <= LARGEST_DIFFERENCE:
            fail(f"the graph differs from the weights by {difference} for {shape}.")
        largest = max(largest, difference)
    return largest


def write_manifest(path, onnx, model, commit):
    """The project's manifest of MERT, with what this graph is."""
    manifest = json.loads(MANIFEST.read_text())
    with open(onnx, "rb") as file:
        manifest["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
    config = model.hubert.config
    manifest["output"]["dimension"] = config.hidden_size
    manifest["output"]["layers"] = list(range(config.num_hidden_layers + 1))
    if commit:
        manifest["source"] += f" at {commit}"
    path.write_text(json.dumps(manifest, indent=2) + "\n")


def main():
    arguments = argparse.ArgumentParser(description="Exports MERT-v1-95M as a backbone of control-mvr.")
    arguments.add_argument("--weights", type=Path, help="a folder with config.json and the weights, in place of a download")
    arguments.add_argument("--revision", default="main", help=f"of {REPOSITORY} (default: main)")
    arguments.add_argument(
        "--out",
        type=Path,
        default=ROOT / "data/backbones/mert-v1-95m",
        help="the backbone's folder (default: data/backbones/mert-v1-95m)",
    )
    options = arguments.parse_args()
    if options.out.exists():
        fail(f"{options.out} is there already.")

    folder, commit = find_weights(options.weights, options.revision)
    model = load_model(folder)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".export-", dir=options.out.parent))
    try:
        onnx = unfinished / "backbone.onnx"
        export(model, onnx)
        difference = check(model, onnx)
        write_manifest(unfinished / "manifest.json", onnx, model, commit)
        unfinished.chmod(0o755)
        unfinished.rename(options.out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    print(f"{options.out}: the graph is within {difference:.1e} of the weights.")


if __name__ == "__main__":
    main()
