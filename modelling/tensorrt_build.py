"""A plan by the TensorRT of this machine, and what the plan answers. Needs the package `tensorrt`, torch and a GPU.

Never run where this was written: there was neither. `modelling.tensorrt_command` and its tests cover the rest.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import numpy as np
import numpy.typing as npt

from vitrine import errors, triton_contract
from vitrine.domain import Pixels
from vitrine.plans import Machine


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batches:
    """Smallest, usual and largest number of pictures at a time."""

    least: int
    usual: int
    most: int

    @classmethod
    def parsed(cls, text: str) -> Batches:
        """``1..64``, or one number. Raises Misconfigured."""
        first, _, last = text.partition("..")
        try:
            least, most = int(first), int(last or first)
        except ValueError as error:
            raise errors.Misconfigured(f"--batch {text} is not a range such as 1..64.") from error
        if not 1 <= least <= most:
            raise errors.Misconfigured(f"--batch {text}: the first number is at least 1, the second not below it.")
        return cls(least=least, usual=max(least, most // 2), most=most)

    def shapes(self, side: int) -> list[tuple[int, int, int, int]]:
        return [(count, side, side, 3) for count in (self.least, self.usual, self.most)]


def trtexec_arguments(graph: pathlib.Path, plan: pathlib.Path, batches: Batches, side: int) -> list[str]:
    """The same build by the program of the container: no precision flags, because the graph has its types."""
    shapes = zip(("min", "opt", "max"), batches.shapes(side), strict=True)
    named = [f"--{which}Shapes={triton_contract.IMAGE}:{'x'.join(map(str, shape))}" for which, shape in shapes]
    return [f"--onnx={graph}", "--stronglyTyped", *named, f"--saveEngine={plan}"]


def imported() -> Any:
    """The package. Raises Misconfigured where it is not here."""
    try:
        import tensorrt
    except ImportError as error:
        raise errors.Misconfigured(
            "There is no package `tensorrt` here. Run this in the TensorRT container of the same tag as the Triton"
            " that will serve the plan, or keep the converted graph with --onnx-only and build it there by trtexec."
        ) from error
    return tensorrt


def machine() -> Machine:
    """The one that this runs on. Raises Misconfigured where it can build no plan."""
    tensorrt = imported()
    try:
        import torch
    except ImportError as error:
        raise errors.Misconfigured(
            "There is no torch here, by which the plan is asked for its answers:"
            " pip install -r requirements/modelling.txt into the environment of this command."
        ) from error
    if not torch.cuda.is_available():
        raise errors.Misconfigured("There is no graphics card here, and a plan is built on the card that runs it.")
    return Machine(gpu=torch.cuda.get_device_name(0), tensorrt=str(tensorrt.__version__))


def build(graph: pathlib.Path, batches: Batches, side: int, *, library: Any = None) -> bytes:
    """The serialized plan. Raises Misconfigured with what TensorRT said.

    ``library``: a package with TensorRT's interface, as `tensorrt_rtx` has it; None: `tensorrt`.
    """
    tensorrt = library or imported()
    logger = tensorrt.Logger(tensorrt.Logger.WARNING)
    builder = tensorrt.Builder(logger)
    # Strong typing is a flag before TensorRT 11, and the only way from there on.
    flag = getattr(tensorrt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    network = builder.create_network(0 if flag is None else 1 << int(flag))
    parser = tensorrt.OnnxParser(network, logger)
    if not parser.parse_from_file(str(graph)):
        told = "; ".join(str(parser.get_error(number)) for number in range(parser.num_errors))
        raise errors.Misconfigured(f"TensorRT cannot read {graph}: {told}")
    profile = builder.create_optimization_profile()
    profile.set_shape(triton_contract.IMAGE, *batches.shapes(side))
    config = builder.create_builder_config()
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise errors.Misconfigured(f"TensorRT could not build a plan of {graph}; its messages are above.")
    return bytes(plan)


def answers(plan: bytes, pictures: Pixels, dimension: int) -> npt.NDArray[np.float32]:
    """What the plan makes of uint8 [n, size, size, 3]: float32 [n, dimension]."""
    import torch

    tensorrt = imported()
    engine = tensorrt.Runtime(tensorrt.Logger(tensorrt.Logger.WARNING)).deserialize_cuda_engine(plan)
    context = engine.create_execution_context()
    context.set_input_shape(triton_contract.IMAGE, pictures.shape)
    sizes = {triton_contract.EMBEDDING: dimension, triton_contract.MODEL: triton_contract.IDENTITY}
    tensors = {name: torch.empty((len(pictures), size), device="cuda") for name, size in sizes.items()}
    tensors[triton_contract.IMAGE] = torch.from_numpy(pictures).cuda()
    for name, tensor in tensors.items():
        context.set_tensor_address(name, tensor.data_ptr())
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    if not context.execute_async_v3(stream.cuda_stream):
        raise errors.Misconfigured("The plan was built and does not run; TensorRT's messages are above.")
    stream.synchronize()
    return np.asarray(tensors[triton_contract.EMBEDDING].cpu().numpy(), np.float32)
