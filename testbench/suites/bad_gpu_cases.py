"""Bad tables and shapes of pade-sim gpu for check_bad_input.py."""
import json
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def gpu_cases(case):
    def table(change):
        def write(t):
            document = json.loads((ROOT / "model/gpu/h100_sxm5.json").read_text())
            change(document)
            (t.here / "gpu.json").write_text(json.dumps(document))
        return write

    def file(name, says, spoil):
        return case(f"gpu: table, {name}", ["gpu.json", *says], "gpu", "--table", "gpu.json", spoil=spoil)

    def shape(name, says, *options):
        return case(f"gpu: {name}", says, "gpu", *options)

    chip = ("--chip-time-us", "5", "--chip-energy-mj", "1", "--chip-dram-mb", "2")
    return [
        case("gpu: no table", ["none.json"], "gpu", "--table", "none.json"),
        file("no JSON", ["not JSON"], lambda t: (t.here / "gpu.json").write_text("{")),
        file("a FIFO", ["regular"], lambda t: os.mkfifo(t.here / "gpu.json")),
        file("too large", ["1048576"], lambda t: (t.here / "gpu.json").write_text(" " * (1 << 20) + "{}")),
        file("a list", ["no object"], lambda t: (t.here / "gpu.json").write_text("[]")),
        file("unknown key", ['"speed"'], table(lambda d: d.update(speed=1))),
        file("no bandwidth", ['"bandwidth"'], table(lambda d: d["entries"].pop(2))),
        file("a rate of 0", ["attention[3]", "is 0"], table(lambda d: d["attention"][3]["value"].__setitem__(2, 0))),
        file("a rate above the peak", ["attention[0]", "990", "989"],
             table(lambda d: d["attention"][0]["value"].__setitem__(2, 990))),
        file("lengths out of order", ["attention[0]", "8192 after 16384"], table(lambda d: d["attention"][0]["keys"].reverse())),
        file("another unit", ["TB/s"], table(lambda d: d["entries"][2].update(unit="GB/s"))),
        shape("no keys", ["--keys", "--heads"], "--heads", "32"),
        shape("a rule without a shape", ["--below", "--keys"], "--below", "hold"),
        shape("unknown rule", ["--above", "rise", "slope"], "--keys", "5", "--above", "rise"),
        shape("unknown phase", ["--phase", "train", "prefill"], "--keys", "5", "--phase", "train"),
        shape("keys as text", ["--keys", "many"], "--keys", "many"),
        shape("no key", ["keys is 0"], "--keys", "0"),
        shape("half a head", ["heads is 0.5"], "--keys", "5", "--heads", "0.5"),
        shape("heads and KV heads", ["heads is 3", "kv_heads"], "--keys", "5", "--heads", "3", "--kv-heads", "2"),
        shape("a query that sees no key", ["queries is 6", "causal"], "--keys", "5", "--queries", "6", "--causal"),
        shape("scores of no byte", ["score_bytes is 0"], "--keys", "5", "--score-bytes", "0"),
        shape("half a chip", ["--chip-energy-mj", "all of"], "--keys", "5", "--chip-time-us", "5"),
        shape("an area of no chip", ["--chip-area-mm2", "--run"], "--keys", "5", "--chip-area-mm2", "5"),
        shape("a chip without area", ["area_mm2 is 0"], "--keys", "5", *chip, "--chip-area-mm2", "0"),
        shape("a chip of infinite energy", ["energy_j is inf"], "--keys", "5", *chip[:2], "--chip-energy-mj", "inf", *chip[4:]),
        shape("no run", ["none/stats.json"], "--run", "none"),
        shape("a run and a shape", ["--keys", "--run"], "--run", "none", "--keys", "5"),
        shape("an argument", ["x", "pade-sim gpu --help"], "x"),
    ]
