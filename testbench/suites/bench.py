"""What the suites that call pade-sim share: a place to run it in, and expectations that are counted."""
import pathlib
import subprocess


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
