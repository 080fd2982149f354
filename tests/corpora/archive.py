"""feedparser's source package, fetched once through pip and pinned by its hash; only read, never unpacked."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CORPORA = ("wellformed", "illformed", "encoding", "entities")
_LARGEST = 1_000_000
_ROOT_DEPTH = 1
"""The archive's only folder, feedparser-VERSION."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a corpus: ``name`` is its path below ``tests/``."""

    name: str
    body: bytes

    @property
    def corpus(self) -> str:
        return self.name.partition("/")[0]


def read_documents() -> list[Document]:
    """All documents of the corpora, by name.  Raises RuntimeError where the package can't be had."""
    return sorted(_documents(_archive()), key=lambda document: document.name)


def _documents(archive: Path) -> Iterator[Document]:
    with tarfile.open(archive) as opened:
        for member in opened:
            path = PurePosixPath(*PurePosixPath(member.name).parts[_ROOT_DEPTH:])
            wanted = member.isfile() and path.suffix == ".xml" and path.parts[0] == "tests" and path.parts[1] in CORPORA
            file = opened.extractfile(member) if wanted and member.size <= _LARGEST else None
            if file is not None:
                yield Document(str(path.relative_to("tests")), file.read())


def _archive() -> Path:
    """The package: kept inside the virtual environment, which is thrown away and never committed."""
    pins = REQUIREMENTS.read_text("utf-8")
    pinned = re.search(r"^(\S+)==(\S+) .*?--hash=sha256:([0-9a-f]{64})", pins, re.MULTILINE | re.DOTALL)
    assert pinned is not None
    kept = Path(sys.prefix) / "corpora" / f"{pinned[1]}-{pinned[2]}.tar.gz"
    if not (kept.is_file() and hashlib.sha256(kept.read_bytes()).hexdigest() == pinned[3]):
        kept.parent.mkdir(exist_ok=True)
        _download(kept)
    return kept


def _download(kept: Path) -> None:
    # Without isolation and dependencies pip fetches nothing but the package; it asks it for its version, no more.
    fetch = "-m pip download --quiet --no-deps --no-build-isolation --use-pep517 --no-binary :all: --require-hashes"
    with TemporaryDirectory(dir=kept.parent) as directory:
        command = [sys.executable, *fetch.split(), "--requirement", str(REQUIREMENTS), "--dest", directory]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        found = list(Path(directory).glob("*.tar.gz"))
        if done.returncode or len(found) != 1:
            what = "feedparser's source package, whose tests are the corpus, could not be fetched through pip"
            raise RuntimeError(f"{what}:\n{done.stdout}{done.stderr}")
        found[0].replace(kept)
