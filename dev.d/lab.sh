# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab: scenarios, a shell, any command, the demo. docs/lab.md.

prepare_lab() {
  need lab || return
  # Also fetches the kernel the first time.
  step "lab kernel" tests/lab/vm --fetch
}

# Turns names into pytest's arguments: a file by its name, with or without test_ and .py; else part of a test's name.
_scenario_arguments() {
  local name file expression=''
  for name in "$@"; do
    file=${name%.py}
    file=test_${file#test_}.py
    if [[ -e tests/lab/$file ]]; then
      echo "$file"
    else
      expression+="${expression:+ or }$name"
    fi
  done
  if [[ -n $expression ]]; then
    echo -k
    echo "$expression"
  fi
}

run_scenarios() {
  local arguments
  export SALLYPORT_PRESET=${SALLYPORT_PRESET:-asan}
  build_preset "$SALLYPORT_PRESET" sallyportd sallyport netlink_probe || return
  # For the scenario that measures memory, which sanitizers change.
  [[ $SALLYPORT_PRESET == release ]] || build_preset release sallyportd || return
  prepare_lab || return
  rm -f build/lab/results.xml
  mapfile -t arguments < <(_scenario_arguments "$@")
  watched_step lab tests/lab/vm -- tests/lab/run -v "${arguments[@]}"
}

# Whether build/packages has the Debian package of HEAD: of something that differs in nothing a package is made of.
_has_package() {
  [[ -e build/packages/commit-deb ]] && compgen -G 'build/packages/sallyport_*.deb' >/dev/null &&
    git diff --quiet "$(<build/packages/commit-deb)" HEAD -- . ':!tests' ':!dev' ':!dev.d' 2>/dev/null
}

_package_life() {
  local package root
  package=$(readlink -e build/packages/sallyport_*.deb) && root=$(tests/lab/guest-root "$package") &&
    tests/lab/vm --root "$root" -- tests/lab/package.py "$package"
}

# The package on a minimal Debian of its own: installed, used, upgraded, purged. Of what is committed.
run_package_life() {
  # debootstrap's to make, and QEMU's to read.
  ((EUID == 0)) || die "lab package needs root"
  need package && need lab && need root || return
  _has_package || { need build && step package packaging/build deb; } || return
  prepare_lab && watched_step "lab package" _package_life
}

_record_and_draw() {
  tests/lab/vm -- tests/lab/pictures.py &&
    PYTHONPATH=tests/lab PYTHONDONTWRITEBYTECODE=1 python3 -m drawing build/lab/pictures/recording.json docs/pictures
}

# The documentation's pictures: recorded on the lab's kernel, drawn here.
run_pictures() {
  export SALLYPORT_PRESET=release
  build_preset release sallyportd sallyport && prepare_lab && watched_step "lab pictures" _record_and_draw
}

cmd_lab() {
  case ${1-} in
    package) run_package_life ;;
    pictures) run_pictures ;;
    shell)
      prepare_lab
      exec tests/lab/vm -i -- bash -l
      ;;
    --)
      prepare_lab
      shift
      exec tests/lab/vm -- "$@"
      ;;
    *) run_scenarios "$@" ;;
  esac
}

cmd_demo() {
  export SALLYPORT_PRESET=release
  build_preset release sallyportd sallyport
  prepare_lab
  echo
  exec tests/lab/vm -- tests/lab/demo.py
}
