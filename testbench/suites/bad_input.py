"""One bad input of check_bad_input.py: what is wrong, the command that must refuse it, and what its message must say."""
import dataclasses
import json
import pathlib
import shutil
from typing import Callable, Optional

RUN = ("run", "--trace", "set", "--out", "out")


@dataclasses.dataclass
class Case:
    name: str
    says: list  # parts of the message; {here} is the folder of the case
    spoil: Optional[Callable] = None  # changes a valid TraceSet
    command: tuple = RUN
    wrapper: tuple = ()  # in front of the program
    file_limit: Optional[int] = None  # RLIMIT_FSIZE
    stdout: Optional[str] = None
    leaves: tuple = ()  # beginnings of names that may be left: logs of single runs, which nobody takes for results


class TraceSet:
    """A copy of a valid set, to be spoilt. write() writes the manifest, unless `manifest` was set to None."""

    def __init__(self, folder, base):
        shutil.copytree(base, folder)
        self.folder = pathlib.Path(folder)
        self.here = self.folder.parent
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.text = json.dumps(self.manifest, indent=1)

    def write(self):
        if self.manifest is not None:
            self.put("manifest.json", json.dumps(self.manifest, indent=1))

    def raw(self, data):
        """The manifest, byte for byte."""
        self.manifest = None
        self.put("manifest.json", data)

    def put(self, name, data):
        (self.folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())

    def head(self, number=0):
        return self.manifest["head_list"][number]

    def file(self, name="k_i8", number=0):
        return self.head(number)["files"][name]

    def bytes(self, name="l0h0/k_i8.npy"):
        return (self.folder / name).read_bytes()
