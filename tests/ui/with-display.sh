#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# with-display.sh COMMAND...: runs COMMAND on an X server, a session bus and in a home of its own, so
# that nothing of the person's is read or changed; its exit status is the command's. The size of the
# screen is LIMN_TEST_SCREEN (1280x1024x24).
set -u

folder=$(mktemp -d "${TMPDIR:-/tmp}/limn-display-XXXXXX") || exit 1
server=
command=

clean_up() {
  local process
  for process in "$command" "$server"; do
    if [ -n "$process" ]; then
      kill "$process" 2>/dev/null
      wait "$process" 2>/dev/null
    fi
  done
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 143' TERM INT HUP

# Where the program must be without a display: LIMN_TEST_SCREEN=none.
if [ "${LIMN_TEST_SCREEN:-}" = none ]; then
  unset DISPLAY WAYLAND_DISPLAY
else
  # Xvfb chooses a free display and writes its number once it listens: reading waits for that.
  mkfifo "$folder/display"
  Xvfb -displayfd 3 -screen 0 "${LIMN_TEST_SCREEN:-1280x1024x24}" -nolisten tcp -noreset \
    3>"$folder/display" >"$folder/xvfb.log" 2>&1 &
  server=$!
  if ! read -r number <"$folder/display"; then
    echo "with-display.sh: Xvfb did not start:" >&2
    cat "$folder/xvfb.log" >&2
    exit 1
  fi
  unset WAYLAND_DISPLAY
  export DISPLAY=:$number GDK_BACKEND=x11
fi

mkdir -m 700 "$folder/run"
# Mesa keeps compiled shaders in the cache: one that is given stays.
export HOME=$folder
export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$folder/cache} XDG_CONFIG_HOME=$folder/config
export XDG_DATA_HOME=$folder/data XDG_STATE_HOME=$folder/state XDG_RUNTIME_DIR=$folder/run
export GSETTINGS_BACKEND=memory GIO_USE_VFS=local GIO_USE_VOLUME_MONITOR=unix
export GTK_USE_PORTAL=0 ADW_DISABLE_PORTAL=1 NO_AT_BRIDGE=1 GTK_A11Y=${GTK_A11Y:-test}
export LIBGL_ALWAYS_SOFTWARE=1 LC_ALL=${LIMN_TEST_LOCALE:-C.UTF-8}
unset GTK_THEME GTK_MODULES LANGUAGE DBUS_SESSION_BUS_ADDRESS SESSION_MANAGER

if command -v dbus-run-session >/dev/null; then
  dbus-run-session -- "$@" &
else
  DBUS_SESSION_BUS_ADDRESS=disabled: "$@" &
fi
command=$!
wait "$command"
status=$?
command=
exit "$status"
