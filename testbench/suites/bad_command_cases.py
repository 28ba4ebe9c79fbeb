"""Bad parameters, commands and places for results for check_bad_input.py."""
import json
import os
import shutil
import subprocess

from bad_gpu_cases import gpu_cases
from bad_input import RUN, Case


def parameter_cases():
    def config(name, says, data, file="bad.json"):
        def spoil(t):
            (t.here / file).write_bytes(data if isinstance(data, bytes) else data.encode())
        return Case(f"config: {name}", [file, *says], spoil, (*RUN, "--config", file))

    def setting(name, says, *settings):
        return Case(f"set: {name}", says, None, (*RUN, *(word for each in settings for word in ("--set", each))))

    def place(name, says, make):
        return Case(f"config: {name}", ["bad.json", *says], lambda t: make(t.here / "bad.json"),
                    (*RUN, "--config", "bad.json"))

    return [
        config("no JSON", ["not JSON", "line 1"], "lane.count = 4"),
        config("empty", ["not JSON"], ""),
        config("UTF-16", ["not JSON"], '{"lane": {"count": 8}}'.encode("utf-16")),
        config("Latin-1", ["UTF-8"], '{"lane": {"coünt": 8}}'.encode("latin-1")),
        config("open brackets", ["nested"], "[" * 100000),
        config("brackets in a value", ["nested"], '{"lane": {"count": ' + "[" * 100000 + "]" * 100000 + "}}"),
        config("a list", ["array", "an object"], "[1]"),
        config("unknown key", ["lane.cuont", "lane.count"], '{"lane": {"cuont": 8}}'),
        config("unknown group", ["lame.count", "lane.count"], '{"lame": {"count": 8}}'),
        config("key with control characters", ["\\x0a\\x1b"], '{"lane": {"a\\n\\u001b[31m": 8}}'),
        config("group as number", ["lane", "an object"], '{"lane": 8}'),
        config("text for a number", ["lane.count", '"8"', "integers"], '{"lane": {"count": "8"}}'),
        config("fraction for an integer", ["lane.count", "8.0", "integers"], '{"lane": {"count": 8.0}}'),
        config("out of range", ["lane.count", "is 0", "from"], '{"lane": {"count": 0}}'),
        config("overflow", ["lane.count", "1e+30", "from"], '{"lane": {"count": 1e30}}'),
        config("overflow of 32 bits", ["lane.count", "4294967304"], '{"lane": {"count": 4294967304}}'),
        config("overflow of 64 bits", ["lane.count"], '{"lane": {"count": 18446744073709551624}}'),
        config("NaN", ["not JSON"], '{"guard": {"alpha": NaN}}'),
        config("null", ["lane.count", "null"], '{"lane": {"count": null}}'),
        config("number for a switch", ["guard.enabled", "true or false"], '{"guard": {"enabled": 1}}'),
        config("given twice", ['"count"', "twice"], '{"lane": {"count": 8, "count": 4}}'),
        config("given nested and flat", ["lane.count", "twice"], '{"lane": {"count": 8}, "lane.count": 4}'),
        config("too large", ["1048576"], " " * (1 << 20) + "{}"),
        Case("config: missing", ["none.json"], None, (*RUN, "--config", "none.json")),
        Case("config: no preset", ["'papr'", "paper"], None, (*RUN, "--config", "papr")),
        Case("config: name too long", ["aaaa"], None, (*RUN, "--config", "a" * 300)),
        place("a folder", ["is a folder"], lambda path: path.mkdir()),
        place("a FIFO", ["not a regular file"], os.mkfifo),
        place("a link to a device", ["not a regular file"], lambda path: path.symlink_to("/dev/zero")),
        setting("unknown", ["lane.colour", "lane.count"], "lane.colour=red"),
        setting("misspelt", ["dispatch.ordr", "dispatch.order"], "dispatch.ordr=in_order"),
        setting("without a group", ["alpha", "guard.alpha"], "alpha=1"),
        setting("without a value", ["lane.count", "group.name=value"], "lane.count"),
        setting("empty value", ["lane.count", "empty"], "lane.count="),
        setting("no key", ["--set"], "=4"),
        setting("text for a number", ["lane.count", "four", "integers from"], "lane.count=four"),
        setting("number with a tail", ["lane.count", "4x"], "lane.count=4x"),
        setting("number with a blank", ["lane.count", " 4"], "lane.count= 4"),
        setting("zero", ["lane.count", "is 0", "from 1"], "lane.count=0"),
        setting("negative", ["lane.count", "-4", "from 1"], "lane.count=-4"),
        setting("above the range", ["lane.count", "100000", "to"], "lane.count=100000"),
        setting("overflow", ["lane.count", "99999999999999999999"], "lane.count=99999999999999999999"),
        setting("fraction for an integer", ["lane.count", "4.5"], "lane.count=4.5"),
        setting("NaN", ["guard.alpha", "nan"], "guard.alpha=nan"),
        setting("infinity", ["guard.alpha", "inf"], "guard.alpha=inf"),
        setting("number too large", ["guard.alpha", "1e999"], "guard.alpha=1e999"),
        setting("number for a switch", ["guard.enabled", "true or false"], "guard.enabled=1"),
        setting("unknown choice", ["dispatch.order", "sideways", "in_order"], "dispatch.order=sideways"),
        setting("choice with control characters", ["dispatch.order", "\\x1b[2J\\x0a"], "dispatch.order=\x1b[2J\n"),
        setting("given twice", ["lane.count", "twice"], "lane.count=4", "lane.count=8"),
        setting("given twice alike", ["lane.count", "twice"], "lane.count=4", "lane.count=4"),
        setting("water marks contradict", ["dram.write_low", "dram.write_high"], "dram.write_low=20", "dram.write_high=10"),
        setting("refresh longer than its interval", ["dram.t_rfc", "dram.t_refi"], "dram.t_rfc=5000"),
        setting("more planes than bits", ["dispatch.unconditional_planes", "lane.key_bits"],
                "lane.key_bits=4", "dispatch.unconditional_planes=5"),
        setting("tile of 17 keys", ["tile.keys", "17", "16"], "tile.keys=17"),
        setting("buffer no multiple of its banks", ["buffer.kv_bytes", "buffer.banks"], "buffer.kv_bytes=32800"),
        setting("output of 3 bytes", ["output.bytes", "3"], "output.bytes=3"),
        setting("mapping with an unknown field", ["dram.mapping", "rank"], "dram.mapping=row:14 rank:1"),
        setting("mapping that lacks a field", ["dram.mapping", "missing"], "dram.mapping=row:14 offset:5"),
        setting("mapping with a field twice", ["dram.mapping", "twice"], "dram.mapping=row:14 row:14"),
        setting("row not the highest field", ["dram.mapping", "row"],
                "dram.mapping=bank:2 row:14 column:5 bank_group:2 pseudo_channel:4 offset:5"),
        setting("rows no power of two", ["dram.rows", "1000"], "dram.rows=1000"),
        setting("DRAM too small for the tensors", ["dram.rows", "71680 bytes", "65536"], "dram.rows=16",
                "dram.pseudo_channels=1", "dram.page_bytes=256"),
        setting("burst of 64 bytes", ["dram.bus_bits", "32"], "dram.bus_bits=128"),
    ]


def workload_cases(case):
    model = {"name": "m", "title": "M", "causal": False, "source": "x",
             "blocks": [{"layers": 2, "heads": 4, "kv_heads": 4, "head_dim": 64}]}
    work = {"name": "m.t", "model": "m", "task": "T", "group": "other", "pair": {"guess": False, "source": "x"},
            "sequence_length": 128, "prefill_tokens": 128, "decode_tokens": 0,
            "sources": {"prefill_tokens": "x", "decode_tokens": "x"}, "traces": {}}

    def listed(**changes):
        document = {"format": "pade-workloads", "format_version": 1, "rules": {"nearest": "n", "scaling": "s", "guess": "g"},
                    "models": [model], "workloads": [{**work, **changes}]}
        return lambda t: (t.here / "list.json").write_text(json.dumps(document))

    run = ("run", "--workload", "m.t", "--workloads", "list.json", "--traces", ".", "--out", "out")
    return [
        case("workload: unknown", ["--workload gpt", "llama2-7b.wikitext2"], "run", "--workload", "gpt", "--out", "out"),
        case("workload: empty name", ["--workload", "llama2-7b.wikitext2"], "run", "--workload", "", "--out", "out"),
        case("workload: no list", ["none.json"], "run", "--workload", "m.t", "--workloads", "none.json", "--out", "out"),
        case("workload: list no JSON", ["list.json", "not JSON"], *run, spoil=lambda t: (t.here / "list.json").write_text("[")),
        case("workload: list too large", ["list.json", "1048576"], *run,
             spoil=lambda t: (t.here / "list.json").write_text(" " * (1 << 20) + "{}")),
        case("workload: list a FIFO", ["list.json", "regular"], *run, spoil=lambda t: os.mkfifo(t.here / "list.json")),
        case("workload: unknown key", ["list.json", "workloads[0]", "'layers' is unknown", "decode_tokens"], *run,
             spoil=listed(layers=3)),
        case("workload: unknown model", ["workloads[0].model", '"x"', "m"], *run, spoil=listed(model="x")),
        case("workload: lengths contradict", ["sequence_length", "is 100", "128"], *run, spoil=listed(sequence_length=100)),
        case("workload: no set of the phase", ["no captured prefill set"], *run, spoil=listed()),
        case("workload: a named set of the other phase", ["set", "decode set"], *run, spoil=listed(traces={"prefill": ["set"]})),
        case("workload: --traces missing", ["--traces none"], "run", "--workload", "llama2-7b.mmlu", "--traces", "none", "--out",
             "out"),
        case("workload: no sets", ["empty", "no trace set"], "run", "--workload", "llama2-7b.mmlu", "--traces", "empty", "--out",
             "out", spoil=lambda t: (t.here / "empty").mkdir()),
        case("workload: a broken set", ["queries", "is 0"], *run,
             spoil=lambda t: (listed()(t), t.manifest.update(queries=0))),
        case("workload: with --trace", ["--trace", "--workload"], *run, "--trace", "set", spoil=listed()),
        case("workload: with --head", ["--head", "--workload"], *run, "--head", "1", spoil=listed()),
        case("workload: no heads", ["--sample-heads", "0"], *run, "--sample-heads", "0", spoil=listed()),
        case("workload: bad parameter", ["lane.count", "is 0"], *run, "--set", "lane.count=0", spoil=listed()),
        case("workload: --out no folder of ours", ["out", "no earlier call"], *run,
             spoil=lambda t: (listed(traces={"prefill": []})(t), t.manifest.update(phase="prefill"), (t.here / "out").mkdir(),
                              (t.here / "out" / "thesis.txt").write_text("years"))),
        case("workload: --out a file", ["out", "no folder"], *run,
             spoil=lambda t: (listed()(t), t.manifest.update(phase="prefill"), (t.here / "out").write_text("x"))),
        case("workload: --out in a set", ["overlaps"], "run", "--workload", "m.t", "--workloads", "list.json", "--traces", ".",
             "--out", "set/out", spoil=lambda t: (listed()(t), t.manifest.update(phase="prefill"))),
        *(case(f"workload: {option} without it", [option, "--workload"], *RUN, option, value)
          for option, value in (("--workloads", "x"), ("--traces", "x"), ("--sample-heads", "4"), ("--seed", "2"), ("--jobs", "1"))),
        case("workloads: an argument", ["x", "pade-sim workloads --help"], "workloads", "x"),
        case("workloads: no list", ["none.json"], "workloads", "--workloads", "none.json"),
    ]


def command_cases():
    def case(name, says, *command, spoil=None, **more):
        return Case(f"command: {name}", says, spoil, command, **more)

    def flip(text, says):
        return case(f"flip {text}", ["--flip", *says], *RUN, "--flip", text)

    def finished(t, change=lambda place: None):
        """Two folders that look like runs, one of them spoilt."""
        for name in ("a", "b"):
            (t.here / name).mkdir()
            (t.here / name / "stats.json").write_text('{"schema_version": 1, "time": {"cycles": 5}}')
            (t.here / name / "config.json").write_text("{}")
        change(t.here / "b")

    def run_file(name, content):
        def change(place):
            (place / name).unlink()
            if callable(content):
                content(place / name)
            else:
                (place / name).write_bytes(content)
        return lambda t: finished(t, change)

    def requests(text):
        return lambda t: (t.here / "requests.txt").write_bytes(text)

    def log(text):
        return lambda t: (t.here / "log.txt").write_text("# DRAM command log, format 1\n" + text)

    def many(t):
        shutil.copytree(t.folder, t.here / "sets" / "good")

    return [
        case("none", ["pade-sim --help"]),
        case("unknown", ["rnu", "--help"], "rnu"),
        case("unknown option", ["--bogus", "pade-sim run --help"], *RUN, "--bogus"),
        case("option given twice", ["--trace", "pade-sim run --help"], *RUN, "--trace", "set"),
        case("no --trace", ["--trace"], "run", "--out", "out"),
        case("no --out", ["--out"], "run", "--trace", "set"),
        case("log level", ["--log", "loud"], "--log", "loud", *RUN),
        case("empty --trace", ["manifest.json"], "run", "--trace", "", "--out", "out"),
        case("--trace a file", ["set/manifest.json/manifest.json"], "run", "--trace", "set/manifest.json", "--out", "out"),
        case("--trace a long name", ["aaa"], "run", "--trace", "a" * 300, "--out", "out"),
        case("--trace a FIFO", ["fifo"], "run", "--trace", "fifo", "--out", "out",
             spoil=lambda t: os.mkfifo(t.here / "fifo")),
        case("--trace with control characters", ["no\\x0awhere\\x1b[2J"], "run", "--trace", "no\nwhere\x1b[2J", "--out", "out"),
        case("--head as text", ["--head", "first"], *RUN, "--head", "first"),
        case("--head negative", ["--head", "-1"], *RUN, "--head", "-1"),
        case("--head not there", ["head 4", "0 to 3"], *RUN, "--head", "4"),
        case("--head overflows", ["--head", "99999999999"], *RUN, "--head", "99999999999"),
        case("--head and --all-heads", ["--head", "--all-heads"], *RUN, "--head", "1", "--all-heads"),
        case("--queries as text", ["--queries", "all"], *RUN, "--queries", "all"),
        case("--queries empty range", ["3:3"], *RUN, "--queries", "3:3"),
        case("--queries backwards", ["5:3"], *RUN, "--queries", "5:3"),
        case("--queries beyond the last", ["0:9", "8"], *RUN, "--queries", "0:9"),
        case("--queries negative", ["-1"], *RUN, "--queries=-1:3"),
        case("--queries overflow", ["4294967297"], *RUN, "--queries", "0:4294967297"),
        case("--heads as text", ["--heads", "'a'"], *RUN, "--heads", "0/a"),
        case("--heads with an empty part", ["--heads 0/", "''"], *RUN, "--heads", "0/"),
        case("--heads not there", ["head 4", "0 to 3"], *RUN, "--heads", "0/4"),
        case("--heads of two KV heads in one part", ["heads 0 and 1", "share"], *RUN, "--heads", "0,1"),
        case("--heads twice in one part", ["head 0", "twice"], *RUN, "--heads", "0,0"),
        case("--heads and --head", ["--heads", "--head"], *RUN, "--heads", "0", "--head", "0"),
        *workload_cases(case),
        *gpu_cases(case),
        flip("x:0:0:0:0", ["x:0:0:0:0", "q|k|v"]),
        flip("k:0:0:0", ["k:0:0:0", "HEAD"]),
        flip("k:0:0:0:a", ["'a'", "integers"]),
        flip("k:4:0:0:0", ["HEAD is 4", "0 to 3"]),
        flip("k:0:128:0:0", ["ROW is 128", "0 to 127"]),
        flip("q:0:8:0:0", ["ROW is 8", "0 to 7"]),
        flip("v:0:0:64:0", ["DIM is 64", "0 to 63"]),
        flip("v:0:0:0:8", ["BIT is 8", "0 to 7"]),
        flip("k:0:0:0:8", ["BIT is 8", "0 to 7"]),
        case("check: nothing", ["--config", "--trace"], "check"),
        case("check: bad parameter", ["lane.count", "is 0"], "check", "--set", "lane.count=0"),
        case("check: bad set", ["queries", "is 0"], "check", "--trace", "set", spoil=lambda t: t.manifest.update(queries=0)),
        case("check: good parameters, bad set", ["queries", "is 0"], "check", "--set", "lane.count=4", "--trace", "set",
             spoil=lambda t: t.manifest.update(queries=0)),
        case("check: a query that sees no key", ["query 0"], "check", "--trace", "set",
             spoil=lambda t: t.manifest.update(causal_offset=-1)),
        case("dram: nothing", ["--requests", "--pattern"], "dram"),
        case("dram: unknown pattern", ["sequentiel", "sequential"], "dram", "--pattern", "sequentiel"),
        case("dram: no requests", ["--count", "0"], "dram", "--pattern", "random", "--count", "0"),
        case("dram: negative count", ["--count", "-1"], "dram", "--pattern", "random", "--count", "-1"),
        case("dram: count as text", ["--count", "many"], "dram", "--pattern", "random", "--count", "many"),
        case("dram: count overflows", ["--count", "99999999999999999999"], "dram", "--pattern", "random", "--count",
             "99999999999999999999"),
        case("dram: writes not a fraction", ["--writes", "1.5"], "dram", "--pattern", "random", "--writes", "1.5"),
        case("dram: writes NaN", ["--writes", "nan"], "dram", "--pattern", "random", "--writes", "nan"),
        case("dram: file missing", ["none.txt"], "dram", "--requests", "none.txt"),
        case("dram: file a FIFO", ["fifo"], "dram", "--requests", "fifo", spoil=lambda t: os.mkfifo(t.here / "fifo")),
        case("dram: file empty", ["requests.txt"], "dram", "--requests", "requests.txt", spoil=requests(b"")),
        case("dram: file of zeros", ["requests.txt, line 1"], "dram", "--requests", "requests.txt", spoil=requests(bytes(500))),
        case("dram: line without a cycle", ["requests.txt, line 2"], "dram", "--requests", "requests.txt",
             spoil=requests(b"0 READ 0\n0 READ\n")),
        case("dram: address beyond the memory", ["line 1", "'ffffffffff'"], "dram", "--requests", "requests.txt",
             spoil=requests(b"ffffffffff READ 0\n")),
        case("dram: lines wait for each other", ["requests.txt, line 2", "after=0", "circle"], "dram", "--requests", "requests.txt",
             spoil=requests(b"0 READ 0 after=1\n0 READ 0 after=0\n")),
        case("dram: place of the JSON a folder", ["set"], "dram", "--pattern", "random", "--json", "set"),
        case("dram: place of the JSON missing", ["no/such"], "dram", "--pattern", "random", "--json", "no/such/x.json"),
        case("dram: place of the log too long", ["aaa"], "dram", "--pattern", "random", "--command-log", "a" * 300),
        case("audit: nothing", ["--rules"], "audit"),
        case("audit: missing", ["none.txt"], "audit", "none.txt"),
        case("audit: a folder", ["set"], "audit", "set"),
        case("audit: a FIFO", ["fifo"], "audit", "fifo", spoil=lambda t: os.mkfifo(t.here / "fifo")),
        case("audit: a device", ["/dev/zero"], "audit", "/dev/zero"),
        case("audit: no log", ["set/manifest.json", "format 1"], "audit", "set/manifest.json"),
        case("audit: cut line", ["log.txt, line 2", "fields"], "audit", "log.txt", spoil=log("5 0 ACT\n")),
        case("audit: unknown command", ["log.txt, line 2", "NOP"], "audit", "log.txt", spoil=log("5 0 NOP - - - -\n")),
        case("audit: cycle overflows", ["log.txt, line 2", "99999999999999999999"], "audit", "log.txt",
             spoil=log("99999999999999999999 0 REF - - - -\n")),
        case("audit: channel not there", ["log.txt, line 2", "99"], "audit", "log.txt", spoil=log("5 99 REF - - - -\n")),
        case("audit: line without an end", ["log.txt, line 2"], "audit", "log.txt", spoil=log("5" * 300000)),
        case("completion: no shell", ["shell"], "completion"),
        case("completion: another shell", ["tcsh", "bash"], "completion", "tcsh"),
        case("completion: two shells", ["zsh"], "completion", "bash", "zsh"),
        case("manual: an argument", ["run"], "manual", "run"),
        case("ablate: no set", ["none/manifest.json"], "ablate", "--trace", "none", "--out", "out"),
        case("ablate: bad set", ["queries", "is 0"], "ablate", "--trace", "set", "--out", "out",
             spoil=lambda t: t.manifest.update(queries=0)),
        case("ablate: bad parameter", ["lane.count", "is 0"], "ablate", "--trace", "set", "--out", "out", "--set", "lane.count=0"),
        case("ablate: its own technique", ["guard.enabled"], "ablate", "--trace", "set", "--out", "out", "--set",
             "guard.enabled=false"),
        case("ablate: head not there", ["head 4"], "ablate", "--trace", "set", "--out", "out", "--head", "4"),
        case("ablate: queries backwards", ["5:3"], "ablate", "--trace", "set", "--out", "out", "--queries", "5:3"),
        case("ablate: --out in the set", ["overlaps"], "ablate", "--trace", "set", "--out", "set/out"),
        case("ablate: --out a file", ["set/manifest.json"], "ablate", "--trace", "sets/good", "--out", "set/manifest.json",
             spoil=many),
        case("ablate: jobs negative", ["--jobs", "-1"], "ablate", "--trace", "set", "--out", "out", "--jobs", "-1"),
        case("suite: no folder", ["none"], "suite", "none", "--out", "out"),
        case("suite: no set below it", ["empty"], "suite", "empty", "--out", "out", spoil=lambda t: (t.here / "empty").mkdir()),
        case("suite: bad parameter", ["lane.count"], "suite", "set", "--out", "out", "--set", "lane.count=0"),
        case("suite: --out around the sets", ["overlaps"], "suite", "sets", "--out", "sets", spoil=many),
        case("suite: --out a file", ["set/manifest.json"], "suite", "sets", "--out", "set/manifest.json", spoil=many),
        case("suite: --out no result", ["sets/set"], "suite", "set", "--out", "sets", spoil=lambda t: (
            many(t), shutil.copytree(t.folder, t.here / "sets" / "set"))),
        case("diff: nothing there", ["none/stats.json"], "diff", "none", "set"),
        case("diff: no stats.json", ["b/stats.json"], "diff", "a", "b", spoil=lambda t: finished(
            t, lambda place: (place / "stats.json").unlink())),
        case("diff: stats.json no JSON", ["b/stats.json", "not JSON"], "diff", "a", "b", spoil=run_file("stats.json", b"{")),
        case("diff: stats.json a list", ["b/stats.json"], "diff", "a", "b", spoil=run_file("stats.json", b"[]")),
        case("diff: stats.json nested", ["b/stats.json", "nested"], "diff", "a", "b",
             spoil=run_file("stats.json", b'{"a": ' + b"[" * 100000 + b"]" * 100000 + b"}")),
        case("diff: stats.json a FIFO", ["b/stats.json"], "diff", "a", "b", spoil=run_file("stats.json", os.mkfifo)),
        case("diff: config.json no JSON", ["b/config.json", "not JSON"], "diff", "a", "b", spoil=run_file("config.json", b"x")),
        case("diff: config.json a FIFO", ["b/config.json"], "diff", "a", "b", spoil=run_file("config.json", os.mkfifo)),
        case("report: nothing", ["out", "pade-sim report --help"], "report"),
        case("report: three runs", ["c", "pade-sim report --help"], "report", "a", "b", "c"),
        case("report: nothing there", ["none/stats.json"], "report", "none"),
        case("report: a trace set", ["set/stats.json"], "report", "set"),
        case("report: a file", ["set/manifest.json/stats.json"], "report", "set/manifest.json"),
        case("report: empty name", ["stats.json"], "report", ""),
        case("report: no figures", ["b/stats.json", "job."], "report", "b", spoil=finished),
        case("report: stats.json no JSON", ["b/stats.json", "not JSON"], "report", "b", spoil=run_file("stats.json", b"{")),
        case("report: stats.json nested", ["b/stats.json", "nested"], "report", "b",
             spoil=run_file("stats.json", b'{"a": ' + b"[" * 100000 + b"]" * 100000 + b"}")),
        case("report: stats.json a FIFO", ["b/stats.json"], "report", "b", spoil=run_file("stats.json", os.mkfifo)),
        case("report: config.json a FIFO", ["b/config.json"], "report", "b", spoil=run_file("config.json", os.mkfifo)),
        case("report: timeline.json a FIFO", ["b/timeline.json"], "report", "b",
             spoil=lambda t: (finished(t), os.mkfifo(t.here / "b" / "timeline.json"))),
        case("report: timeline.json a link to a device", ["b/timeline.json"], "report", "b",
             spoil=lambda t: (finished(t), (t.here / "b" / "timeline.json").symlink_to("/dev/zero"))),
        case("report: timeline.json nested", ["b/timeline.json", "nested"], "report", "b",
             spoil=lambda t: (finished(t), (t.here / "b" / "timeline.json").write_text("[" * 100000))),
    ]


def output_cases(scratch):
    """Cases of --out, and what this machine cannot do."""
    skipped = []

    def out(name, says, path, spoil=None, **more):
        return Case(f"out: {name}", says, spoil, ("run", "--trace", "set", "--out", path), **more)

    def existing(t):
        (t.here / "out").mkdir()
        (t.here / "out" / "mine.txt").write_text("keep me")

    def link(target):
        return lambda t: (t.here / "out").symlink_to(target)

    cases = [
        out("empty", ["--out"], ""),
        out("existing", ["{here}/out", "--force"], "out", existing),
        out("a file", ["{here}/out"], "out", lambda t: (t.here / "out").write_text("keep me")),
        out("a FIFO", ["{here}/out"], "out", lambda t: os.mkfifo(t.here / "out")),
        out("a device", ["/dev/null"], "/dev/null"),
        out("below a file", ["manifest.json"], "other/manifest.json/out", lambda t: shutil.copytree(t.folder, t.here / "other")),
        out("in the set", ["overlaps", "set/out"], "set/out"),
        out("the set", ["overlaps"], "set"),
        out("around the set", ["overlaps"], "."),
        out("the root", ["/"], "/"),
        out("a link to itself", ["symbolic links"], "out", link("out")),
        out("below a link to itself", ["symbolic links"], "loop/out", lambda t: (t.here / "loop").symlink_to("loop")),
        out("name too long", ["aaaa", "too long"], "a" * 300),
        out("path too long", ["aaaa", "too long"], "/".join(["a" * 200] * 30)),
        out("partial is a file", ["{here}/out.partial"], "out", lambda t: (t.here / "out.partial").write_text("keep me")),
    ]
    if os.geteuid() != 0:
        def read_only(t):
            (t.here / "locked").mkdir(mode=0o555)
        cases.append(out("unwritable", ["locked"], "locked/out", read_only))
    else:
        cases.append(out("unwritable", ["/proc"], "/proc/pade-out"))  # nobody may write there
    # RLIMIT_FSIZE: a file that grows too large.
    for limit in (0, 1000, 5000, 10000):
        cases.append(out(f"files of at most {limit} bytes", ["{here}/out.partial", "large"], "out", file_limit=limit))
    cases.append(Case("dram: files of at most 100 bytes", ["x.json", "large"], None,
                      ("dram", "--pattern", "random", "--count", "100", "--json", "x.json"), file_limit=100))
    cases.append(Case("dram: log of at most 10000 bytes", ["log.txt", "large"], None,
                      ("dram", "--pattern", "random", "--count", "1000", "--command-log", "log.txt"), file_limit=10000))
    cases.append(Case("ablate: files of at most 5000 bytes", ["out", "large"], None,
                      ("ablate", "--trace", "set", "--out", "out", "--jobs", "1"), file_limit=5000, leaves=("out",)))
    for command in (("params",), ("check", "--set", "lane.count=4"), ("dram", "--pattern", "random", "--count", "10")):
        cases.append(Case(f"{command[0]}: standard output full", ["standard output"], None, command,
                          stdout="/dev/full"))

    # A small file system of its own, gone with the program: the listing is taken inside.
    def mounted(options, after="true"):
        script = (f"mkdir -p small && mount -t tmpfs -o {options} none small && {{ {after}; }} && ls -A small > before; \"$@\"; "
                  "code=$?; ls -A small | cmp -s - before || echo 'left on the small disk' >&2; "
                  "umount small; rmdir small; rm before; exit $code")
        return ("unshare", "-m", "sh", "-c", script, "sh")

    try:
        possible = subprocess.run([*mounted("size=64k"), "true"], capture_output=True, cwd=scratch).returncode == 0
    except FileNotFoundError:
        possible = False
    if possible:
        for size in (4, 8, 16, 24, 36):
            cases.append(out(f"full disk of {size} KiB", ["{here}/small/out.partial", "No space left"], "small/out",
                             wrapper=mounted(f"size={size}k")))
        cases.append(out("read-only disk", ["small", "Read-only"], "small/out",
                         wrapper=mounted("size=64k", "mount -o remount,ro small")))
        cases.append(Case("dram: full disk", ["small/x.json", "No space left"], None,
                          ("dram", "--pattern", "random", "--count", "100", "--json", "small/x.json"),
                          wrapper=mounted("size=4k", "head -c 4096 /dev/zero > small/filler")))
    else:
        skipped.append("a full and a read-only disk: this user may not mount; RLIMIT_FSIZE and /dev/full stand in")
    return cases, skipped
