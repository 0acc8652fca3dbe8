"""Fills a pool of training clips once, so that runs which are to be compared see the same clips and nothing is rendered twice.

    python runs/fill_pool.py DATA POOL [--shards 64] [--processes 2] [--seed 0]

DATA is what `n2n kits` wrote. A shard holds 32 clips of 10 s; those that are there stay. Train on it with
`n2n train --source pool --pool POOL --processes 0`.
"""

import argparse
import multiprocessing
from collections.abc import Iterable
from pathlib import Path

import torch

from n2n.training.main import make_renderer
from n2n.training.pool import shard_path, write_shard


def fill(data: Path, pool: Path, shards: Iterable[int], seed: int) -> None:
    """Renders these shards."""
    torch.set_num_threads(1)
    renderer = make_renderer(data, "train", seed)
    for index in shards:
        write_shard(renderer, pool, index)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.pool.mkdir(parents=True, exist_ok=True)
    missing = [index for index in range(options.shards) if not shard_path(options.pool, index).exists()]
    shares = [share for turn in range(options.processes) if (share := missing[turn :: options.processes])]
    if shares:
        with multiprocessing.get_context("spawn").Pool(len(shares)) as workers:
            workers.starmap(fill, [(options.data, options.pool, share, options.seed) for share in shares])


if __name__ == "__main__":
    main()
