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
    types = {"F16": np.float16, "F32": np.float32, "I64": np.int64, "U8": np.uint8, "U16": np.uint16}
    entries = {name: e for name, e in json.loads(raw[8:start]).items() if name != "__metadata__"}
    spans = {name: raw[start + e["data_offsets"][0]:start + e["data_offsets"][1]] for name, e in entries.items()}
    values = {name: np.frombuffer(spans[name], types[e["dtype"]]).reshape(e["shape"]) for name, e in entries.items()}
    return {name: torch.from_numpy(v.astype(np.int64) if v.dtype == np.uint16 else v.copy()) for name, v in values.items()}


def whole(values, ranges, kept, classes):
    """Logits [N,V,L] of labels stored in 8 bits (ranges: least and largest of a view) or as the largest ones (kept: their classes; the last value stands for all others)."""
    if values is None:
        return None
    if ranges is not None:
        least, largest = ranges.double()[..., :1], ranges.double()[..., 1:]
        values = (least + (largest - least) * values.double() / 255).half()
    if kept is None:
        return values
    rest = values[..., -1:].float().repeat(1, 1, classes)
    return rest.scatter(-1, kept.long(), values[..., :-1].float()).half()


def load(folder="."):
    """images uint8 [N,C,H,W], labels int64 [N], weights float32 [N] (mean one per class), soft_labels float16 [N,V,L] logits or None."""
    train = Path(folder) / "train"
    with open(train / "metadata.csv", newline="", encoding="utf-8") as file:
        pixels = np.stack([np.array(Image.open(train / row["file_name"])) for row in csv.DictReader(file)])
    images = torch.from_numpy(pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2).copy())
    targets = tensors(Path(folder) / "targets.safetensors")
    logits = whole(targets.get("soft_labels"), targets.get("soft_label_ranges"), targets.get("soft_label_classes"), int(targets["labels"].max()) + 1)
    return images, targets["labels"], targets["weights"], logits


if __name__ == "__main__":
    for name, value in zip(("images", "labels", "weights", "soft_labels"), load(*sys.argv[1:2] or ["."])):
        print(name, "none" if value is None else f"{tuple(value.shape)} {value.dtype} sum {value.double().sum().item():.9g}")
