#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests. Exit code 0 only if everything passed.
#
#   scripts/test.sh          all tests but those labelled `full`; unit tests, one small trace and fuzz targets with sanitizers
#   scripts/test.sh --full   in addition every trace set, also with sanitizers, random worlds, kills, more fuzzing, bad input
#                            with sanitizers, six mutants, and the coverage of model/ and tlm/
#
# PADE_TRACES: directories with trace sets, separated by colons (default: traces/).
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

full=false
case "${1:-}" in
    --full) full=true ;;
    "") ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' scripts/test.sh; exit 0 ;;
    *) sed -n '2,8s/^# \{0,1\}//p' scripts/test.sh; exit 2 ;;
esac

export PADE_TRACES=${PADE_TRACES:-$root/traces}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
# Debian's own Python has Debian's packages; another one first in PATH may not.
python=/usr/bin/python3
[[ -x $python ]] || python=python3

times=()
failed=()
failed_tests=

# stage NAME COMMAND...: runs it, notes how long it took and whether it passed.
stage() {
    local name=$1 start=$SECONDS status=0
    shift
    echo
    echo "== $name"
    "$@" || status=$?
    times+=("$(printf '%5d s  %-6s  %s' $(( SECONDS - start )) "$( (( status == 0 )) && echo ok || echo FAILED)" "$name")")
    (( status == 0 )) || failed+=("$name")
    return $status
}

summary() {
    echo
    echo "== stages"
    printf '%s\n' "${times[@]}"
    if (( ${#failed[@]} != 0 )); then
        printf 'FAILED: %s\n' "${failed[@]}"
        printf '%s' "$failed_tests"
        exit 1
    fi
    echo "All stages passed."
}

# Without these nothing else can run.
need() { stage "$@" || summary; }

build() { cmake --build "$1" -j "$(parallel_jobs "$2")"; }
# The names of what failed are kept for the last lines, which may be all that somebody sees.
run_tests() {
    ctest --test-dir "$1" --output-on-failure --no-tests=error -j "$(nproc)" "${@:2}" && return
    local status=$?
    failed_tests+=$(sed "s|^|  $1: test |" "$1/Testing/Temporary/LastTestsFailed.log" 2>/dev/null)$'\n'
    return $status
}

# From PyPI; where that cannot be reached, what needs it is reported as skipped.
models_python() { scripts/models_venv.sh || echo "Not there: tests of language models are skipped."; }

install=--tests
fuzz_seconds=10
if $full; then
    install=--full
    fuzz_seconds=60
fi
need "install" scripts/install-deps.sh $install
need "configure, release" configure release build
need "build, release" build build 1000
stage "tests, release" run_tests build -LE '^full$'
stage "documents" "$python" scripts/check_docs.py

need "configure, sanitizers" configure sanitize build-sanitize
need "build, sanitizers" build build-sanitize 1500
stage "unit tests, sanitizers" run_tests build-sanitize -L '^(unit|fuzz)$' -LE '^full$'
stage "small trace, sanitizers" build-sanitize/pade-sim run --trace traces/use-lite/l0-decode8-s128-gpl3 \
    --out out/test-sanitize --force --check-tlm
stage "fuzzing, $fuzz_seconds s each" scripts/fuzz.sh $fuzz_seconds

if $full; then
    stage "Python for language models" models_python
    stage "every trace set, worlds, kills" run_tests build -L '^full$'
    stage "every trace set, sanitizers" run_tests build-sanitize -L '^full$'
    stage "bad input, sanitizers" run_tests build-sanitize -R '^suite: bad input$'
    stage "mutants" "$python" scripts/mutate.py --draw 6 -j "$(parallel_jobs 1000)"
    stage "coverage" scripts/coverage.sh
    stage "valgrind" valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
        build/pade-sim run --trace traces/use-lite/l0-decode8-s128-gpl3 --out out/valgrind --force --check-tlm
    rm -rf out/test-results
    stage "planes and retained pairs of every set" "$python" scripts/results.py --sets "$PADE_TRACES" \
        --out out/test-results --table value-rule
fi
summary
