#!/usr/bin/python3
# Generated latents of ImageNet's size quantized in one command, killed and resumed, beside scikit-learn on a sample of classes.
"""Generates a latent store, quantizes it, kills a second run half way and resumes it, and times scikit-learn's KMeans on a few classes.

usage: ./dev bench imagenet-dry-run [--classes 1000] [--samples 1281] [--dimension 4096] [--ipc 50] [--threads N] [--seed 0] [--peer-classes 3]
                                    [--folder out/imagenet-dry-run] [--keep] [--no-cut] [--out FILE.md]
The whole store takes 10.5 GB; --classes 20 shows the same in seconds. Each class is a mixture of 12 Gaussians in 24 directions of its own (variances falling
as 1/rank) plus noise in all dimensions, drawn from (seed, class), so that classes have an intrinsic dimension far below D, as real latents do. The store is kept
with --keep and used again where it fits the options. Memory is read from /proc/PID/status every 20 ms: "anonymous" is RssAnon + RssShmem, what a process has beyond
the page cache; mapped latents are RssFile, which the system takes back when it needs to. Ends with 1 where a resumed run differs from an uninterrupted one, or where
anonymous memory reached 2 GiB. Needs python3-numpy, python3-sklearn, Linux.
"""
import argparse, hashlib, json, os, shutil, signal, struct, subprocess, sys, time
import numpy

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODES, DIRECTIONS, NOISE = 12, 24, 0.35


def class_latents(options, index):
    """N x D, float16."""
    rng = numpy.random.default_rng([options.seed, index])
    axes = rng.standard_normal((DIRECTIONS, options.dimension), dtype="f4") * (numpy.arange(1, DIRECTIONS + 1, dtype="f4") ** -0.5)[:, None] / 4
    modes = rng.standard_normal((MODES, DIRECTIONS), dtype="f4") * 1.5
    factors = modes[rng.integers(0, MODES, options.samples)] + rng.standard_normal((options.samples, DIRECTIONS), dtype="f4")
    latents = rng.standard_normal((options.samples, options.dimension), dtype="f4")
    latents *= NOISE
    latents += factors @ axes
    return latents.astype("f2")


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shape(options):
    return [4, 32, 32] if options.dimension == 4096 else [options.dimension, 1, 1]


def generate(options, store):
    """Writes the store unless it is there with these options; latents.json comes last, as our own writer does it."""
    manifest = os.path.join(store, "latents.json")
    name = f"generated {options.classes} x {options.samples} x {options.dimension}, seed {options.seed}"
    if os.path.exists(manifest) and json.load(open(manifest))["dataset"] == name:
        return 0.0
    shutil.rmtree(store, ignore_errors=True)
    os.makedirs(store)
    start, classes = time.time(), []
    for c in range(options.classes):
        files = [os.path.join(store, f"class-{c:04d}{kind}.npy") for kind in ("", ".index")]
        numpy.save(files[0], class_latents(options, c))
        numpy.save(files[1], numpy.arange(c * options.samples, (c + 1) * options.samples, dtype="i8"))
        classes.append({"name": f"class {c}", "count": options.samples, "latents_sha256": sha256(files[0]), "index_sha256": sha256(files[1])})
        progress(f"generated {c + 1} of {options.classes} classes", last=c + 1 == options.classes)
    description = {"format": "ddoq-latents", "version": 1, "latent_shape": shape(options), "precision": "float16", "encoder": "generated", "encoder_sha256": "",
                   "dataset": name, "dataset_fingerprint": hashlib.sha256(name.encode()).hexdigest(), "classes": classes}
    with open(manifest, "w") as file:
        json.dump(description, file, indent=2)
    return time.time() - start


def progress(text, last=False):
    if sys.stderr.isatty():
        print(f"\r{text}", end="\n" if last else "", file=sys.stderr)
    elif last:
        print(text, file=sys.stderr)


def memory(pid):
    """Bytes by kind now, empty once the process has ended."""
    try:
        with open(f"/proc/{pid}/status") as file:
            lines = [line.split() for line in file]
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines if line[0] in ("RssAnon:", "RssShmem:", "RssFile:", "VmHWM:")}


def quantize(options, store, out, *more, until=None):
    """Runs ddoq; returns (document or None if it was killed, seconds, peak anonymous, peak of all)."""
    command = [os.path.join(root, "ddoq"), "quantize", store, "--ipc", str(options.ipc), "--out", out, "--no-equal-weights", "--json", "--quiet", *more]
    if options.threads:
        command += ["--threads", str(options.threads)]
    start, anonymous, resident, killed = time.time(), 0, 0, False
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    while process.poll() is None:
        now = memory(process.pid)
        anonymous = max(anonymous, now.get("RssAnon", 0) + now.get("RssShmem", 0))
        resident = max(resident, now.get("VmHWM", 0))
        if until and until():
            process.send_signal(signal.SIGKILL)
            killed = True
            break
        time.sleep(0.02)
    text = process.communicate()[0]
    if not killed and process.returncode:
        sys.exit(f"ddoq ended with {process.returncode}")
    return (None if killed else json.loads(text)), time.time() - start, anonymous, resident


def parts(out):
    try:
        return sum(name.startswith("class-") and name.endswith(".safetensors") for name in os.listdir(out + ".work"))
    except FileNotFoundError:
        return 0


def tensor(path, name):
    """A float64 tensor of a safetensors file."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        begin, end = json.loads(file.read(length))[name]["data_offsets"]
        file.seek(8 + length + begin)
        return numpy.frombuffer(file.read(end - begin), "<f8")


def scikit_learn(options, store):
    """Seconds and distortion per class of a few; reading and widening are not counted."""
    from sklearn.cluster import KMeans
    rows = []
    for c in numpy.linspace(0, options.classes - 1, min(options.peer_classes, options.classes)).astype(int):
        x = numpy.load(os.path.join(store, f"class-{c:04d}.npy")).astype("f4")
        start = time.time()
        fitted = KMeans(options.ipc, n_init=1, random_state=0, algorithm="lloyd").fit(x)
        rows.append((int(c), time.time() - start, fitted.inertia_ / len(x), fitted.n_iter_))
    return rows


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in [("classes", 1000), ("samples", 1281), ("dimension", 4096), ("ipc", 50), ("threads", 0), ("seed", 0), ("peer-classes", 3)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--folder", default=os.path.join(root, "out", "imagenet-dry-run"))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--no-cut", action="store_true", help="leave out the second run, which is killed and resumed")
    parser.add_argument("--out")
    return parser.parse_args()


def kill_and_resume(options, store, whole, cut):
    for path in (cut, cut + ".work"):
        shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)
    _, before, *_ = quantize(options, store, cut, until=lambda: parts(cut) >= options.classes // 2)
    kept = parts(cut)
    _, after, *_ = quantize(options, store, cut, "--resume")
    same = sha256(whole) == sha256(cut)
    return f"{kept} of {options.classes} classes were finished; {before:.1f} s + {after:.1f} s, {'the same bytes' if same else 'OTHER BYTES'}", same


def main():
    options = parse()
    if options.threads:
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
    store, whole, cut = (os.path.join(options.folder, name) for name in ("store", "whole.safetensors", "cut.safetensors"))
    bytes_needed = 2 * options.classes * options.samples * options.dimension
    os.makedirs(options.folder, exist_ok=True)
    if shutil.disk_usage(options.folder).free < 1.2 * bytes_needed and not os.path.exists(os.path.join(store, "latents.json")):
        sys.exit(f"'{options.folder}' has no room for {bytes_needed / 1e9:.1f} GB: give another --folder, or fewer --classes")
    subprocess.run([os.path.join(root, "ddoq"), "--version"], check=True, stdout=subprocess.DEVNULL)  # builds where that is needed
    generated = generate(options, store)

    document, seconds, anonymous, resident = quantize(options, store, whole, "--force")
    resumed, same = ("left out", True) if options.no_cut else kill_and_resume(options, store, whole, cut)

    peers = scikit_learn(options, store)
    ours = tensor(whole, "class_distortion")
    peer_seconds = sum(row[1] for row in peers) / len(peers)
    ratio = sum(ours[row[0]] for row in peers) / sum(row[2] for row in peers)
    sane = anonymous < 2 << 30
    lines = [
        f"{options.classes:,} classes x {options.samples:,} samples x {options.dimension:,} dimensions, float16 ({bytes_needed / 1e9:.1f} GB), {options.ipc} points per class, "
        f"{options.threads or os.cpu_count()} threads.", "",
        "| what | found |", "|---|---|",
        f"| store generated | {f'{generated:.0f} s' if generated else 'kept from before'} |",
        f"| `ddoq quantize`, whole command | {seconds:.1f} s |",
        f"| of it clustering and reading | {document['seconds']:.1f} s, {1e3 * document['seconds'] / options.classes:.0f} ms per class |",
        f"| distortion, W2 | {document['distortion']:.4f}, {document['w2']:.4f} |",
        f"| memory beyond the page cache, at most (RssAnon + RssShmem) | {anonymous / 2**20:,.0f} MiB{'' if sane else ' (above 2 GiB)'} |",
        f"| resident memory with mapped files, at most (VmHWM) | {resident / 2**20:,.0f} MiB |",
        f"| killed half way and resumed | {resumed} |",
        f"| scikit-learn KMeans (n_init=1) on classes {', '.join(str(row[0]) for row in peers)} | {peer_seconds:.3f} s per class in memory, {', '.join(str(row[3]) for row in peers)} iterations |",
        f"| extrapolated to all classes | {peer_seconds * options.classes:.0f} s: {peer_seconds * options.classes / document['seconds']:.1f} times ours |",
        f"| our distortion on those classes relative to scikit-learn's | {ratio:.4f} |",
    ]
    print("\n".join(lines))
    if options.out:
        with open(options.out, "w") as file:
            file.write("\n".join(lines) + "\n")
    if not options.keep:
        shutil.rmtree(options.folder)
    sys.exit(0 if same and sane else 1)


main()
