#!/bin/sh
# `npm start`, `npm test` and `npm run bench` on a machine that has npm with Node 18 or newer, and nothing else.
# It is a shell script because a shell can `exec`: the server takes this process's place, and with it every signal.
set -eu
cd "$(dirname "$0")/.."
export TURBO_TELEMETRY_DISABLED=1

# Runs a command, and shows what it says only if it fails.
quietly() {
  output=$("$@" 2>&1) || {
    status=$?
    printf '%s\n' "$output" "Failed: $*" >&2
    exit "$status"
  }
}

# The tests and the benchmarks start servers of their own; no npm package carries one.
get_redis() {
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing redis-server, which is to be started …"
    quietly apt-get update
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server
  else
    echo "This starts redis-servers, and there is none on the PATH. Install one and try again:" >&2
    echo "  sudo apt-get install redis-server   (Debian, Ubuntu)" >&2
    echo "  brew install redis                  (macOS)" >&2
    exit 1
  fi
}

command=$1
shift
echo "Setting up from the npm registry: under a minute the first time, a second or two later …"

# Vitest and some dependencies need a newer Node than many machines have.
if node -e '
  const [major, minor] = process.versions.node.split(".").map(Number)
  process.exit((major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26 ? 0 : 1)
'; then node=; else node='-p node@24.21.0'; fi
pnpm=$(node -p 'require("./package.json").packageManager')
PATH=$(npx --yes --prefer-offline --loglevel=error $node -p "$pnpm" -- sh -c 'echo "$PATH"') || {
  echo "Could not get $pnpm${node:+ and ${node#-p }} from the npm registry." >&2
  exit 1
}
export PATH

# CI: nobody is there to be asked whether an old node_modules may go.
CI=true quietly pnpm install --frozen-lockfile

case $command in
  start)
    quietly node_modules/.bin/tsc -b apps/demo
    exec node apps/demo/dist/main.js "$@"
    ;;
  test)
    command -v redis-server >/dev/null || get_redis
    # With arguments it is somebody at work on one test: the slow checks can wait.
    if [ $# -gt 0 ]; then quietly node_modules/.bin/tsc -b apps/demo apps/bench; else pnpm run check; fi
    exec node_modules/.bin/vitest run "$@"
    ;;
  bench)
    command -v redis-server >/dev/null || get_redis
    quietly node_modules/.bin/tsc -b apps/bench
    exec node apps/bench/dist/main.js "$@"
    ;;
esac
