"""A mailbox on loopback that speaks as much IMAP (RFC 3501) as reading bounces takes."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

_COMMAND = re.compile(rb"(\S+) (UID )?(\S+) ?(.*)\r\n", re.IGNORECASE | re.DOTALL)


@dataclass
class ImapServer:
    """``mails`` by their UIDs; ``seen`` are those that have been read."""

    username: str = "bounces"
    password: str = 'geheim "\\ wort'
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    selected: list[bytes] = field(default_factory=list)
    port: int = 0

    def add(self, content: bytes) -> None:
        self.mails[len(self.mails) + 1] = content

    @contextmanager
    def running(self) -> Iterator[ImapServer]:
        with _Listener(("127.0.0.1", 0), _Connection) as listener:
            listener.mailbox = self
            self.port = cast("int", listener.server_address[1])
            thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield self
            finally:
                listener.shutdown()
                thread.join()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    mailbox: ImapServer


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say(b"* OK ready")
        while line := self.rfile.readline():
            found = _COMMAND.fullmatch(line)
            if found is None:
                return
            tag, _, name, rest = found.groups()
            if not self._answer(tag, name.upper(), rest):
                return

    def _answer(self, tag: bytes, name: bytes, rest: bytes) -> bool:
        box = cast("_Listener", self.server).mailbox
        status = b"OK done"
        match name:
            case b"CAPABILITY":
                self._say(b"* CAPABILITY IMAP4rev1")
            case b"LOGIN":
                quoted = box.password.replace("\\", "\\\\").replace('"', '\\"')
                if rest.decode() not in (f'{box.username} "{quoted}"', f'"{box.username}" "{quoted}"'):
                    status = b"NO [AUTHENTICATIONFAILED] no"
            case b"SELECT":
                box.selected.append(rest)
                self._say(b"* %d EXISTS" % len(box.mails))
                status = b"OK [READ-WRITE] done" if rest == b'"INBOX"' else b"NO [NONEXISTENT] no such folder"
            case b"SEARCH":
                self._say(b"* SEARCH " + b" ".join(b"%d" % uid for uid in box.mails if uid not in box.seen))
            case b"FETCH":
                self._fetch(box, rest)
            case b"STORE":
                box.seen.update(int(uid) for uid in rest.split()[0].split(b","))
            case b"LOGOUT":
                self._say(b"* BYE")
                self._say(tag + b" OK done")
                return False
            case _:
                status = b"BAD unknown"
        self._say(tag + b" " + status)
        return True

    def _fetch(self, box: ImapServer, rest: bytes) -> None:
        uid = int(rest.split()[0])
        content = box.mails[uid]
        if b"RFC822.SIZE" in rest:
            self._say(b"* 1 FETCH (UID %d RFC822.SIZE %d)" % (uid, len(content)))
        else:
            self._say(b"* 1 FETCH (UID %d BODY[] {%d}\r\n%s)" % (uid, len(content), content))

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
