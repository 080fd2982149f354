"""A server on which every path is a feed of one article that never changes.  Prints its address."""

from __future__ import annotations

import asyncio
import sys

_FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>{0}</title><link>https://s.example{0}</link>
<description>d</description><item><title>Ein Artikel von {0}</title><guid>https://s.example{0}/1</guid>
<description>Ein Text auf Deutsch, damit die Sprache nicht geraten werden muss.</description></item></channel></rss>"""


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while request := await reader.readuntil(b"\r\n\r\n"):
            path = request.split(b" ", 2)[1].decode()
            if b"if-none-match" in request.lower():
                writer.write(b'HTTP/1.1 304 Not Modified\r\netag: "1"\r\n\r\n')
            else:
                body = _FEED.format(path).encode()
                head = 'HTTP/1.1 200 OK\r\netag: "1"\r\ncontent-type: application/rss+xml\r\n'
                head += f"content-length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=512)
    sys.stdout.write("http://127.0.0.1:{1}\n".format(*server.sockets[0].getsockname()))
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
