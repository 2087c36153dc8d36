"""The recorded clips and pictures are those of the index, and small."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures import audio, images
from fixtures.audio import FOLDER, Clip, clips
from fixtures.reference import pictures, sounds
from schemas.yaml_rows import ContractError

CLIPS = clips()
each = pytest.mark.parametrize("clip", CLIPS.values(), ids=list(CLIPS))


@each
def test_the_reference_hears_a_clip(clip: Clip) -> None:
    heard = sounds.listen(clip.data)
    assert (heard.text, heard.seconds) == (clip.words, clip.seconds)


@each
def test_the_comment_stands_in_the_file_as_plain_bytes(clip: Clip) -> None:
    marker = f"transcript:{clip.seconds}:{clip.language}:{clip.words}|end"
    assert marker.encode() in clip.data


def test_every_container_is_there() -> None:
    assert {f"speech.{name}" for name in audio.CONTAINERS} <= CLIPS.keys()
    assert set(audio.CONTAINERS) == set(sounds.EXTENSIONS)


def test_all_clips_are_small() -> None:
    assert sum(len(clip.data) for clip in CLIPS.values()) < 1_000_000


def test_no_clip_is_part_of_another() -> None:
    for clip in CLIPS.values():
        assert [other.file for other in CLIPS.values() if clip.data in other.data] == [clip.file]


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    index = (FOLDER / "index.yaml").read_text("utf-8")
    (tmp_path / "index.yaml").write_text(index.split("- file: ")[1].join(["- file: ", ""]), "utf-8")
    (tmp_path / "speech.flac").write_bytes(b"other")
    with pytest.raises(ContractError, match="has changed"):
        clips(tmp_path)


@pytest.mark.parametrize("colour", images.images())
def test_a_picture_has_its_colour(colour: str) -> None:
    image = images.image(colour)
    assert pictures.look(image.url, "image_url").colour == colour
    assert len(image.data) < 1000
