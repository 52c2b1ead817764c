# Shared by the scripts beside it: where things are, and how a step is told. Source it; it runs nothing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
RUN=${RUN_DIR:-$ROOT/.run}
BIN=${BIN_DIR:-$ROOT/.build/release}
AE_PORT=${AE_PORT:-9061}
ME_PORT=${ME_PORT:-9071}
HOME_PORT=${HOME_PORT:-9081}
SMPP_PORT=${SMPP_PORT:-2775}
CA_PORT=${CA_PORT:-9091}
PKI=$RUN/pki
STATE=$RUN/state
LOGS=$RUN/logs

die() {
    echo "demo: $*" >&2
    exit 1
}

# Seconds since the first of the scripts began, to a hundredth.
export BEGAN=${BEGAN:-${EPOCHREALTIME/./}}
elapsed() {
    local time=$((${EPOCHREALTIME/./} - BEGAN))
    printf '%d.%02d' $((time / 1000000)) $((time % 1000000 / 10000))
}

step() {
    printf '[%7s s] %s\n' "$(elapsed)" "$*"
}

escape() {
    sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e 's/"/\&quot;/g' <<<"$1"
}

# ap_info ID PASSWORD: the attributes every message begins with.
ap_info() {
    printf '<mss:AP_Info AP_ID="%s" AP_TransID="T%s" AP_PWD="%s" Instant="%s"/><mss:MSSP_Info><mss:MSSP_ID/></mss:MSSP_Info>' \
        "$1" "$(openssl rand -hex 8)" "$2" "$(date -u +%FT%TZ)"
}

# post CERTIFICATE URL: sends the envelope on standard input, prints the answer.
post() {
    curl --silent --show-error --max-time 400 --cacert "$PKI/mesh-ca.pem" --cert "$PKI/$1.pem" --key "$PKI/$1.key" \
        -H 'Content-Type: application/soap+xml; charset=utf-8' --data-binary @- "$2"
}

# envelope OPERATION: wraps the message on standard input.
envelope() {
    printf '<soapenv:Envelope xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope" xmlns:mss="http://uri.etsi.org/TS102204/v1.1.2#" xmlns:mreg="http://www.methics.fi/MSSPRegistration/v1.0.0#"><soapenv:Header/><soapenv:Body><%s>' "$1"
    cat
    printf '</%s></soapenv:Body></soapenv:Envelope>' "$1"
}

# fault ANSWER: what went wrong, for a person; empty if nothing did.
fault() {
    local code detail
    code=$(sed -n 's/.*Value>mss:_\([0-9]*\)<.*/\1/p' <<<"$1")
    detail=$(sed -n 's/.*<[a-z0-9]*:detail[^>]*>\([^<]*\)<.*/\1/p' <<<"$1")
    # What is no fault is HTTP's or curl's own word, one line.
    if [ -n "$code" ]; then echo "fault $code: ${detail:-without detail}"; else head -c 300 <<<"$1" | head -1; fi
}

# operation NAME TARGET [PARAMETER VALUE]...: one MReg request; dies with the fault's words. Needs demo.env.
operation() {
    local name=$1 target=$2 answer
    shift 2
    answer=$(
        {
            printf '<mss:MSS_RegistrationReq MajorVersion="1" MinorVersion="1">'
            ap_info "$RA_USER" "$RA_PWD"
            printf '<mss:MobileUser/><mreg:RegistrationInput InputId="_1" MessagingMode="synch"><mreg:Target>%s</mreg:Target>' "$target"
            printf '<mreg:MregRequest><mreg:ProvisioningOperation Name="%s">' "$name"
            while [ $# -gt 0 ]; do
                printf '<mreg:Parameter Name="%s" Value="%s"/>' "$1" "$(escape "$2")"
                shift 2
            done
            printf '</mreg:ProvisioningOperation></mreg:MregRequest></mreg:RegistrationInput></mss:MSS_RegistrationReq>'
        } | envelope MSS_Registration | post ra-demo "$ME_URL/soap/services/MSS_RegistrationPort"
    )
    grep -q 'StatusCode Value="\(100\|408\)"' <<<"$answer" || die "$name was refused: $(fault "$answer")"
}
