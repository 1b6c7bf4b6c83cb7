"""The embedded Redis survives a killed owner, and the next owner adopts it."""

from __future__ import annotations

from pathlib import Path

import redis

from launcher.redis_server import EmbeddedRedis


def test_a_server_of_a_killed_owner_is_adopted_with_its_data_and_stopped(tmp_path: Path) -> None:
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


def test_a_dead_socket_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
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
