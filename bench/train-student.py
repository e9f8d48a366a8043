#!/usr/bin/python3
# One ConvNet-3 student beside the same loop in Debian's python3-torch.
"""ddoq and python3-torch in turn, both on one thread.

usage: ./dev bench train-student SET [REPEATS]        SET: a labelled distilled set, such as out/quickstart/sets/ddoq
Both train 200 epochs in batches of 50 with AdamW under the set's stored soft labels and weights, and score 10,000 test images twice.
"""
import gzip, json, os, statistics, subprocess, sys, time
import numpy, torch
from PIL import Image

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
chosen, repeats = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
EPOCHS, BATCH, WIDTH, MEAN, STD = 200, 50, 32, 0.2860406, 0.35302424




def read_tensors(path):
    raw = open(path, "rb").read()
    size = int.from_bytes(raw[:8], "little")
    header, body = json.loads(raw[8:8 + size]), raw[8 + size:]
    kinds = {"F16": numpy.float16, "F32": numpy.float32, "I64": numpy.int64}
    return {name: numpy.frombuffer(body[t["data_offsets"][0]:t["data_offsets"][1]], kinds[t["dtype"]]).reshape(t["shape"]).copy()
            for name, t in header.items() if name != "__metadata__"}


def read_images(folder):
    rows = open(os.path.join(folder, "train", "metadata.csv")).read().splitlines()[1:]
    return numpy.stack([numpy.asarray(Image.open(os.path.join(folder, "train", r.split(",")[0]))) for r in rows])


def read_test():
    place = os.environ.get("DDOQ_FASHION_MNIST", "/usr/share/datasets/fashion-mnist")
    images = gzip.open(os.path.join(place, "t10k-images-idx3-ubyte.gz")).read()[16:]
    labels = gzip.open(os.path.join(place, "t10k-labels-idx1-ubyte.gz")).read()[8:]
    return (torch.frombuffer(bytearray(images), dtype=torch.uint8).view(-1, 1, 28, 28).float() / 255 - MEAN) / STD, torch.frombuffer(bytearray(labels), dtype=torch.uint8).long()


def network():
    layers, channels = [], 1
    for depth in range(3):
        layers += [torch.nn.Conv2d(channels, WIDTH, 3, padding=3 if depth == 0 else 1), torch.nn.GroupNorm(WIDTH, WIDTH), torch.nn.ReLU(), torch.nn.AvgPool2d(2)]
        channels = WIDTH
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(WIDTH * 16, 10))


def accuracy(net, test):
    with torch.no_grad():
        return sum((net(test[0][i:i + 250]).argmax(1) == test[1][i:i + 250]).sum().item() for i in range(0, 10000, 250)) / 10000


def torch_student(images, tensors, test):
    start = time.perf_counter()
    x = (torch.from_numpy(images).view(-1, 1, 28, 28).float() / 255 - MEAN) / STD
    logits, weights, (n, views) = torch.from_numpy(tensors["soft_labels"]).float(), torch.from_numpy(tensors["weights"]), tensors["soft_labels"].shape[:2]
    net = network()
    optimizer = torch.optim.AdamW(net.parameters(), 4e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for epoch in range(EPOCHS):
        for rows in torch.randperm(n).split(BATCH):
            shift = torch.randint(-2, 3, (2,)).tolist()  # one shift and flip a batch: as much arithmetic as ours, or less
            view = torch.roll(x[rows], shift, (2, 3))
            view = view.flip(3) if torch.rand(1) < 0.5 else view
            optimizer.zero_grad()
            found = torch.log_softmax(net(view) / 4, 1)
            target = torch.log_softmax(logits[rows, epoch % views] / 4, 1)
            (16 * (target.exp() * (target - found)).sum(1) * weights[rows]).mean().backward()
            optimizer.step()
        schedule.step()
        if epoch + 1 in (EPOCHS // 2, EPOCHS):
            score = accuracy(net, test)
    return time.perf_counter() - start, score


def ddoq_student():
    out = subprocess.run([os.path.join(root, "ddoq"), "train", chosen, "--test", "fashion-mnist:test", "--protocol", "soft", "--seeds", "1", "--threads", "1", "--json", "--quiet"],
                         check=True, stdout=subprocess.PIPE).stdout
    found = json.loads(out)
    return found["seconds"], found["last"]["mean"]


torch.set_num_threads(1)
images, tensors, test = read_images(chosen), read_tensors(os.path.join(chosen, "targets.safetensors")), read_test()
ours, theirs = [], []
for _ in range(repeats):
    ours.append(ddoq_student())
    theirs.append(torch_student(images, tensors, test))
seen = EPOCHS * len(images)
print("| | seconds, median | min | max | images/s in training and scoring | accuracy |\n|---|---:|---:|---:|---:|---:|")
for name, runs in (("ddoq", ours), (f"python3-torch {torch.__version__}", theirs)):
    t = [r[0] for r in runs]
    print(f"| {name} | {statistics.median(t):.1f} | {min(t):.1f} | {max(t):.1f} | {(seen + 20000) / statistics.median(t):.0f} | {runs[-1][1]:.3f} |")
print(f"\nratio of medians, python3-torch to ddoq: {statistics.median([r[0] for r in theirs]) / statistics.median([r[0] for r in ours]):.2f}")
