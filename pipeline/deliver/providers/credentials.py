"""What must hold before a provider is given a key: the key is one, and it does not cross the network in the clear."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.deliver.providers.http_calls import is_safe_for_credentials
from pipeline.errors import Problem


def key_problems(where: str, label: str, key: str, variable: str | None) -> Iterator[Problem]:
    """What is wrong with a key that ``variable`` holds; ``label`` is what people call the provider."""
    if not key or not (key.isascii() and key.isprintable()):
        yield Problem(
            code="provider-api-key",
            where=where,
            what="The API key is empty, or holds characters that no key has.",
            mend=f"Set {variable or 'its variable'} to the key as {label} shows it.",
        )


def address_problems(where: str, base_url: str) -> Iterator[Problem]:
    """What is wrong with an address that a key is to be sent to."""
    if not is_safe_for_credentials(base_url):
        yield Problem(
            code="provider-base-url",
            where=where,
            what=f"The API key would go to {base_url} without encryption.",
            mend="Use an https:// address.",
        )
