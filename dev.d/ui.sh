# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Steps: one line each with the time it took, one log file each, and a clear end when one fails.

log_dir=build/log

if [[ -t 1 && -z ${NO_COLOR-} ]]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' dim=$'\e[2m' plain=$'\e[0m'
else
  bold='' red='' green='' dim='' plain=''
fi

say() { echo "${bold}$*${plain}"; }
die() {
  echo "${red}dev: $*${plain}" >&2
  exit 1
}

# As 7.4 s or 3 min 05 s.
elapsed() {
  local tenths=$((($(date +%s%N) - $1) / 100000000))
  if ((tenths < 600)); then
    printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
  else
    printf '%d min %02d s' $((tenths / 600)) $((tenths / 10 % 60))
  fi
}

# Parallel to each other: what ran, how it ended, how long it took.
step_names=() step_ends=() step_times=()

_end_step() { # NAME START STATUS
  local end=ok colour=$green took
  (($3 == 0)) || { end=FAILED; colour=$red; }
  took=$(elapsed "$2")
  step_names+=("$1") step_ends+=("$end") step_times+=("$took")
  printf '  %-18s %s%-6s%s %s%12s%s\n' "$1" "$colour" "$end" "$plain" "$dim" "$took" "$plain"
}

_explain_failure() { # LOG STATUS
  echo "${red}--- the end of $1 (exit status $2)${plain}"
  tail -n "${3:-40}" "$1"
  echo "${red}--- the whole log: $PWD/$1${plain}"
}

# step NAME COMMAND...: runs COMMAND with its output in build/log/NAME.log. Gives its status, after explaining a failure.
step() {
  local name=$1 start status=0 log
  shift
  log=$log_dir/${name// /-}.log
  mkdir -p "$log_dir"
  start=$(date +%s%N)
  [[ -t 1 ]] && printf '  %-18s %s...%s\r' "$name" "$dim" "$plain"
  # Callers test our status, so `set -e` is not in force in COMMAND: what it runs it joins with &&.
  ("$@") >"$log" 2>&1 </dev/null || status=$?
  _end_step "$name" "$start" "$status"
  ((status == 0)) || _explain_failure "$log" "$status"
  return "$status"
}

# The same for what is worth watching: output goes to the log and to us.
watched_step() {
  local name=$1 start status=0 log
  shift
  log=$log_dir/${name// /-}.log
  mkdir -p "$log_dir"
  start=$(date +%s%N)
  echo "  $name"
  # With pipefail the status is COMMAND's: tee and sed do not fail.
  ("$@") 2>&1 </dev/null | tee "$log" | sed -u 's/^/    /' || status=$?
  _end_step "$name" "$start" "$status"
  ((status == 0)) || echo "${red}--- the whole log: $PWD/$log${plain}"
  return "$status"
}
