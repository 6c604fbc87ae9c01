"""python -m scripts.museum --objects 300 --photographs 3 --out DIR"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .contact_sheet import write_contact_sheet
from .kinds import KINDS
from .writing import Order, write_museum


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.museum", description="Make a demo museum: photographs and museum.csv."
    )
    parser.add_argument("--objects", type=int, default=300, help="how many objects (default 300)")
    parser.add_argument("--photographs", type=int, default=3, help="photographs of each object (default 3)")
    parser.add_argument(
        "--out", type=Path, required=True, help="the folder to write to; a museum begun there is continued"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed is another museum (default 1)")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="how many at a time (default: every core)"
    )
    parser.add_argument("--contact-sheet", type=Path, help="also write an overview picture to this file (.png or .jpg)")
    wanted = parser.parse_args()
    if min(wanted.objects, wanted.photographs, wanted.processes) < 1:
        parser.error("--objects, --photographs and --processes must be 1 or more")
    order = Order(objects=wanted.objects, photographs=wanted.photographs, seed=wanted.seed)
    made = write_museum(wanted.out, order, wanted.processes, _progress(wanted.objects))
    print(f"{wanted.out / 'museum.csv'}: {'ready' if made else 'was complete already'}")
    if wanted.contact_sheet:
        write_contact_sheet(
            wanted.out, wanted.contact_sheet, columns=wanted.photographs * max(1, 12 // wanted.photographs)
        )
    return 0


def _progress(total: int) -> Callable[[int], None]:
    """One line on stderr that is written over."""
    start = time.monotonic()

    def show(done: int) -> None:
        left_s = (time.monotonic() - start) / done * (total - done)
        # Kinds take their turns, and differ in what they cost: one round of them tells.
        left = f", {left_s:.0f} s left" if done >= len(KINDS) else ""
        bar = "█" * (done * 30 // total)
        print(
            f"\r{bar:<30} {done}/{total} objects{left} ",
            end="\n" if done == total else "",
            file=sys.stderr,
            flush=True,
        )

    return show


if __name__ == "__main__":
    sys.exit(main())
