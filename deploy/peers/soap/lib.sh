# Shared by axis, jaxws and zeep: a platform of their own. Source it behind esme/lib.sh; it runs nothing.

SOAP=$ROOT/deploy/peers/soap
export BIN_DIR=${SIMULATOR%/*} RUN_DIR=$WORK/run
PKI=$RUN_DIR/pki

# start_platform: everything, on free ports, until the script ends; its variables are set as demo.env has them.
start_platform() {
    [ -x "$BIN_DIR/AEService" ] || die "AEService is not built: make build or make release"
    read -r AE_PORT ME_PORT HOME_PORT SMPP_PORT CA_PORT < <(free_ports 5)
    export AE_PORT ME_PORT HOME_PORT SMPP_PORT CA_PORT
    # Each client has a user refuse, one soon after the other.
    export HOME_EDIT='$ a [abuse]\nrefusal_pause_seconds = 0'
    begin platform.log "$ROOT/deploy/demo/run"
    until_true 120 "the platform's start" grep -q ' up; \|demo: ' "$WORK/platform.log"
    grep -q ' up; ' "$WORK/platform.log" || die "$(grep 'demo: ' "$WORK/platform.log" | head -1)"
    . "$RUN_DIR/demo.env"
}

# get PATH: what AE tells the demo provider.
get() {
    curl --silent --show-error --fail --max-time 30 --cacert "$PKI/mesh-ca.pem" --cert "$PKI/ap-demo.pem" \
        --key "$PKI/ap-demo.key" "$AE_URL$1"
}

# verified SIGNATURE TEXT: whether a CMS verifies under the users' CA and covers exactly TEXT.
verified() {
    openssl cms -verify -inform DER -in "$1" -CAfile "$PKI/user-ca.pem" -purpose any -binary -out "$1.content" \
        2>"$1.errors" && printf '%s' "$2" | cmp -s - "$1.content"
}

# all_verified FOLDER: each NAME.der there covers the text in NAME.text.
all_verified() {
    local signature
    for signature in "$1"/*.der; do
        verified "$signature" "$(cat "${signature%.der}.text")" ||
            die "$signature does not verify: $(tail -1 "$signature.errors")"
    done
}

java_tools() {
    command -v javac >/dev/null || debian default-jdk-headless
}

# java_arguments: TLS for Java, in a file, so that nobody else on the machine reads the password.
java_arguments() {
    keytool -importcert -noprompt -alias mesh -file "$PKI/mesh-ca.pem" -keystore "$WORK/trust.p12" -storetype PKCS12 \
        -storepass public >"$WORK/keytool.log" 2>&1 || die "keytool: $(tail -1 "$WORK/keytool.log")"
    cat >"$WORK/java.arguments" <<ARGUMENTS
-Djavax.net.ssl.keyStore=$PKI/ap-demo.p12
-Djavax.net.ssl.keyStoreType=PKCS12
-Djavax.net.ssl.keyStorePassword=$(cat "$PKI/p12-password")
-Djavax.net.ssl.trustStore=$WORK/trust.p12
-Djavax.net.ssl.trustStorePassword=public
-Dfile.encoding=UTF-8
ARGUMENTS
}
