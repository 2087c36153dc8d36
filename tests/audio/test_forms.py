"""Forms are written as clients write them, and read back."""

from __future__ import annotations

from fixtures.audio import clip
from fixtures.target import plain_requests
from fixtures.transport import multipart_form
from fixtures.transport.exchange import Request


def test_fields_are_spelled_as_clients_spell_them() -> None:
    fields = {"a": ["x", "y"], "b": {"type": "vad"}, "c": True, "d": 0.5, "e": ""}
    assert list(multipart_form.texts(fields)) == [
        ("a[]", "x"),
        ("a[]", "y"),
        ("b[type]", "vad"),
        ("c", "true"),
        ("d", "0.5"),
        ("e", ""),
    ]


def test_a_form_is_read_as_it_was_written() -> None:
    speech = clip("speech.ogg")
    request = plain_requests.upload(
        "/audio/transcriptions", speech, {"model": "ü", "x": ["1", "2"], "y": plain_requests.ABSENT}
    )
    assert request.form == {"model": ("ü",), "x[]": ("1", "2")}
    assert request.model == "ü"
    assert speech.data in request.body


def test_another_clients_form_is_read() -> None:
    body = b'--B\r\ncontent-disposition: form-data; name="model"\r\n\r\nw\r\n--B--\r\n'
    request = Request("POST", "/audio/transcriptions", body, 'multipart/form-data; boundary="B"')
    assert request.model == "w"


def test_what_is_no_form_has_no_fields() -> None:
    assert Request("POST", "/x", b"{}", "application/json").form == {}
    assert Request("POST", "/x", b"--B", "multipart/form-data").form == {}


def test_parts_keep_their_order() -> None:
    request = plain_requests.form("/x", [("file", ("a.mp3", "audio/mpeg", b"\0")), ("model", "w")])
    assert request.body.index(b"a.mp3") < request.body.index(b'"model"')
