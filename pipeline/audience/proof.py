"""How a form tells people from programs: by work that a script does, or by time.  Nobody else is asked.

A page carries a challenge: a signed time and a random number.  A browser that runs our script finds a number that gives
the SHA-256 of ``challenge:number`` enough zero bits, which takes a moment.  Without the script it is enough that some
seconds have gone by, as they do when somebody reads a page and types an address; but that way there are fewer turns.
Each challenge counts once.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from threading import Lock

from pipeline.audience.tokens import TokenKeys

BITS = 17
"""Zero bits that are asked for: 131,072 tries on average, some tenths of a second in a browser."""

WAITED = timedelta(seconds=4)
"""How long a form lies before it is taken without the work."""

_LIFE = timedelta(hours=2)
_PURPOSE = "challenge"
_LONGEST = 200


class Evidence(StrEnum):
    """What speaks for a person behind a form."""

    WORK = "work"
    TIME = "time"
    NOTHING = "nothing"


@dataclass(slots=True)
class Challenges:
    """Makes challenges and judges what comes back.  Thread-safe; of ``kept`` is known that they were used."""

    keys: TokenKeys
    bits: int = BITS
    kept: int = 100_000
    _used: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def make(self, now: datetime) -> str:
        return self.keys.sign(_PURPOSE, f"{int(now.timestamp()):x}-{secrets.token_hex(8)}")

    def judge(self, challenge: str, work: str, now: datetime) -> Evidence:
        """What a challenge and the number that was found for it are worth; what is worth something is used up."""
        made = self._made(challenge, now)
        if made is None:
            return Evidence.NOTHING
        age = now - made
        if 0 < len(work) <= _LONGEST and zero_bits(f"{challenge}:{work}") >= self.bits:
            found = Evidence.WORK
        elif age >= WAITED:
            found = Evidence.TIME
        else:
            return Evidence.NOTHING
        return found if self._use(challenge) else Evidence.NOTHING

    def _made(self, challenge: str, now: datetime) -> datetime | None:
        if len(challenge) > _LONGEST:
            return None
        text = self.keys.signed(_PURPOSE, challenge)
        if text is None:
            return None
        made = datetime.fromtimestamp(int(text.partition("-")[0], 16), tz=now.tzinfo)
        return made if made <= now + timedelta(minutes=1) and now - made < _LIFE else None

    def _use(self, challenge: str) -> bool:
        with self._lock:
            if challenge in self._used:
                return False
            self._used[challenge] = None
            if len(self._used) > self.kept:
                self._used.popitem(last=False)
            return True


def zero_bits(text: str) -> int:
    """How many zero bits the SHA-256 of a text begins with."""
    digest = sha256(text.encode("utf-8", "replace")).digest()
    return len(digest) * 8 - int.from_bytes(digest).bit_length()
