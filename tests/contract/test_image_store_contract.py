"""What every image store must do."""

from __future__ import annotations

import threading

import pytest

from vitrine import errors
from vitrine.domain import original_key
from vitrine.ports import ImageStore

KEY, OTHER = original_key("ab" * 32), original_key("cd" * 32)


def test_what_was_written_is_read(image_store: ImageStore) -> None:
    assert not image_store.exists(KEY)
    image_store.write(KEY, b"\x00picture")
    assert image_store.exists(KEY)
    assert image_store.read(KEY) == b"\x00picture"


def test_what_was_never_written_is_not_found(image_store: ImageStore) -> None:
    with pytest.raises(errors.NotFound):
        image_store.read(KEY)


def test_writing_again_is_harmless(image_store: ImageStore) -> None:
    threads = [threading.Thread(target=image_store.write, args=(KEY, b"same" * 10_000)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert image_store.read(KEY) == b"same" * 10_000


def test_what_was_removed_is_gone_and_may_be_written_anew(image_store: ImageStore) -> None:
    image_store.write(KEY, b"a vase")
    image_store.write(OTHER, b"a bowl")
    for _ in range(2):
        image_store.remove(KEY)
    assert not image_store.exists(KEY)
    assert image_store.read(OTHER) == b"a bowl"
    image_store.write(KEY, b"another vase")
    assert image_store.read(KEY) == b"another vase"


@pytest.mark.parametrize("key", ["../outside", "originals/../../outside", "/etc/passwd"])
def test_no_key_leads_out_of_the_store(image_store: ImageStore, key: str) -> None:
    for use in (image_store.read, image_store.remove):
        with pytest.raises(errors.NotFound):
            use(key)
