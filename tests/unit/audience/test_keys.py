"""Where the signing key comes from."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.audience.keys import load_keys
from pipeline.audience.tokens import UNSUBSCRIBE, TokenKeys
from pipeline.domain.audience import SubscriptionId
from pipeline.errors import ConfigError

NUMBER = SubscriptionId(1)


def token(keys: TokenKeys) -> str:
    return keys.make(UNSUBSCRIBE, NUMBER)


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "var" / "signing.key"
    first = token(load_keys(None, file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    assert token(load_keys("  ", file)) == first
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    file = tmp_path / "signing.key"
    with ThreadPoolExecutor(16) as pool:
        tokens = set(pool.map(lambda _: token(load_keys(None, file)), range(64)))
    assert len(tokens) == 1
    assert list(tmp_path.iterdir()) == [file]


def test_the_environment_comes_first_and_its_first_key_is_current(tmp_path: Path) -> None:
    file = tmp_path / "signing.key"
    old, new = "the-old-key-of-an-installation", "the-new-key-of-an-installation"
    keys = load_keys(f"{new} {old}\n", file)
    assert token(keys) == token(TokenKeys(new.encode()))
    assert keys.read(UNSUBSCRIBE, token(TokenKeys(old.encode()))) == NUMBER
    assert not file.exists()


def test_a_line_put_above_the_key_in_the_file_is_the_new_key(tmp_path: Path) -> None:
    file = tmp_path / "signing.key"
    old = token(load_keys(None, file))
    file.write_text("ab" * 32 + "\n" + file.read_text())
    keys = load_keys(None, file)
    assert token(keys) == token(TokenKeys(b"\xab" * 32))
    assert keys.read(UNSUBSCRIBE, old) == NUMBER


@pytest.mark.parametrize("content", [b"", b"\n\n", b"abcd\n", b"zz" * 32, b"\xff\xfe" * 20, b"ab" * 32 + b"\ncut off"])
def test_a_broken_file_is_named_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "signing.key"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="no signing key") as caught:
        load_keys(None, file)
    assert caught.value.problems[0].where == str(file)
    assert "backup" in caught.value.problems[0].mend
    assert file.read_bytes() == content


def test_a_key_that_can_be_neither_read_nor_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="can't be read: Not a directory"):
        load_keys(None, tmp_path / "file" / "signing.key")
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        load_keys(None, tmp_path)
    with pytest.raises(ConfigError, match="can't be written"):
        load_keys(None, Path("/proc/nowhere/signing.key"))


def test_a_weak_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least 16 bytes") as caught:
        load_keys("hunter2", tmp_path / "signing.key")
    assert "hunter2" not in str(caught.value)
