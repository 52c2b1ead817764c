# Shared by kannel, schemathesis, smpplib and tshark: a simulator of their own, free ports, Debian packages. Source it; it runs nothing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
PEERS=$ROOT/.run/peers
NAME=${0##*/}
WORK=$PEERS/$NAME
umask 077
rm -rf "$WORK"
mkdir -p "$WORK"
# The user of the database passes through, and sees nothing.
chmod 711 "$ROOT/.run" "$PEERS" "$WORK"

# What `make interop` and `make peers` have just built, or else an optimised build.
SIMULATOR=$ROOT/.build/debug/SIMSimulator
[ -x "$SIMULATOR" ] || SIMULATOR=$ROOT/.build/release/SIMSimulator
[ -z "${BIN_DIR:-}" ] || SIMULATOR=$BIN_DIR/SIMSimulator

die() {
    echo "peers/$NAME: $*" >&2
    exit 1
}

started=()
stop_started() {
    local pid
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    [ -z "${sockets:-}" ] || rm -rf "$sockets"
}
trap stop_started EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# begin LOG COMMAND...: in the background, stopped at the end whatever happens.
begin() {
    local log=$WORK/$1
    shift
    "$@" >"$log" 2>&1 </dev/null &
    started+=("$!")
}

# until_true SECONDS WHAT COMMAND...: waits for a command to succeed.
until_true() {
    local tries=$(($1 * 10)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $((tries -= 1)) -gt 0 ] || die "$what did not happen in time: see $WORK"
        sleep 0.1
    done
}

# free_ports N: as many numbers, each free now.
free_ports() {
    python3 - "$1" <<'PY'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in held:
    one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in held])
PY
}

# debian PACKAGE...: installs what is missing, without starting any daemon.
debian() {
    local missing=() package as_root=() policy=/usr/sbin/policy-rc.d made=""
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "missing ${missing[*]}: run this as root, or install sudo"
        as_root=(sudo)
    fi
    echo "Installing ${missing[*]}"
    if [ ! -e "$policy" ]; then
        made=yes
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
    fi
    local status=0
    {
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
                -o Dpkg::Use-Pty=0 install "${missing[@]}"
    } >"$WORK/apt.log" 2>&1 || status=$?
    [ -z "$made" ] || "${as_root[@]}" rm -f "$policy"
    [ "$status" -eq 0 ] || die "${missing[*]} cannot be installed: $(tail -1 "$WORK/apt.log")"
}

# peer_python PACKAGE VERSION: the interpreter that has a package of PyPI, in a folder of its own under .run/peers.
peer_python() {
    local folder=$PEERS/$1-venv
    export PIP_CERT=${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt} PIP_DISABLE_PIP_VERSION_CHECK=1
    if [ ! -e "$folder/complete" ]; then
        rm -rf "$folder"
        python3 -m venv "$folder" >&2 || die "python3-venv is missing: run deploy/packages"
        "$folder/bin/pip" -q install "$1==$2" >"$WORK/pip.log" 2>&1 || die "PyPI: $(tail -1 "$WORK/pip.log")"
        touch "$folder/complete"
    fi
    echo "$folder/bin/python"
}

smpplib_python() { peer_python smpplib 2.2.4; }

MSISDN=358401000007
SERIES=(--seed "$WORK/seed" --count 1000)

# simulate PORT: the simulator alone, a thousand cards from a new seed; its password is in $WORK/password.
simulate() {
    [ -x "$SIMULATOR" ] || die "SIMSimulator is not built: make build or make release"
    # A socket's path has its limits: a folder near the root.
    sockets=$(mktemp -d /tmp/sim.XXXXXX)
    CONTROL=$sockets/control
    od -An -N4 -tx1 /dev/urandom | tr -d ' \n' >"$WORK/password"
    begin simulator.log "$SIMULATOR" run "${SERIES[@]}" --listen "127.0.0.1:$1" --system-id mssp-home \
        --password-file "$WORK/password" --control "$CONTROL"
    until_true 20 "the simulator's start" grep -q '^controlled' "$WORK/simulator.log"
    until_true 20 "the simulator's start" grep -q '^listening' "$WORK/simulator.log"
}

tell() {
    "$SIMULATOR" tell --control "$CONTROL" --command "$*"
}

# command COUNTER [TEXT]: a home's command to the card of $MSISDN, a line a short message, hexadecimal.
command_for_card() {
    "$SIMULATOR" command "${SERIES[@]}" --msisdn "$MSISDN" --counter "$1" ${2:+--text "$2"}
}

# count NAME: one of the simulator's figures.
count() {
    tell counts | tr ' ' '\n' | sed -n "s/^$1=//p"
}

expect_counts() {
    local pair
    for pair in "$@"; do
        [ "$(count "${pair%%=*}")" = "${pair#*=}" ] || die "the message centre's figures are not $pair: $(tell counts)"
    done
}
