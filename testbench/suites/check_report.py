#!/usr/bin/env python3
"""The page of pade-sim report, end to end: check_report.py --pade-sim BIN --check page|browser [--seed N]

page     timeline.json sums to stats.json, bin by bin and in all, and recording it changes nothing; the page of one run and of
         two is balanced HTML that asks for nothing outside itself, and its figures are those of stats.json; hostile text stays
         text; what is missing, cut or spoilt is refused with one message, and nothing is written
browser  headless Chromium shows both pages without an error, every chart in it has a size (skipped where there is none)
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from bench import Bench
from check_set import SKIPPED, find_set
from html_page import Page

SET = "use-lite/l0-prefill-s128-gpl3"
OTHER = ["--set", "lane.scoreboard_entries=4", "--set", "rows.count=4", "--set", "guard.alpha=0.6",
         "--set", "dram.pseudo_channels=4", "--set", "lane.key_bits=6", "--set", "dispatch.admission=per_lane"]
HOSTILE = ['<script>alert(1)</script>', '"onload=alert(1) x="', "</style><b>", "'><svg onload=alert(1)>", "]]><!--", "&lt;b&gt;"]
SECTIONS = ["classes", "timeline", "scoreboards", "pruning", "retained", "dram", "energy"]


def value_at(stats, key):
    for part in re.findall(r"[^.\[\]]+", key):
        stats = stats[int(part)] if isinstance(stats, list) else stats[part]
    return stats


def without_sim(path):
    stats = json.loads(path.read_text())
    stats.pop("sim")
    return stats


class Report(Bench):
    def run(self, out, *more, trace=None):
        done = self.call("run", "--trace", str(trace or find_set(SET)), "--out", out, *more)
        if done.returncode != 0:
            print(done.stderr)
            self.expect(False, f"exit code {done.returncode}")
            sys.exit(1)
        return self.scratch / out

    def page(self, *arguments, where):
        done = self.call("report", *arguments)
        self.expect(done.returncode == 0 and done.stdout.strip() == str(where), f"{where}: written {done.stderr.strip()}")
        return Page((self.scratch / where).read_text())

    def sound(self, page, charts, what):
        problems = page.check()
        self.expect(not problems, f"{what}: balanced, nothing from outside, ids in order {problems[:3]}")
        self.expect(page.charts == charts, f"{what}: {page.charts} charts")
        self.expect(all(f'<section id="{each}">' in page.text for each in SECTIONS), f"{what}: all sections")


def check_timeline(bench, out):
    line, stats, config = (json.loads((out / name).read_text()) for name in ("timeline.json", "stats.json", "config.json"))
    counters = line["counters"]
    wrong = [name for name, bins in counters.items() if sum(bins) != value_at(stats, name)]
    bench.expect(not wrong and len(counters) > 50, f"{len(counters)} series sum to stats.json {wrong[:3]}")
    bins, width, cycles = line["bins"], line["cycles_per_bin"], line["cycles"]
    bench.expect(cycles == stats["time"]["cycles"] and bins <= 512, f"{bins} bins of {width} cycles cover {cycles}")
    rows, lanes = config["rows"]["count"], config["lane"]["count"]
    ports = config["vpu"]["v_rows_per_round"]
    for prefix, units in (("lanes.", rows * lanes), ("classes.guard.", rows), ("classes.dispatcher.", lanes), ("classes.k_feed.", 1),
                          ("classes.v_ports.", ports), ("classes.q_buffer.", 1), ("classes.score_queue.", 1), ("classes.softmax.", 1),
                          ("classes.rars.", 1), ("classes.vpu.", 1), ("classes.write_back.", 1)):
        series = [values for name, values in counters.items() if name.startswith(prefix)]
        whole = all(sum(values[b] for values in series) == units * min(width, cycles - b * width) for b in range(bins))
        bench.expect(whole, f"{prefix}*: in every bin, the classes are its cycles")
    entries = config["lane"]["scoreboard_entries"]
    boards = line["scoreboards"]
    bench.expect(all(0 <= held <= looks * lanes * entries for row in boards["entries_held"] for held, looks in zip(row, boards["looks"])),
                 "no scoreboard holds more than its entries")
    bench.expect(sum(map(sum, boards["entries_held"])) > 0 and len(boards["entries_held"]) == rows, "and they held something")
    banks = {name: sum(map(sum, table)) for name, table in line["dram_banks"].items()}
    dram = stats["dram"]
    bench.expect(banks["activates"] == dram["activates"] and banks["row_conflicts"] == dram["row_conflicts"],
                 "activates and row conflicts of the banks sum to stats.json")
    bench.expect(banks["reads"] + banks["writes"] == dram["row_hits"] + dram["row_misses"] + dram["row_conflicts"],
                 "reads and writes of the banks are the requests")


def check_figures(bench, page, stats, what):
    keys = [key for key, _, _ in page.figures]
    wrong = [(key, value) for key, value, _ in page.figures if float(value) != float(value_at(stats, key))]
    bench.expect(not wrong, f"{what}: {len(keys)} figures are those of stats.json {wrong[:3]}")
    for key in ("time.cycles", "planes.processed", "pairs.retained", "dram.bytes_read", "energy_pj.total", "bounds.lanes"):
        bench.expect(key in keys, f"{what}: shows {key}")
    for check, held in stats["checks"].items():
        sign = {True: "held", False: "failed", None: "not-run"}[held]
        bench.expect(f'class="{sign}" data-key="checks.{check}"' in page.text, f"{what}: {check} {sign}")


def number(text):
    return int(re.sub(r"[^\d]", "", text))


def check_charts(bench, page, stats, line, what):
    """What the tooltips say, against the files."""
    tips = [tip for tip in page.tooltips]
    pruned = [number(tip.split(": ")[1].split(" pairs")[0]) for tip in tips if tip.startswith(("after plane", "by the re-check"))]
    bench.expect(pruned == [n for n in stats["planes"]["histogram_pruned_at"] if n > 0], f"{what}: pruned by plane {pruned}")
    processed = [number(tip.split("by ")[1].split(" pairs")[0]) for tip in tips if re.match(r"plane \d+: processed", tip)]
    bench.expect(sum(processed) == stats["planes"]["processed"], f"{what}: planes by plane sum to planes.processed")
    conflicts = [number(tip.split(": ")[1]) for tip in tips if tip.endswith("row conflicts") and "bank" in tip]
    bench.expect(conflicts == [n for row in line["dram_banks"]["row_conflicts"] for n in row], f"{what}: row conflicts bank by bank")
    shares = {}
    for tip in tips:
        if match := re.fullmatch(r"([\w -]+): ([a-z ]+) ([\d.]+)\u202f%", tip):
            shares.setdefault(match[1], []).append(float(match[3]))
    bench.expect(len(shares) >= 12 and all(abs(sum(each) - 100) < 0.5 for each in list(shares.values())[:12]),
                 f"{what}: class bars of {len(shares)} units sum to 100 %")


def check_hostile(bench):
    for n, text in enumerate(HOSTILE):
        folder = bench.scratch / f"set{n} {text.replace('/', '|')}"
        shutil.copytree(find_set(SET), folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["name"] = text
        (folder / "manifest.json").write_text(json.dumps(manifest))
        out = bench.run(f"hostile{n} {text.replace('/', '|')}", "--no-golden", trace=folder)
        stats = json.loads((out / "stats.json").read_text())
        stats["job"]["notes"] = [text, text]
        stats["job"]["version"] = stats["job"]["phase"] = stats["job"]["trace_sha256"] = text
        stats["bottlenecks"] = [{"name": text, "share": .5, "evidence": text, "text": text, "parameter": text, "value": 1, "try": 2}]
        (out / "stats.json").write_text(json.dumps(stats))
        page = bench.page(out.name, out.name, "--html", f"hostile{n}.html", where=f"hostile{n}.html")
        bench.expect(not page.check(), f"{text}: stays text {page.check()[:2]}")
        bench.expect(page.visible.count(text) >= 10, f"{text}: can be read as it is")


def refused(bench, what, says, *arguments):
    before = {path: path.stat().st_mtime_ns for path in bench.scratch.rglob("*")}
    done = subprocess.run([bench.binary, "report", *arguments], capture_output=True, text=True, cwd=bench.scratch, timeout=60)
    lines = done.stderr.strip().splitlines()
    after = {path: path.stat().st_mtime_ns for path in bench.scratch.rglob("*")}
    bench.expect(done.returncode == 2 and len(lines) == 1 and done.stdout == "" and "allowed" in done.stderr and before == after and
                 all(part in done.stderr for part in says), f"refused: {what} ({done.returncode}: {done.stderr.strip()[:150]})")


def check_refusals(bench, good):
    spoilt = bench.scratch / "spoilt"

    def with_file(name, data):
        shutil.rmtree(spoilt, ignore_errors=True)
        shutil.copytree(good, spoilt)
        (spoilt / name).unlink()
        if data is not None:
            (spoilt / name).write_bytes(data)

    for name in ("stats.json", "config.json", "retained.npy"):
        with_file(name, None)
        refused(bench, f"no {name}", [f"spoilt/{name}"], "spoilt")
    for name in ("stats.json", "config.json", "timeline.json", "retained.npy"):
        whole = (good / name).read_bytes()
        for keep in (0, 1, len(whole) // 3, len(whole) - 3):
            with_file(name, whole[:keep])
            refused(bench, f"{name} cut to {keep} bytes", [f"spoilt/{name}"], "spoilt")
    for name in ("stats.json", "timeline.json", "config.json"):
        for text in ("[]", "7", '"text"', "null"):
            with_file(name, text.encode())
            refused(bench, f"{name} is {text}", [f"spoilt/{name}"], "spoilt")
    with_file("stats.json", b"{}")
    refused(bench, "stats.json is empty", ["spoilt/stats.json"], "spoilt")
    with_file("retained.npy", (good / "output.npy").read_bytes())
    refused(bench, "another array", ["spoilt/retained.npy"], "spoilt")
    stats = json.loads((good / "stats.json").read_text())
    stats["job"]["queries"] = 3
    with_file("stats.json", json.dumps(stats).encode())
    refused(bench, "pairs outside the job", ["spoilt/retained.npy"], "spoilt")
    refused(bench, "no folder", ["nowhere"], "nowhere")
    refused(bench, "the second one is none", ["nowhere"], good.name, "nowhere")
    refused(bench, "a place that is not there", ["no/such"], good.name, "--html", "no/such/page.html")
    refused(bench, "a folder as the page", [good.name], good.name, "--html", good.name)
    refused(bench, "a result as the page", ["stats.json"], good.name, "--html", f"{good.name}/stats.json")
    (bench.scratch / "old.html").write_text("old")
    refused(bench, "and an earlier page stays", ["nowhere"], "nowhere", "--html", "old.html")


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for key, inner in enumerate(value):
            yield from leaves(inner, (*path, key))
    yield path


def check_random(bench, good, seed):
    """A value of another kind anywhere: a page, or a refusal; never anything else, and what is written is sound."""
    draw = random.Random(seed)
    print(f"seed {seed}")
    spoilt = bench.scratch / "spoilt"
    codes = {0: 0, 2: 0}
    for n in range(200):
        shutil.rmtree(spoilt, ignore_errors=True)
        shutil.copytree(good, spoilt)
        name = draw.choice(["stats.json", "stats.json", "timeline.json", "config.json"])
        root = json.loads((good / name).read_text())
        path = draw.choice([each for each in leaves(root) if each])
        *parents, last = path
        holder = root
        for key in parents:
            holder = holder[key]
        value = draw.choice(["<b>", -1, None, 1e300, -1e300, [], {}, True, 0, 1 << 63, 0.5, [[]]])
        holder[last] = value
        (spoilt / name).write_text(json.dumps(root))
        done = subprocess.run([bench.binary, "report", "spoilt", good.name, "--html", "random.html"], capture_output=True, text=True,
                              cwd=bench.scratch, timeout=60)
        what = f"seed {seed}, {n}: {name} {path} = {value}"
        if done.returncode not in codes:
            bench.expect(False, f"{what}: exit code {done.returncode} {done.stderr}")
            continue
        codes[done.returncode] += 1
        page = bench.scratch / "random.html"
        if done.returncode == 0:
            problems = Page(page.read_text()).check()
            if problems:
                bench.expect(False, f"{what}: {problems[:3]}")
            page.unlink()
        elif page.exists() or len(done.stderr.strip().splitlines()) != 1:
            bench.expect(False, f"{what}: {done.stderr}")
    bench.expect(min(codes.values()) > 10, f"{codes[0]} pages, {codes[2]} refusals")


def make_runs(bench):
    return bench.run("a"), bench.run("b", *OTHER)


def check_page(bench, seed):
    a, b = make_runs(bench)
    check_timeline(bench, a)
    check_timeline(bench, b)
    plain = bench.run("plain", "--no-timeline")
    bench.expect(sorted(path.name for path in plain.iterdir()) == sorted({path.name for path in a.iterdir()} - {"timeline.json"}),
                 "--no-timeline leaves out timeline.json and nothing else")
    for name in ("output.npy", "retained.npy", "queries.npy", "config.json"):
        bench.expect((a / name).read_bytes() == (plain / name).read_bytes(), f"{name}: the same with and without")
    bench.expect(without_sim(a / "stats.json") == without_sim(plain / "stats.json"), "stats.json: the same with and without")

    stats, line = (json.loads((a / name).read_text()) for name in ("stats.json", "timeline.json"))
    one = bench.page("a", where="a/report.html")
    maps = min(stats["job"]["heads"], 2)
    bench.sound(one, 10 + maps, "one run")
    check_figures(bench, one, stats, "one run")
    check_charts(bench, one, stats, line, "one run")
    bench.expect("All parameters have their defaults" in one.visible, "one run: all defaults")
    again = bench.page("a", "--html", "again.html", where="again.html")
    bench.expect(again.text == one.text, "the same run gives the same page")
    check_figures(bench, bench.page("b", where="b/report.html"), json.loads((b / "stats.json").read_text()), "the other run")

    both = bench.page("a", "b", where="a/compare.html")
    bench.sound(both, 2 * 11, "two runs")
    difference = json.loads(bench.call("diff", "a", "b", "--json").stdout)
    for each in difference["parameters"]:
        row = rf"<code>{re.escape(each['name'])}</code></th><td>{re.escape(each['a'])}</td><td>{re.escape(each['b'])}</td>"
        bench.expect(re.search(row, both.text) is not None, f"two runs: {each['name']} is {each['a']} and {each['b']}")
    other = json.loads((b / "stats.json").read_text())
    compared = [(key, float(value)) for key, value, _ in both.figures if key.startswith(("a:", "b:"))]
    bench.expect(len(compared) > 20 and all(float(value_at({"a": stats, "b": other}[key[0]], key[2:])) == value for key, value in compared),
                 f"two runs: {len(compared)} figures are those of their stats.json")
    ends = {match[1] for match in re.finditer(r'<rect [^>]*width="([\d.]+)"[^>]*class="idle"/>', both.text)}
    bench.expect(len(ends) >= 2, "two runs: the shorter one ends earlier on the same axis")

    lonely = bench.page("plain", where="plain/report.html")
    bench.sound(lonely, 10 + maps - 5, "a run without timeline")
    bench.expect("no timeline.json" in lonely.visible, "a run without timeline: says so")
    (bench.scratch / "old.html").write_text("old")
    bench.page("a", "--html", "old.html", where="old.html")
    bench.expect(not (bench.scratch / "old.html.partial").exists(), "an earlier page is replaced")
    check_hostile(bench)
    check_refusals(bench, a)
    check_random(bench, a, seed)


PROBE = """<script>
window.addEventListener('load', () => {
  const charts = [...document.querySelectorAll('svg[role=img]')];
  const sizes = charts.map(c => { const r = c.getBoundingClientRect(); return [Math.round(r.width), Math.round(r.height)]; });
  const wide = document.documentElement.scrollWidth > window.innerWidth;
  const cut = charts.filter(c => { const r = c.getBoundingClientRect();
    return [...c.querySelectorAll('text')].some(t => { const b = t.getBoundingClientRect();
      return b.left < r.left - 2 || b.right > r.right + 2 || b.top < r.top - 2 || b.bottom > r.bottom + 2; }); }).map(c => c.textContent.slice(0, 40));
  const over = [];
  for (const c of charts) {
    const texts = [...c.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
    texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
      if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 4 && q.top < p.bottom - 4) over.push(a + ' / ' + b);
    }));
  }
  const out = document.createElement('pre'); out.id = 'probe';
  out.textContent = JSON.stringify({sizes, wide, cut, over, background: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.querySelector('svg text')).fill});
  document.body.append(out);
});
</script></body>"""


def check_browser(bench):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("skipped: there is no Chromium here")
        return SKIPPED
    make_runs(bench)
    bench.page("a", where="a/report.html")
    bench.page("a", "b", where="a/compare.html")

    def browse(file, *options, width=1140):
        done = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
                               f"--user-data-dir={bench.scratch / 'profile'}", f"--window-size={width},1400", *options, file.as_uri()],
                              capture_output=True, text=True, timeout=120)
        console = [text for text in done.stderr.splitlines() if "CONSOLE" in text]
        bench.expect(done.returncode == 0 and not console, f"{file.name} {' '.join(options)}: nothing on the console {console[:2]}")
        return done.stdout

    for name, charts in (("report.html", None), ("compare.html", 22)):
        file = bench.scratch / "a" / name
        dom = browse(file, "--dump-dom")
        wanted = Page(file.read_text()).charts
        bench.expect(dom.count('role="img"') == wanted and (charts or wanted) == wanted, f"{name}: {wanted} charts in the document")
        picture = bench.scratch / f"{name}.png"
        browse(file, f"--screenshot={picture}")
        bench.expect(picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and picture.stat().st_size > 30000, f"{name}: a picture of it")
        # The page allows no script; a copy that does measures what the browser laid out.
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", file.read_text()).replace("</body>", PROBE)
        probe = bench.scratch / f"probe-{name}"
        grounds = {}
        for scheme in ("light", "dark"):
            chosen = text if scheme == "light" else text.replace("(prefers-color-scheme:dark)", "all")
            probe.write_text(chosen)
            for width in (1140, 480):
                found = re.search(r'<pre id="probe">(.*?)</pre>', browse(probe, "--dump-dom", width=width), re.S)
                seen = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
                bench.expect(len(seen["sizes"]) == wanted and all(w > 100 and h > 30 for w, h in seen["sizes"]),
                             f"{name}, {scheme}, {width} pixels: every chart has a size {min(seen['sizes'])} to {max(seen['sizes'])}")
                bench.expect(not seen["wide"], f"{name}, {scheme}, {width} pixels: no wider than the window")
                bench.expect(not seen["cut"], f"{name}, {scheme}, {width} pixels: no text of a chart is cut {seen['cut'][:3]}")
                bench.expect(not seen["over"], f"{name}, {scheme}, {width} pixels: no text lies over another {seen['over'][:5]}")
                grounds[scheme] = (seen["background"], seen["ink"])
        light, dark = ([sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in grounds[scheme]] for scheme in ("light", "dark"))
        bench.expect(light[0] > 700 and light[1] < 200 and dark[0] < 150 and dark[1] > 600, f"{name}: dark on light, light on dark {grounds}")
    return 1 if bench.failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--check", required=True, choices=["page", "browser"])
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    if find_set(SET) is None:
        print(f"skipped: {SET} is in none of the directories of PADE_TRACES")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-report-") as scratch:
        bench = Report(args.pade_sim, pathlib.Path(scratch).resolve())
        if args.check == "browser" and check_browser(bench) == SKIPPED:
            return SKIPPED
        if args.check == "page":
            check_page(bench, args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32))
    print(f"{bench.failures} failures")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
