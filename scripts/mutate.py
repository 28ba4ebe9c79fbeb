#!/usr/bin/env python3
"""Mutation test: plants one-line faults in model/ and tlm/ one at a time, and asks whether a named test finds each.

The faults are data, testbench/mutants/*.json. They are planted in a copy of the tree, build-mutants/tree, with a build
directory of its own, build-mutants/build: neither this tree nor its builds are touched. For each mutant the tests that
are expected to find it are built and run first, then all tests of its folder, the whole chip, and small trace sets,
until one fails. Each result is appended to build-mutants/results.jsonl, and what has been killed is not run again.

    scripts/mutate.py                        all that have no result yet, and those that survived
    scripts/mutate.py --only 'qkpu-*'        some, by name (repeatable)
    scripts/mutate.py --draw 6 [--seed N]    so many, drawn by a seed that is printed; results of before do not count
    scripts/mutate.py --list | --check | --table

Exit code 0: every mutant that was run has been killed, or is declared equivalent and was not. 1: survivors, mutants that
no longer fit the source or do not compile, or an "equivalent" one that a test tells apart. 2: wrong use.
"""
import argparse
import fcntl
import fnmatch
import hashlib
import json
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "testbench" / "mutants"
TABLE = ROOT / "docs" / "mutations.md"
COPIED = ("CMakeLists.txt", "LICENSE", "README.md", "CITATION.cff", "cmake", "model", "tlm", "testbench", "scripts", "docs",
          "traces/workloads.json")
# After the tests of the folder: the whole chip, then pade-sim against the golden reference and the books.
CHIP_TESTS = ["accelerator_test", "ista_off_test"]
TRACE_TESTS = ["suite: use-lite/l0-decode8-s128-gpl3", "suite: use-lite/l0-prefill-s128-gpl3", "suite: regression"]
TEST_SECONDS = 60
SUITE_SECONDS = 300
MEMORY_BYTES = 8 << 30  # a mutant that allocates without end must not take the machine along
KEYS = {"id", "file", "old", "new", "breaks", "tests", "equivalent"}
FOLDER_KEYS = {"folder", "tests", "chip", "mutants"}


class Stop(Exception):
    """What ends the command: exit code and words."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


# ---- the data -------------------------------------------------------------------------------------------------------

def load():
    mutants = []
    for path in sorted(DATA.glob("*.json")):
        try:
            folder = json.loads(path.read_text())
        except ValueError as error:
            raise Stop(1, f"{path.relative_to(ROOT)}: is not JSON: {error}")
        if set(folder) - FOLDER_KEYS:
            raise Stop(1, f"{path.relative_to(ROOT)}: unknown keys {sorted(set(folder) - FOLDER_KEYS)}")
        for mutant in folder["mutants"]:
            wrong = (set(mutant) - KEYS) | ({"id", "file", "old", "new", "breaks"} - set(mutant))
            if wrong:
                raise Stop(1, f"{path.relative_to(ROOT)}: {mutant.get('id', '?')}: unknown or missing keys {sorted(wrong)}")
            mutant["source"] = path.name
            mutant["module"] = module_of(mutant["file"])
            first = mutant.get("tests", [])
            stages = [first, [t for t in folder["tests"] if t not in first]]
            if folder.get("chip", True):
                stages += [CHIP_TESTS, *([t] for t in TRACE_TESTS)]
            mutant["stages"] = [s for s in stages if s]
            mutant["units"] = len([s for s in stages[:2] if s])
            mutants.append(mutant)
    if not mutants:
        raise Stop(2, f"no mutants in {DATA}")
    return mutants


def module_of(file):
    """The folder below model/ or tlm/, and the file's name without its ending."""
    return file.rsplit(".", 1)[0]


def problems(mutants):
    """What makes the data unfit: found without a build, in an instant."""
    texts, seen, found = {}, set(), []
    for m in mutants:
        path = ROOT / m["file"]
        if m["id"] in seen:
            found.append(f"{m['id']}: is there twice")
        seen.add(m["id"])
        if not re.fullmatch(r"(model|tlm)/[\w/]+\.(cpp|h)", m["file"]) or not path.is_file():
            found.append(f"{m['id']}: {m['file']} is no source file of model/ or tlm/")
            continue
        text = texts.setdefault(m["file"], path.read_text())
        count = text.count(m["old"])
        if count != 1:
            found.append(f"{m['id']}: {m['file']} has its line {count} times, not once: {m['old']!r}")
        if m["old"] == m["new"] or "\n" in m["old"] + m["new"]:
            found.append(f"{m['id']}: is no change of one line")
    if not TABLE.is_file():
        return found + [f"{TABLE.relative_to(ROOT)} is missing: scripts/mutate.py --table"]
    listed = set(re.findall(r"^\| `([\w-]+)` \|", TABLE.read_text(), re.M))
    for name in sorted(seen ^ listed):
        found.append(f"{name}: is {'not ' if name in seen else ''}in {TABLE.relative_to(ROOT)} "
                     f"and {'' if name in seen else 'not '}in the data")
    return found


def digest(mutant):
    """Tells whether a result is still of this mutant. Source and tests around it may have changed: --full draws some again."""
    what = [mutant[k] for k in ("id", "file", "old", "new")] + [bool(mutant.get("equivalent"))]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


# ---- the copy -------------------------------------------------------------------------------------------------------

class Bench:
    """The copy of the tree, its build directory, and the tests in it."""

    def __init__(self, work, jobs):
        self.tree, self.build, self.jobs = work / "tree", work / "build", jobs
        work.mkdir(parents=True, exist_ok=True)
        self.lock = open(work / "lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Stop(2, f"{work} is in use by another run")
        self.log = open(work / "log.txt", "w")
        self.sound = set()  # tests that pass without a mutant
        self.environment = dict(os.environ, SYSTEMC_DISABLE_COPYRIGHT_MESSAGE="1",
                                PADE_TRACES=os.environ.get("PADE_TRACES", str(ROOT / "traces")))

    def prepare(self):
        """Makes the copy like the tree; files that are alike keep their time, so that little is built anew."""
        wanted = set()
        for top in COPIED:
            files = [ROOT / top] if (ROOT / top).is_file() else sorted((ROOT / top).rglob("*"))
            for path in files:
                if path.is_file() and "__pycache__" not in path.parts:
                    name = path.relative_to(ROOT)
                    wanted.add(name)
                    self.put(name, path.read_bytes())
        for path in list(self.tree.rglob("*")):
            if path.is_file() and path.relative_to(self.tree) not in wanted:
                path.unlink()
        command = ["cmake", "-S", str(self.tree), "-B", str(self.build), "-DCMAKE_BUILD_TYPE=Release", "-DPADE_WERROR=OFF"]
        if shutil.which("ninja") and not (self.build / "CMakeCache.txt").exists():
            command += ["-G", "Ninja"]
        if shutil.which("ccache"):
            command += ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"]
        if self.call(command)[0] != 0:
            raise Stop(1, f"the copy cannot be configured, see {self.log.name}")

    def put(self, name, data):
        target = self.tree / name
        if target.is_file() and target.read_bytes() == data:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def call(self, command):
        self.log.write(f"\n$ {' '.join(command)}\n")
        self.log.flush()
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, env=self.environment, preexec_fn=limit)
        self.log.write(done.stdout)
        self.log.flush()
        return done.returncode, done.stdout

    def compile(self, tests):
        targets = sorted({"pade-sim" if t.startswith("suite: ") else t for t in tests})
        return self.call(["cmake", "--build", str(self.build), "-j", str(self.jobs), "--target", *targets])[0] == 0

    def first_failure(self, tests):
        """(name, how) of the first test that fails, or None."""
        for name in tests:
            suite = name.startswith("suite: ")
            pattern = f"^{re.escape(name)}$" if suite else f"^{name}:"
            seconds = SUITE_SECONDS if suite else TEST_SECONDS
            failed = self.build / "Testing" / "Temporary" / "LastTestsFailed.log"
            failed.unlink(missing_ok=True)
            code, text = self.call(["ctest", "--test-dir", str(self.build), "-R", pattern, "--stop-on-failure",
                                    "--no-tests=error", "--timeout", str(seconds), "--output-on-failure"])
            if code == 0:
                if re.search(r"\*\*\*Skipped", text) and suite:
                    raise Stop(1, f"{name} was skipped: {self.environment['PADE_TRACES']} has no such trace set")
                continue
            if not failed.is_file():
                raise Stop(1, f"{name} could not be run, see {self.log.name}")
            first = failed.read_text().splitlines()[0].split(":", 1)[1]
            how = ("time limit" if "***Timeout" in text else
                   "crash" if "***Exception" in text else
                   "watchdog" if re.search(r"watchdog|exit (code|status) 4", text) else "")
            return first, how
        return None

    def judge(self, mutant, stages):
        original = (ROOT / mutant["file"]).read_bytes()
        name = pathlib.Path(mutant["file"])
        text = original.decode()
        if text.count(mutant["old"]) != 1:
            return {"result": "stale"}  # the file was edited while this command ran
        try:
            for tests in stages:
                if not self.sound.issuperset(tests):
                    self.put(name, original)
                    self.check_original([tests])
                self.put(name, text.replace(mutant["old"], mutant["new"]).encode())
                if not self.compile(tests):
                    return {"result": "does not compile"}
                failure = self.first_failure(tests)
                if failure:
                    return {"result": "killed", "by": failure[0], "how": failure[1]}
            return {"result": "survived"}
        finally:
            self.put(name, original)

    def check_original(self, stages):
        """Without a mutant the tests pass: else each would be 'killed'."""
        tests = [t for t in dict.fromkeys(t for tests in stages for t in tests) if t not in self.sound]
        if not self.compile(tests):
            raise Stop(1, f"the tree does not build without a mutant, see {self.log.name}")
        failure = self.first_failure(tests)
        if failure:
            raise Stop(1, f"{failure[0]} fails without a mutant, see {self.log.name}")
        self.sound.update(tests)


# ---- results --------------------------------------------------------------------------------------------------------

def results_of(path):
    """The last result of each mutant."""
    results = {}
    if path.is_file():
        for line in path.read_text().splitlines():
            try:
                result = json.loads(line)
            except ValueError:
                continue  # a run was killed while it wrote
            results[result["id"]] = result
    return results


def passed(mutant, result):
    return result["result"] == ("survived" if mutant.get("equivalent") else "killed")


def settled(mutant, result, units):
    """Need not run again. That one survived its folder's tests says nothing about the whole chip."""
    return (result is not None and result.get("digest") == digest(mutant) and passed(mutant, result)
            and (result["result"] == "killed" or units or not result.get("units")))


def bar(done, total, text):
    if not sys.stderr.isatty():
        return
    width = 30
    filled = width * done // max(total, 1)
    line = f"[{'#' * filled}{'.' * (width - filled)}] {done}/{total} {text}"
    sys.stderr.write("\r\033[K" + line[:shutil.get_terminal_size().columns - 1])
    sys.stderr.flush()


def run(mutants, options):
    results_path = options.work / "results.jsonl"
    if options.fresh:
        results_path.unlink(missing_ok=True)
    before = results_of(results_path)
    if not options.draw:
        mutants = [m for m in mutants if not settled(m, before.get(m["id"]), options.units)]
    if not mutants:
        print("every mutant has its result; --fresh begins anew")
        return 0
    bench = Bench(options.work, options.jobs)
    bar(0, len(mutants), "building")
    bench.prepare()
    # The first stage of each is the fast path; only what survives it needs more.
    bench.check_original([m["stages"][0] for m in mutants])
    bad = 0
    # What many files include comes last, and the mutants of a file together: then little is built anew in between.
    mutants.sort(key=lambda m: (m["file"].endswith(".h"), m["file"].startswith("tlm/"), m["file"]))
    for number, m in enumerate(mutants):
        bar(number, len(mutants), m["id"])
        begin = time.monotonic()
        result = bench.judge(m, m["stages"][:m["units"]] if options.units else m["stages"])
        result.update(id=m["id"], digest=digest(m), units=options.units, seconds=round(time.monotonic() - begin, 1))
        with open(results_path, "a") as out:
            out.write(json.dumps(result) + "\n")
        good = passed(m, result)
        bad += not good
        bar(number + 1, len(mutants), "")
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
        word = ("equivalent" if good else "NOT EQUIVALENT") if m.get("equivalent") else result["result"]
        by = f" by {result['by']}{' (' + result['how'] + ')' if result['how'] else ''}" if "by" in result else ""
        print(f"{'ok' if good else 'BAD':3}  {m['id']:34} {word}{by}  [{result['seconds']} s]", flush=True)
    print(f"{len(mutants) - bad} of {len(mutants)} mutants as they should be" + (f", {bad} not" if bad else ""))
    return 1 if bad else 0


# ---- the table ------------------------------------------------------------------------------------------------------

HEAD = """# Mutations: faults that the tests find

Made by `scripts/mutate.py --table`; the faults are in `testbench/mutants/`. Each is one line of `model/` or `tlm/`
changed as one could get it wrong. In a copy of the tree it is built, and tests run until one fails: that one is named
here. `scripts/test.sh --full` runs 6 of them, drawn by a seed that it prints.

    scripts/mutate.py                      # all that have no result yet (all of them: an hour on two cores)
    scripts/mutate.py --only 'qkpu-*'      # some
    scripts/mutate.py --draw 6 --seed 1    # what --full does
    scripts/mutate.py --list               # names, files and changes
    scripts/mutate.py --check              # the data fit the source: also a test, `suite: mutants are fresh`

The tests that are named first in the data run first, then all of the folder, then the whole chip (`accelerator_test`,
`ista_off_test`) and three suites of `pade-sim` on small trace sets. A mutant that does not compile, or whose line is not
in the source exactly once, is an error. A test that does not end within its time is a kill, marked so.
"""


def cell(text):
    return text.replace("|", "\\|")


def code(text):
    return "`` " + cell(text.strip()) + " ``" if "`" in text else "`" + cell(text.strip()) + "`"


def write_table(mutants, results_path):
    results = results_of(results_path)
    missing = [m["id"] for m in mutants if m["id"] not in results or results[m["id"]].get("digest") != digest(m)]
    wrong = [m["id"] for m in mutants if m["id"] not in missing and not passed(m, results[m["id"]])]
    if missing or wrong:
        raise Stop(1, f"no table: without a result {missing}, not as they should be {wrong}")
    killed = [m for m in mutants if not m.get("equivalent")]
    equivalent = [m for m in mutants if m.get("equivalent")]
    modules = len({m["module"] for m in mutants})
    lines = [HEAD, f"## {len(killed)} faults, all found, in {modules} modules\n",
             "| Name | Module | Change | What breaks | Found by |", "|---|---|---|---|---|"]
    for m in killed:
        r = results[m["id"]]
        by = r["by"] + (f" ({r['how']})" if r["how"] else "")
        lines.append(f"| `{m['id']}` | {m['module']} | {code(m['old'])} → {code(m['new'])} | {cell(m['breaks'])} | "
                     f"{cell(by)} |")
    if equivalent:
        lines += ["", f"## {len(equivalent)} that change nothing, with the proof", "",
                  "They are built and run like the others; a test that fails on one of them is an error."
                  + (" (For this table: the tests of their folder.)" if any(results[m["id"]].get("units")
                                                                          for m in equivalent) else ""), "",
                  "| Name | Module | Change | Why nothing changes |", "|---|---|---|---|"]
        for m in equivalent:
            lines.append(f"| `{m['id']}` | {m['module']} | {code(m['old'])} → {code(m['new'])} | {cell(m['equivalent'])} |")
    TABLE.write_text("\n".join(lines) + "\n")
    print(f"{TABLE.relative_to(ROOT)}: {len(killed)} killed, {len(equivalent)} equivalent")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="names the mutants and runs none")
    what.add_argument("--check", action="store_true", help="only whether the data fit the source and the table")
    what.add_argument("--table", action="store_true", help="writes docs/mutations.md from the results")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a name or pattern with *")
    parser.add_argument("--draw", type=int, default=0, metavar="N", help="N of them, drawn at random")
    parser.add_argument("--seed", type=int, help="of --draw; printed if it is not given")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="keeps the results of before (default)")
    again.add_argument("--fresh", action="store_true", help="forgets the results of before")
    parser.add_argument("--units", action="store_true", help="only the tests of the mutant's folder, not the whole chip")
    parser.add_argument("-j", "--jobs", type=int, default=min(2, os.cpu_count() or 1), help="compilers at a time")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build-mutants", help="where copy and results go")
    options = parser.parse_args()
    options.work = options.work.resolve()
    if options.draw < 0 or options.jobs < 1 or (options.seed is not None and not options.draw):
        parser.error("--draw takes a number from 1 on, --jobs too, and --seed goes with --draw")

    mutants = load()
    if options.check:
        found = problems(mutants)
        print("\n".join(found) if found else f"{len(mutants)} mutants fit the source")
        return 1 if found else 0
    for pattern in options.only:
        if not any(fnmatch.fnmatchcase(m["id"], pattern) for m in mutants):
            raise Stop(2, f"--only {pattern}: no mutant has that name; --list names them")
    if options.only:
        mutants = [m for m in mutants if any(fnmatch.fnmatchcase(m["id"], p) for p in options.only)]
    if options.draw:
        seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
        mutants = random.Random(seed).sample(mutants, min(options.draw, len(mutants)))
        print(f"{len(mutants)} mutants drawn, again with --draw {options.draw} --seed {seed}", flush=True)
    if options.list:
        for m in mutants:
            print(f"{m['id']:34} {m['file']}\n    - {m['old'].strip()}\n    + {m['new'].strip()}\n    {m['breaks']}"
                  + (f"\n    equivalent: {m['equivalent']}" if m.get("equivalent") else ""))
        return 0
    if options.table:
        return write_table(mutants, options.work / "results.jsonl")
    stale = [p for p in problems(mutants) if str(TABLE.relative_to(ROOT)) not in p]
    if stale:
        raise Stop(1, "\n".join(stale))
    return run(mutants, options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as stop:
        print(f"mutate.py: {stop}", file=sys.stderr)
        sys.exit(stop.code)
    except KeyboardInterrupt:
        sys.exit(130)
