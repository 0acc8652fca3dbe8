#!/usr/bin/env bash
# Which loss? The squared error, pseudo-Huber at a fixed c, and pseudo-Huber annealed from c = 1 down to one c_min or another.
#
#     runs/ablation_loss.sh DATA MDB WORK [ITERATIONS [OPTIONS OF n2n train...]]
#
# DATA is what `n2n kits` wrote, with the output of runs/rendered_sets.py in DATA/rendered; MDB a folder laid out like MDB Drums.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/ablation.sh"

train usual # c from 1 to 0.4
train squared --loss squared
train huber-1 --c-min 1
train huber-0.4 --c-max 0.4
train annealed-to-0.1 --c-min 0.1
train annealed-to-0.01 --c-min 0.01
train annealed-to-0.0001 --c-min 0.0001
table squared huber-1 huber-0.4 usual annealed-to-0.1 annealed-to-0.01 annealed-to-0.0001
