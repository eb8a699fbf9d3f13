# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds by CMake preset, and the programs that builds make.

# The packages that a preset needs besides `build`.
_need_for() {
  need build || return
  ! _is_of_clang "$1" || need lint
}

_is_of_clang() { [[ $1 =~ ^(asan|tsan|clang|fuzz)$ ]]; }

_configure() {
  local said status=0 compilers=()
  # Only Debian has the version in the name.
  if _is_of_clang "$1" && ! command -v clang++-14 >/dev/null; then
    compilers=(-DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++)
  fi
  said=$(cmake --preset "$1" "${compilers[@]}" 2>&1) || status=$?
  echo "$said"
  # A folder that another compiler has used is emptied, and the preset's settings go with its contents.
  [[ $said != *"require your cache to be deleted"* ]] || cmake --preset "$1" "${compilers[@]}" || status=$?
  return "$status"
}

# PRESET [TARGET...]: all targets when none is named.
_compile() {
  local preset=$1
  shift
  _configure "$preset" && cmake --build --preset "$preset" ${1+--target "$@"}
}

build_preset() {
  _need_for "$1" && step "build $1" _compile "$@"
}

cmd_build() {
  build_preset "${1:-debug}"
  say "Built in build/${1:-debug}."
}

# fuzz_one FUZZER OPTION...: fuzzes from the seeds in the tree; what it finds stays in build/fuzz.
fuzz_one() {
  local fuzzer=$1 name seeds=()
  shift
  name=$(basename "$fuzzer" _fuzzer)
  mkdir -p "build/fuzz/corpus/$name" build/fuzz/artifacts
  [[ ! -d tests/fuzz/corpus/$name ]] || seeds=("tests/fuzz/corpus/$name")
  # libFuzzer adds what it finds to the first folder, so the seeds come second.
  "$fuzzer" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 "-artifact_prefix=build/fuzz/artifacts/$name-" "$@" \
    "build/fuzz/corpus/$name" "${seeds[@]}"
}

# find_fuzzers PRESET [PATTERN]: sets fuzzers to the paths of all in that build, or of the named.
find_fuzzers() {
  local pattern=${2:-*}
  mapfile -t fuzzers < <(find "build/$1" -name "${pattern}_fuzzer" -type f | sort)
  ((${#fuzzers[@]})) || die "no fuzzer ${2:-at all} in build/$1"
}

# [NAME [SECONDS | --runs N]]: a PATTERN like 'l2tp_*' names several.
cmd_fuzz() {
  local fuzzer fuzzers limit=-max_total_time=${2:-600}
  if [[ ${2-} == --runs ]]; then
    [[ ${3-} =~ ^[0-9]+$ ]] || die "--runs wants a number"
    limit=-runs=$3
  fi
  build_preset fuzz
  find_fuzzers fuzz "${1:-*}"
  for fuzzer in "${fuzzers[@]}"; do
    watched_step "fuzz $(basename "$fuzzer" _fuzzer)" fuzz_one "$fuzzer" "$limit"
  done
}

cmd_simulate() {
  build_preset release l2tp_test
  SALLYPORT_SIMULATION_RUNS=${1:-100000} watched_step "simulate ${1:-100000}" \
    build/release/tests/unit/l2tp/l2tp_test --gtest_filter='*Simulation.*'
}

cmd_bench() {
  local bench found
  build_preset release
  mapfile -t found < <(find build/release/tests/bench -name '*_bench' -type f -perm -u+x | sort)
  ((${#found[@]})) || die "no benchmark in build/release/tests/bench"
  for bench in "${found[@]}"; do
    watched_step "bench $(basename "$bench" _bench)" "$bench" "$@"
  done
}

cmd_package() {
  need build && need package || return
  watched_step "package" packaging/build "$@"
}
