#!/bin/sh
# `npm start`, `npm test`, `npm run matrix` and `npm run bench`, on a machine that has npm with Node 18 or newer, and nothing
# else.
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

has_redis() { command -v redis-server >/dev/null; }

# Debian keeps it off the PATH, in a folder for each version.
has_postgres() { command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

# The tests look for it here, too.
export CHROMIUM_PATH="${CHROMIUM_PATH:-$(command -v chromium || echo /usr/bin/chromium)}"
has_chromium() { [ -x "$CHROMIUM_PATH" ]; }

# The tests start servers and a browser of their own; no npm package carries one.
get_missing() {
  missing=
  has_redis || missing="$missing redis-server"
  has_postgres || missing="$missing postgresql"
  has_chromium || missing="$missing chromium"
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing what the tests start:$missing …"
    quietly apt-get update
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
  else
    echo "The tests start$missing. Install it and run the tests again:" >&2
    echo "  sudo apt-get install$missing   (Debian)" >&2
    echo "  brew install redis postgresql@17, and CHROMIUM_PATH=/path/to/chrome   (macOS; put PostgreSQL's bin folder on the PATH)" >&2
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
    get_missing
    # With arguments it is somebody at work on one test: the slow checks can wait.
    if [ $# -gt 0 ]; then quietly node_modules/.bin/tsc -b apps/demo apps/bench packages/conformance; else pnpm run check; fi
    exec node_modules/.bin/vitest run "$@"
    ;;
  matrix)
    get_missing
    quietly node_modules/.bin/tsc -b
    for version in 22.23.3 24.21.0 26.10.0; do
      echo "Node $version:"
      # In a process of its own, which alone sees that Node.
      npx --yes --prefer-offline --loglevel=error -p "node@$version" -- node_modules/.bin/vitest run "$@"
    done
    ;;
  bench)
    has_redis || get_missing
    quietly node_modules/.bin/tsc -b apps/bench
    exec node apps/bench/dist/main.js "$@"
    ;;
  mutate)
    has_redis || get_missing
    # Some tests start a process of their own.
    quietly node_modules/.bin/tsc -b packages/store-memory packages/store-sqlite
    exec node scripts/mutate.ts "$@"
    ;;
esac
