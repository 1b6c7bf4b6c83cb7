"""The embedded Redis outlives an owner that was killed; the next owner adopts it and stops it."""

from __future__ import annotations

from pathlib import Path

import redis

from launcher.redis_server import EmbeddedRedis


def test_one_that_a_killed_owner_left_is_adopted_with_what_it_holds_and_stopped(tmp_path: Path) -> None:
    left = EmbeddedRedis.start(tmp_path)
    assert left.process is not None
    try:
        with redis.Redis.from_url(left.url) as client:
            client.set("kept", "yes")
            adopted = EmbeddedRedis.start(tmp_path)
            assert adopted.process is None
            assert adopted.url == left.url
            assert adopted.running()
            assert client.get("kept") == b"yes"
        adopted.stop()
        assert left.process.wait(30) == 0
        assert not adopted.running()
    finally:
        left.stop()


def test_a_socket_that_nobody_answers_on_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    killed = EmbeddedRedis.start(tmp_path)
    assert killed.process is not None
    with redis.Redis.from_url(killed.url) as client:
        client.set("kept", "yes")
    killed.process.kill()
    killed.process.wait()
    again = EmbeddedRedis.start(tmp_path)
    try:
        assert again.process is not None
        with redis.Redis.from_url(again.url) as client:
            assert client.get("kept") == b"yes"
    finally:
        again.stop()
