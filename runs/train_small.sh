#!/usr/bin/env bash
# Reproduces the bundled model `small`: material, training, thresholds, calibration. N2N_DATA names the data folder (kits/,
# groove-midi.zip); everything that is made goes to WORK. On two CPU cores: minutes for the material, some three hours for the training.
# (The bundled weights came about in six runs, with settings that changed on the way, the last four averaged with where they began:
# LOG.md. These are the last settings, from the start.)
#
#     N2N_DATA=~/drum-data runs/train_small.sh WORK
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=${1:?usage: N2N_DATA=DATA runs/train_small.sh WORK}

n2n kits --data "${N2N_DATA:?name the data folder}" -o "$work"
torchrun --nproc-per-node 2 -m n2n.training.main \
    --data "$work" --out "$work/small" --iterations 11000 --batch 4 --reuse 6 --shards 40
python runs/rendered_sets.py "$work" "$work/rendered"
python runs/choose_thresholds.py "$work/small/model" "$work/rendered" --num-steps 5 --every 4 --write
python runs/calibrate_confidence.py "$work/small/model" "$work/rendered" --every 4 --write
echo "the model is in $work/small/model: copy it to assets/models/small"
