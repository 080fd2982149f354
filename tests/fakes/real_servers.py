"""Programs of others that stand where providers stand: Debian's Postfix, and npm's aws-ses-v2-local in front of it.

They aren't needed to run the tests.  Where they are installed (as root: Postfix wants users of its own), the suite that
every provider passes runs on them too, where RUNDBRIEF_HOUSE names one:

    RUNDBRIEF_HOUSE=tests.fakes.real_servers:postfix pytest tests/contract/test_providers.py -k postfix

``ses_local`` starts ``aws-ses-v2-local``, or what the environment's SES_LOCAL names: it renders, and Postfix takes the
mail.  It knows no names of recipients: ``-k "ses_local and not umlauts"``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path

import requests

from pipeline.deliver.provider import Capabilities, Provider
from pipeline.deliver.providers.ses import ses
from pipeline.deliver.providers.smtp import SmtpProvider
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from tests.fakes.houses import TIMEOUT, House, read

_TLS = Path(__file__).parents[1] / "data" / "tls"
_REFUSED = "gone@example.org"
_BUSY = "busy@example.org"
_POSTFIX = Path("/usr/sbin/postfix")
_PATIENCE = 20.0
_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
mail_owner = postfix
setgid_group = postdrop
myhostname = localhost
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_tls_cert_file = {home}/localhost.pem
smtpd_tls_key_file = {home}/localhost.pem
smtpd_tls_security_level = {security}
smtpd_delay_reject = yes
smtpd_recipient_restrictions = check_recipient_access texthash:{home}/access, permit_mynetworks, reject
virtual_mailbox_domains = example.org example.com example.net
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup  unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr    unix n - n 300 1 qmgr
tlsmgr  unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce  unix - - n - 0 bounce
defer   unix - - n - 0 bounce
trace   unix - - n - 0 bounce
verify  unix - - n - 1 verify
proxymap unix - - n - - proxymap
error   unix - - n - - error
retry   unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil   unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """A running instance: its ``port``, and the mail that it has delivered."""

    home: Path
    port: int

    def mail(self, expected: int = 0) -> list[EmailMessage]:
        """Everything that it accepted, once that many have come and its queue is empty."""
        end = time.monotonic() + _PATIENCE
        while self._waits() or len(self._delivered()) < expected:
            assert time.monotonic() < end, "Postfix doesn't get done"
            time.sleep(0.02)
        return [read(path.read_bytes()) for path in self._delivered()]

    def _waits(self) -> bool:
        queues = (self.home / "queue" / name for name in ("incoming", "active", "maildrop"))
        return any(file.is_file() for queue in queues for file in queue.rglob("*"))

    def _delivered(self) -> list[Path]:
        return sorted((self.home / "mail" / "all" / "new").glob("*"))


@contextmanager
def running_postfix(*, security: str) -> Iterator[Postfix]:
    """``security`` is ``encrypt`` or ``may``."""
    uid, gid = (int(subprocess.check_output(["/usr/bin/id", flag, "postfix"])) for flag in ("-u", "-g"))
    # Its path has to be short enough for sockets, and open to the user of the daemons.
    home = Path(tempfile.mkdtemp(prefix="postfix-", dir="/tmp"))
    home.chmod(0o755)
    port = _free_port()
    for name in ("conf", "queue", "data", "mail"):
        (home / name).mkdir()
    for name in ("data", "mail"):
        os.chown(home / name, uid, gid)
    shutil.copy(_TLS / "localhost.pem", home)
    (home / "access").write_text(f"{_REFUSED} 550 5.1.1 No such user\n{_BUSY} 450 4.2.1 Busy\n")
    (home / "conf" / "main.cf").write_text(_MAIN.format(home=home, security=security, uid=uid, gid=gid))
    (home / "conf" / "master.cf").write_text(_MASTER.format(port=port))
    try:
        subprocess.run([_POSTFIX, "-c", home / "conf", "start"], check=True, capture_output=True)
        _answers(port)
        yield Postfix(home, port)
    finally:
        subprocess.run([_POSTFIX, "-c", home / "conf", "stop"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


@dataclass
class RealHouse:
    """``rendered`` tells how many messages something in front of Postfix has rendered by now."""

    provider: Provider
    server: Postfix
    rendered: Callable[[], int] = lambda: 0

    def mail(self) -> list[EmailMessage]:
        return self.server.mail(self.rendered())

    def refuse(self, address: str) -> str:
        """Postfix was told before; what renders for SES takes every address that is one."""
        assert address == _REFUSED
        return address if self.provider.name == "smtp" else "no address"


@dataclass
class Nameless:
    """A provider whose recipients have no names: aws-ses-v2-local takes addresses where Amazon takes mailboxes."""

    inner: Provider

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        recipients = tuple(one._replace(name="") for one in batch.recipients)
        return self.inner.submit(replace(batch, recipients=recipients), message)

    def close(self) -> None:
        self.inner.close()


@contextmanager
def postfix(_directory: Path) -> Iterator[House]:
    """SMTP with STARTTLS to Postfix."""
    with running_postfix(security="encrypt") as server:
        provider = SmtpProvider(
            "smtp",
            "localhost",
            server.port,
            security="starttls",
            ca_file=_TLS / "authority.pem",
            local_hostname="localhost",
            max_batch=50,
        )
        yield RealHouse(provider, server)
        provider.close()


@contextmanager
def ses_local(_directory: Path) -> Iterator[House]:
    """SES's bulk call, rendered by aws-ses-v2-local, and mailed by Postfix."""
    port = _free_port()
    with running_postfix(security="may") as server:
        transport = {"host": "127.0.0.1", "port": server.port, "secure": False, "ignoreTLS": True}
        environment = {**os.environ, "SMTP_TRANSPORT": json.dumps(transport)}
        command = os.environ.get("SES_LOCAL", "aws-ses-v2-local").split()
        with subprocess.Popen(
            [*command, "--port", str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as emulator:
            try:
                _answers(port)
                base_url = f"http://127.0.0.1:{port}"
                inner = ses(
                    "ses", "secret", access_key="AKIA", region="eu-central-1", base_url=base_url, timeout=TIMEOUT
                )
                provider = Nameless(inner)
                yield RealHouse(
                    provider, server, lambda: len(requests.get(f"{base_url}/store", timeout=5).json()["emails"])
                )
                provider.close()
            finally:
                emulator.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < end, f"nobody answers at port {port}"
            time.sleep(0.05)
        else:
            return
