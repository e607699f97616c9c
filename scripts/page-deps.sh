#!/bin/sh
# What the tests of the page need: Chromium, a font with Chinese characters, node with npm, and two packages of npm. Installs
# what is missing where that is permitted; otherwise says how. With NO_INSTALL=1 it only says how.
set -eu
cd "$(dirname "$0")/.."

missing=
browser=
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then browser=$name; fi
done
[ -n "${CHROMIUM:-}" ] || [ -n "$browser" ] || missing="$missing chromium"
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
if command -v fc-list >/dev/null; then
    [ -n "$(fc-list ':lang=zh-cn' family | head -n 1)" ] || missing="$missing fonts-noto-cjk"
elif [ "$(uname -s)" = Linux ]; then
    missing="$missing fonts-noto-cjk"
fi
if [ -n "$missing" ]; then
    install="apt-get install --yes --no-install-recommends$missing"
    if [ -n "${NO_INSTALL:-}" ] || ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
        echo "page-deps: missing:$missing. On Debian and Ubuntu, as root: $install" >&2
        exit 1
    fi
    # The list of packages may be old, or not there yet.
    DEBIAN_FRONTEND=noninteractive $install >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive $install >/dev/null; }
fi
if [ ! -e tests/page/node_modules/playwright-core/package.json ] || [ ! -e tests/page/node_modules/axe-core/package.json ]; then
    if [ -n "${NO_INSTALL:-}" ]; then
        echo 'page-deps: run `npm ci --ignore-scripts` in tests/page' >&2
        exit 1
    fi
    (cd tests/page && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
fi
