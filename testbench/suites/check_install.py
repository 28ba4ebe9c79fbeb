#!/usr/bin/env python3
"""cmake --install into a prefix that is then moved; nothing may remember where it was built, or where it first lay:

  check_install.py --pade-sim BIN --build DIR --source DIR [--binaries]

The moved program runs on a moved trace set, and docs/examples/own_module is configured, built and run out of tree against the
moved libraries. --binaries: no path in compiled code either (in a build with debug information there are some).
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SET = "share/pade-tlm/traces/use-lite/l0-decode8-s128-gpl3"
failures = 0


def expect(holds, text):
    global failures
    if not holds:
        failures += 1
    print(("  ok    " if holds else "  FAIL  ") + text, flush=True)


def run(*command, **more):
    print("+ " + " ".join(map(str, command)), flush=True)
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        print("    " + "\n    ".join((done.stdout + done.stderr).splitlines()[-30:]))
    return done


def check_paths(prefix, forbidden, binaries):
    """No file holds one of the paths: at its end, or before a /."""
    pattern = re.compile(b"(?:" + b"|".join(re.escape(os.fsencode(str(path))) for path in forbidden) + rb")(?![\w.-])")
    found, texts, objects = [], 0, 0
    for path in sorted(p for p in prefix.rglob("*") if p.is_file()):
        data = path.read_bytes()
        compiled = data[:4] == b"\x7fELF" or data[:7] == b"!<arch>"
        texts, objects = texts + (not compiled), objects + compiled
        match = pattern.search(data)
        if match and (binaries or not compiled):
            found.append(f"{path.relative_to(prefix)}: {data[max(0, match.start() - 20):match.end() + 40]!r}")
    expect(texts > 100 and objects > 20, f"{texts} texts and {objects} compiled files are installed")
    expect(not found, f"none of them holds a path of source, build or first prefix {'; '.join(found)}")


def check_headers(include):
    missing, count = set(), 0
    for header in include.rglob("*.h"):
        for name in re.findall(r'^#include "([^"]+)"', header.read_text(), re.M):
            count += 1
            if not (include / name).is_file():
                missing.add(f"{header.relative_to(include)} wants {name}")
    expect(count > 200 and not missing, f"{count} includes of installed headers are installed {sorted(missing) or ''}")
    tests = [str(h.relative_to(include)) for h in include.rglob("*.h") if "catch2/" in h.read_text()]
    expect(not tests, f"none needs the library of the tests {tests or ''}")


def check_example(prefix, scratch):
    source = scratch / "own_module"
    shutil.copytree(prefix / "share/doc/pade-tlm/examples/own_module", source)
    options = [f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror"]
    if shutil.which("ninja"):
        options.append("-GNinja")
    done = run("cmake", "-S", source, "-B", scratch / "build", *options)
    expect(done.returncode == 0, "the example is configured: find_package(pade)")
    if done.returncode != 0:
        return
    expect(str(prefix) in (scratch / "build/CMakeCache.txt").read_text(), "it found the moved package")
    done = run("cmake", "--build", scratch / "build")
    expect(done.returncode == 0, "it builds")
    if done.returncode != 0:
        return
    cycles = {}
    for latency in (1, 100):
        done = run(scratch / "build/own_module", prefix / SET, scratch / f"out{latency}", latency)
        expect(done.returncode == 0, f"{latency} ns: {done.stdout.strip()}")
        if done.returncode != 0:
            return
        stats = json.loads((scratch / f"out{latency}/stats.json").read_text())
        cycles[latency] = stats["time"]["cycles"]
        checks = stats["checks"]
        expect(all(checks.values()) and checks["tlm_protocol"] is True and checks["output"] is True,
               f"{latency} ns: every check holds")
    expect(cycles[100] > cycles[1] + 80, f"a slower network costs cycles: {cycles}")
    plain = json.loads((scratch / "out/stats.json").read_text())["time"]["cycles"]
    expect(cycles[1] > plain, f"and a fast one more than none: {plain}")
    done = run(scratch / "build/own_module", scratch / "none", scratch / "out2", 1)
    expect(done.returncode == 2 and "none/manifest.json" in done.stderr, "bad input is refused as by pade-sim")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    parser.add_argument("--binaries", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pade-install-") as folder:
        scratch = pathlib.Path(folder).resolve()
        first, prefix = scratch / "first", scratch / "moved to" / "second"
        done = run("cmake", "--install", args.build, "--prefix", first)
        if done.returncode != 0:
            return 1
        prefix.parent.mkdir()
        first.rename(prefix)
        check_paths(prefix, [args.build.resolve(), args.source.resolve(), first], args.binaries)
        check_headers(prefix / "include/pade")
        for name in ("share/man/man1/pade-sim.1", "share/bash-completion/completions/pade-sim",
                     "share/zsh/site-functions/_pade-sim", "share/fish/vendor_completions.d/pade-sim.fish",
                     "share/doc/pade-tlm/LICENSE", "share/doc/pade-tlm/docs/tutorial.md", SET + "/manifest.json"):
            expect((prefix / name).is_file(), name)

        for name in ("share/man/man1/wavediff.1", "lib/python3/dist-packages/wavedifflib/cli.py"):
            expect((prefix / name).is_file(), name)
        done = run(sys.executable, "-B", prefix / "bin/wavediff", "--version", cwd=scratch)
        expect(done.returncode == 0 and done.stdout.startswith("wavediff "), "the moved wavediff finds its package")

        program = prefix / "bin/pade-sim"
        bare = {"PATH": "/nowhere", "HOME": "/nowhere"}
        done = run(program, "--version", env=bare)
        expect(done.returncode == 0 and done.stdout.startswith("pade-sim "), "the moved program says its version")
        done = run(program, "run", "--trace", prefix / SET, "--out", scratch / "out", env=bare)
        expect(done.returncode == 0, "it runs on the moved set")
        preset = run(program, "check", "--config", "paper", env=bare)
        expect(preset.returncode == 0, "and has its presets with it")
        if done.returncode == 0:
            check_example(prefix, scratch)
    print(f"{failures} failures" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
