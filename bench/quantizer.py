#!/usr/bin/python3
# The quantizer beside scikit-learn's KMeans and MiniBatchKMeans and faiss's Kmeans, cell by cell.
"""Every cell in turn on the same cores: ours within one warm process, the peers within this one.

A run of a few milliseconds is repeated for a fifth of a second, on all sides, and its median counts; .NET compiles its code within such a fifth before the first one.

usage: ./dev bench quantizer [--cells N,D,K …] [--kinds images mixture] [--repeats 5] [--seconds 60] [--bounds] [--out FILE.md]
Lloyd: all start from the same centroids (scikit-learn's greedy k-means++ on the first samples), tolerance 1e-4, at most 25 steps (10 where a step takes 2e11
multiplications); faiss always makes that many. Mini-batch: as D4M feeds it, one pass of partial_fit in chunks of 10 K; ours is a whole run from its own start.
Whole runs: every run has a seed of its own on all sides; distortions are means over runs, and "lower in" counts the runs whose distortion is below the peer's mean. Ours "quick" is `quantize --quick`, "whole" the default with the exchange; scikit-learn's KMeans starts from its own k-means++, with the same limit.
A cell is repeated until --repeats runs or --seconds are spent, whichever comes first, but at least once; medians are kept. Needs python3-sklearn, python3-faiss.
"""
import argparse, gzip, json, os, statistics, subprocess, tempfile, time, warnings
import numpy
import faiss
import sklearn
from sklearn.cluster import KMeans, MiniBatchKMeans, kmeans_plusplus

warnings.filterwarnings("ignore")
root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GRID = [(n, d, k) for n in (1300, 20000, 200000) for d in (64, 784, 4096, 16384) for k in (10, 50, 200, 1000)]
LARGEST = 4 << 30   # bytes of samples: above, a copy of a peer does not fit
LEAST = 0.2         # seconds that a short run is repeated for
HARDEST = 4.2e10    # multiplications of one step: above, one run of a peer takes minutes


def fits(n, d, k):
    return 4 * n * d <= LARGEST and n * d * k <= HARDEST and 3 * k <= 2 * n


def images(count, side):
    """Fashion-MNIST, enlarged to side x side; beyond 60,000 mirrored and shifted."""
    folder = os.environ.get("DDOQ_FASHION_MNIST", "/usr/share/datasets/fashion-mnist")
    pixels = numpy.frombuffer(gzip.open(os.path.join(folder, "train-images-idx3-ubyte.gz")).read()[16:], numpy.uint8).reshape(-1, 28, 28)
    parts = [pixels, pixels[:, :, ::-1], numpy.roll(pixels, 1, 1), numpy.roll(pixels, 2, 2)][: -(-count // len(pixels))]
    chosen = numpy.concatenate(parts)[:count]
    if side != 28:
        place = (numpy.arange(side) * 28 // side)
        chosen = chosen[:, place][:, :, place]
    return (chosen.reshape(count, side * side) / numpy.float32(255)).astype("f4")


def mixture(count, dimension, rng):
    means = rng.normal(size=(100, dimension)).astype("f4") * numpy.float32(16 / dimension ** 0.5 / 2)
    x = rng.standard_normal((count, dimension), dtype="f4")
    x += means[rng.integers(0, 100, count)]
    return x


def samples(kind, n, d):
    if kind == "images": return images(n, round(d ** 0.5))
    return mixture(n, d, numpy.random.default_rng(n + d))


def kinds(d):
    return ["mixture"] if d == 64 else ["images"] if d == 784 else ["images", "mixture"]


def timed(work, least=LEAST):
    """Seconds of one run, the median of those that fit, and the last result."""
    time.sleep(0.2) # threads of the run before stop spinning
    seconds, began = [], time.perf_counter()
    while not seconds or time.perf_counter() - began < least:
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def distortion(x, centroids):
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(numpy.ascontiguousarray(centroids, "f4"))
    _, label = index.search(x, 1)
    total = 0.0
    for i in range(0, len(x), 4096): # in float64: faiss's float32 distances cancel
        total += numpy.square(x[i:i + 4096].astype("f8") - centroids[label[i:i + 4096, 0]]).sum()
    return total / len(x)


class Ours:
    def __init__(self):
        project = os.path.join(root, "bench", "quantizer")
        subprocess.run([os.environ.get("DOTNET", "dotnet"), "build", project, "-c", "Release", "-v", "quiet", "-nologo"], check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen([os.environ.get("DOTNET", "dotnet"), os.path.join(project, "bin", "Release", "net10.0", "Ddoq.Bench.dll")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        time.sleep(0.2)
        self.process.stdin.write(json.dumps({"least": LEAST} | request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def sklearn_lloyd(x, start, steps, k=None, seed=0):
    seconds, model = timed(lambda: KMeans(k or len(start), random_state=seed, init=start, n_init=1, tol=1e-4, max_iter=steps, algorithm="lloyd").fit(x))
    return seconds, model.inertia_ / len(x), model.n_iter_


def faiss_lloyd(x, start, steps):
    model = faiss.Kmeans(x.shape[1], len(start), niter=steps, nredo=1, seed=0, max_points_per_centroid=len(x), min_points_per_centroid=1)
    seconds, _ = timed(lambda: model.train(x, init_centroids=start))
    return seconds, model.centroids


def d4m(x, k, seed):
    def run():
        model = MiniBatchKMeans(k, random_state=seed, batch_size=10 * k, n_init="auto")
        for i in range(0, len(x) - 10 * k + 1, 10 * k): model.partial_fit(x[i:i + 10 * k])
        return model
    return timed(run)


def product_rate(x, k):
    """GFLOP/s of the system's matrix product of the same shape."""
    c, out = numpy.random.default_rng(0).standard_normal((x.shape[1], k), dtype="f4"), numpy.empty((len(x), k), "f4")
    numpy.dot(x, c, out)
    return 2 * x.size * k / min(timed(lambda: numpy.dot(x, c, out), 0)[0] for _ in range(3)) / 1e9


def measure(ours, path, x, k, repeats, limit):
    n, d = x.shape
    steps = 10 if n * d * k >= 2e11 else 25
    start, _ = kmeans_plusplus(x[: max(2048, 3 * k)].astype("f8"), k, random_state=0)
    start = start.astype("f4")
    numpy.save(path + ".start.npy", start)
    same = dict(matrix=path + ".npy", ipc=k)
    whole = dict(exchange=True, max_iterations=300 if steps == 25 else 10)
    for warm in (dict(centroids=path + ".start.npy", max_iterations=1), dict(quick=True), whole): ours.ask(**same, **warm)
    runs, began = [], time.perf_counter()
    while len(runs) < repeats and (not runs or time.perf_counter() - began < limit):
        run, seed = {}, len(runs)
        lloyd = ours.ask(**same, centroids=path + ".start.npy", max_iterations=steps)
        run["ours"], run["ours_d"], run["steps"] = lloyd["seconds"], lloyd["distortion"], lloyd["iterations"]
        run["sklearn"], run["sklearn_d"], _ = sklearn_lloyd(x, start, steps)
        run["whole"], run["whole_d"], _ = sklearn_lloyd(x, "k-means++", steps, k, seed)
        run["faiss"], centroids = faiss_lloyd(x, start, steps)
        run["assign"] = ours.ask(**same, what="assign", centroids=path + ".start.npy")["seconds"]
        quick = ours.ask(**same, quick=True, seed=seed)
        run["quick"], run["quick_d"] = quick["seconds"], quick["distortion"]
        best = ours.ask(**same, **whole, seed=seed)
        run["best"], run["best_d"] = best["seconds"], best["distortion"]
        if n >= 10 * k:
            run["mini"], model = d4m(x, k, seed)
            run["mini_d"] = distortion(x, model.cluster_centers_)
        if not runs: faiss_d, rate = distortion(x, centroids), product_rate(x, k)
        run["faiss_d"], run["rate"] = faiss_d, rate
        runs.append(run)
    cell = {key: (statistics.mean if key.endswith("_d") else statistics.median)(r[key] for r in runs) for key in runs[0]}
    lower = {f"{key}_lower": sum(r[key + "_d"] < cell[peer] for r in runs) for key, peer in (("quick", "mini_d"), ("best", "whole_d")) if peer in cell}
    return cell | lower | {"repeats": len(runs), "peak": 2 * n * d * k / cell["assign"] / 1e9, "limit": steps}


def lloyd_row(kind, n, d, k, c):
    return (f"| {kind} | {n:,} | {d:,} | {k:,} | {c['steps']:.0f} | {c['ours']:.3g} | {c['sklearn'] / c['ours']:.1f} | {c['faiss'] / c['ours']:.1f} | {c['ours_d']:.6g} | {c['sklearn_d']:.6g} | {c['faiss_d']:.6g} "
            f"| {c['peak']:.0f} | {c['peak'] / c['rate']:.2f} | {c['repeats']} |")


def whole_row(kind, n, d, k, c):
    of = f"of {c['repeats']}"
    mini = f"{c['mini']:.3g} | {c['mini_d']:.6g} | {c['quick_lower']} {of} | {c['mini'] / c['quick']:.1f}" if "mini" in c else "- | - | - | -"
    return (f"| {kind} | {n:,} | {d:,} | {k:,} | {c['quick']:.3g} | {c['quick_d']:.6g} | {mini} | {c['best']:.3g} | {c['best_d']:.6g} | {c['whole']:.3g} | {c['whole_d']:.6g} "
            f"| {c['best_lower']} {of} | {c['whole'] / c['best']:.1f} |")


LLOYD = """| samples | N | D | K | steps | ours, s | scikit-learn / ours | faiss / ours | distortion | scikit-learn's | faiss's | assignment, GFLOP/s | share of OpenBLAS | runs |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""
WHOLE = """| samples | N | D | K | ours quick, s | distortion | MiniBatchKMeans, s | distortion | lower in | ratio | ours whole, s | distortion | KMeans, s | distortion | lower in | ratio |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


BOUNDS = """| samples | N | D | K | steps | none, s | one (Hamerly), s | its share of scores | panels, s | its share of scores | sketch, s | its share of scores |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def bounds_row(ours, path, kind, x, k, repeats):
    start, _ = kmeans_plusplus(x[: max(2048, 3 * k)].astype("f8"), k, random_state=0)
    numpy.save(path + ".start.npy", start.astype("f4"))
    found = {b: [ours.ask(what="bounds", bounds=b, matrix=path + ".npy", centroids=path + ".start.npy", ipc=k, tolerance=0, max_iterations=50) for _ in range(repeats)] for b in ("none", "one", "panels", "sketch")}
    seconds = {b: statistics.median(a["seconds"] for a in answers) for b, answers in found.items()}
    n, d = x.shape
    return (f"| {kind} | {n:,} | {d:,} | {k:,} | {found['none'][0]['iterations']} | {seconds['none']:.3g} | {seconds['one']:.3g} | {found['one'][0]['distortion']:.2f} "
            f"| {seconds['panels']:.3g} | {found['panels'][0]['distortion']:.2f} | {seconds['sketch']:.3g} | {found['sketch'][0]['distortion']:.2f} |")


def bounds_table(cells, chosen):
    ours, lines = Ours(), [BOUNDS]
    with tempfile.TemporaryDirectory() as folder:
        for n, d, k in cells:
            for kind in [kind for kind in kinds(d) if not chosen.kinds or kind in chosen.kinds]:
                x, path = samples(kind, n, d), os.path.join(folder, f"{kind}-{n}-{d}")
                numpy.save(path + ".npy", x)
                lines.append(bounds_row(ours, path, kind, x, k, chosen.repeats))
    print("\n".join(lines))
    if chosen.out:
        with open(chosen.out, "w") as file: file.write("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", nargs="*")
    parser.add_argument("--kinds", nargs="*")
    parser.add_argument("--bounds", action="store_true", help="compare the kinds of bounds instead")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--out")
    chosen = parser.parse_args()
    cells = [tuple(int(v) for v in c.split(",")) for c in chosen.cells] if chosen.cells else [c for c in GRID if fits(*c)]
    if chosen.bounds: return bounds_table(cells, chosen)
    tables = {"Lloyd from the same centroids": [LLOYD], "Whole runs, each from its own start": [WHOLE]}
    ours, measured = Ours(), []
    with tempfile.TemporaryDirectory() as folder:
        for n, d in sorted({(n, d) for n, d, _ in cells}):
            for kind in [k for k in kinds(d) if not chosen.kinds or k in chosen.kinds]:
                if kind == "images" and d > 784 and n * d > 1e8: continue
                x, path = samples(kind, n, d), os.path.join(folder, f"{kind}-{n}-{d}")
                numpy.save(path + ".npy", x)
                for k in [k for a, b, k in cells if (a, b) == (n, d)]:
                    measured.append(measure(ours, path, x, k, chosen.repeats, chosen.seconds))
                    for table, row in zip(tables.values(), (lloyd_row, whole_row)):
                        table.append(row(kind, n, d, k, measured[-1]))
                        print(table[-1], flush=True)
                    if chosen.out: write(chosen.out, measured, tables)
                os.remove(path + ".npy")
    print(summary(measured))


def summary(cells):
    """What the cells say together: medians, extremes and counts of the ratios."""
    def ratios(peer, mine): return sorted(c[peer] / c[mine] for c in cells if peer in c)
    def line(what, values): return f"- {what}: {statistics.median(values):.1f} times as fast in the median ({values[0]:.1f} to {values[-1]:.1f}), faster in {sum(v > 1 for v in values)} of {len(values)} cells."
    small, runs = [c for c in cells if "mini" in c], [c["repeats"] for c in cells]
    return "\n".join([
        f"{len(cells)} cells, {min(runs)} to {max(runs)} runs each.", "",
        line("Lloyd against scikit-learn, same start", ratios("sklearn", "ours")),
        line("Lloyd against faiss, same start", ratios("faiss", "ours")),
        line("whole runs against scikit-learn", ratios("whole", "best")) + f" Mean distortion lower in {sum(c['best_d'] < c['whole_d'] for c in cells)}.",
        line("quick runs against MiniBatchKMeans", ratios("mini", "quick"))
        + f" Mean distortion lower in {sum(c['quick_d'] < c['mini_d'] for c in small)}, lower and in less time in {sum(c['quick_d'] < c['mini_d'] and c['quick'] < c['mini'] for c in small)}."])


def write(path, measured, tables):
    head = f"scikit-learn {sklearn.__version__}, faiss {faiss.__version__}, numpy {numpy.__version__}; {os.cpu_count()} cores for each.\n\n{summary(measured)}"
    with open(path, "w") as file: file.write(head + "".join(f"\n\n### {name}\n\n" + "\n".join(rows) for name, rows in tables.items()) + "\n")


if __name__ == "__main__":
    main()
