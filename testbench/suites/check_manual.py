#!/usr/bin/env python3
"""Manual page and completions say what the program takes, no more and no less:

  check_manual.py --pade-sim BIN [--made DIR]

DIR: where the build put pade-sim.1 and the completions; they must be what the program prints now.

What the program takes is read from its --help. Completion is tried in bash itself; zsh and fish read their files where they
are installed.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PRINTED = {"pade-sim.1": ["manual"], "pade-sim.bash": ["completion", "bash"], "_pade-sim": ["completion", "zsh"],
           "pade-sim.fish": ["completion", "fish"]}
failures = 0


def expect(holds, text):
    global failures
    if not holds:
        failures += 1
    print(("  ok    " if holds else "  FAIL  ") + text)


def options_of(help_text):
    """Names at the beginning of a line of --help: "  -h,--help  ..."."""
    names = set()
    for line in help_text.splitlines():
        found = re.match(r"  (-[\w-]+(?:,-[\w-]+)*)", line)
        if found:
            names.update(found.group(1).split(","))
    return names


def commands_of(help_text):
    return re.findall(r"^  ([a-z]\w*) ", help_text.split("Subcommands:")[1], re.M)


def unroff(text):
    return re.sub(r"\\f[BIR]", "", text).replace("\\-", "-").replace("\\e", "\\")


def check_manual(page, helps):
    plain = unroff(page)
    parts = re.split(r"^\.SS pade-sim (\w+)$", plain.split(".SH PARAMETERS")[0], flags=re.M)
    sections = {"": parts[0], **dict(zip(parts[1::2], parts[2::2]))}
    expect(set(sections) == set(helps), "a section for each command, and no other")
    for command, options in helps.items():
        named = {name for line in re.findall(r"^\.TP\n(-.*)$", sections.get(command, ""), re.M)
                 for name in re.findall(r"(?<![\w-])--?[a-z][\w-]*", line)}
        expect(named == options, f"manual page, {command or 'pade-sim'}: its {len(options)} options"
               + (f"; differ: {sorted(named ^ options)}" if named != options else ""))
    if shutil.which("man") and shutil.which("groff"):
        with tempfile.NamedTemporaryFile("w", suffix=".1") as file:
            file.write(page)
            file.flush()
            done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", file.name], capture_output=True,
                                  text=True, env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"})
        expect(done.returncode == 0 and not done.stderr, f"man reads the page without a warning {done.stderr}")


def complete(script, here, words, wordbreaks=" \t\n\"'><=;|&(:"):
    """What bash offers for the last of `words`; those with = come in the pieces that readline makes of them."""
    pieces = [piece for word in words for piece in (re.findall(r"=|[^=]+", word) or [""])]
    if "=" in words[-1] and words[-1].endswith("="):
        pieces.append("") if pieces[-1] != "=" else None
    quote = lambda text: "'" + text.replace("'", "'\\''") + "'"  # noqa: E731
    code = (f"source {quote(str(script))}\nCOMP_WORDBREAKS={quote(wordbreaks)}\nCOMP_WORDS=({' '.join(map(quote, pieces))})\n"
            f"COMP_CWORD={len(pieces) - 1}\nCOMP_LINE={quote(' '.join(words))}\nCOMP_POINT=${{#COMP_LINE}}\n"
            "complete -p pade-sim >/dev/null || exit 1\n_pade_sim\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
    done = subprocess.run(["bash", "--norc", "-c", code], capture_output=True, text=True, cwd=here)
    if done.returncode != 0 or done.stderr:
        return [f"exit code {done.returncode}: {done.stderr}"]
    return [line for line in done.stdout.splitlines() if line]


def check_bash(script, here, helps, keys, values):
    (here / "traces" / "one").mkdir(parents=True)
    (here / "two words").mkdir()
    (here / "trace.txt").write_text("")
    (here / "paper.json").write_text("")

    def offers(line, wanted, why=""):
        words = ["pade-sim", *line]
        got = sorted(complete(script, here, words))
        expect(got == sorted(wanted), f"bash: {' '.join(words)}| offers {len(wanted)}: {' '.join(sorted(wanted))[:60]}"
               + (f"; but: {got[:20]}" if got != sorted(wanted) else "") + why)

    offers([""], [c for c in helps if c])
    offers(["--"], [o for o in helps[""] if o.startswith("--")])
    offers(["d"], ["diff", "dram"])
    for command, options in helps.items():
        if command:
            offers([command, "-"], options)
    offers(["--log", ""], ["trace", "debug", "info", "warn", "error", "off"])
    offers(["--log", "warn", "ru"], ["run"])
    offers(["run", "--trace", "tra"], ["traces"])
    offers(["run", "--trace", "traces/"], ["traces/one"])
    offers(["run", "--trace=tra"], ["traces"])
    offers(["run", "--out", "tw"], ["two words"])
    offers(["run", "--set", "guard.a"], ["guard.alpha="])
    offers(["run", "--set", ""], [key + "=" for key in keys])
    for key in ("guard.enabled", "dispatch.order"):
        offers(["run", "--set", key + "="], values[key], " (every value)")
        offers(["run", "--set=" + key + "="], values[key])
    offers(["run", "--set", "dispatch.order=in_order_"], ["in_order_single"])
    got = complete(script, here, ["pade-sim", "run", "--set", "dispatch.order=out"], wordbreaks=" \t\n")
    expect(got == ["dispatch.order=out_of_order"], f"bash, with = no word break: {got}")
    offers(["run", "--set", "guard.alpha="], [])
    offers(["run", "--set", "guard.alpha=0.6", "--fo"], ["--force"])
    offers(["run", "--config", "pap"], ["paper", "paper.json"])
    offers(["run", "--head", ""], [])
    offers(["run", "--trace", "traces/one", "--out", "x", "--no-g"], ["--no-golden"])
    offers(["dram", "--pattern", "r"], ["random"])
    offers(["dram", "--requests", "trace."], ["trace.txt"])
    offers(["audit", "trace."], ["trace.txt"])
    offers(["suite", "tra"], ["traces"])
    offers(["diff", "traces/one", "tra"], ["traces"])
    offers(["diff", "traces/one", "traces/one", "tra"], [])
    offers(["completion", ""], ["bash", "zsh", "fish"])
    offers(["nonsense", ""], [])


def check_fish(script, here, helps):
    """fish completes a line that it is given."""
    for line, wanted in (("", {c for c in helps if c}), ("run --", {o for o in helps["run"] if o.startswith("--")}),
                         ("run --set guard.enab", {"guard.enabled=true", "guard.enabled=false"}), ("completion ", {"bash", "zsh", "fish"}),
                         ("dram --pattern on", {"one_bank"}), ("run --trace tra", {"traces/"}), ("--log wa", {"warn"}),
                         ("run --config pap", {"paper", "paper.json"})):
        done = subprocess.run(["fish", "-N", "-c", f"source {script}; complete -C 'pade-sim {line}'"], capture_output=True, text=True,
                              cwd=here, env={**os.environ, "HOME": str(here.parent)})
        got = {offer.split("\t")[0] for offer in done.stdout.splitlines()}
        expect(got == wanted, f"fish: pade-sim {line}| offers {len(wanted)}" + (f"; but: {sorted(got)} {done.stderr}" if got != wanted else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--made", type=pathlib.Path)
    args = parser.parse_args()

    def printed(*command):
        return subprocess.run([args.pade_sim, *command], capture_output=True, text=True, check=True).stdout

    top = printed("--help")
    helps = {"": options_of(top), **{name: options_of(printed(name, "--help")) for name in commands_of(top)}}
    expect(len(helps) > 9 and sum(map(len, helps.values())) > 60, f"{len(helps) - 1} commands and their options in --help")
    table = [line.split() for line in printed("params").splitlines()[1:]]
    keys = [row[0] for row in table]
    values = {"guard.enabled": ["true", "false"], "dispatch.order": ["out_of_order", "in_order", "in_order_single"]}

    check_manual(printed("manual"), helps)
    with tempfile.TemporaryDirectory(prefix="pade-manual-") as scratch:
        here = pathlib.Path(scratch)
        for name, command in PRINTED.items():
            text = printed(*command)
            (here / name).write_text(text)
            if args.made:
                expect((args.made / name).read_text() == text, f"{name} of the build is what the program prints")
        (here / "work").mkdir()
        check_bash(here / "pade-sim.bash", here / "work", helps, keys, values)
        for shell, name in (("zsh", "_pade-sim"), ("fish", "pade-sim.fish")):
            text = (here / name).read_text()
            for command, options in helps.items():
                missing = [o for o in options if (o if shell == "zsh" else re.sub("^--", "-l ", o) if o.startswith("--")
                                                  else f"-s {o[1:]}") not in text]
                expect(not missing, f"{shell}: the options of {command or 'pade-sim'} {missing or ''}")
            if shutil.which(shell):
                done = subprocess.run([shell, "-n", str(here / name)], capture_output=True, text=True)
                expect(done.returncode == 0 and not done.stderr, f"{shell} reads its file {done.stderr}")
                if shell == "fish":
                    check_fish(here / name, here / "work", helps)
            else:
                print(f"        {shell} is not installed: it does not read its file")
    print(f"{failures} failures" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
