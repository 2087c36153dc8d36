"""Forms: what is written is read back, and nothing in a name is read as a header."""

from __future__ import annotations

import email.parser
import email.policy

import pytest

from fixtures.transport import multipart_form
from fixtures.transport.multipart_form import CONTENT_TYPE, Part

ODD = ('a"b', "a\r\nX-Injected: y", "é😀", "a;b=c", "..\\a")


def parsed(parts: list[Part]) -> list[tuple[dict[str, str], object]]:
    """The headers and contents of the parts, as the standard library reads them."""
    raw = f"Content-Type: {CONTENT_TYPE}\r\n\r\n".encode() + multipart_form.write(parts)
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(raw)
    return [(dict(each.items()), each.get_payload(decode=True)) for each in whole.iter_parts()]


@pytest.mark.parametrize("name", ODD)
def test_name_stays_in_its_header(name: str) -> None:
    file = (f"{name}.wav", "audio/wav", b"RIFF\r\n--x")
    [(field, text), (upload, data)] = parsed([(name, "v\r\nw"), ("file", file)])
    assert field.keys() == {"Content-Disposition"}
    assert upload.keys() == {"Content-Disposition", "Content-Type"}
    assert (text, data) == (b"v\r\nw", b"RIFF\r\n--x")


def test_fields_are_read_back_in_order() -> None:
    parts: list[Part] = [("model", "a"), ("x[]", "1"), ("x[]", "2"), ("model", "é😀")]
    read = multipart_form.read(multipart_form.write(parts), CONTENT_TYPE)
    assert read == {"model": ("a", "é😀"), "x[]": ("1", "2")}
    assert [*read] == ["model", "x[]"]


def test_equal_forms_are_equal_bytes_and_an_empty_one_is_closed() -> None:
    parts: list[Part] = [("file", ("a.wav", "audio/wav", b"x"))]
    assert multipart_form.write(parts) == multipart_form.write(parts)
    assert multipart_form.write([]) == f"--{multipart_form.BOUNDARY}--\r\n".encode()
