#!/usr/bin/env python3
"""Sums up what gcovr has measured, names the lines that no test runs, and fails below 95 % of lines.

  coverage_report.py COVERAGE.json LIST.md

COVERAGE.json is gcovr's --json. Files of tests (their benches, peers and cases) are not counted. scripts/uncovered.csv says why a
line is not covered: file (* for any), words of the line, reason; the first row that fits counts. A line that none fits has the
reason of the line before it, as the rest of the same statement, or is listed as not examined.
"""
import collections
import csv
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LEAST = 95.0
NOT_EXAMINED = "not examined"
# Tests, and what only tests are built from.
OF_TESTS = re.compile(r"(_test\.cpp|_bench\.h|_cases\w*\.(h|cpp)|_peers\.(h|cpp)|(^|/)(test_\w+|pe_lane_feeder|traffic|benchmark)\.(h|cpp))$")


def counted(report):
    """{file: ({line: count}, {(line, branch): count})}, the same line in several objects being summed by gcovr."""
    files = {}
    for entry in report["files"]:
        if OF_TESTS.search(entry["file"]):
            continue
        lines, branches = {}, {}
        for line in entry["lines"]:
            if line.get("gcovr/noncode") or line.get("gcovr/excluded"):
                continue
            number = line["line_number"]
            lines[number] = lines.get(number, 0) + line["count"]
            for at, branch in enumerate(line["branches"]):
                branches[number, at] = branches.get((number, at), 0) + branch["count"]
        if lines:
            files[entry["file"]] = (lines, branches)
    return files


def share(counts):
    counts = list(counts)
    hit = sum(count > 0 for count in counts)
    return hit, len(counts), 100.0 * hit / len(counts) if counts else 100.0


def ranges(numbers):
    """[1, 2, 3, 7] as 1-3, 7."""
    text, numbers = [], sorted(numbers)
    while numbers:
        end = 1
        while end < len(numbers) and numbers[end] == numbers[0] + end:
            end += 1
        text.append(str(numbers[0]) if end == 1 else f"{numbers[0]}-{numbers[end - 1]}")
        numbers = numbers[end:]
    return ", ".join(text)


def load_reasons():
    with open(ROOT / "scripts" / "uncovered.csv", newline="") as table:
        return list(csv.DictReader(table))


def reason_of(reasons, file, text):
    for row in reasons:
        if row["file"] in ("*", file) and row["words"] in text:
            row["used"] = True
            return row["reason"]
    return None


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    files = counted(json.loads(pathlib.Path(sys.argv[1]).read_text()))
    reasons = load_reasons()
    out = ["# What the tests do not run", "",
           "Written by `scripts/coverage.sh --write` (gcc `--coverage`, gcovr): lines and branches of `model/` and `tlm/`, without the files",
           "of tests, in the unit tests and a fast choice of suites. The reasons are kept in `scripts/uncovered.csv`.", "",
           "| folder | lines | | branches | |", "| --- | ---: | ---: | ---: | ---: |"]
    folders = collections.defaultdict(lambda: ([], []))
    for file, (lines, branches) in files.items():
        for folder in (str(pathlib.PurePosixPath(file).parent), "all"):
            folders[folder][0].extend(lines.values())
            folders[folder][1].extend(branches.values())
    print(f"{'':<24}{'lines':>16}{'branches':>24}")
    for folder in sorted(folders, key=lambda name: (name == "all", name)):
        lines, branches = (share(counts) for counts in folders[folder])
        print(f"{folder:<24}{lines[0]:>6} of {lines[1]:>5} {lines[2]:5.1f} %{branches[0]:>8} of {branches[1]:>5} {branches[2]:5.1f} %")
        out.append(f"| {folder} | {lines[0]} of {lines[1]} | {lines[2]:.1f} % | {branches[0]} of {branches[1]} | {branches[2]:.1f} % |")
    out += ["", "| file | lines not run | why |", "| --- | --- | --- |"]
    unexamined = 0
    for file in sorted(files):
        source = (ROOT / file).read_text().splitlines()
        missed = collections.defaultdict(list)
        before, last = NOT_EXAMINED, -1
        for number in sorted(number for number, count in files[file][0].items() if count == 0):
            reason = reason_of(reasons, file, source[number - 1] if number <= len(source) else "")
            before = reason or (before if number == last + 1 else NOT_EXAMINED)
            last = number
            missed[before].append(number)
        for reason, numbers in sorted(missed.items(), key=lambda item: item[1]):
            out.append(f"| `{file}` | {ranges(numbers)} | {reason} |")
            if reason == NOT_EXAMINED:
                unexamined += len(numbers)
                print(f"  not examined: {file}: {ranges(numbers)}")
    pathlib.Path(sys.argv[2]).write_text("\n".join(out) + "\n")
    for row in reasons:
        if "used" not in row:
            print(f"  no longer needed in scripts/uncovered.csv: {row['file']}: {row['words']}")
    lines = share(folders["all"][0])[2]
    print(f"{sys.argv[2]}: the lines not run, {unexamined} of them not examined")
    if lines < LEAST:
        print(f"FAIL: {lines:.1f} % of lines, at least {LEAST:.0f} % are asked for")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
