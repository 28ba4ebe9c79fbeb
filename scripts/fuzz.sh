#!/usr/bin/env bash
# Runs the fuzz targets (docs/fuzzing.md). Exit code 0 only when nothing was found.
#
#   scripts/fuzz.sh SECONDS [TARGET...] [--build DIR] [--seed N] [--out DIR]
#
# SECONDS   how long each target runs; two targets run at a time
# TARGET    npy, manifest, params, requests, chip (default: all)
# --build   the build folder of the preset `sanitize` (default: build-sanitize); the targets must have been built
# --seed    of the mutations (default: drawn); printed
# --out     new inputs and findings are kept here (default: out/fuzz)
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
    sed -n '2,10s/^# \{0,1\}//p' scripts/fuzz.sh
    exit 2
}

seconds=
targets=()
build=build-sanitize
out=out/fuzz
seed=$(( RANDOM * 32768 + RANDOM + 1 ))
while (( $# != 0 )); do
    case $1 in
        --build | --seed | --out)
            (( $# >= 2 )) || usage
            case $1 in --build) build=$2 ;; --seed) seed=$2 ;; --out) out=$2 ;; esac
            shift ;;
        npy | manifest | params | requests | chip) targets+=("$1") ;;
        *)
            [[ -z $seconds && $1 =~ ^[1-9][0-9]*$ ]] || usage
            seconds=$1 ;;
    esac
    shift
done
[[ -n $seconds ]] || usage
(( ${#targets[@]} != 0 )) || targets=(chip requests manifest params npy)  # the slow ones first

scratch=$(mktemp -d "$([[ -d /dev/shm && -w /dev/shm ]] && echo /dev/shm || echo /tmp)/pade-fuzz-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
export TMPDIR=$scratch
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

# Words that mutations of text do not hit upon.
words() {
    case $1 in
        npy) printf '"%s"\n' descr fortran_order shape True False '|i1' '<f4' '(' ')' ',' '\x93NUMPY\x01\x00' ;;
        manifest) grep -ohE '"[a-z0-9_]+"' docs/trace-manifest.schema.json | sort -u ;;
        params)
            sed -n 's/^| `\([a-z_]*\)\.\([a-z0-9_]*\)`.*/"\1"\n"\2"\n"\1.\2="/p' docs/parameters.md | sort -u
            grep -oE '"(true|false|[a-z_]+)"' model/params.h | sort -u ;;
        requests) printf '"%s"\n' READ WRITE after= 0x '#' '\x0a' ;;
    esac
}

most_bytes() { case $1 in npy) echo 512 ;; manifest) echo 8192 ;; params) echo 4096 ;; *) echo 1024 ;; esac; }

# fuzz TARGET: the lines of libFuzzer go to $out/TARGET/log, one line of summary to standard output.
fuzz() {
    local target=$1 program=$build/testbench/fuzz/fuzz_$1 dir=$out/$1 status=0 kept=testbench/fuzz
    mkdir -p "$dir/inputs" "$dir/findings"
    words "$target" > "$dir/words"
    local dictionary=()
    [[ ! -s $dir/words ]] || dictionary=(-dict="$dir/words")
    local folders=("$dir/inputs" "$kept/corpus/$target")
    [[ ! -d $kept/findings/$target ]] || folders+=("$kept/findings/$target")
    local before
    before=$(find "$dir/findings" -type f | wc -l)
    "$program" -max_total_time="$seconds" -seed="$seed" -max_len="$(most_bytes "$target")" "${dictionary[@]}" \
        -artifact_prefix="$dir/findings/" -timeout=90 -report_slow_units=90 -rss_limit_mb=4096 -print_final_stats=1 "${folders[@]}" \
        > "$dir/log" 2>&1 || status=$?
    local last runs found
    last=$(grep -aE '^#[0-9]+.* cov: ' "$dir/log" | tail -1)
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/log" | tail -1)
    found=$(( $(find "$dir/findings" -type f | wc -l) - before ))
    (( status == 0 || found > 0 )) || found="no end in order (exit code $status)"
    printf '%-9s %9s runs, coverage %s, corpus %s, findings: %s\n' "$target" "${runs:-?}" \
        "$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' <<< "$last")" "$(sed -n 's/.* corp: \([^ ]*\) .*/\1/p' <<< "$last")" "$found"
    (( status == 0 )) && return 0
    grep -aE 'finding:|check failed:|internal error:|ERROR: |runtime error:|SUMMARY: ' "$dir/log" | head -5 | sed 's/^/    /'
    find "$dir/findings" -type f -newer "$dir/words" | while read -r input; do
        echo "    reproduce: $program $input"
        echo "    keep:      cp $input $kept/findings/$target/NAME"
    done
    return 1
}

for target in "${targets[@]}"; do
    if [[ ! -x $build/testbench/fuzz/fuzz_$target ]]; then
        echo "$build/testbench/fuzz/fuzz_$target is not there: build the preset sanitize first (scripts/test.sh does)" >&2
        exit 2
    fi
done
echo "seed $seed, $seconds s each"
failed=0
running=0
for target in "${targets[@]}"; do
    if (( running == 2 )); then
        wait -n || failed=1
        running=$(( running - 1 ))
    fi
    fuzz "$target" &
    running=$(( running + 1 ))
done
while (( running != 0 )); do
    wait -n || failed=1
    running=$(( running - 1 ))
done
exit $failed
