#!/usr/bin/env bash
# Which noise levels? The usual ones (half below 1, sampling from 20), lower ones, higher ones, wider ones, EDM's own for images, and other
# levels to start from.
#
#     runs/ablation_sigma.sh DATA MDB WORK [ITERATIONS [OPTIONS OF n2n train...]]
#
# DATA is what `n2n kits` wrote, with the output of runs/rendered_sets.py in DATA/rendered; MDB a folder laid out like MDB Drums.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/ablation.sh"

train usual
train sigma-low --sigma-median 0.3
train sigma-high --sigma-median 3
train sigma-wide --sigma-spread 2
train start-5 --sigma-max 5
train start-80 --sigma-max 80
train edm --sigma-median 0.3 --sigma-max 80
table usual sigma-low sigma-high sigma-wide start-5 start-80 edm
