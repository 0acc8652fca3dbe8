# Sourced by runs/ablation_*.sh. Runs differ in their options and seed alone: the same clips in the same pool, batches, rates and length,
# on a network small enough that minutes say something.
# `train NAME OPTIONS...` leaves WORK/NAME-SEED for each of two seeds, trained side by side on a core each; `table NAME...` scores runs. What
# is there already is not done again, so the scripts share the run `usual`, and each goes on where it was stopped.
#
# SHARDS (64) is the size of the pool in 32 clips of 10 s, EVERY (4) the share of the validation recordings that is used.
usage="usage: $0 DATA MDB WORK [ITERATIONS [OPTIONS OF n2n train...]]"
data=${1:?$usage} mdb=${2:?$usage} work=${3:?$usage} iterations=${4:-800} common=("${@:5}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

train() {
    local name=$1
    python runs/fill_pool.py "$data" "$work/pool" --shards "${SHARDS:-64}"
    echo "== $name"
    printf '%s\n' 0 1 | OMP_NUM_THREADS=1 xargs -P 2 -I SEED python -m n2n.training.main --data "$data" --out "$work/$name-SEED" --seed SEED \
        --size mini --iterations "$iterations" --batch 4 --source pool --pool "$work/pool" --processes 0 --validation-clips 0 "${common[@]}" "${@:2}"
}

table() {
    local name folders=()
    for name in "$@"; do folders+=("$work/$name-0" "$work/$name-1"); done
    python runs/ablation_table.py "$data/rendered" "$mdb" "${folders[@]}" --every "${EVERY:-4}"
}
