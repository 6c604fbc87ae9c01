"""What is written down beside a TensorRT plan, and when a plan may be served: a plan runs only where it was built."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from vitrine import errors


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machine:
    """A graphics card by its name, and the TensorRT beside it; empty: not known."""

    gpu: str
    tensorrt: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanNotes:
    """``cosine``: the smallest one between the plan and the ONNX graph; ``sha256``: of the plan."""

    model_id: str
    precision: str
    smallest_batch: int
    largest_batch: int
    machine: Machine
    sha256: str
    cosine: float

    @classmethod
    def from_text(cls, text: str | bytes) -> PlanNotes:
        """Raises Misconfigured."""
        try:
            document: Mapping[str, Any] = json.loads(text)
            return cls(
                model_id=str(document["model_id"]),
                precision=str(document["precision"]),
                smallest_batch=int(document["smallest_batch"]),
                largest_batch=int(document["largest_batch"]),
                machine=Machine(**{key: str(value) for key, value in document["machine"].items()}),
                sha256=str(document["sha256"]),
                cosine=float(document["cosine"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise errors.Misconfigured(f"The notes beside the plan cannot be read: {error}. Build it again.") from error

    def to_text(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1) + "\n"

    def check(self, *, model_id: str, sha256: str, batch: int, machine: Machine) -> None:
        """Raises Misconfigured where this plan is not the one for ``model_id`` on ``machine``, with what to do."""
        wrong = [
            (self.model_id != model_id, f"is of the model {self.model_id}, not {model_id}"),
            (self.sha256 != sha256, "is not the one that was checked when it was built"),
            # Somebody is always alone, and the configuration warms up with one picture.
            (self.smallest_batch > 1, f"takes batches of {self.smallest_batch} at least, and 1 will be asked"),
            (self.largest_batch < batch, f"takes batches of at most {self.largest_batch}, and {batch} will be asked"),
            (_differ(self.machine.gpu, machine.gpu), f"was built on {self.machine.gpu}, not {machine.gpu}"),
            (
                _differ(self.machine.tensorrt, machine.tensorrt),
                f"was built by TensorRT {self.machine.tensorrt}, not {machine.tensorrt}",
            ),
        ]
        if told := "; ".join(reason for is_wrong, reason in wrong if is_wrong):
            raise errors.Misconfigured(
                f"The plan {told}. Build it where it will run, in the container that serves it:"
                f" python -m modelling tensorrt --model {model_id.partition('@')[0]} --precision {self.precision}"
                f" --batch 1..{max(batch, 1)}"
            )

    def uncompared(self, machine: Machine) -> list[str]:
        """What `check` could not compare, because it is not known here or was not written down."""
        pairs = {
            "graphics card": (self.machine.gpu, machine.gpu),
            "TensorRT": (self.machine.tensorrt, machine.tensorrt),
        }
        return [name for name, (built, here) in pairs.items() if not (built and here)]


def _differ(built: str, here: str) -> bool:
    return bool(built and here) and built != here
