"""`python -m tests.train.faults.damage --count 240 --seed 1`: a damaged checkpoint is noticed.

A run is killed when it has two checkpoints, and something happens to the newer one: a flipped bit
anywhere, a cut, zeros, bytes too many, the content of the older one. The older one is used, the run
says so and why, and ends bit for bit as one that nobody disturbed. Where both are damaged nothing
is begun anew. In one trial of eight nothing is damaged.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.campaigns.campaign import Campaign, Failure, Verdict
from tests.campaigns.running import command
from tests.train.faults.attempt import AtCall, attempt
from tests.train.faults.subject import ended
from tests.train.faults.whole import damaged, whole

__all__ = ["CAMPAIGN", "DAMAGES", "trial"]


def _bit(content: bytes, generator: random.Random) -> bytes:
    place = generator.randrange(8 * len(content))
    changed = bytearray(content)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def _cut(content: bytes, generator: random.Random) -> bytes:
    return content[: generator.randrange(len(content))]


def _zeros(content: bytes, generator: random.Random) -> bytes:
    start = generator.randrange(len(content))
    return content[:start].ljust(len(content), b"\0")


def _longer(content: bytes, generator: random.Random) -> bytes:
    return content + generator.randbytes(generator.randint(1, 5000))


def _noise(content: bytes, generator: random.Random) -> bytes:
    return generator.randbytes(len(content))


DAMAGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "a flipped bit": _bit,
    "a cut": _cut,
    "zeros": _zeros,
    "bytes too many": _longer,
    "noise": _noise,
}
# Half of the trials flip a bit: the smallest damage there is.
_CHOICES = ["a flipped bit"] * 4 + [*DAMAGES, "nothing", "another's content", "both"]


def trial(number: int) -> Verdict:
    """Damage the checkpoints of a run and let it go on."""
    generator = random.Random(number)
    what = generator.choice(_CHOICES)
    with tempfile.TemporaryDirectory() as folder:
        wrong = _tried(Path(folder, "run"), what, generator)
    failures = (Failure(f"{what}: {wrong}", f"trial {number}"),) if wrong else ()
    return Verdict(failures, Counter([what]))


def _tried(out: Path, what: str, generator: random.Random) -> str:
    removals = whole().report.counts["rotate"]
    moment = AtCall("rotate", generator.randrange(removals), "after")
    if not attempt(out, moment).killed:
        return "there was no such moment"
    older, newer = sorted(out.glob("checkpoints/*.safetensors"))
    if what == "both":
        return _both(out, [older, newer], generator)
    if what == "another's content":
        newer.write_bytes(older.read_bytes())
    elif what != "nothing":
        newer.write_bytes(DAMAGES[what](newer.read_bytes(), generator))
    used = newer if what == "nothing" else older
    _spoil_the_rest(out, generator)
    report = attempt(out)
    if report.begun != int(used.name.split("-")[0]):
        return f"went on from {report.begun} instead of {used.name}"
    if what != "nothing" and not any(newer.name in each for each in report.said):
        return f"nothing is said of {newer.name}: {report.said}"
    if (wrong := damaged(out)) or ended(out) != whole().files:
        return f"other files than without, damaged: {wrong}"
    return ""


def _both(out: Path, paths: list[Path], generator: random.Random) -> str:
    """Nothing is begun anew, and nothing is changed."""
    for path in paths:
        path.write_bytes(_bit(path.read_bytes(), generator))
    before = _contents(out)
    report = attempt(out)
    if report.code != "E0796":
        return f"ended with {report.code or 'no error'}"
    if not all(path.name in report.message for path in paths):
        return f"the message doesn't name them: {report.message}"
    return "" if _contents(out) == before else "files were changed"


def _contents(out: Path) -> dict[Path, bytes]:
    """All but the lock, and what a killed process left unfinished: that is removed."""
    return {
        path: path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name != "lock" and path.suffix != ".tmp"
    }


def _spoil_the_rest(out: Path, generator: random.Random) -> None:
    """Files that a checkpoint can replace: some damaged, some gone."""
    for name in ("best.safetensors", "metrics.jsonl", "metrics.csv"):
        path = out / name
        match generator.randrange(3):
            case 0 if path.exists() and path.stat().st_size:
                path.write_bytes(_bit(path.read_bytes(), generator))
            case 1:
                path.unlink(missing_ok=True)


CAMPAIGN = Campaign(
    "damage", "A damaged checkpoint is noticed and the older one used.", trial, chunk=10, count=240
)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
