#!/usr/bin/env bash
# Make a virtual environment with the pinned packages: install.sh VENV cpu|gpu [PYTHON]
# TORCH_INDEX names a package index that holds the CPU wheel of torch; empty means pip's own configuration.
set -euo pipefail
venv=$1 device=$2 python=${3:-}
pins=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$pins/../.." && pwd)
say() { printf 'setup: %s\n' "$*" >&2; }

wanted=3.11
[ "$device" = gpu ] && wanted=3.12
for candidate in ${python:-python$wanted python3}; do
  if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$wanted')" 2>/dev/null; then
    found=$candidate
    break
  fi
done
[ -n "${found:-}" ] || { say "no Python $wanted found; install it, or name one: make setup PYTHON=/path/to/python$wanted"; exit 2; }

missing=()
while read -r command package why; do
  command -v "$command" >/dev/null && continue
  missing+=("$package")
  missing_why="${missing_why:-}"$'\n'"  $package: $why"
done < <(grep -v '^#' "$pins/system.txt")
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing system packages: ${missing[*]}"
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null ||
      say "apt-get could not install ${missing[*]}; what needs them will be skipped:$missing_why"
    say "left out, since they need root and apt-get (what needs them will be skipped):$missing_why"
  fi
fi

say "virtual environment in $venv, $("$found" --version)"
"$found" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check -qq "$@"; }

if [ "$device" = cpu ]; then
  torch=$(grep -v '^#' "$pins/torch-cpu.txt")
  say "$torch"
  if ! pip install --no-deps ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "$torch" 2>/dev/null; then
    say "no wheel of $torch at hand: taking ${torch%+cpu} with the CUDA packages that it needs, several GB."
    say "To avoid this, name an index that holds torch's CPU wheels: make setup TORCH_INDEX=URL"
    pip install "${torch%+cpu}"
  fi
fi
say "$(grep -c == "$pins/$device.txt") packages of distill/pins/$device.txt (about two minutes)"
pip install --no-deps -r "$pins/$device.txt"
pip install --no-deps --no-build-isolation -e "$root"
