# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ./dev test: its parts, their order, and the sum at the end.

# What CI runs; cheap and likely to fail first.
all_parts=(format unit asan tsan tidy fuzz lab)
other_parts=(clang analyze)

# The newest of a clang tool that Debian 12 names by version.
_clang_tool() {
  command -v "$1-14" || command -v "$1" || die "$1 is missing"
}

_tracked_shell_scripts() {
  local file
  git ls-files | while read -r file; do
    [[ -f $file && $file != *.in ]] || continue
    case $file in
      dev.d/*.sh) ;; # checked as parts of dev
      *) head -c 64 "$file" | head -n 1 | grep -qaE '^#!.*(/| )(ba|da)?sh\b' && echo "$file" ;;
    esac || true
  done
}

_check_format() {
  local status=0
  echo "== clang-format"
  git ls-files -z '*.h' '*.cc' | xargs -0 -r "$(_clang_tool clang-format)" --dry-run -Werror || status=1
  echo "== shellcheck"
  _tracked_shell_scripts | xargs -r shellcheck --external-sources --check-sourced || status=1
  echo "== black, pyflakes"
  black --quiet --check --diff tests/lab || status=1
  pyflakes3 tests/lab || status=1
  echo "== alert rules"
  (cd packaging/prometheus && promtool test rules alerts_test.yml) || status=1
  echo "== the unit's sandbox"
  # Exposure 2.0 of 10 at most.
  systemd-analyze security --no-pager --offline=true --threshold=20 packaging/systemd/sallyportd.service | tail -n 1 || status=1
  return "$status"
}

# The tests of what has threads. The engines have none, which the test include_directions sees to.
threaded_tests=(daemon_threads_test cli_threads_test)

# The cases of GoogleTest are in its own files, those of other programs in ctest's.
_run_ctest() {
  # ThreadSanitizer of this age cannot place its shadow where the kernel randomizes more than 28 bits.
  [[ $1 != tsan ]] || { setarch -R ctest --preset tsan --label-regex threads; return; }
  ctest --preset "$1" --label-regex gtest &&
    ctest --preset "$1" --label-exclude gtest --output-junit "$PWD/$log_dir/ctest-$1.xml"
}

_check_preset() {
  local preset=$1 targets=()
  # What users run; asserts and all are in the others.
  [[ $preset != unit ]] || preset=release
  [[ $preset != tsan ]] || targets=("${threaded_tests[@]}")
  build_preset "$preset" "${targets[@]}" || return
  rm -rf "$log_dir/ctest-$preset.xml" "build/$preset/gtest"
  step "$1" _run_ctest "$preset"
}

# tidy | analyze: with clang's static analyzer, which takes longer than all other checks together.
_check_tidy() {
  local without='-clang-analyzer-*'
  [[ $1 != analyze ]] || without=
  _need_for clang && step "$1" _tidy "$without"
}

_tidy() { # CHECKS, added to those of .clang-tidy
  _configure clang || return
  # Of the product, as far as the build knows them; tests have the compilers' warnings and the sanitizers.
  jq -r '.[].file' build/clang/compile_commands.json | sort -u >build/clang/known-sources
  git ls-files '*.cc' ':!tests' | sed "s|^|$PWD/|" | sort -u | comm -12 - build/clang/known-sources >build/clang/sources
  [[ -s build/clang/sources ]] || die "the build knows none of our sources"
  echo "$(wc -l <build/clang/sources) sources"
  CLANG_TIDY=$(_clang_tool clang-tidy) CLANG_TIDY_CHECKS=$1 xargs -P "$(nproc)" -n 1 dev.d/tidy-one <build/clang/sources
}

_check_fuzz() {
  local fuzzer fuzzers
  # The sanitized build has them without tracing of comparisons, which takes long to compile and pays in long runs alone.
  build_preset asan || return
  find_fuzzers asan
  for fuzzer in "${fuzzers[@]}"; do
    step "fuzz $(basename "$fuzzer" _fuzzer)" fuzz_one "$fuzzer" -runs=5000 -seed=1 || return
  done
}

_check() {
  case $1 in
    format) need lint && step format _check_format ;;
    unit | asan | tsan | clang) _check_preset "$1" ;;
    tidy | analyze) _check_tidy "$1" ;;
    fuzz) _check_fuzz ;;
    lab) run_scenarios ;;
  esac
}

# Adds up the test cases of all JUnit files of this run: prints PASSED FAILED.
_count_cases() {
  local files=() file
  for file in "$log_dir"/ctest-*.xml build/*/gtest/*.xml build/lab/results.xml; do
    [[ -e $file && $file -nt $log_dir/.started ]] && files+=("$file")
  done
  ((${#files[@]})) || { echo 0 0; return; }
  # Attributes of each <testsuite>; pytest counts a failing fixture as an error.
  cat "${files[@]}" | tr '\n\t' '  ' | grep -oE '<testsuite [^>]*' | grep -oE '(tests|failures|errors|skipped|disabled)="[0-9]+"' |
    awk -F'[="]+' '{sum[$1] += $2} END {bad = sum["failures"] + sum["errors"]; print sum["tests"] - bad - sum["skipped"] - sum["disabled"], bad}'
}

cmd_test() {
  local part parts=("$@") failed='' index start passed=0 failures=0
  ((${#parts[@]})) || parts=("${all_parts[@]}")
  for part in "${parts[@]}"; do
    [[ " ${all_parts[*]} ${other_parts[*]} " == *" $part "* ]] || die "test knows ${all_parts[*]} ${other_parts[*]}, not $part"
  done
  mkdir -p "$log_dir"
  touch "$log_dir/.started"
  start=$(date +%s%N)
  say "Testing: ${parts[*]}"
  for part in "${parts[@]}"; do
    _check "$part" || { failed=$part; break; }
  done

  echo
  say "$(printf '%-20s %-6s %12s' step end time)"
  for index in "${!step_names[@]}"; do
    printf '%-20s %-6s %12s\n' "${step_names[index]}" "${step_ends[index]}" "${step_times[index]}"
  done
  printf '%-20s %-6s %12s\n' "all" "$([[ -z $failed ]] && echo ok || echo FAILED)" "$(elapsed "$start")"
  echo
  read -r passed failures < <(_count_cases)
  # A build, a check or a fuzzer that failed has no test case to count, but is no success either.
  if [[ -n $failed ]] && ((failures == 0)); then failures=1; fi
  echo "$passed passed, $failures failed"
  [[ -z $failed ]]
}
