"""Our copies of pictures over HTTP, as mail programs load them."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from pipeline.web.conditional import matching_tag

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{28}-\d{1,5}\.(jpg|png|gif)")
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}


class PictureFiles:
    """GET and HEAD for what is below ``/pictures/``.

    A name never stands for another picture, so it is its own ETag and may be kept for ever.  The files were made from
    foreign ones: nothing but a picture may be seen in them.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def answer(self, request: Request) -> Response:
        name: str = request.path_params["path"]
        found = _NAME.fullmatch(name)
        if found is None or not await run_in_threadpool((self._directory / name).is_file):
            raise HTTPException(404)
        tag = f'"{name.partition("/")[2]}"'
        headers = {
            "etag": tag,
            "cache-control": "public, max-age=31536000, immutable",
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        }
        wanted = request.headers.get("if-none-match")
        if wanted and matching_tag(wanted, (tag,)) is not None:
            return Response(status_code=304, headers=headers)
        return FileResponse(self._directory / name, media_type=_TYPES[found[1]], headers=headers)
