"""Links that the server knows: for how long, how many, and which files are open for them."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

from veza.http.known_files import MOST_KNOWN, MOST_OPEN, KnownFiles, Offer

SIZE = 10_001
BODY = random.Random(1).randbytes(SIZE)
PLAIN = [(b"range", b"bytes=0-9")]


def test_a_link_is_known_for_its_time_and_its_file_closed_after_it(tmp_path: Path) -> None:
    (tmp_path / "sound").write_bytes(BODY)
    seconds = 0.0
    known = KnownFiles(lambda: seconds)
    before = len(os.listdir("/proc/self/fd"))
    known.remember(b"/a", Offer(str(tmp_path / "sound"), SIZE, timedelta(seconds=10)), [(b"etag", b'"1"')])
    found = known.find(b"/a")
    assert found is not None
    part = found.part(PLAIN, [(b"date", b"today")])
    assert part is not None
    assert part.head == (
        b'HTTP/1.1 206 Partial Content\r\ndate: today\r\netag: "1"\r\n'
        b"content-range: bytes 0-9/%d\r\ncontent-length: 10\r\n\r\n" % SIZE
    )
    assert known.find(b"/b") is None
    seconds = 10.5
    known.forget_old()
    assert known.find(b"/a") is None
    del found
    assert part.file.read(part.start, 10) == BODY[:10]  # an answer that goes on keeps it
    del part
    assert len(os.listdir("/proc/self/fd")) == before


def test_as_many_links_are_known_as_there_is_space_for(tmp_path: Path) -> None:
    (tmp_path / "sound").write_bytes(BODY)
    known = KnownFiles()
    for number in range(MOST_KNOWN + 5):
        known.remember(b"/%d" % number, Offer(str(tmp_path / "sound"), SIZE, timedelta(seconds=60)), [])
    found = [known.find(b"/%d" % number) is not None for number in range(MOST_KNOWN + 5)]
    assert found == [False] * 5 + [True] * MOST_KNOWN


def test_links_to_one_file_share_it_and_no_more_files_are_open_than_there_are_descriptors_for(tmp_path: Path) -> None:
    known, minute = KnownFiles(), timedelta(minutes=1)
    before = len(os.listdir("/proc/self/fd"))

    def asked(target: bytes, path: Path) -> None:
        known.remember(target, Offer(str(path), 100, minute), [])
        found = known.find(target)
        assert found is not None
        assert found.part(PLAIN, []) is not None

    for number in range(MOST_OPEN + 5):
        (tmp_path / str(number)).write_bytes(BODY[:100])
        for listener in range(3):
            asked(b"/%d/%d" % (number, listener), tmp_path / str(number))
    assert len(os.listdir("/proc/self/fd")) - before <= MOST_OPEN + 1
    assert known.find(b"/0/0") is None
    # A file that was put in the place of another is another one.
    (tmp_path / "new").write_bytes(BODY[100:200])
    (tmp_path / "new").replace(tmp_path / "9")
    asked(b"/9/new", tmp_path / "9")
    read = [known.find(target) for target in (b"/9/0", b"/9/new")]
    parts = [one.part(PLAIN, []) for one in read if one is not None]
    assert [one.file.read(0, 10) for one in parts if one is not None] == [BODY[:10], BODY[100:110]]


def test_an_answer_with_a_cookie_and_a_file_of_another_length_are_not_known(tmp_path: Path) -> None:
    (tmp_path / "sound").write_bytes(BODY)
    known = KnownFiles()
    path, minute = str(tmp_path / "sound"), timedelta(minutes=1)
    known.remember(b"/cookie", Offer(path, SIZE, minute), [(b"Set-Cookie", b"session=1")])
    assert known.find(b"/cookie") is None
    for target, offer in ((b"/shorter", Offer(path, SIZE + 1, minute)), (b"/gone", Offer(path + "s", SIZE, minute))):
        known.remember(target, offer, [])
        found = known.find(target)
        assert found is not None
        assert found.part(PLAIN, []) is None
