# Read by the other scripts: every installer trusts whom this machine trusts. A company's proxy that opens TLS signs with
# an authority of its own, which is in the system's certificates (or in SSL_CERT_FILE) and in no installer's.
for bundle in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    if [ -n "$bundle" ] && [ -r "$bundle" ]; then
        UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true} PIP_CERT=${PIP_CERT:-$bundle} NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$bundle}
        export UV_SYSTEM_CERTS PIP_CERT NODE_EXTRA_CA_CERTS
        break
    fi
done
