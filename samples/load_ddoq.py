"""Opens a Ddoq distilled set with torch, numpy and Pillow: images, labels, weights, soft_labels = load("out")."""
import csv, json, struct, sys
from pathlib import Path
import numpy as np
import torch
from PIL import Image


def tensors(path):
    """All tensors of a safetensors file: 8 bytes of header length, a JSON header, then the values."""
    raw = Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    types = {"F16": np.float16, "F32": np.float32, "I64": np.int64}
    entries = {name: e for name, e in json.loads(raw[8:start]).items() if name != "__metadata__"}
    spans = {name: raw[start + e["data_offsets"][0]:start + e["data_offsets"][1]] for name, e in entries.items()}
    return {name: torch.from_numpy(np.frombuffer(spans[name], types[e["dtype"]]).reshape(e["shape"]).copy()) for name, e in entries.items()}


def load(folder="."):
    """images uint8 [N,C,H,W], labels int64 [N], weights float32 [N] (mean one per class), soft_labels float16 [N,V,L] logits or None."""
    train = Path(folder) / "train"
    with open(train / "metadata.csv", newline="", encoding="utf-8") as file:
        pixels = np.stack([np.array(Image.open(train / row["file_name"])) for row in csv.DictReader(file)])
    images = torch.from_numpy(pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2).copy())
    targets = tensors(Path(folder) / "targets.safetensors")
    return images, targets["labels"], targets["weights"], targets.get("soft_labels")


if __name__ == "__main__":
    for name, value in zip(("images", "labels", "weights", "soft_labels"), load(*sys.argv[1:2] or ["."])):
        print(name, "none" if value is None else f"{tuple(value.shape)} {value.dtype} sum {value.double().sum().item():.9g}")
