"""What must hold before a provider is given a key: the key is one, and it does not cross the network in the clear."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.deliver.providers.http_calls import is_safe_for_credentials
from pipeline.errors import Problem


def credential_problems(
    where: str, label: str, base_url: str, api_key: str, api_key_env: str | None
) -> Iterator[Problem]:
    """What is wrong; ``label`` is what people call the provider, ``api_key_env`` the variable the key is from."""
    if not api_key or not (api_key.isascii() and api_key.isprintable()):
        yield Problem(
            code="provider-api-key",
            where=f"{where}.api_key_env",
            what="The API key is empty, or holds characters that no key has.",
            mend=f"Set {api_key_env or 'its variable'} to the key as {label} shows it.",
        )
    if not is_safe_for_credentials(base_url):
        yield Problem(
            code="provider-base-url",
            where=f"{where}.base_url",
            what=f"The API key would go to {base_url} without encryption.",
            mend="Use an https:// address.",
        )
