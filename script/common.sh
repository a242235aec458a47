# Sourced by the scripts: where caches live, how progress is printed, how suites are counted.
KONVOY_CACHE=${KONVOY_CACHE:-$HOME/.cache/konvoy}
export KONVOY_CACHE
mkdir -p "$KONVOY_CACHE"
script_start=${script_start:-$SECONDS}

say() { printf '[%4ds] %s\n' "$((SECONDS - script_start))" "$*"; }

# Installs npm packages only when the lock file changed since the last time.
ensure_npm() {
  local wanted
  wanted=$(sha256sum package-lock.json | cut -c1-64)
  if [ "$(cat node_modules/.konvoy-lock 2>/dev/null)" != "$wanted" ]; then
    say 'npm packages: installing'
    # Not `npm ci`: it refuses the lock file where a registry lacks a linter's build for some other platform. The versions
    # are those of the lock file either way, and it is not rewritten.
    npm install --no-save --no-progress --loglevel=error
    printf '%s\n' "$wanted" >node_modules/.konvoy-lock
  fi
}

# Builds dist/ when a source is newer than it.
ensure_build() {
  if [ ! -e dist/konvoy.js ] || [ -n "$(find src script/build.mjs package-lock.json -newer dist/konvoy.js -print -quit)" ]; then
    say 'building dist/konvoy.js'
    node script/build.mjs
  fi
}
