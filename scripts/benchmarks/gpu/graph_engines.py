"""ONNX Runtime and TensorRT: what runs a graph in ONNX, with the pictures on the device already."""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import torch

from scripts.benchmarks.gpu.device import Device
from scripts.benchmarks.gpu.rows import NotHere
from scripts.benchmarks.gpu.workloads import EMBEDDING, IMAGE, Workload

Run = Callable[[torch.Tensor], torch.Tensor]

_KINDS = {"FLOAT": torch.float32, "HALF": torch.float16, "float32": torch.float32, "float16": torch.float16}


class Graphs:
    """Converted graphs are written to the folder once, for all engines."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def onnxruntime_cpu(self, workload: Workload, device: Device, _most: int) -> Run:
        if device.is_card:
            raise NotHere("the device is a graphics card (scripts/bench pipeline measures processors)")
        session = _session(workload.graph(), ["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return lambda pictures: torch.from_numpy(session.run(None, {name: pictures.numpy()})[0])

    def onnxruntime_cuda(self, workload: Workload, device: Device, _most: int) -> Run:
        device.needs_card("ONNX Runtime's CUDA provider")
        import onnxruntime

        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise NotHere("this onnxruntime has no CUDA provider (onnxruntime-gpu has)")
        number = device.torch_device.index or 0
        session = _session(self.half(workload), [("CUDAExecutionProvider", {"device_id": number})])
        if "CUDAExecutionProvider" not in session.get_providers():
            raise NotHere("ONNX Runtime could not load its CUDA provider: CUDA or cuDNN of another version?")
        return _bound(session, device, number)

    def tensorrt(self, workload: Workload, device: Device, most: int) -> Run:
        return self._plan("tensorrt", workload, device, most)

    def tensorrt_rtx(self, workload: Workload, device: Device, most: int) -> Run:
        return self._plan("tensorrt_rtx", workload, device, most)

    def half(self, workload: Workload) -> pathlib.Path:
        """The graph with its middle in fp16, as `modelling tensorrt` converts it."""
        from modelling import precision

        path = self._folder / f"{workload.graph().stem}.fp16.onnx"
        if not path.exists():
            onnx.save(precision.converted(onnx.load(workload.graph()), "fp16"), path)
        return path

    def _served(self, workload: Workload) -> pathlib.Path:
        """What Triton would serve of it: a graph whose picture is cast before all else."""
        if workload.described is None:
            return self.half(workload)
        from modelling import tensorrt_command
        from vitrine.adapters import model_files

        path = self._folder / f"{workload.graph().stem}.served.onnx"
        if not path.exists():
            onnx.save(tensorrt_command.served(model_files.find(str(workload.described), []), "fp16"), path)
        return path

    def _plan(self, package: str, workload: Workload, device: Device, most: int) -> Run:
        device.needs_card("TensorRT")
        library: Any = importlib.import_module(package)
        from modelling import tensorrt_build

        batches = tensorrt_build.Batches(least=1, usual=most, most=most)
        plan = tensorrt_build.build(self._served(workload), batches, workload.size, library=library)
        return _planned(library, plan, device)


def _session(graph: pathlib.Path, providers: list[Any]) -> Any:
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    # At its highest level, ONNX Runtime 1.31 crashes on ViT-B-32 in fp16, and what crashes ends the whole benchmark.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    return onnxruntime.InferenceSession(str(graph), options, providers=providers)


def _bound(session: Any, device: Device, number: int) -> Run:
    """Neither pictures nor embeddings leave the card."""
    given, told = session.get_inputs()[0], session.get_outputs()[0]
    dimension = int(told.shape[1])

    def run(pictures: torch.Tensor) -> torch.Tensor:
        out = torch.empty((len(pictures), dimension), device=device.torch_device)
        binding = session.io_binding()
        binding.bind_input(given.name, "cuda", number, np.uint8, tuple(pictures.shape), pictures.data_ptr())
        binding.bind_output(told.name, "cuda", number, np.float32, tuple(out.shape), out.data_ptr())
        # It has a stream of its own, so pictures must be there; it ends when its stream is done.
        session.run_with_iobinding(binding)
        return out

    return run


def _planned(library: Any, plan: bytes, device: Device) -> Run:
    engine = library.Runtime(library.Logger(library.Logger.WARNING)).deserialize_cuda_engine(plan)
    context = engine.create_execution_context()
    names = [engine.get_tensor_name(number) for number in range(engine.num_io_tensors)]
    outputs = [name for name in names if name != IMAGE]
    assert EMBEDDING in outputs, outputs
    kinds = {name: _KINDS[engine.get_tensor_dtype(name).name] for name in outputs}
    stream = torch.cuda.Stream(device.torch_device)

    def run(pictures: torch.Tensor) -> torch.Tensor:
        context.set_input_shape(IMAGE, tuple(pictures.shape))
        context.set_tensor_address(IMAGE, pictures.data_ptr())
        out = {
            name: torch.empty(tuple(context.get_tensor_shape(name)), dtype=kinds[name], device=device.torch_device)
            for name in outputs
        }
        for name, tensor in out.items():
            context.set_tensor_address(name, tensor.data_ptr())
        stream.wait_stream(torch.cuda.current_stream(device.torch_device))
        if not context.execute_async_v3(stream.cuda_stream):
            raise NotHere("the plan was built and does not run; TensorRT's messages are above")
        torch.cuda.current_stream(device.torch_device).wait_stream(stream)
        return out[EMBEDDING]

    return run
