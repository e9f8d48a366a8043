"""Prints the expected values of ClassifierTests: torchvision 0.14.1 and torch 1.13 on the CPU, weights and inputs by the closed-form rule of the golden data.

    python3 classifiers.py

ResNetAP-10 has no packaged reference; it is written out here from torch's own layers.
"""
import numpy as np
import torch
import torch.nn.functional as F
import torchvision.models as models
from torch import nn

MASK = (1 << 64) - 1


def values(name, seed, count):
    h = 0xCBF29CE484222325
    for byte in f"{seed}/{name}".encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(h) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 8388608.0 - 1.0


def fill(network, seed):
    for name, entry in network.state_dict().items():
        if not entry.is_floating_point():
            continue
        v, last = values(name, seed, entry.numel()), name.split(".")[-1]
        if last == "running_var":
            v = 1 + 0.25 * v
        elif entry.dim() >= 2:
            v = np.sqrt(3.0 / (entry.numel() / entry.shape[0])) * v
        elif last == "weight":
            v = 1 + 0.25 * v
        else:
            v = 0.1 * v
        entry.copy_(torch.from_numpy(v.astype(np.float32).reshape(tuple(entry.shape))))
    return network.eval()


class PooledBlock(nn.Module):
    def __init__(self, inputs, outputs, factor):
        super().__init__()
        self.factor = factor
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.GroupNorm(outputs, outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.GroupNorm(outputs, outputs)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.AvgPool2d(factor), nn.GroupNorm(outputs, outputs)) if factor > 1 else nn.Identity()

    def forward(self, x):
        y = F.avg_pool2d(F.relu(self.bn1(self.conv1(x))), self.factor)
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class ResNetAP10(nn.Module):
    def __init__(self, classes, kernel, pool):
        super().__init__()
        self.pool = pool
        self.layer0 = nn.ModuleDict({"conv1": nn.Conv2d(3, 64, kernel, padding=kernel // 2, bias=False), "bn1": nn.GroupNorm(64, 64)})
        self.layer1, self.layer2 = nn.Sequential(PooledBlock(64, 64, 1)), nn.Sequential(PooledBlock(64, 128, 2))
        self.layer3, self.layer4 = nn.Sequential(PooledBlock(128, 256, 2)), nn.Sequential(PooledBlock(256, 512, 2))
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        x = F.avg_pool2d(F.relu(self.layer0["bn1"](self.layer0["conv1"](x))), self.pool)
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3)))


def small_resnet18():
    network = models.resnet18(weights=None, num_classes=5)
    network.conv1, network.maxpool = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
    return network


CASES = {
    "vit": (lambda: models.VisionTransformer(image_size=32, patch_size=8, num_layers=2, num_heads=4, hidden_dim=64, mlp_dim=256, num_classes=5), (2, 3, 32, 32)),
    "resnet18": (small_resnet18, (2, 3, 32, 32)),
    "resnet_ap10_small": (lambda: ResNetAP10(5, 3, 1), (2, 3, 32, 32)),
    "resnet_ap10_middle": (lambda: ResNetAP10(5, 7, 2), (1, 3, 96, 96)),
    "resnet_ap10_large": (lambda: ResNetAP10(5, 7, 4), (1, 3, 160, 160)),
}

with torch.no_grad():
    for case, (build, shape) in CASES.items():
        x = torch.from_numpy((np.sqrt(3) * values(f"{case}.input", 7, int(np.prod(shape)))).astype(np.float32).reshape(shape))
        print(case, [round(v, 5) for v in fill(build(), 7)(x).flatten().tolist()])
