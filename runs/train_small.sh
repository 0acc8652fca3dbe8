#!/usr/bin/env bash
# Reproduces the bundled models `small` and `small-1step`: material, training, thresholds, calibration. N2N_DATA names the data folder
# (kits/, groove-midi.zip); everything that is made goes to WORK. On two CPU cores: minutes for the material, some four hours for training.
# (The weights of `small` came about in twenty-two runs, with settings that changed on the way, the last twenty averaged with where
# they began, those of `small-1step` in eleven, averaged: LOG.md. These are the last settings, from the start.)
#
#     N2N_DATA=~/drum-data runs/train_small.sh WORK
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=${1:?usage: N2N_DATA=DATA runs/train_small.sh WORK}

n2n kits --data "${N2N_DATA:?name the data folder}" -o "$work"
torchrun --nproc-per-node 2 -m n2n.training.main \
    --data "$work" --out "$work/small" --iterations 11000 --batch 4 --reuse 6 --shards 40 --sigma-mend 0.5
python runs/rendered_sets.py "$work" "$work/rendered"
python runs/choose_thresholds.py "$work/small/model" "$work/rendered" --num-steps 5 --every 4 --write
python runs/silence.py "$work/small/model" "$work" --split validation --sound band "band and voice" \
    --minutes 15 --quieten TT --write
python runs/calibrate_confidence.py "$work/small/model" "$work/rendered" --every 4 --write
python runs/calibrate_velocities.py "$work/small/model" "$work" --write

torchrun --nproc-per-node 2 -m n2n.training.main --objective consistency --warm-start "$work/small/model" --out "$work/small-1step" \
    --data "$work" --source pool --pool "$work/small/pool" --processes 0 --iterations 800 --batch 4 --lr 5e-4 --cooldown 0.7
python runs/choose_thresholds.py "$work/small-1step/model" "$work/rendered" --num-steps 1 --every 4 --write
python runs/calibrate_confidence.py "$work/small-1step/model" "$work/rendered" --every 4 --write
python runs/calibrate_velocities.py "$work/small-1step/model" "$work" --minutes 30 --write
echo "the models are in $work/small/model and $work/small-1step/model: copy them to assets/models"
