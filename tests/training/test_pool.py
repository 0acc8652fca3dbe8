"""The rolling pool: what shards hold, when renderers work and rest, how it starts, goes on and ends."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from n2n.audio import HOP
from n2n.features import N_MELS, SMEAR_FRAMES, log_mel
from n2n.training.pool import CLIPS, LiveClips, Pool, PoolConfig, shard_path, write_shard
from n2n.training.render import CODE_DB, Material, Packed, RenderConfig, Renderer, pack, unpack_mel

SECONDS, FRAMES = 0.3, 30
PATIENCE_S = 120.0


@pytest.fixture
def renderer(material: Material) -> Renderer:
    return Renderer(material, RenderConfig(seconds=SECONDS), seed=0)


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "the renderers did not get there"
        time.sleep(0.05)


def shards(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("shard_*"))


def test_a_shard_holds_its_clips_in_bytes_and_is_the_same_each_time(renderer: Renderer, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_shard(renderer, tmp_path / folder, 2)
    assert shard_path(tmp_path / "one", 2).read_bytes() == shard_path(tmp_path / "two", 2).read_bytes()
    found, expected = load_file(shard_path(tmp_path / "one", 2)), [pack(renderer.clip(2 * CLIPS + k)) for k in (0, CLIPS - 1)]
    assert found["mel"].shape == (CLIPS, FRAMES, N_MELS)
    for k, features in zip((0, CLIPS - 1), expected, strict=True):
        assert all(torch.equal(found[name][k], part) for name, part in features._asdict().items())
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["shard_000002.safetensors"]


def test_a_pool_renders_ahead_rests_makes_room_and_stops(material: Material, tmp_path: Path) -> None:
    config = PoolConfig(tmp_path / "pool", shards=2, reuse=2.0)
    pool = Pool(partial(Renderer, material, RenderConfig(seconds=SECONDS), seed=0), config)
    try:
        rng = np.random.default_rng(0)
        batch = pool.batch(5, FRAMES - 10, rng)  # waits for the first shard
        assert batch.mel.shape == (5, FRAMES - 10, N_MELS) and batch.velocities.shape == (5, FRAMES - 10, 7)
        assert batch.mel.dtype == batch.velocities.dtype == torch.uint8
        assert pool.wait_seconds > 0.0

        # Three shards rendered, the oldest gone, and now the renderer rests until clips are read.
        wait_until(lambda: shards(config.folder) == ["shard_000001.safetensors", "shard_000002.safetensors"])
        time.sleep(1.0)
        assert pool.counters["rendered"].value == 3 * CLIPS
        while pool.counters["served"].value <= 2 * CLIPS:
            pool.batch(16, FRAMES, rng)
        wait_until(lambda: shards(config.folder) == ["shard_000002.safetensors", "shard_000003.safetensors"])
    finally:
        pool.stop()
    wait_until(lambda: not any(process.is_alive() for process in pool.processes))
    assert len(shards(config.folder)) == 2


def test_shards_of_another_version_are_refused(renderer: Renderer, tmp_path: Path) -> None:
    write_shard(renderer, tmp_path, 0)
    shard = load_file(shard_path(tmp_path, 0))
    del shard["as_played"]
    save_file(shard, shard_path(tmp_path, 0))
    with pytest.raises(ValueError, match="holds no as_played: another version"):
        Pool(partial(Renderer), PoolConfig(tmp_path, processes=0)).batch(1, 12, np.random.default_rng(0))


def test_a_damaged_shard_is_told(renderer: Renderer, tmp_path: Path) -> None:
    write_shard(renderer, tmp_path, 0)
    path = shard_path(tmp_path, 0)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="is damaged or is not a safetensors file"):
        Pool(partial(Renderer), PoolConfig(tmp_path, processes=0)).batch(1, 12, np.random.default_rng(0))


def test_a_pool_serves_crops_of_the_clips_that_it_holds(renderer: Renderer, tmp_path: Path) -> None:
    write_shard(renderer, tmp_path, 0)
    pool = Pool(partial(Renderer), PoolConfig(tmp_path, processes=0))
    held = load_file(shard_path(tmp_path, 0))
    places = [(clip, start) for clip in range(CLIPS) for start in range(FRAMES - 12 + 1)]
    batch = pool.batch(8, 12, np.random.default_rng(0))
    for crop in map(Packed._make, zip(*batch, strict=True)):
        assert any(
            all(torch.equal(part, held[name][clip, start : start + 12]) for name, part in crop._asdict().items()) for clip, start in places
        )
    again = Pool(partial(Renderer), PoolConfig(tmp_path, processes=0)).batch(8, 12, np.random.default_rng(0))
    assert torch.equal(again.mel, batch.mel)
    assert pool.wait_seconds < 5.0  # it reads, and waits for nobody


def test_a_pool_goes_on_after_the_shards_it_finds(renderer: Renderer, material: Material, tmp_path: Path) -> None:
    write_shard(renderer, tmp_path, 6)
    pool = Pool(partial(Renderer, material, RenderConfig(seconds=SECONDS), seed=0), PoolConfig(tmp_path, shards=2))
    try:
        wait_until(lambda: len(shards(tmp_path)) >= 2)
        assert "shard_000007.safetensors" in shards(tmp_path)
    finally:
        pool.stop()


def test_a_pool_whose_renderers_fail_says_so_even_while_shards_are_left(renderer: Renderer, tmp_path: Path) -> None:
    pool = Pool(partial(Renderer, Material((), (), (), ()), RenderConfig(), seed=0), PoolConfig(tmp_path))
    with pytest.raises(ValueError, match="a renderer has failed"):
        pool.batch(1, FRAMES, np.random.default_rng(0))
    write_shard(renderer, tmp_path, 0)
    with pytest.raises(ValueError, match="a renderer has failed"):
        pool.batch(1, FRAMES, np.random.default_rng(0))
    pool.stop()


def test_live_clips_are_rendered_one_after_the_other(renderer: Renderer) -> None:
    source = LiveClips(renderer)
    batches = [source.batch(2, FRAMES, np.random.default_rng(0)) for _ in range(2)]
    expected = [pack(renderer.clip(index)) for index in range(4)]
    assert torch.equal(torch.cat([batch.mel for batch in batches]), torch.stack([features.mel for features in expected]))
    assert torch.equal(torch.cat([batch.velocities for batch in batches]), torch.stack([features.velocities for features in expected]))
    assert source.wait_seconds > 0.0
    source.stop()


def test_live_clips_can_be_had_with_their_audio(renderer: Renderer) -> None:
    features, audio = LiveClips(renderer).sounding(2, FRAMES - 10, np.random.default_rng(0))
    assert audio.shape == (2, (FRAMES - 10) * HOP)
    inside = slice(SMEAR_FRAMES, FRAMES - 10 - SMEAR_FRAMES)  # the log-mel of a crop's edges has heard what lies around it
    difference = (log_mel(audio)[:, inside] - unpack_mel(features.mel)[:, inside]).abs()
    assert float(difference.max()) <= 0.5 * CODE_DB + 1e-3
