# Reads Mozilla's certdata.txt and prints, in PEM, the certificates that are trusted to sign TLS servers.
#
# Two kinds of objects matter: CKO_CERTIFICATE holds the DER bytes, CKO_NSS_TRUST says what the certificate with
# that issuer and serial number is good for. An object ends at an empty line. Binary values are written in octal,
# one `\ooo` a byte, between `MULTILINE_OCTAL` and `END`; they are kept in that notation until they are printed.

BEGIN {
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
}

!started { started = /^BEGINDATA/; next }
octal && /^END/ { octal = 0; next }
octal { value[field] = value[field] $0; next }
/^#/ { next }
/^[ \t\r]*$/ { finish(); next }
{ field = $1 }
$2 == "MULTILINE_OCTAL" { octal = 1; value[field] = ""; next }
$1 == "CKA_LABEL" { sub(/^[^"]*"/, ""); sub(/"[^"]*$/, ""); value["CKA_LABEL"] = $0; next }
{ value[field] = $3 }

END {
    finish()
    for (i = 1; i <= certificates; i++)
        if (trusted[id[i]] && !refused[id[i]]) { pem(label[i], der[i]); printed++ }
    if (!printed) { print "no trusted certificate found" > "/dev/stderr"; exit 1 }
}

function finish(   key) {
    key = value["CKA_ISSUER"] "/" value["CKA_SERIAL_NUMBER"]
    if (value["CKA_CLASS"] == "CKO_CERTIFICATE") {
        # A date here: what this root signs after it is not to be trusted, which a bundle cannot say.
        if (value["CKA_NSS_SERVER_DISTRUST_AFTER"] ~ /^\\/) refused[key] = 1
        certificates++
        id[certificates] = key
        label[certificates] = value["CKA_LABEL"]
        der[certificates] = value["CKA_VALUE"]
    } else if (value["CKA_CLASS"] == "CKO_NSS_TRUST") {
        if (value["CKA_TRUST_SERVER_AUTH"] == "CKT_NSS_TRUSTED_DELEGATOR") trusted[key] = 1
        else if (value["CKA_TRUST_SERVER_AUTH"] == "CKT_NSS_NOT_TRUSTED") refused[key] = 1
    }
    split("", value)
}

function pem(name, bytes,   octets, count, i, b1, b2, b3, line) {
    print "# " name
    print "-----BEGIN CERTIFICATE-----"
    count = split(substr(bytes, 2), octets, /\\/)
    line = ""
    for (i = 1; i <= count; i += 3) {
        b1 = byte(octets[i]); b2 = byte(octets[i + 1]); b3 = byte(octets[i + 2])
        line = line digit(int(b1 / 4)) digit(b1 % 4 * 16 + int(b2 / 16))
        line = line (i + 1 > count ? "=" : digit(b2 % 16 * 4 + int(b3 / 64))) (i + 2 > count ? "=" : digit(b3 % 64))
        if (length(line) == 64) { print line; line = "" }
    }
    if (line != "") print line
    print "-----END CERTIFICATE-----"
}

function byte(octet) { return substr(octet, 1, 1) * 64 + substr(octet, 2, 1) * 8 + substr(octet, 3, 1) }
function digit(n) { return substr(alphabet, n + 1, 1) }
