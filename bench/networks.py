#!/usr/bin/python3
# Networks on the CPU beside the same ones in Debian's python3-torch: seconds a step, share of peak, memory.
"""usage: ./dev bench networks [--threads N] [--repeats N] [--out FILE] [CASE ...]

Both sides in turn, each in a process of its own, weights random; REPEATS rounds of 3 steps, median over rounds of the fastest step of each.
"""
import argparse, os, statistics, subprocess, sys

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = ["gemm", "vae-encode-256", "vae-decode-512", "dit-xl-2-batch-1", "dit-xl-2-batch-2", "unet-512", "resnet18-train-224", "resnet18-train-32", "mobilenet-v2-train-28"]
parser = argparse.ArgumentParser()
parser.add_argument("cases", nargs="*", default=[])
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--steps", type=int, default=3)
parser.add_argument("--bfloat16", action="store_true", help="also ours in bfloat16")
parser.add_argument("--out")
options = parser.parse_args()

dotnet = subprocess.run(["bash", "-c", "source eng/build.sh && find_sdk || command -v dotnet"], cwd=root, capture_output=True, text=True).stdout.strip() or "dotnet"
built = os.path.join(root, "bench/networks/bin/Release/net10.0/linux-x64/Ddoq.Bench.Networks")
subprocess.run([dotnet, "build", "bench/networks", "-c", "Release", "-v", "q", "-p:RunAnalyzers=false"], cwd=root, check=True, stdout=sys.stderr)
peer = [sys.executable, os.path.join(root, "bench/networks/peers.py")]


def run(command, case, *more):
    line = subprocess.run([*command, case, str(options.threads), str(options.steps), *more], check=True, capture_output=True, text=True).stdout.split()
    return min(map(float, line[:-1])), float(line[-1])


def row(case):
    flops = float(subprocess.run([*peer, case, "flops"], check=True, capture_output=True, text=True).stdout)
    ours, theirs, half = [], [], []
    for _ in range(options.repeats):
        ours.append(run([built], case))
        theirs.append(run(peer, case))
        if options.bfloat16 and "train" not in case:
            half.append(run([built], case, "bfloat16"))
    pick = lambda rounds, i: statistics.median(r[i] for r in rounds)
    ratios = [t[0] / o[0] for o, t in zip(ours, theirs)]
    return case, flops, pick(ours, 0), pick(theirs, 0), statistics.median(ratios), min(ratios), max(ratios), pick(ours, 1), pick(theirs, 1), pick(half, 0) if half else None


peak = None
lines = ["| step | GFLOP | ours, s | torch, s | torch / ours (least, most) | ours, GFLOP/s | of peak | memory ours, MB | torch, MB | ours bfloat16, s |", "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
for case in ["gemm", *[c for c in options.cases or CASES if c != "gemm"]]:
    name, flops, ours, theirs, ratio, least, most, memory, other, half = row(case)
    peak = peak or flops / ours
    lines.append(f"| {name} | {flops:,.0f} | {ours:.3f} | {theirs:.3f} | {ratio:.2f} ({least:.2f}, {most:.2f}) | {flops / ours:,.0f} | {100 * flops / ours / peak:.0f} % | {memory:,.0f} | {other:,.0f} | {'' if half is None else f'{half:.3f}'} |")
    print(lines[-1], flush=True)
if options.out:
    with open(options.out, "w") as file:
        file.write("\n".join(lines) + "\n")
