"""What the suites that call pade-sim share: a place to run it in, expectations that are counted, and packages of PyPI."""
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77


def in_environment(requirements, package):
    """Runs this program once more where `package`, which is missing, is installed as `requirements` say; returns its exit code."""
    if sys.prefix != sys.base_prefix:
        print(f"FAIL  the environment was made, and has no {package}")
        return 1
    with tempfile.TemporaryDirectory(prefix="pade-python-") as place:
        python = pathlib.Path(place) / "bin" / "python"
        for command in ([sys.executable, "-m", "venv", "--system-site-packages", place],
                        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                last = (done.stderr or done.stdout).strip().splitlines()[-1:]
                print(f"skipped: {package} is not installed, and cannot be here (Debian: python3-venv, and PyPI): {last}")
                return SKIPPED
        return subprocess.run([str(python), *sys.argv]).returncode


class Bench:
    def __init__(self, binary, scratch):
        self.binary = str(pathlib.Path(binary).resolve())
        self.scratch = pathlib.Path(scratch)
        self.failures = 0

    def expect(self, holds, text):
        print(("  ok    " if holds else "  FAIL  ") + text)
        self.failures += not holds

    def call(self, *arguments):
        print("+ pade-sim " + " ".join(arguments))
        return subprocess.run([self.binary, *arguments], capture_output=True, text=True, cwd=self.scratch)
