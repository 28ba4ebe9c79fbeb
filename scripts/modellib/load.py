"""Loads a causal or encoder model in float32 and its tokenizer."""
from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import io
import logging
import os
import pathlib
import shutil
from typing import Any, Iterator

from tracelib.cli import InputError, one_line

from .weights import Place, cache_folder, resolve


@dataclasses.dataclass
class Loaded:
    model: Any
    tokenizer: Any
    causal: bool
    source: dict          # for manifests: what was loaded, from where, with which versions


def _lacks(package: str | None) -> InputError:
    return InputError(f"the Python package {package} is not installed; run this with build/models-venv/bin/python, which "
                      "scripts/models_venv.sh makes")


def libraries(offline: bool = True) -> tuple[Any, Any]:
    """torch and transformers, or one line that says what is missing. offline: no hub is asked for anything; decided for good by the
    first call."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import torch
        import transformers
    except ImportError as error:
        raise _lacks(error.name) from None
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return torch, transformers


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """transformers draws its own progress bar of the dequantisation whatever it is told."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


def load(specs: list[str], *, cache: str | None = None, kind: str = "auto", offline: bool = False) -> Loaded:
    """specs: see weights.resolve. kind: causal, encoder or auto (by the architecture that the configuration names)."""
    for package in ("torch", "transformers"):  # before gigabytes are fetched
        if importlib.util.find_spec(package) is None:
            raise _lacks(package)
    folder = cache_folder(cache)
    place = resolve(specs, folder)
    torch, transformers = libraries(offline or place.gguf is not None or pathlib.Path(place.path).is_dir())
    where = f"--model: {' '.join(specs)}"
    path, extra = _dequantised(place, folder, where) if place.gguf else (place.path, {})
    try:
        config = transformers.AutoConfig.from_pretrained(path)
        causal = _is_causal(config, kind, where)
        auto = transformers.AutoModelForCausalLM if causal else transformers.AutoModel
        sdpa = {"attn_implementation": "sdpa"}
        with offered_sdpa():
            model, report = auto.from_pretrained(path, config=config, torch_dtype=torch.float32, low_cpu_mem_usage=True,
                                                 output_loading_info=True, **sdpa)
        tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    except Exception as error:  # whatever the library throws at a file that it cannot use
        text = one_line(str(error))
        if "scaled_dot_product_attention" in text:
            text = "the family has no attention through torch's scaled_dot_product_attention there, which is what is hooked"
        raise InputError(f"{where}: transformers {transformers.__version__} cannot load it: {text[:200]}") from None
    # A pooler that was never trained has no weights; nothing reads it here.
    unset = [name for name, tensor in (*model.named_parameters(), *model.named_buffers()) if tensor.is_meta]
    missing = [key for key in dict.fromkeys([*report["missing_keys"], *unset]) if "pooler" not in key]
    if missing:
        raise InputError(f"{where}: has no weights for {missing[0]} and {len(missing) - 1} more tensors; they would be random numbers")
    for name in unset:
        module, _, kind = name.rpartition(".")
        tensor = model.get_parameter(name)
        setattr(model.get_submodule(module), kind, torch.nn.Parameter(torch.zeros(tensor.shape, dtype=tensor.dtype)))
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    source = {"weights": _named(specs), **extra, **({"sha256": place.sha256} if place.sha256 else {}),
              "architecture": type(model).__name__, "layers": config.num_hidden_layers,
              "run_in": f"float32, torch {torch.__version__}, transformers {transformers.__version__}"}
    return Loaded(model, tokenizer, causal, source)


def _named(specs: list[str]) -> str:
    """No folders of the machine it ran on."""
    names = [spec if spec.startswith("pypi:") or not pathlib.Path(spec).exists() else pathlib.Path(spec).name for spec in specs]
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}, {len(names)} pieces joined"


def _is_causal(config: Any, kind: str, where: str) -> bool:
    if getattr(config, "is_encoder_decoder", False):
        raise InputError(f"{where}: {config.model_type} is an encoder-decoder; decoders and encoders alone can be captured")
    if kind != "auto":
        return kind == "causal"
    names = config.architectures or []
    return any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in names)


def _dequantised(place: Place, cache: pathlib.Path, where: str) -> tuple[str, dict]:
    """The GGUF as float32 safetensors in the cache: reading those takes seconds, dequantising minutes."""
    torch, transformers = libraries()
    assert place.gguf and place.sha256
    extra = {"format": "GGUF, dequantised to float32", **_gguf_says(pathlib.Path(place.path) / place.gguf)}
    target = cache / f"gguf-{place.sha256[:16]}-f32"
    if target.is_dir():
        return str(target), extra
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    try:
        with _quiet():
            model = transformers.AutoModelForCausalLM.from_pretrained(place.path, gguf_file=place.gguf, torch_dtype=torch.float32)
            tokenizer = transformers.AutoTokenizer.from_pretrained(place.path, gguf_file=place.gguf)
            model.save_pretrained(partial, max_shard_size="2GB")
            tokenizer.save_pretrained(partial)
        del model
        partial.rename(target)
    except Exception as error:  # whatever the library throws at a file that it cannot use
        raise InputError(f"{where}: the GGUF cannot be loaded: {one_line(str(error))[:300]}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return str(target), extra


def _gguf_says(path: pathlib.Path) -> dict:
    import collections

    import gguf
    reader = gguf.GGUFReader(str(path))
    types = collections.Counter(tensor.tensor_type.name for tensor in reader.tensors)
    says = {"tensor_types": ", ".join(sorted(name for name in types if name != "F32")) or "F32"}
    for key, name in (("general.name", "model_name"), ("general.license", "licence_in_file")):
        field = reader.fields.get(key)
        if field is not None:
            says[name] = bytes(field.parts[field.data[0]]).decode("utf-8", "replace")
    return says


@contextlib.contextmanager
def offered_sdpa() -> Iterator[None]:
    """transformers refuses the `sdpa` attention with torch below 2.1.1, which lacks the function. Ours (attention.py) stands in
    for it, so models may ask for it."""
    import transformers.modeling_utils as utils
    known = getattr(utils, "is_torch_sdpa_available", None)
    if known is not None:
        utils.is_torch_sdpa_available = lambda: True
    try:
        yield
    finally:
        if known is not None:
            utils.is_torch_sdpa_available = known
