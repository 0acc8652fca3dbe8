#!/usr/bin/env bash
# Which loss of the onsets? The usual squared error, pseudo-Huber at a fixed c, and annealed from c = 1 down to one c_min or another.
#
#     runs/ablation_loss.sh DATA MDB WORK [ITERATIONS [OPTIONS OF n2n train...]]
#
# DATA is what `n2n kits` wrote, with the output of runs/rendered_sets.py in DATA/rendered; MDB a folder laid out like MDB Drums.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/ablation.sh"

train usual
train huber-1 --loss pseudo-huber --c-min 1
train huber-0.4 --loss pseudo-huber --c-max 0.4
train annealed-to-0.4 --loss pseudo-huber
train annealed-to-0.1 --loss pseudo-huber --c-min 0.1
train annealed-to-0.01 --loss pseudo-huber --c-min 0.01
train annealed-to-0.0001 --loss pseudo-huber --c-min 0.0001
table usual huber-1 huber-0.4 annealed-to-0.4 annealed-to-0.1 annealed-to-0.01 annealed-to-0.0001
