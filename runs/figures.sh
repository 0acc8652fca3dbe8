#!/usr/bin/env bash
# Prints the figures of the README for the bundled models, and draws its picture of steps.
#
#     runs/figures.sh DATA RENDERED
#
# DATA holds mdb-dev and egmd-dev (laid out like MDB Drums and E-GMD), RENDERED is what runs/rendered_sets.py wrote, in the folder of the
# material that it was made of.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
data=${1:?usage: runs/figures.sh DATA RENDERED} rendered=${2:?usage: runs/figures.sh DATA RENDERED}

set -x
n2n evaluate "$data/mdb-dev"
n2n evaluate "$data/mdb-dev" --shift set --tolerance 0.03
n2n evaluate "$data/mdb-dev" --shift set --tolerance 0.02
n2n evaluate "$data/mdb-dev" --mix full_mix
n2n evaluate "$data/egmd-dev" --shift file
for variant in clean known solo processed accompanied song guitar loud full talk; do
    if [ -d "$rendered/test-$variant" ]; then n2n evaluate "$rendered/test-$variant" --num-classes 7; fi # guitar, loud, talk need games
done
curves=$(mktemp -d)
python runs/step_curve.py "$data/mdb-dev" --num-classes 5 --num-steps 1 2 5 10 --json "$curves/mdb.json"
python runs/step_curve.py "$rendered/test-clean" --every 10 --num-steps 1 2 5 10 --json "$curves/rendered.json"
python runs/step_picture.py assets/pictures/steps.png "rendered test set=$curves/rendered.json" "MDB Drums=$curves/mdb.json"
rm -r "$curves"
python runs/step_curve.py "$rendered/test-song" --every 10 --seeds 3
python runs/step_curve.py "$data/mdb-dev" --mix full_mix --num-classes 5
for set in clean song; do python runs/refine_gain.py "$rendered/test-$set" --every 8; done
python runs/silence.py assets/models/small "$(dirname "$rendered")"
python runs/generation_statistics.py "$(dirname "$rendered")" "$rendered" --minutes 3 --every 9
python runs/generation_statistics.py "$(dirname "$rendered")" "$rendered" --minutes 30 --every 80
n2n bench --repeats 1
python runs/step_curve.py "$rendered/test-clean" --every 10 --model small-1step --num-steps 1
for model in small small-1step; do
    python runs/generation_statistics.py "$(dirname "$rendered")" "$rendered" --minutes 3 --every 9 --num-steps 1 --model "$model"
done
n2n evaluate "$data/mdb-dev" --mix full_mix --model small-1step
n2n bench --model small-1step --quick
