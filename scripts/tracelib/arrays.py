"""The user's q, k and v: read from NPY files, or made from a random seed; held against each other."""
from __future__ import annotations

import dataclasses
import hashlib
import io
import pathlib

import numpy as np

from .cli import InputError

MOST_ROWS = 1 << 20
MOST_HEADS = 4096
MOST_DIM = 256
FLOATS = (np.float16, np.float32, np.float64)


@dataclasses.dataclass
class Tensor:
    """[heads or KV heads, rows, head_dim], int8 or float32."""
    name: str
    data: np.ndarray
    origin: dict

    @property
    def is_int8(self) -> bool:
        return self.data.dtype == np.int8


def load_tensor(name: str, path: str) -> Tensor:
    where = f"--{name}: {path}"
    file = pathlib.Path(path)
    if not file.is_file():
        raise InputError(f"{where}: there is no such file")
    content = file.read_bytes()
    if not content.startswith(b"\x93NUMPY"):
        raise InputError(f"{where}: is no NPY file, which numpy.save writes")
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError) as error:
        reason = "it holds Python objects" if "Object arrays" in str(error) else error
        raise InputError(f"{where}: cannot be read as an array of numbers: {reason}") from None
    data = _checked(where, array)
    digest = hashlib.sha256(content).hexdigest()
    return Tensor(name, data, {"file": file.name, "dtype": array.dtype.name, "shape": list(array.shape), "sha256": digest})


def _checked(where: str, array: np.ndarray) -> np.ndarray:
    if array.dtype != np.int8 and array.dtype.type not in FLOATS:
        raise InputError(f"{where}: has dtype {array.dtype}; allowed are float16, float32, float64 and int8")
    if array.ndim not in (2, 3):
        raise InputError(f"{where}: has shape {list(array.shape)}; [heads, rows, head_dim] or, for one head, [rows, head_dim] "
                         "is expected")
    if array.size == 0:
        raise InputError(f"{where}: has shape {list(array.shape)} and so no element")
    if array.ndim == 2:
        array = array[np.newaxis]
    heads, rows, dim = array.shape
    if heads > MOST_HEADS or rows > MOST_ROWS:
        raise InputError(f"{where}: has {heads} heads of {rows} rows; at most {MOST_HEADS} of {MOST_ROWS} are allowed")
    if dim % 8 != 0 or dim > MOST_DIM:
        raise InputError(f"{where}: has head_dim {dim}; allowed are multiples of 8 up to {MOST_DIM}")
    if array.dtype == np.int8:
        return np.ascontiguousarray(array)
    with np.errstate(over="ignore"):  # what does not fit float32 becomes infinite, and is refused as such
        data = np.ascontiguousarray(array, dtype="<f4")
    finite = np.isfinite(data)
    if not finite.all():
        head, row, element = (int(i) for i in np.argwhere(~finite)[0])
        raise InputError(f"{where}: element [{head}, {row}, {element}] is {array[head, row, element]}; only values that are "
                         "finite in float32 are allowed")
    return data


def check_together(q: Tensor, k: Tensor, v: Tensor) -> None:
    if k.data.shape != v.data.shape:
        raise InputError(f"--k has shape {list(k.data.shape)} and --v {list(v.data.shape)}; they must be equal")
    if q.data.shape[2] != k.data.shape[2]:
        raise InputError(f"--q has head_dim {q.data.shape[2]} and --k {k.data.shape[2]}; they must be equal")
    heads, kv_heads = q.data.shape[0], k.data.shape[0]
    if heads % kv_heads != 0:
        raise InputError(f"--q has {heads} heads and --k {kv_heads}; the query heads must be a multiple of the KV heads")


SYNTHETIC = {"heads": 1, "kv_heads": 1, "queries": 16, "keys": 128, "d": 64, "seed": 1, "peaked": 4.0, "bias": 0.0}


def synthetic(text: str) -> list[Tensor]:
    """q, k, v of normal numbers. peaked: standard deviation of the logits; bias: size of a constant per channel in K, against
    the 1 of its other part."""
    what = dict(SYNTHETIC)
    for item in filter(None, text.split(",")):
        key, separator, value = item.partition("=")
        if not separator or key not in what:
            raise InputError(f"--synthetic: {item}: key=value is expected; keys are {', '.join(what)}")
        kind = type(what[key])
        try:
            what[key] = kind(value)
        except ValueError:
            raise InputError(f"--synthetic: {key} is {value}; {'an integer' if kind is int else 'a number'} is expected"
                             ) from None
    limits = {"heads": MOST_HEADS, "kv_heads": MOST_HEADS, "queries": MOST_ROWS, "keys": MOST_ROWS, "d": MOST_DIM}
    for key, most in limits.items():
        if not 1 <= what[key] <= most:
            raise InputError(f"--synthetic: {key} is {what[key]}; allowed are 1 to {most}")
    if what["seed"] < 0:
        raise InputError(f"--synthetic: seed is {what['seed']}; it must not be negative")
    for key in ("peaked", "bias"):
        if not 0 <= what[key] <= 1000:
            raise InputError(f"--synthetic: {key} is {what[key]}; allowed are 0 to 1000")
    random = np.random.default_rng(what["seed"])
    dim = what["d"]
    q = random.standard_normal((what["heads"], what["queries"], dim)) * what["peaked"]
    k = random.standard_normal((what["kv_heads"], what["keys"], dim))
    v = random.standard_normal(k.shape)
    k += what["bias"] * random.standard_normal((what["kv_heads"], 1, dim))
    return [Tensor(name, _checked(f"--synthetic: {name}", data), {"synthetic": what})
            for name, data in (("q", q), ("k", k), ("v", v))]
