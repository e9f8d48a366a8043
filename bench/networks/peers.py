"""The networks of the benchmark in plain PyTorch, with random weights: python3 peers.py CASE THREADS REPEATS [float32|bfloat16] -> "seconds ... peak-megabytes"; CASE flops -> GFLOP of one step."""
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    def __init__(self, inputs, outputs, time_width=0, eps=1e-6):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(32, inputs, eps), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(32, outputs, eps), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.time = nn.Linear(time_width, outputs) if time_width else None
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, t=None):
        y = self.conv1(F.silu(self.norm1(x)))
        if self.time is not None:
            y = y + self.time(F.silu(t))[:, :, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(y)))


class Attention(nn.Module):
    """softmax(q k^T / sqrt(d)) v; the fused operator where this torch has it."""

    def __init__(self, width, context, heads, bias=False):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = nn.Linear(width, width, bias), nn.Linear(context, width, bias), nn.Linear(context, width, bias)
        self.out = nn.Linear(width, width)

    def forward(self, x, context=None):
        context = x if context is None else context
        split = lambda y: y.view(y.shape[0], y.shape[1], self.heads, -1).transpose(1, 2)
        q, k, v = split(self.q(x)), split(self.k(context)), split(self.v(context))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v)
        else:
            y = (q @ k.transpose(-1, -2) * (q.shape[-1] ** -0.5)).softmax(-1) @ v
        Attention.flops += 4 * q.shape[0] * q.shape[1] * q.shape[2] * k.shape[2] * q.shape[3]
        return self.out(y.transpose(1, 2).flatten(2))

    flops = 0


class SelfAttention2d(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm, self.inner = nn.GroupNorm(32, channels, 1e-6), Attention(channels, channels, 1, bias=True)

    def forward(self, x):
        y = self.norm(x).flatten(2).transpose(1, 2)
        return x + self.inner(y).transpose(1, 2).view_as(x)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layers, width = [nn.Conv2d(3, 128, 3, padding=1)], 128
        for level, outputs in enumerate((128, 256, 512, 512)):
            layers += [Residual(width, outputs), Residual(outputs, outputs)]
            width = outputs
            if level < 3:
                layers += [nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(width, width, 3, stride=2)]
        layers += [Residual(512, 512), SelfAttention2d(512), Residual(512, 512), nn.GroupNorm(32, 512, 1e-6), nn.SiLU(), nn.Conv2d(512, 8, 3, padding=1), nn.Conv2d(8, 8, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        layers, width = [nn.Conv2d(4, 4, 1), nn.Conv2d(4, 512, 3, padding=1), Residual(512, 512), SelfAttention2d(512), Residual(512, 512)], 512
        for level, outputs in enumerate((512, 512, 256, 128)):
            layers += [Residual(width, outputs), Residual(outputs, outputs), Residual(outputs, outputs)]
            width = outputs
            if level < 3:
                layers += [nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1)]
        layers += [nn.GroupNorm(32, 128, 1e-6), nn.SiLU(), nn.Conv2d(128, 3, 3, padding=1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


class TransformerBlock(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.norm, self.into, self.outof = nn.GroupNorm(32, width, 1e-6), nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.norm1, self.attn1 = nn.LayerNorm(width), Attention(width, width, heads)
        self.norm2, self.attn2 = nn.LayerNorm(width), Attention(width, context, heads)
        self.norm3, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, 8 * width), nn.Linear(4 * width, width)

    def forward(self, x, context):
        y = self.into(self.norm(x)).flatten(2).transpose(1, 2)
        y = y + self.attn1(self.norm1(y))
        y = y + self.attn2(self.norm2(y), context)
        value, gate = self.up(self.norm3(y)).chunk(2, -1)
        y = y + self.down(value * F.gelu(gate))
        return x + self.outof(y.transpose(1, 2).reshape(x.shape))


class UNet(nn.Module):
    def __init__(self, widths=(320, 640, 1280, 1280), context=768, heads=8):
        super().__init__()
        t = 4 * widths[0]
        self.time = nn.Sequential(nn.Linear(widths[0], t), nn.SiLU(), nn.Linear(t, t))
        self.first, self.down, self.up = nn.Conv2d(4, widths[0], 3, padding=1), nn.ModuleList(), nn.ModuleList()
        skips, width = [widths[0]], widths[0]
        for level, outputs in enumerate(widths):
            for _ in range(2):
                self.down.append(nn.ModuleList([Residual(width, outputs, t, 1e-5), TransformerBlock(outputs, context, heads) if level < 3 else None]))
                width = outputs
                skips.append(width)
            if level < 3:
                self.down.append(nn.ModuleList([nn.Conv2d(width, width, 3, stride=2, padding=1)]))
                skips.append(width)
        self.middle1, self.middle2, self.middle3 = Residual(width, width, t, 1e-5), TransformerBlock(width, context, heads), Residual(width, width, t, 1e-5)
        for level, outputs in reversed(list(enumerate(widths))):
            for _ in range(3):
                self.up.append(nn.ModuleList([Residual(width + skips.pop(), outputs, t, 1e-5), TransformerBlock(outputs, context, heads) if level < 3 else None]))
                width = outputs
            if level > 0:
                self.up.append(nn.ModuleList([nn.Conv2d(width, width, 3, padding=1)]))
        self.norm, self.last = nn.GroupNorm(32, width, 1e-5), nn.Conv2d(width, 4, 3, padding=1)

    def forward(self, x, t, context):
        half = self.time[0].in_features // 2
        angles = t[:, None].float() * torch.exp(-math.log(10000) * torch.arange(half) / half)[None]
        t = self.time(torch.cat([angles.cos(), angles.sin()], 1).to(x.dtype))
        x = self.first(x)
        skips = [x]
        for block in self.down:
            x = block[0](x) if len(block) == 1 else block[0](x, t)
            if len(block) == 2 and block[1] is not None:
                x = block[1](x, context)
            skips.append(x)
        x = self.middle3(self.middle2(self.middle1(x, t), context), t)
        for block in self.up:
            if len(block) == 1:
                x = block[0](F.interpolate(x, scale_factor=2.0))
                continue
            x = block[0](torch.cat([x, skips.pop()], 1), t)
            if block[1] is not None:
                x = block[1](x, context)
        return self.last(F.silu(self.norm(x)))


class DiTBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-6, False), nn.LayerNorm(width, 1e-6, False)
        self.attn = Attention(width, width, heads, bias=True)
        self.mlp, self.condition = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width)), nn.Linear(width, 6 * width)

    def forward(self, x, c):
        s1, b1, g1, s2, b2, g2 = self.condition(F.silu(c))[:, None].chunk(6, -1)
        x = x + g1 * self.attn(self.norm1(x) * (1 + b1) + s1)
        return x + g2 * self.mlp(self.norm2(x) * (1 + b2) + s2)


class DiT(nn.Module):
    def __init__(self, width=1152, depth=28, heads=16):
        super().__init__()
        self.patches, self.positions = nn.Conv2d(4, width, 2, 2), nn.Parameter(torch.zeros(1, 256, width))
        self.time, self.label = nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width)), nn.Embedding(1001, width)
        self.blocks = nn.ModuleList(DiTBlock(width, heads) for _ in range(depth))
        self.norm, self.condition, self.last = nn.LayerNorm(width, 1e-6, False), nn.Linear(width, 2 * width), nn.Linear(width, 32)

    def forward(self, x, t, y):
        angles = t[:, None].float() * torch.exp(-math.log(10000) * torch.arange(128) / 128)[None]
        c = self.time(torch.cat([angles.cos(), angles.sin()], 1).to(x.dtype)) + self.label(y)
        x = self.patches(x).flatten(2).transpose(1, 2) + self.positions
        for block in self.blocks:
            x = block(x, c)
        shift, scale = self.condition(F.silu(c))[:, None].chunk(2, -1)
        return self.last(self.norm(x) * (1 + scale) + shift)


def step_of(case, kind):
    normal = lambda *shape: torch.randn(*shape).to(kind)
    if case == "gemm":
        a, b = normal(2048, 2048), normal(2048, 2048)
        return None, lambda: a @ b
    if "-train-" in case:
        import torchvision.models as models
        classes, batch, channels, side = {"resnet18-train-224": (1000, 32, 3, 224), "resnet18-train-32": (1000, 128, 3, 32), "mobilenet-v2-train-28": (10, 100, 1, 28)}[case]
        network = models.resnet18(num_classes=classes) if case.startswith("resnet18") else models.mobilenet_v2(num_classes=classes)
        if case == "resnet18-train-32":
            network.conv1, network.maxpool = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
        if case.startswith("mobilenet"):
            network.features[0][0] = nn.Conv2d(channels, 32, 3, 2, 1, bias=False)
        optimizer = torch.optim.SGD(network.parameters(), 0.01, 0.9, weight_decay=1e-4)
        images, labels = torch.randn(batch, channels, side, side), torch.randint(0, classes, (batch,))

        def train():
            optimizer.zero_grad()
            F.cross_entropy(network(images), labels).backward()
            optimizer.step()

        return network, train
    build, inputs = {
        "vae-encode-256": (Encoder, lambda: (normal(1, 3, 256, 256),)),
        "vae-decode-512": (Decoder, lambda: (normal(1, 4, 64, 64),)),
        "dit-xl-2-batch-1": (DiT, lambda: (normal(1, 4, 32, 32), torch.tensor([500]), torch.tensor([3]))),
        "dit-xl-2-batch-2": (DiT, lambda: (normal(2, 4, 32, 32), torch.tensor([500, 500]), torch.tensor([3, 3]))),
        "unet-512": (UNet, lambda: (normal(1, 4, 64, 64), torch.tensor([500]), normal(1, 77, 768))),
    }[case]
    network, given = build().eval().to(kind), inputs()

    def infer():
        with torch.no_grad():
            network(*given)

    return network, infer


def flops(network, step):
    if network is None:
        return 2 * 2048 ** 3
    total = [0]

    def count(module, _, y):
        total[0] += 2 * y.numel() * (module.weight.numel() // module.weight.shape[0])

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    Attention.flops = 0
    step()
    for hook in hooks:
        hook.remove()
    return (total[0] + Attention.flops) * (3 if network.training else 1)  # forward, and backward to inputs and weights


if __name__ == "__main__":
    kind = torch.bfloat16 if sys.argv[4:] == ["bfloat16"] else torch.float32
    if sys.argv[2] == "flops":
        print(flops(*step_of(sys.argv[1], kind)) / 1e9)
        sys.exit()
    torch.set_num_threads(int(sys.argv[2]))
    _, step = step_of(sys.argv[1], kind)
    step()
    seconds = []
    for _ in range(int(sys.argv[3])):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    print(*seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
