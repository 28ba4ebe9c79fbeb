#!/usr/bin/env python3
"""What must hold of pade-sim gpu and scripts/measure_gpu.py:

  check_gpu.py --pade-sim BIN

command   times, energies and ratios again, with formulas of this file and figures typed here; a finished run's
measure   a table measured by a device that is made up is taken by pade-sim gpu and gives that device's times back; the script from
          end to end, with a PyTorch and an nvidia-smi that are made up; refusals leave nothing behind
document  every command of docs/gpu.md prints what stands under it
"""
import argparse
import json
import math
import os
import re
import stat
import subprocess
import sys
import tempfile

from bench import Bench
from check_set import ROOT, find_set

sys.path.insert(0, str(ROOT / "scripts"))
from gpulib.table import measured_table  # noqa: E402
from tracelib.cli import InputError  # noqa: E402

SET = "qwen2.5-coder-0.5b/l14-decode8-s512-kjv"
BASE = ROOT / "model/gpu/h100_sxm5.json"
CHIP = ["--chip-time-us", "900", "--chip-energy-mj", "0.6", "--chip-dram-mb", "150"]

# A PyTorch whose device takes a fixed time for what it is asked for.
TORCH = '''
import types
now = 0.0
class Tensor:
    def __init__(self, *shape): self.shape = shape
    def copy_(self, other):
        global now
        now += 2 * self.shape[0] / 2e12
def randn(*shape, dtype, device): return Tensor(*shape)
def empty(*shape, dtype, device): return Tensor(*shape)
def empty_like(other): return Tensor(*other.shape)
def device(kind, index): return (kind, index)
float16, uint8 = "float16", "uint8"
__version__ = "2.0.made.up"
version = types.SimpleNamespace(cuda="12.0")
def attention(q, k, v, is_causal):
    global now
    batch, heads, queries, dim = q.shape
    keys = k.shape[2]
    if queries == 1:
        now += 2 * 2 * batch * heads * keys * dim / 1e12
    else:
        now += 4 * batch * heads * queries * keys * dim * (.5 if is_causal else 1) / 100e12
nn = types.SimpleNamespace(functional=types.SimpleNamespace(scaled_dot_product_attention=attention))
class Event:
    def __init__(self, enable_timing): pass
    def record(self): self.at = now
    def elapsed_time(self, other): return (other.at - self.at) * 1e3
cuda = types.SimpleNamespace(
    is_available=lambda: CUDA, device_count=lambda: 1, set_device=lambda d: None, synchronize=lambda: None, Event=Event,
    get_device_properties=lambda d: types.SimpleNamespace(name="Made-up GPU", multi_processor_count=50, uuid="17"))
'''
SMI = '''#!/bin/sh
test "$2" = GPU-17 || exit 1
case $3 in *power.default_limit*) echo 400.00 ;; *power.draw*) echo DRAW ;; *) exit 1 ;; esac
'''


class GpuBench(Bench):
    def close(self, found, wanted, text, tolerance=1e-9):
        self.expect(math.isclose(found, wanted, rel_tol=tolerance), f"{text}: {found:.6g}, again {wanted:.6g}")

    def gpu(self, *options):
        done = self.call("gpu", "--json", *map(str, options))
        if done.returncode != 0:
            self.expect(False, done.stderr)
            sys.exit(1)
        return json.loads(done.stdout)


def check_times(bench):
    idle = next(entry["value"] for entry in json.loads(BASE.read_text())["entries"] if entry["name"] == "idle_power")
    for keys, dim, causal, dtype, tflops in ((512, 64, False, "fp16", 333), (2048, 64, True, "fp16", 371),
                                             (16384, 128, True, "fp16", 616), (4096, 128, False, "int8", 918)):
        r = bench.gpu("--keys", keys, "--head-dim", dim, "--heads", 32, "--batch", 8, "--dtype", dtype, *["--causal"] * causal)
        bench.close(r["fa3"]["time_s"], 8 * 32 * 4 * dim * keys * keys * (.5 if causal else 1) / (tflops * 1e12),
                    f"prefill, {keys} keys, d {dim}, {dtype}")
        watts = 300 + 300 * math.log(8) / math.log(128) - idle
        bench.close(r["fa3"]["power_w"], watts, "W of batch 8")
        bench.close(r["fa3"]["energy_j"], watts * r["fa3"]["time_s"], "J")
        size = 1 if dtype == "int8" else 2
        operand, scores = 8 * 32 * keys * dim * size, 8 * 32 * keys * keys * 2
        half = 2 * dim * 8 * 32 * keys * keys / (1979e12 if dtype == "int8" else 989e12)
        bench.close(r["dense"]["time_s"], 2 * max((2 * operand + scores) / 3.35e12, half) + 2 * scores / 3.35e12, "dense")
    for options, least, most in (([], 3.05, 3.15), (["--causal"], 5, 5.3), (["--head-dim", 64], 4.3, 4.5)):
        r = bench.gpu("--keys", 2048, *options)
        ratio = r["dense"]["time_s"] / r["fa3"]["time_s"]
        bench.expect(least < ratio < most, f"FA3 is {ratio:.2f} times as fast as the dense bar {options}")
    for keys, share in ((128, .37), (2000, .54), (4000, .55)):
        r = bench.gpu("--phase", "decode", "--keys", keys, "--heads", 32, "--kv-heads", 8, "--batch", 16)
        bench.close(r["fa3"]["time_s"], 16 * 8 * keys * 128 * 4 / (3.35e12 * share), f"decode, {keys} keys")


def check_ratios(bench):
    r = bench.gpu("--keys", 2048, "--heads", 4, *CHIP)
    bench.expect(len({(e["bar"], e["scaling"], e["memory"]) for e in r["ratios"]}) == 12 == len(r["ratios"]), "twelve rules")
    for e in r["ratios"]:
        copies = {"area": 180, "peak_ops": 1208, "none": 1}[e["scaling"]]
        bench.expect(e["copies"] == copies, f"{copies} copies by {e['scaling']}")
        seconds = 900e-6 / copies
        if e["memory"] == "shared":
            seconds = max(seconds, 150e6 / min(3.35e12, copies * 256e9))
        gpu = r[e["bar"]]
        bench.close(e["speed"], gpu["time_s"] / seconds, f"{e['bar']}, {e['scaling']}, {e['memory']}: speed")
        bench.close(e["efficiency"], gpu["energy_j"] / .6e-3, "and energy efficiency")
        bench.expect(e["matches_speed"] == (abs(e["speed"] / 7.43 - 1) <= .15), f"{e['matches_speed']}: speed near 7.43")
        bench.expect(e["matches_efficiency"] == (abs(e["efficiency"] / 31.1 - 1) <= .15), "energy near 31.1")
    # Figures chosen to match: the rule is named in the text.
    text = bench.call("gpu", "--keys", "2048", "--heads", "4", "--chip-time-us", str(r["fa3"]["time_s"] * 1e6 / 7.43 * 180),
                      "--chip-energy-mj", str(r["fa3"]["energy_j"] * 1e3 / 31.1), "--chip-dram-mb", "0").stdout
    bench.expect(re.search(r"7\.43 times the speed: .*fa3, area, scaled", text) is not None, "the rule that matches the speed")
    bench.expect(re.search(r"31\.1 times the energy efficiency: .*fa3, area, scaled", text) is not None, "and the energy")


def check_run(bench):
    folder = find_set(SET)
    if folder is None:
        print(f"skipped: {SET} is in none of the directories of PADE_TRACES")
        return
    done = bench.call("run", "--trace", str(folder), "--out", "run", "--no-golden", "--set", "lane.count=8")
    bench.expect(done.returncode == 0, done.stderr)
    stats = json.loads((bench.scratch / "run/stats.json").read_text())
    manifest = json.loads((folder / "manifest.json").read_text())
    r = bench.gpu("--run", "run", "--batch", 3)
    bench.close(r["chip"]["time_s"], 3 * stats["time"]["ns"] * 1e-9, "three runs take three times as long")
    bench.close(r["chip"]["energy_j"], 3 * stats["energy_pj"]["total"] * 1e-12, "three times the energy")
    bench.close(r["chip"]["dram_bytes"], 3 * (stats["dram"]["bytes_read"] + stats["dram"]["bytes_written"]), "and the bytes")
    bench.close(r["chip"]["peak_ops"], .8192e12, "half of the lanes, half of the peak")
    last = min(manifest["keys"], manifest["causal_offset"] + manifest["queries"])
    bench.close(r["workload"]["keys"], last, "keys of the last step")
    mean = last - (manifest["queries"] - 1) / 2
    bytes_read = 3 * manifest["kv_heads"] * manifest["queries"] * mean * manifest["head_dim"] * 2 * 2
    bench.close(r["workload"]["kv_bytes"], bytes_read, "K and V of each step")


class MadeUp:
    """A device: 100 TFLOP/s in prefill, less by the mask; 1 TB/s in decode."""
    device = "Made-up GPU"
    software = "nothing"
    multiprocessors = 50

    def attention_s(self, call):
        return call.kv_bytes / 1e12 if call.queries == 1 else call.flops / (50e12 if call.causal else 100e12)

    def bandwidth(self):
        return 2e12

    def power_limit_w(self):
        return 400.0

    def idle_w(self):
        return 50.0

    def power_w(self, call):
        return 200.0 if call.batch == 1 else 401.0


def check_measured(bench):
    base = json.loads(BASE.read_text())
    given = {"peak_fp16": 300.0, "peak_fp8": 600.0, "die_area": 500.0}
    told = []
    table = measured_table(MadeUp(), base, given, told.append)
    bench.expect(len(told) == 1 + 24 + 1 + 3 + 2, f"{len(told)} measurements")
    shapes = {(e["dtype"], e["head_dim"], e["causal"]): e["keys"] for e in base["attention"] if e["dtype"] == "fp16"}
    bench.expect(shapes == {(e["dtype"], e["head_dim"], e["causal"]): e["keys"] for e in table["attention"]},
                 "the shapes of the built-in table, no FP8 of another GPU")
    bench.expect(base["decode_efficiency"]["keys"] == table["decode_efficiency"]["keys"], "and its lengths of decode")
    (bench.scratch / "made-up.json").write_text(json.dumps(table))
    mine = ["--table", "made-up.json"]
    bench.close(bench.gpu(*mine, "--keys", 3000)["fa3"]["flop_s"], 100e12, "its rate")
    bench.close(bench.gpu(*mine, "--keys", 3000, "--causal")["fa3"]["flop_s"], 50e12, "with a causal mask")
    decode = bench.gpu(*mine, "--keys", 3000, "--phase", "decode", "--batch", 128, "--power", "total")
    bench.close(decode["fa3"]["time_s"], 128 * 3000 * 128 * 4 / 1e12, "its decode")
    bench.close(decode["fa3"]["power_w"], 400, "no more than its limit")
    bench.close(bench.gpu(*mine, "--keys", 9)["fa3"]["power_w"], 150, "above idle")
    done = bench.call("gpu", *mine, "--keys", "9", "--dtype", "int8")
    bench.expect(done.returncode == 2 and "no rates of int8" in done.stderr, f"no INT8: {done.stderr.strip()}")
    try:
        measured_table(MadeUp(), base, {**given, "die_area": None}, told.append)
        bench.expect(False, "no die area is refused")
    except InputError as error:
        bench.expect("--die-area" in str(error) and "Made-up GPU" in str(error), str(error))
    same = MadeUp()
    same.device = "NVIDIA H100 80GB HBM3"
    table = measured_table(same, base, dict.fromkeys(given), told.append)
    bench.expect([e["dtype"] for e in table["attention"]] == ["fp16"] * 4 + ["fp8"] * 2, "on an H100 SXM5 its FP8 stays")


def check_script(bench):
    fake = bench.scratch / "fake"
    fake.mkdir()
    smi = fake / "nvidia-smi"
    result = bench.scratch / "measured.json"

    def measure(*options, torch=TORCH.replace("CUDA", "True"), draw="100.0"):
        (fake / "torch.py").write_text(torch)
        smi.write_text(SMI.replace("DRAW", draw))
        smi.chmod(smi.stat().st_mode | stat.S_IXUSR)
        environment = {**os.environ, "PYTHONPATH": str(fake), "PATH": f"{fake}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run([sys.executable, str(ROOT / "scripts/measure_gpu.py"), *options], capture_output=True, text=True,
                              cwd=bench.scratch, env=environment)

    def refused(text, says, *options, **more):
        before = sorted(bench.scratch.iterdir())
        done = measure(*options, **more)
        good = done.returncode == 2 and done.stderr.count("\n") == 1 and all(part in done.stderr for part in says)
        bench.expect(good and sorted(bench.scratch.iterdir()) == before, f"{text}: {done.returncode}, {done.stderr.strip()}")

    sheet = ["--peak-fp16", "300", "--peak-fp8", "600", "--die-area", "500"]
    usual = ["--out", "measured.json", "--pade-sim", bench.binary, "--seconds", "0.2", "--repeats", "2"]
    refused("no PyTorch", ["PyTorch", "allowed"], *usual, *sheet, torch="raise ImportError('not here')")
    refused("no CUDA", ["no CUDA device"], *usual, *sheet, torch=TORCH.replace("CUDA", "False"))
    refused("no such device", ["--device", "1"], *usual, *sheet, "--device", "1")
    refused("no data sheet", ["--peak-fp16", "--die-area", "Made-up GPU"], *usual)
    refused("no --out", ["--out", "--dry-run"], *sheet)
    refused("a folder", ["--out", "fake"], "--out", "fake", *sheet)
    refused("no folder", ["--out", "no/x.json"], "--out", "no/x.json", *sheet)
    refused("a peak of 0", ["--peak-fp16", "0.0"], *usual, *sheet[2:], "--peak-fp16", "0")
    refused("no repetition", ["--repeats"], *usual, *sheet, "--repeats", "0")
    refused("nvidia-smi says nothing", ["nvidia-smi", "[N/A]"], *usual, *sheet, draw="'[N/A]'")
    refused("what pade-sim refuses", ["refuses what was measured", "peak"], *usual, *sheet[2:], "--peak-fp16", "90")
    done = measure("--dry-run", torch="raise ImportError")
    bench.expect(done.returncode == 0 and done.stdout.count("prefill ") == 24, "a dry run needs no PyTorch")

    # Idle and busy must differ: what nvidia-smi says grows from call to call.
    growing = '$(n=$(cat n 2>/dev/null || echo 100); echo $((n + 1)) | tee n)'
    done = measure(*usual, *sheet, draw=growing)
    bench.expect(done.returncode == 0 and result.is_file(), f"measured: {done.stdout.strip()} {done.stderr.strip()}")
    bench.expect(not list(bench.scratch.glob("*.partial")), "and nothing else")
    bench.close(bench.gpu("--table", "measured.json", "--keys", 700)["fa3"]["flop_s"], 100e12, "rate by the device's clock", 1e-6)
    decode = bench.gpu("--table", "measured.json", "--keys", 700, "--phase", "decode")["fa3"]["time_s"]
    bench.close(decode, 700 * 128 * 4 / 1e12, "decode by the device's clock", 1e-6)
    refused("a file that is there", ["measured.json", "--force"], *usual, *sheet)
    bench.expect(measure(*usual, *sheet, "--force", draw=growing).returncode == 0, "replaced with --force")


def check_document(bench):
    """A block of commands, and under it a block of what the last of them prints."""
    for name in ("traces", "model", "scripts"):
        (bench.scratch / name).symlink_to(ROOT / name)
    (bench.scratch / "build").mkdir()
    (bench.scratch / "build/pade-sim").symlink_to(bench.binary)
    blocks = re.findall(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", (ROOT / "docs/gpu.md").read_text(), re.S | re.M)
    bench.expect(sum(bool(said) for _, said in blocks) >= 2 and len(blocks) >= 4, f"{len(blocks)} blocks of commands")
    for commands, said in blocks:
        for command in commands.splitlines():
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=bench.scratch)
            bench.expect(done.returncode == 0, f"{command} {done.stderr.strip()}")
        if said and done.stdout != said:
            bench.expect(False, f"prints\n{done.stdout}and not\n{said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pade-gpu-") as scratch:
        bench = GpuBench(args.pade_sim, scratch)
        check_times(bench)
        check_ratios(bench)
        check_run(bench)
        check_measured(bench)
        check_script(bench)
        check_document(bench)
    print(f"{bench.failures} failures")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
