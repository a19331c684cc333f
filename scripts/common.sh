# Shared by scripts/demo, scripts/test and scripts/lint: messages, packages, configure and build.
# The caller sets `steps` (how many numbered steps it has) and then sources this file.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="$root/build/release"
logs="$root/build/log"
steps=${steps:-1}
step=0
watcher=

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m' erase=$'\r\e[K'
else
  bold='' red='' green='' plain='' erase=''
fi

say() { printf '%s\n' "$*"; }
die() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}
clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

stop_watching() {
  [[ -n $watcher ]] || return 0
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
  watcher=
  printf '%s' "$erase"
}
trap stop_watching EXIT
trap 'stop_watching; say "Interrupted. The same command goes on from here."; exit 130' INT TERM

# The counter that ninja ("[12/90] ...") or ctest (" 12/90 Test ...") wrote last, else the last line.
progress_of() {
  local recent count
  recent=$(tail -c 4000 "$1" 2>/dev/null)
  count=$(sed -nE 's/^\[([0-9]+\/[0-9]+)\].*/\1/p; s/^ *([0-9]+\/[0-9]+) Test .*/\1/p' <<<"$recent" | tail -n 1)
  [[ -n $count ]] || count=$(tail -n 1 <<<"$recent" | tr -cd '[:print:]' | cut -c 1-50)
  printf '%s' "$count"
}

# Rewrites one line each second on a terminal, or adds a line each half minute to a log.
watch_progress() {
  local title=$1 log=$2 began=$SECONDS
  while true; do
    if [[ -n $erase ]]; then
      sleep 1 >/dev/null 2>&1  # an orphan must not hold the reader of our output
      printf '%s%s %s  %s' "$erase" "$title" "$(clock $((SECONDS - began)))" "$(progress_of "$log")"
    else
      sleep 30 >/dev/null 2>&1
      printf '%s %s  %s\n' "$title" "$(clock $((SECONDS - began)))" "$(progress_of "$log")"
    fi
  done
}

begin_step() {
  step=$((step + 1))
  step_title="${bold}[$step/$steps] $1${plain}"
  step_began=$SECONDS
}
end_step() { say "$step_title  ${1:-done}, $(clock $((SECONDS - step_began)))"; }

# quietly LOG COMMAND...: runs it with its output in build/log/LOG and its progress on the screen.
quietly() {
  local log="$logs/$1" status=0
  shift
  : >"$log"
  [[ -n $erase ]] || say "$step_title ..."
  watch_progress "$step_title" "$log" &
  watcher=$!
  "$@" >>"$log" 2>&1 || status=$?
  stop_watching
  return "$status"
}

# fail_step LOG ADVICE...: the end of the log, where it is, and what to do.
fail_step() {
  local log="$logs/$1"
  shift
  say "$step_title  ${red}failed${plain}, $(clock $((SECONDS - step_began)))"
  say "The last lines of $log:"
  tail -n 40 "$log" | sed 's/^/    /'
  die "$*"
}

# Folders that an earlier run through sudo left to root are the usual reason for these to fail.
prepare_folders() {
  mkdir -p "$logs" 2>/dev/null && [[ -w $root/build && -w $logs ]] && { [[ ! -e $build || -w $build ]]; } ||
    die "cannot write to $root/build; remove it, or run: sudo chown -R $(id -un) '$root/build'"
}

packages_in() { sed -E 's/#.*//; s/[[:space:]]+//g; /^$/d' "$1"; }

missing_packages() {
  local have
  # db:Status-Status is "installed" only when unpacked and configured.
  # shellcheck disable=SC2016
  have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p')
  printf '%s\n' "$@" | grep -vxF -e "$have" || true
}

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}
apt() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -y -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" </dev/null
}
apt_install() {
  apt install --no-install-recommends "$@" && return
  # An installation that was cut off has to be finished before a new one may start.
  if grep -q 'dpkg --configure -a' "$logs/packages.log"; then
    as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a </dev/null || return
  fi
  # `update` does not wait for the lock of the package lists (someone else's update), so this does.
  local try
  for try in 1 2 3 4 5 6; do
    apt update && break
    [[ $try -lt 6 ]] && grep -q 'Could not get lock' "$logs/packages.log" || break
    sleep 10
  done
  apt install --no-install-recommends "$@"
}

# install_packages LIST...: makes the packages of these files present, asking for nothing if they are.
install_packages() {
  local wanted missing list
  begin_step "packages"
  mapfile -t wanted < <(for list in "$@"; do packages_in "$root/scripts/$list"; done)
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "This is not Debian or Ubuntu. What is needed, under Debian's names:"
    say "    ${wanted[*]}"
    end_step "left to you"
    return
  fi
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  if [[ ${#missing[@]} -eq 0 ]]; then
    end_step "all present"
    return
  fi
  local by_hand="apt-get install --no-install-recommends ${missing[*]}"
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || die "packages are missing and there is no sudo; run as root: $by_hand"
    sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; } ||
      die "packages are missing and sudo was refused; run as root: $by_hand"
  fi
  quietly packages.log apt_install "${missing[@]}" ||
    fail_step packages.log "apt-get failed; check the network and apt's sources, or run as root: apt-get update && $by_hand"
  end_step "${#missing[@]} installed"
}

# One compiler job needs up to about 1 GB here; BORESIGHT_JOBS overrides.
job_count() {
  local cores by_memory
  cores=$(nproc)
  by_memory=$(awk '/^MemTotal:/ { print int($2 / 1000000) }' /proc/meminfo 2>/dev/null)
  [[ -n $by_memory && $by_memory -lt $cores ]] && cores=$by_memory
  [[ $cores -ge 1 ]] || cores=1
  printf '%s' "${BORESIGHT_JOBS:-$cores}"
}

configure() {
  begin_step "configure"
  local options=()
  command -v cmake >/dev/null || die "cmake 3.25 or newer is needed"
  if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}; fi
  # Warnings stop the build where it is checked before every release; a newer compiler's new warnings must
  # not stop a newcomer.
  grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release || options+=(-DBORESIGHT_WERROR=OFF)
  quietly configure.log cmake --preset release "${options[@]}" ||
    fail_step configure.log "CMake could not configure; the lines above name what it did not find. 'rm -r build/release' starts over."
  end_step
}

# build_targets [TARGET...]: everything, or these.
build_targets() {
  local jobs options=() target
  begin_step "build"
  jobs=$(job_count)
  for target in "$@"; do options+=(--target "$target"); done
  if ! quietly build.log cmake --build --preset release -j "$jobs" "${options[@]}"; then
    if grep -q 'Killed signal terminated program' "$logs/build.log"; then
      fail_step build.log "the compiler ran out of memory; run again with BORESIGHT_JOBS=1 set"
    fi
    fail_step build.log "the build failed; the same command goes on from here, 'rm -r build/release' starts over"
  fi
  end_step
}
