# shellcheck shell=bash
# Shared by the scripts of this folder; sourced, not run. Needs bash.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1

# Compilers that run at a time: one a core, but no more than fit into memory. A file of ours takes up to 1 GB, with sanitizers
# up to 1.5 GB.
# parallel_jobs [MB]: with so much memory for each, 1000 unless named.
parallel_jobs() {
    local cores free_mb by_memory
    cores=$(nproc)
    free_mb=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo 2>/dev/null)
    by_memory=$(( ${free_mb:-4096} / ${1:-1000} ))
    (( by_memory < 1 )) && by_memory=1
    echo $(( by_memory < cores ? by_memory : cores ))
}

# configure PRESET BUILD_DIR [options]: works on a build directory that an older checkout, another generator or a copy of the
# tree at another path left behind.
configure() {
    local preset=$1 dir=$2
    shift 2
    local options=("-DCMAKE_EXPORT_COMPILE_COMMANDS=ON" "$@")
    if command -v ccache >/dev/null; then
        options+=("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
    fi
    # Of a folder that another compiler was chosen for CMake forgets all settings, those of the preset included.
    if [[ $preset == sanitize && -f $dir/CMakeCache.txt ]] && ! grep -q '^CMAKE_CXX_COMPILER:.*clang' "$dir/CMakeCache.txt"; then
        rm -rf "$dir/CMakeCache.txt" "$dir/CMakeFiles"
    fi
    if [[ -f $dir/CMakeCache.txt ]]; then
        if grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt" &&
            cmake --preset "$preset" "${options[@]}"; then
            return 0
        fi
        echo "The build directory $dir does not fit this tree: configuring it anew."
        rm -rf "$dir/CMakeCache.txt" "$dir/CMakeFiles"
    fi
    if command -v ninja >/dev/null; then
        options+=(-G Ninja)
    fi
    cmake --preset "$preset" "${options[@]}"
}
