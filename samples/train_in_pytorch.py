"""Trains a ConvNet-3 on a Ddoq distilled set with torch and numpy, and scores it on real images.

    python3 train_in_pytorch.py SET TEST [--labels soft|hard] [--epochs N] [--width N]

SET is the folder of the set; TEST is a folder of class folders, or one with t10k-images-idx3-ubyte[.gz] and its labels.
"""
import argparse, gzip, json, math, struct, sys
from pathlib import Path
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from PIL import Image

BITS = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(z):
    z = (z + GOLDEN) & BITS
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & BITS
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & BITS
    return z ^ (z >> 31)


def record(seed, view, index, shift, flip):
    """What view `view` does to image `index`: rows down, columns right, mirrored first. It follows from the seed, so no view is stored."""
    state = mix(seed ^ GOLDEN)
    for word in [*map(ord, "augmentation"), view, index, 0]:
        state = mix(state ^ word)

    def below(bound):  # uniform in [0, bound), by Lemire's multiplication
        nonlocal state
        while True:
            high, low = divmod(mix(state) * bound, 1 << 64)
            state = (state + GOLDEN) & BITS
            if low >= (1 << 64) % bound:
                return high

    rows, columns = below(2 * shift + 1) - shift, below(2 * shift + 1) - shift
    return rows, columns, flip and below(2) == 1


def augment(images, indices, seed, view, shift, flip):
    """That view of uint8 images [B,C,H,W]; pixels that a shift uncovers are 0."""
    out = torch.zeros_like(images)
    height, width = images.shape[2:]
    for b, index in enumerate(indices):
        rows, columns, mirrored = record(seed, view, int(index), shift, flip)
        image = images[b].flip(2) if mirrored else images[b]
        y, x = max(rows, 0), max(columns, 0)
        part = image[:, max(-rows, 0):height - y, max(-columns, 0):width - x]
        out[b, :, y:y + part.shape[1], x:x + part.shape[2]] = part
    return out


def view_settings(folder):
    """temperature, views, augmentation seed, shift and flip: the metadata of targets.safetensors."""
    raw = (Path(folder) / "targets.safetensors").read_bytes()
    told = json.loads(raw[8:8 + struct.unpack("<Q", raw[:8])[0]])["__metadata__"]
    if "kind" not in told:
        sys.exit("this set has no soft labels: make them with 'ddoq label', or pass --labels hard")
    made = dict(part.split("=") for part in told["augmentation"].split(","))
    if set(made) != {"shift", "flip"} or "bits" in told:
        sys.exit(f"this script replays whole labels of shifted and mirrored views; these are {told['augmentation']}, {told.get('bits', '16')} bits: label the set with 'ddoq label --force'")
    return float(told["temperature"]), int(told["views"]), int(told["augmentation_seed"]), int(made["shift"]), made["flip"] == "1"


def convnet(shape, classes, width, depth=3):
    """ConvNet of the data set condensation protocol: 28x28 images are padded to 32x32 by the first layer."""
    layers, (channels, height, columns) = [], shape
    for layer in range(depth):
        padding = 3 if layer == 0 and (height, columns) == (28, 28) else 1
        layers += [nn.Conv2d(channels, width, 3, padding=padding), nn.GroupNorm(width, width), nn.ReLU(), nn.AvgPool2d(2)]
        channels, height, columns = width, (height + 2 * padding - 2) // 2, (columns + 2 * padding - 2) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * height * columns, classes))


def idx(path):
    raw = (gzip.open(path) if path.suffix == ".gz" else open(path, "rb")).read()
    sizes = struct.unpack(f">{raw[3]}I", raw[4:4 + 4 * raw[3]])
    return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes).copy())


def load_test(folder, classes, channels):
    found = sorted(Path(folder).glob("t10k-*-ubyte*"))  # images before labels
    if found:
        return idx(found[0])[:, None], idx(found[1]).long()
    pixels, labels = [], []
    for label, name in enumerate(classes):
        for file in sorted((Path(folder) / name).iterdir()):
            image = np.array(Image.open(file).convert("L" if channels == 1 else "RGB"))
            pixels.append(image[None] if channels == 1 else image.transpose(2, 0, 1))
            labels.append(label)
    return torch.from_numpy(np.stack(pixels)), torch.tensor(labels)


def train(folder, test, labels="soft", epochs=300, width=32, batch=50, rate=4e-3, seed=0):
    sys.path.insert(0, str(Path(folder).resolve()))
    from load_ddoq import load  # every set brings it along
    images, targets, weights, soft = load(folder)
    manifest = json.loads((Path(folder) / "manifest.json").read_text())
    told = manifest["provenance"]["normalisation"]
    mean, deviation = (torch.tensor(told[key]).view(1, -1, 1, 1).float() for key in ("mean", "standard_deviation"))
    normal = lambda pixels: (pixels / 255 - mean) / deviation
    temperature, views, view_seed, shift, flip = view_settings(folder) if labels == "soft" else (1.0, epochs, seed, 2, True)

    torch.manual_seed(seed)
    net = convnet(images.shape[1:], len(manifest["classes"]), width)
    optimizer = torch.optim.AdamW(net.parameters(), rate, weight_decay=0.01)
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
        for rows in torch.randperm(len(images)).split(batch):
            logits = net(normal(augment(images[rows], rows, view_seed, epoch % views, shift, flip)))
            if labels == "soft":
                wanted = F.log_softmax(soft[rows, epoch % views].float() / temperature, 1)
                loss = temperature ** 2 * (wanted.exp() * (wanted - F.log_softmax(logits / temperature, 1))).sum(1)
            else:
                loss = F.cross_entropy(logits, targets[rows], reduction="none")
            optimizer.zero_grad()
            (loss * weights[rows]).mean().backward()  # divided by the batch size, not by its weights
            optimizer.step()

    pixels, truth = load_test(test, [c["name"] for c in manifest["classes"]], images.shape[1])
    with torch.no_grad():
        right = sum((net.eval()(normal(p)).argmax(1) == t).sum().item() for p, t in zip(pixels.split(250), truth.split(250)))
    return right / len(truth)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set"), parser.add_argument("test")
    parser.add_argument("--labels", choices=["soft", "hard"], default="soft")
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--width", type=int, default=32)
    given = parser.parse_args()
    print(f"accuracy {train(given.set, given.test, given.labels, given.epochs, given.width):.4f}")
