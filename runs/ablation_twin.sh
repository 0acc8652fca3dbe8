#!/usr/bin/env bash
# Does generation win? The usual model against the same network, trained to answer in one pass: cross-entropy of the onsets, absolute error
# of the velocities. Equal clips and steps; a step of the twin costs less, since it has one draw and not two.
#
#     runs/ablation_twin.sh DATA MDB WORK [ITERATIONS [OPTIONS OF n2n train...]]
#
# DATA is what `n2n kits` wrote, with the output of runs/rendered_sets.py in DATA/rendered; MDB a folder laid out like MDB Drums.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/ablation.sh"

train usual
train twin --objective discriminative
table usual twin
