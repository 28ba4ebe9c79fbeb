"""Measures with PyTorch on a CUDA device, and with nvidia-smi what it draws."""
from __future__ import annotations

import statistics
import subprocess
import threading
import time

from gpulib.plan import Call
from tracelib.cli import InputError, one_line

BEYOND_CACHE = 512 << 20  # bytes of operands that calls go round, so that none finds its own in the second-level cache
COPIED = 4 << 30
SAMPLES_A_SECOND = 10


class TorchBackend:
    def __init__(self, device: int, repeats: int, seconds: float) -> None:
        try:
            import torch
        except ImportError as error:
            raise InputError(f"PyTorch cannot be imported: {error}; allowed: Python with torch 2 or later, and a CUDA device") from None
        if not torch.cuda.is_available():
            raise InputError(f"PyTorch {torch.__version__} finds no CUDA device; allowed: a machine with one")
        if not 0 <= device < torch.cuda.device_count():
            raise InputError(f"--device: is {device}; allowed are 0 to {torch.cuda.device_count() - 1}")
        if not hasattr(torch.nn.functional, "scaled_dot_product_attention"):
            raise InputError(f"PyTorch {torch.__version__} has no scaled_dot_product_attention; allowed: version 2 or later")
        self.torch = torch
        self.cuda = torch.device("cuda", device)
        torch.cuda.set_device(self.cuda)
        properties = torch.cuda.get_device_properties(self.cuda)
        self.device = properties.name
        self.multiprocessors = properties.multi_processor_count
        self.software = f"PyTorch {torch.__version__}, scaled_dot_product_attention, CUDA {torch.version.cuda}"
        # The order of devices may differ between CUDA and nvidia-smi, the identity does not.
        uuid = getattr(properties, "uuid", None)
        self.smi = str(device) if uuid is None else str(uuid) if str(uuid).startswith("GPU-") else f"GPU-{uuid}"
        self.repeats = repeats
        self.seconds = seconds

    def attention_s(self, call: Call) -> float:
        runs = self._runs(call)
        return self._median_s(runs)

    def bandwidth(self) -> float:
        torch = self.torch
        source = torch.empty(COPIED, dtype=torch.uint8, device=self.cuda)
        target = torch.empty_like(source)
        return 2 * COPIED / self._median_s([lambda: target.copy_(source)])

    def power_limit_w(self) -> float:
        return self._smi("power.default_limit")

    def idle_w(self) -> float:
        self.torch.cuda.synchronize()
        time.sleep(2)  # clocks go down
        samples = []
        end = time.monotonic() + self.seconds
        while not samples or time.monotonic() < end:
            samples.append(self._smi("power.draw"))
            time.sleep(1 / SAMPLES_A_SECOND)
        return statistics.median(samples)

    def power_w(self, call: Call) -> float:
        runs = self._runs(call)
        samples: list[float] = []
        failed: list[Exception] = []
        stop = threading.Event()

        def sample() -> None:
            try:
                while not stop.is_set():
                    samples.append(self._smi("power.draw"))
                    stop.wait(1 / SAMPLES_A_SECOND)
            except InputError as error:
                failed.append(error)

        watcher = threading.Thread(target=sample)
        end = time.monotonic() + self.seconds
        watcher.start()
        try:
            while time.monotonic() < end:
                for run in runs:
                    run()
                self.torch.cuda.synchronize()
        finally:
            stop.set()
            watcher.join()
        if failed:
            raise failed[0]
        return statistics.median(samples[len(samples) // 2:])  # the first half is warming up

    def _runs(self, call: Call) -> list:
        """The call on operands of its own, as often as it takes to leave the cache."""
        torch = self.torch
        attention = torch.nn.functional.scaled_dot_product_attention

        def made(rows: int):
            return torch.randn(call.batch, call.heads, rows, call.head_dim, dtype=torch.float16, device=self.cuda)

        copies = max(1, -(-BEYOND_CACHE // call.kv_bytes))
        operands = [(made(call.queries), made(call.keys), made(call.keys)) for _ in range(copies)]
        return [lambda q=q, k=k, v=v: attention(q, k, v, is_causal=call.causal) for q, k, v in operands]

    def _median_s(self, runs: list) -> float:
        """Seconds of one of the runs: median over repetitions, by the device's own clock."""
        cuda = self.torch.cuda
        for _ in range(3):
            for run in runs:
                run()
        times = []
        for _ in range(self.repeats):
            begin, end = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
            cuda.synchronize()
            begin.record()
            for run in runs:
                run()
            end.record()
            cuda.synchronize()
            times.append(begin.elapsed_time(end) * 1e-3 / len(runs))
        return statistics.median(times)

    def _smi(self, figure: str) -> float:
        command = ["nvidia-smi", "-i", self.smi, f"--query-gpu={figure}", "--format=csv,noheader,nounits"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"nvidia-smi cannot be run: {error}; allowed: a machine where it can") from None
        try:
            return float(done.stdout.strip())
        except ValueError:
            raise InputError(f"nvidia-smi says of {figure}: {one_line(done.stdout + done.stderr)[:120]!r}; allowed: a number") from None
