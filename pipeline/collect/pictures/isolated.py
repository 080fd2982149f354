"""Foreign pictures are read in a process of their own, without our secrets and with little memory and time.

The readers of picture formats are C code that strangers' bytes go into: what crashes them, or makes them grow, ends
that process and one picture.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from threading import Lock

from pipeline.collect.pictures.shrunk import Encoded, NotAPicture, Shrunk

SECONDS = 30
MEMORY = 1_000_000_000
"""The most memory, in bytes of addresses."""

# One at a time: a large picture takes some hundred megabytes.
_turn = Lock()


def shrink_isolated(data: bytes, widths: Sequence[int], quality: int) -> Shrunk:
    """As `shrink`, in a process of its own.  Raises `NotAPicture`."""
    order = json.dumps({"widths": list(widths), "quality": quality}).encode() + b"\n"
    command = [sys.executable, "-m", __name__]
    try:
        # Without our environment: it holds the keys of providers.
        with _turn:
            done = subprocess.run(  # noqa: S603  our own module, with nothing foreign in its arguments
                command, input=order + data, capture_output=True, timeout=SECONDS, check=False, env={}
            )
    except subprocess.TimeoutExpired as error:
        raise NotAPicture(f"It takes longer than {SECONDS} seconds to read.") from error
    if done.returncode:
        raise NotAPicture(f"Reading it failed (exit status {done.returncode}).")
    return _answer(done.stdout)


def _answer(output: bytes) -> Shrunk:
    line, _, rest = output.partition(b"\n")
    answer = json.loads(line)
    if "error" in answer:
        raise NotAPicture(answer["error"])
    sizes = []
    for width, height, ending, length in answer["sizes"]:
        sizes.append(Encoded(width, height, ending, rest[:length]))
        rest = rest[length:]
    return Shrunk(answer["width"], answer["height"], tuple(sizes))


def _main() -> None:
    """Read an order and a picture from standard input, and answer on standard output."""
    _bound()
    from pipeline.collect.pictures.shrink import shrink  # noqa: PLC0415  (within the bounds)

    order = json.loads(sys.stdin.buffer.readline())
    try:
        shrunk = shrink(sys.stdin.buffer.read(), order["widths"], order["quality"])
    except NotAPicture as error:
        answer: dict[str, object] = {"error": str(error)}
        files: Sequence[bytes] = ()
    else:
        sizes = [(one.width, one.height, one.ending, len(one.data)) for one in shrunk.sizes]
        answer = {"width": shrunk.width, "height": shrunk.height, "sizes": sizes}
        files = [one.data for one in shrunk.sizes]
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(files))


def _bound() -> None:
    import resource  # noqa: PLC0415
    from contextlib import suppress  # noqa: PLC0415

    bounds = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in bounds.items():
        # Not every system has all of them.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    _main()
