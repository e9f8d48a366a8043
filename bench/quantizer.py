#!/usr/bin/python3
# The quantizer beside scikit-learn's KMeans and MiniBatchKMeans and faiss's Kmeans, cell by cell.
"""Every cell in turn on the same cores: ours within one warm process, the peers within this one.

A run of a few milliseconds is repeated for a fifth of a second, on all sides, and its median counts; .NET compiles its code within such a fifth before the first one.

usage: ./dev bench quantizer [--cells N,D,K …] [--kinds images mixture] [--tables lloyd quick whole] [--repeats 5] [--seconds 60] [--bounds] [--out FILE.md]
Lloyd: all start from the same centroids (scikit-learn's greedy k-means++ on the first samples), tolerance 1e-4, at most 25 steps (10 where a step takes 2e11
multiplications); faiss always makes that many. Quick: `quantize --quick` against mini-batch k-means as D4M feeds it, one pass of partial_fit in chunks of 10 K. Whole: our default against
KMeans with one start, at most 300 steps both (10). In these two tables every run has a seed of its own on both sides; distortions are means over runs, and "lower in" counts the runs whose
distortion is below the peer's mean.
OpenBLAS takes its slowest kernels on a processor that it does not know; it is told the nearest kind then. Without any fast BLAS nothing is measured.
A cell is repeated until --repeats runs or --seconds are spent, whichever comes first, but at least once; medians are kept. Needs python3-sklearn, python3-faiss.
"""
import argparse, gzip, json, os, statistics, subprocess, sys, tempfile, time, warnings
import numpy
import faiss
import sklearn
import threadpoolctl
from sklearn.cluster import KMeans, MiniBatchKMeans, kmeans_plusplus

warnings.filterwarnings("ignore")
root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GRID = [(n, d, k) for n in (1300, 20000, 200000) for d in (64, 784, 4096, 16384) for k in (10, 50, 200, 1000)]
LARGEST = 4 << 30   # bytes of samples: above, a copy of a peer does not fit
LEAST = 0.2         # seconds that a short run is repeated for
HARDEST = 4.2e10    # multiplications of one step: above, one run of a peer takes minutes


def blas():
    """The peers' matrix products, in words; starts this program again where OpenBLAS has to be told the kind of processor."""
    found = [lib for lib in threadpoolctl.threadpool_info() if lib["user_api"] == "blas"]
    if not found: sys.exit("bench: numpy uses a BLAS without fast kernels, so that peers would look slow. Install libopenblas0-pthread.")
    kind = found[0].get("architecture", "")
    with open("/proc/cpuinfo") as file: flags = file.read().split()
    nearest = "SkylakeX" if "avx512f" in flags else "Haswell" if "avx2" in flags else None
    if kind in ("Prescott", "Core2", "Nehalem", "Generic") and nearest and "OPENBLAS_CORETYPE" not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"OPENBLAS_CORETYPE": nearest})
    return f"{found[0]['internal_api']} {found[0]['version']} ({kind})"


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


def sklearn_kmeans(x, start, k, steps, seed=0):
    seconds, model = timed(lambda: KMeans(k, random_state=seed, init=start, n_init=1, tol=1e-4, max_iter=steps, algorithm="lloyd").fit(x))
    return seconds, model.inertia_ / len(x)


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


def measure(ours, path, x, k, tables, repeats, limit):
    n, d = x.shape
    steps = 10 if n * d * k >= 2e11 else 25
    start, _ = kmeans_plusplus(x[: max(2048, 3 * k)].astype("f8"), k, random_state=0)
    start = start.astype("f4")
    numpy.save(path + ".start.npy", start)
    same = dict(matrix=path + ".npy", ipc=k)
    from_start, most = dict(centroids=path + ".start.npy"), 300 if steps == 25 else 10
    parts = {
        "lloyd": [(from_start | dict(max_iterations=1))],
        "quick": [dict(quick=True)] if n >= 10 * k else [],
        "whole": [dict(exchange=True, max_iterations=most)]}
    for warm in (request for table in tables for request in parts[table]): ours.ask(**same, **warm)

    def lloyd(run, _):
        mine = ours.ask(**same, **from_start, max_iterations=steps)
        run["ours"], run["ours_d"], run["steps"] = mine["seconds"], mine["distortion"], mine["iterations"]
        run["sklearn"], run["sklearn_d"] = sklearn_kmeans(x, start, k, steps)
        run["faiss"], centroids = faiss_lloyd(x, start, steps)
        run["assign"] = ours.ask(**same, **from_start, what="assign")["seconds"]
        run["faiss_d"], run["rate"] = (runs[0]["faiss_d"], runs[0]["rate"]) if runs else (distortion(x, centroids), product_rate(x, k))

    def quick(run, seed):
        mine = ours.ask(**same, quick=True, seed=seed)
        run["quick"], run["quick_d"] = mine["seconds"], mine["distortion"]
        run["mini"], model = d4m(x, k, seed)
        run["mini_d"] = distortion(x, model.cluster_centers_)

    def whole(run, seed):
        mine = ours.ask(**same, exchange=True, max_iterations=most, seed=seed)
        run["best"], run["best_d"] = mine["seconds"], mine["distortion"]
        run["whole"], run["whole_d"] = sklearn_kmeans(x, "k-means++", k, most, seed)

    take = [f for f in (lloyd, quick, whole) if f.__name__ in tables and parts[f.__name__]]
    runs, began = [], time.perf_counter()
    while take and len(runs) < repeats and (not runs or time.perf_counter() - began < limit):
        run = {}
        for f in take: f(run, len(runs))
        runs.append(run)
    if not runs: return None
    cell = {key: (statistics.mean if key.endswith("_d") else statistics.median)(r[key] for r in runs) for key in runs[0]}
    if "assign" in cell: cell["peak"] = 2 * n * d * k / cell["assign"] / 1e9
    for mine, peer in (("quick", "mini"), ("best", "whole")):
        if mine in cell: cell[mine + "_lower"] = sum(r[mine + "_d"] < cell[peer + "_d"] for r in runs)
    return cell | {"repeats": len(runs)}


def lloyd_row(c):
    return (f"{c['steps']:.0f} | {c['ours']:.3g} | {c['sklearn'] / c['ours']:.1f} | {c['faiss'] / c['ours']:.1f} | {c['ours_d']:.6g} | {c['sklearn_d']:.6g} | {c['faiss_d']:.6g} "
            f"| {c['peak']:.0f} | {c['peak'] / c['rate']:.2f} | {c['repeats']} |")


def pair_row(c, mine, peer):
    return f"{c[mine]:.3g} | {c[mine + '_d']:.6g} | {c[peer]:.3g} | {c[peer + '_d']:.6g} | {c[mine + '_lower']} of {c['repeats']} | {c[peer] / c[mine]:.1f} |"


CELL = "| samples | N | D | K | "
TABLES = {
    "lloyd": ("Lloyd from the same centroids", "steps | ours, s | scikit-learn / ours | faiss / ours | distortion | scikit-learn's | faiss's | assignment, GFLOP/s | share of OpenBLAS | runs |", lloyd_row, "ours"),
    "quick": ("Quick runs against MiniBatchKMeans", "ours quick, s | distortion | MiniBatchKMeans, s | distortion | lower in | ratio |", lambda c: pair_row(c, "quick", "mini"), "quick"),
    "whole": ("Whole runs against KMeans", "ours whole, s | distortion | KMeans, s | distortion | lower in | ratio |", lambda c: pair_row(c, "best", "whole"), "best")}

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
    parser.add_argument("--tables", nargs="*", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--bounds", action="store_true", help="compare the kinds of bounds instead")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--out")
    chosen = parser.parse_args()
    products = blas()
    cells = [tuple(int(v) for v in c.split(",")) for c in chosen.cells] if chosen.cells else [c for c in GRID if fits(*c)]
    if chosen.bounds: return bounds_table(cells, chosen)
    rows, ours, measured = {table: [] for table in chosen.tables}, Ours(), []
    with tempfile.TemporaryDirectory() as folder:
        for n, d in sorted({(n, d) for n, d, _ in cells}):
            for kind in [k for k in kinds(d) if not chosen.kinds or k in chosen.kinds]:
                if kind == "images" and d > 784 and n * d > 1e8: continue
                x, path = samples(kind, n, d), os.path.join(folder, f"{kind}-{n}-{d}")
                numpy.save(path + ".npy", x)
                for k in [k for a, b, k in cells if (a, b) == (n, d)]:
                    cell = measure(ours, path, x, k, chosen.tables, chosen.repeats, chosen.seconds)
                    if cell is None: continue
                    measured.append(cell)
                    for table in rows:
                        if TABLES[table][3] not in cell: continue
                        rows[table].append(f"| {kind} | {n:,} | {d:,} | {k:,} | " + TABLES[table][2](cell))
                        print(rows[table][-1], flush=True)
                    if chosen.out: write(chosen.out, products, measured, rows)
                os.remove(path + ".npy")
    print(summary(measured))


def summary(cells):
    """What the cells say together: medians, extremes and counts of the ratios."""
    def line(what, mine, peer, lower=False):
        values = sorted(c[peer] / c[mine] for c in cells if mine in c)
        if not values: return None
        text = f"- {what}: {statistics.median(values):.1f} times as fast in the median ({values[0]:.1f} to {values[-1]:.1f}), faster in {sum(v > 1 for v in values)} of {len(values)} cells."
        if lower:
            below = [c for c in cells if mine in c and c[mine + "_d"] < c[peer + "_d"]]
            text += f" Mean distortion lower in {len(below)}, and in less time in {sum(c[mine] < c[peer] for c in below)}."
        return text
    runs = [c["repeats"] for c in cells]
    return "\n".join(filter(None, [
        f"{len(cells)} cells, {min(runs)} to {max(runs)} runs each.\n",
        line("Lloyd against scikit-learn, same start", "ours", "sklearn"),
        line("Lloyd against faiss, same start", "ours", "faiss"),
        line("quick runs against MiniBatchKMeans", "quick", "mini", lower=True),
        line("whole runs against KMeans", "best", "whole", lower=True)]))


def write(path, products, measured, rows):
    text = f"scikit-learn {sklearn.__version__}, faiss {faiss.__version__}, numpy {numpy.__version__}, {products}; {os.cpu_count()} cores for each.\n\n{summary(measured)}\n"
    for table, lines in rows.items():
        title, columns, *_ = TABLES[table]
        text += f"\n### {title}\n\n{CELL}{columns}\n" + "|---|" + "---:|" * (3 + columns.count("|")) + "\n" + "\n".join(lines) + "\n"
    with open(path, "w") as file: file.write(text)


if __name__ == "__main__":
    main()
