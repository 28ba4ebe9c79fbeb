#!/usr/bin/env python3
"""Builds the Debian packages and looks into them: fields, dependencies, contents, and the program unpacked elsewhere:

  check_deb.py --pade-sim BIN --build DIR --source DIR

Skipped where cpack, dpkg-shlibdeps or file is missing. scripts/check_deb.sh installs the packages on a clean system.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from check_set import SKIPPED

failures = 0
WANTED = {
    "pade-tlm": ["usr/bin/pade-sim", "usr/share/man/man1/pade-sim.1.gz", "usr/share/bash-completion/completions/pade-sim",
                 "usr/share/zsh/vendor-completions/_pade-sim", "usr/share/fish/vendor_completions.d/pade-sim.fish",
                 "usr/share/doc/pade-tlm/docs/tutorial.md", "usr/share/pade-tlm/traces/use-lite/l0-decode8-s128-gpl3/manifest.json"],
    "libpade-dev": ["usr/include/pade/model/params.h", "usr/include/pade/tlm/link_module.h",
                    "usr/lib/**/cmake/pade/pade-config.cmake", "usr/lib/**/libpade_accelerator.a",
                    "usr/share/doc/pade-tlm/examples/own_module/CMakeLists.txt"],
    "python3-pade": ["usr/lib/python3/dist-packages/pade/output.py", "usr/lib/python3/dist-packages/pade/_numeric.*.so",
                     "usr/lib/python3/dist-packages/wavedifflib/cli.py", "usr/bin/wavediff", "usr/share/man/man1/wavediff.1.gz"],
}


def expect(holds, text):
    global failures
    if not holds:
        failures += 1
    print(("  ok    " if holds else "  FAIL  ") + text, flush=True)


def output(*command, **more):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **more).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pade-sim", required=True)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    args = parser.parse_args()
    missing = [tool for tool in ("cpack", "dpkg-shlibdeps", "dpkg-deb", "file") if not shutil.which(tool)]
    if missing:
        print(f"skipped: {', '.join(missing)} not found (Debian: cmake dpkg-dev file)")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="pade-deb-") as folder:
        scratch = pathlib.Path(folder)
        # The umask must not show in what is packed.
        done = subprocess.run(["cpack", "-G", "DEB", "--config", args.build / "CPackConfig.cmake", "-B", scratch / "debs"],
                              capture_output=True, text=True, cwd=args.build, preexec_fn=lambda: os.umask(0o077))
        if done.returncode != 0:
            print(done.stdout + done.stderr)
        debs = {re.match(r"[^_]+", path.name).group(): path for path in sorted((scratch / "debs").glob("*.deb"))}
        wanted = dict(WANTED)
        if not list((args.build / "python/pade").glob("_numeric*.so")):
            del wanted["python3-pade"]
            print("        the Python package is not built, and not packed")
        expect(done.returncode == 0 and set(debs) == set(wanted), f"cpack makes {', '.join(p.name for p in debs.values())}")
        version = output(args.pade_sim, "--version").split()[1]
        for name, deb in debs.items():
            field = {line.split(": ", 1)[0]: line.split(": ", 1)[1] for line in output("dpkg-deb", "--field", deb).splitlines()
                     if re.match(r"[\w-]+: ", line)}
            expect(field["Package"] == name and field["Version"] == f"{version}-1" and "@" in field["Maintainer"] and
                   field["Section"] in ("electronics", "libdevel", "python") and
                   field["Architecture"] == output("dpkg", "--print-architecture").strip(), f"{name}: {field['Version']}, "
                   f"{field['Section']}, {int(field['Installed-Size']) / 1024:.1f} MiB installed")
            print(f"        Depends: {field.get('Depends')}")
            lines = [line.split(None, 5) for line in output("dpkg-deb", "--contents", deb).splitlines()]
            wrong = [line for line in lines if line[1] != "root/root" or
                     line[0] not in ("drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x")]
            expect(not wrong, f"{name}: {len(lines)} entries, of root, for all to read {wrong[:3] or ''}")
            root = scratch / "root"
            output("dpkg-deb", "--extract", deb, root)
            documents = root / "usr/share/doc" / name
            expect(all(list(root.glob(pattern)) for pattern in wanted.get(name, ["/none"])) and
                   (documents / "copyright").is_file() and (documents / "changelog.Debian.gz").is_file(), f"{name}: its files")
        depends = {name: output("dpkg-deb", "--field", deb, "Depends") for name, deb in debs.items()}
        expect(all(part in depends.get("pade-tlm", "") for part in ("libsystemc", "libc6 (>=", "libfmt", "libspdlog", "libssl")) and
               "python" not in depends.get("pade-tlm", ""), "the program depends on what it is linked with")
        expect("libsystemc-dev" in depends.get("libpade-dev", ""), "the libraries on what their headers include")
        if "python3-pade" in debs:
            minor = re.search(r"cpython-3(\d+)", next(root.rglob("_numeric*.so")).name).group(1)
            expect(all(part in depends["python3-pade"] for part in (
                f"python3 (>= 3.{minor})", f"python3 (<< 3.{int(minor) + 1})", "python3-numpy", "libstdc++6")), "the module too")
        expect(not list(root.rglob("*_test*")) and not (root / "usr/local").exists(), "nothing of tests, nothing in /usr/local")
        paths = [os.fsencode(str(path.resolve())) + b"/" for path in (args.build, args.source)]
        named = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and
                 any(place in path.read_bytes() for place in paths)]
        expect(not named, f"no path of this machine {named[:3] or ''}")
        done = subprocess.run([root / "usr/bin/pade-sim", "run", "--trace",
                               root / "usr/share/pade-tlm/traces/use-lite/l0-decode8-s128-gpl3", "--out", scratch / "out"],
                              capture_output=True, text=True, env={"PATH": "/nowhere"})
        expect(done.returncode == 0 and (scratch / "out/stats.json").is_file(), f"the unpacked program runs {done.stderr}")
    print(f"{failures} failures" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
