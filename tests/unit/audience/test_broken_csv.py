"""Files as they come: half of them broken.  Each ends in a report that a person understands, and loses no good row."""

from __future__ import annotations

import io

import pytest

from pipeline.audience.csv_columns import UnreadableCsv
from pipeline.audience.csv_import import Rejected, Row, read_rows

A, B = "anna@example.org", "ben@example.com"
GOOD = f"email,name\n{A},Änne\n{B},Ben\n"
HUGE = "x" * 200_000

# What is in the file, who is read from it, and what is said: of the rows that are left out, or of the whole file.
FILES: dict[str, tuple[bytes, list[str], list[str]]] = {
    # encodings
    "utf-8 with a mark": (GOOD.encode("utf-8-sig"), [A, B], []),
    "utf-16 little": (GOOD.encode("utf-16-le"), [A, B], []),
    "utf-16 big": (GOOD.encode("utf-16-be"), [A, B], []),
    "utf-16 with a mark": (GOOD.encode("utf-16"), [A, B], []),
    "utf-32": (GOOD.encode("utf-32"), [A, B], []),
    "windows": (GOOD.encode("cp1252"), [A, B], []),
    "latin-1 with a currency sign": (GOOD.encode("iso-8859-1"), [A, B], []),
    "mac": (f"email,name\n{A},J\x9arg\n".encode("latin-1"), [A], []),
    "utf-16 cut in a character": (
        GOOD.encode("utf-16")[:-1],
        [A],
        ["line 3: left out: the column name has characters"],
    ),
    "utf-8 with a cut character": (
        b"email,name\n" + A.encode() + b",J\xc3\n" + f"{B},Jörg\n".encode(),
        [B],
        ["line 2: left out: the column name has characters that can't be read."],
    ),
    "utf-8 written as utf-8 twice": (GOOD.encode().decode("cp1252").encode(), [A, B], []),
    "a mark in the middle": (f"email\n\ufeff{A}\n{B}\n".encode(), [B], ["line 2"]),
    "a mark twice": (f"\ufeff\ufeffemail\n{A}\n".encode(), [A], []),
    "a zero byte": (f"email,name\n{A},A\0nna\n{B},\n".encode(), [B], ["line 2: left out"]),
    "zero bytes at the end": (f"email\n{A}\n".encode() + b"\0" * 64, [A], ["line 3: left out"]),
    # separators and lines
    "semicolons": (f"email;name\n{A};Änne\n".encode(), [A], []),
    "tabs": (f"email\tname\n{A}\tÄnne\n".encode(), [A], []),
    "bars": (f"email|name\n{A}|Änne\n".encode(), [A], []),
    "excel's own first line": (f"sep=;\nemail;name\n{A};Änne\n".encode(), [A], []),
    "a separator that the rows don't have": (f"email;name\n{A},Änne\n".encode(), [], ["is no mail address"]),
    "old mac lines": (GOOD.replace("\n", "\r").encode(), [A, B], []),
    "mixed lines": (f"email\r\n{A}\n{B}\r".encode(), [A, B], []),
    "empty lines": (f"\n\nemail\n\n\n{A}\n\n".encode(), [A], []),
    "lines of separators": (f"email,name\n,,,\n{A},\n,,\n".encode(), [A], []),
    "no end of the last line": (f"email\n{A}".encode(), [A], []),
    "only the header": (b"email,name\n", [], []),
    "empty": (b"", [], ["the file is empty"]),
    "white space": (b" \n \n", [], ["the file is empty"]),
    "a mark and no more": (b"\xef\xbb\xbf", [], ["the file is empty"]),
    "too few fields": (f"name,email\nAnna\nBen,{B}\n".encode(), [B], ["line 2: left out: there is no address."]),
    "too many fields": (f"email,name\n{A},Anna,x,y,z\n".encode(), [A], []),
    # quotes
    "a quote that is never closed": (f'email,name\n{A},"Anna\n{B},Ben\n'.encode(), [B], ["line 2", "never closed"]),
    "a quote in the last line": (f'email,name\n{A},Anna\n{B},"Ben'.encode(), [A], ["line 3", "never closed"]),
    "text after a quote": (f'email,name\n{A},"A" x\n{B},Ben\n'.encode(), [B], ["line 2", "after a closing quotation"]),
    "quotes with backslashes": (f'email,name\n{A},"A \\"B\\" C"\n{B},Ben\n'.encode(), [B], ["line 2"]),
    "a quote in an open field": (f'email,name\n{A},5" Anna\n'.encode(), [A], []),
    "everything in one quote": (f'email,name\n"{A},Anna"\n{B},Ben\n'.encode(), [B], ["line 2", "is no mail address"]),
    "a name over two lines": (f'email,name\n{A},"An\nna"\nbad,\n'.encode(), [A], ["line 4"]),
    "typographic quotes": (f"email,name\n„{A}“,Anna\n{B},\n".encode(), [B], ["line 2", "is no mail address"]),
    # fields
    "formulas": (f'email,name\n{A},=1+1\n"=HYPERLINK(""x"")",B\n'.encode(), [A], ["line 3", "no mail address"]),
    "a huge name": (f"email,name\n{A},{HUGE}\n{B},Ben\n".encode(), [B], ["line 2"]),
    "a huge address": (f"email\n{HUGE}@example.org\n{B}\n".encode(), [B], ["line 2"]),
    "a huge quoted field": (f'email,note\n{A},"{HUGE}"\n{B},\n'.encode(), [B], ["line 2"]),
    "ten thousand columns": (("email" + ",x" * 10_000 + f"\n{A}\n").encode(), [A], []),
    "control characters": (f"email,name\n{A},An\x07na\n{B},\n".encode(), [B], ["control characters"]),
    "an address over a line": (f'email\n"{A}\r\nBcc: x@example.org"\n{B}\n'.encode(), [B], ["line 2"]),
    "names in angle brackets": (f'email\n"Anna <{A}>"\n{B}\n'.encode(), [B], ["line 2", "no mail address"]),
    "two addresses in a field": (f'email\n"{A}, {B}"\n{B}\n'.encode(), [B], ["line 2"]),
    "twice the same": (f"email\n{A}\nANNA@EXAMPLE.ORG\n".encode(), [A], ["line 3", "more than once"]),
    "hard spaces": (f"email\n\u00a0{A}\u00a0\n".encode(), [A], []),
    # headers
    "no header": (f"{A},Anna\n".encode(), [], ["line 1 is a subscriber already"]),
    "another header": (
        f"Kunde,Ort\n{A},Bonn\n".encode(),
        [],
        ["no column is called “email”; there are “Kunde”, “Ort”"],
    ),
    "a damaged header": (b'"email\n', [], ["the header line can't be read"]),
    "two columns of addresses": (f"email,e-mail\n{A},{B}\n".encode(), [A], []),
    "two columns of states": (f"email,status,user status\n{A},,\n".encode(), [], ["“status” and “user status”"]),
    # other files
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 20, [], ["list.csv"]),
    "a spreadsheet": (b"PK\x03\x04\x14\0\x08\x08" + bytes(range(256)) * 20, [], ["list.csv"]),
    "a web page": (f"<html><body>{A}</body></html>\n".encode(), [], ["list.csv"]),
    "json": (f'[{{"email": "{A}"}}]\n'.encode(), [], ["list.csv"]),
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_ends_in_a_clear_report_and_loses_no_good_row(file: str) -> None:
    data, addresses, said = FILES[file]
    found: list[str] = []
    told: list[str] = []
    try:
        for row in read_rows(io.BytesIO(data), "list.csv"):
            match row:
                case Row():
                    found.append(row.person.address)
                case Rejected():
                    told.append(str(row.problem))
                    assert row.problem.mend
    except UnreadableCsv as error:
        told.append(str(error))
    assert found == addresses
    assert bool(told) == bool(said), told
    for words in said:
        assert any(words in one for one in told), told
    assert all(one.startswith("list.csv") and len(one) < 1_000 and one.isprintable() for one in told)


def test_there_are_many_such_files() -> None:
    assert len(FILES) >= 50
