"""What the project is made of is declared, licensed and written down, and can be installed behind a company's proxy."""

from __future__ import annotations

import importlib.util
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def dependencies() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dependencies", ROOT / "scripts" / "dependencies.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["dependencies"] = module
    spec.loader.exec_module(module)
    return module


def test_every_import_is_declared_and_every_licence_allowed(dependencies: ModuleType) -> None:
    assert [*dependencies.undeclared(), *dependencies.audit()] == []


def test_what_is_not_declared_not_allowed_or_not_safe_is_named(
    dependencies: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = dependencies.project()
    real["project"]["dependencies"] = [each for each in real["project"]["dependencies"] if "yarl" not in each]
    real["tool"]["audit"]["licences"].remove("MPL-2.0")
    real["tool"]["audit"]["unsafe"] = {"redis": "<99"}
    monkeypatch.setattr(dependencies, "project", lambda: real)
    assert any("imports yarl, and pyproject.toml does not name yarl" in each for each in dependencies.undeclared())
    found = "\n".join(dependencies.audit())
    assert "certifi" in found and "MPL-2.0 is not in tool.audit.licences" in found
    assert "redis 8." in found and "has known holes (<99)" in found


def test_the_bill_of_materials_has_every_locked_package_and_is_the_same_twice(dependencies: ModuleType) -> None:
    bill = dependencies.sbom()
    assert json.dumps(bill) == json.dumps(dependencies.sbom())
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    refs = [part["bom-ref"] for part in bill["components"]]
    assert len(refs) == len(set(refs))
    for lock in dependencies.LOCKS:
        for line in (ROOT / lock).read_text().splitlines():
            if "==" in line and not line.startswith((" ", "#")):
                name, _, version = line.split(" ")[0].partition("==")
                assert f"pkg:pypi/{dependencies.canonical(name.partition('[')[0])}@{version}" in refs
    pages = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    assert {f"pkg:npm/preact@{pages['node_modules/preact']['version']}"} <= set(refs)
    assert all(part["hashes"] for part in bill["components"] if part["purl"].startswith("pkg:pypi"))
    (edges,) = bill["dependencies"]
    assert set(edges["dependsOn"]) <= set(refs) and any("pypi/rasa@" in each for each in edges["dependsOn"])


def test_build_tools_are_not_among_what_serves() -> None:
    served = (ROOT / "requirements.lock").read_text()
    assert "\nhatchling==" not in served and "\neditables==" not in served


# A company's proxy


def company(folder: Path) -> tuple[Path, Path]:
    """The certificate of an authority, and a file with key and certificate that it gave to 127.0.0.1."""
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = made("company", "company", key=authority, by=authority, is_authority=True)
    leaf = made("127.0.0.1", "company", key=own, by=authority, is_authority=False)
    certificate, both = folder / "ca.pem", folder / "server.pem"
    certificate.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    both.write_bytes(own.private_bytes(*form) + leaf.public_bytes(serialization.Encoding.PEM))
    return certificate, both


def made(
    name: str,
    issuer: str,
    *,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    is_authority: bool,
) -> x509.Certificate:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (issuer, name)]
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(names[0], names[1], key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(by, hashes.SHA256())
    )


class Asked(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("User-Agent", ""))  # type: ignore[attr-defined]
        self.send_error(404)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """An address that only who trusts the company can talk to, the company's certificate, and who did."""
    certificate, both = company(tmp_path)
    server = HTTPServer(("127.0.0.1", 0), Asked)
    server.asked = []  # type: ignore[attr-defined]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}", certificate, server.asked  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


INSTALLERS = {
    "uv": "var/uv/bin/uv --no-config pip install --no-cache --target {tmp}/t --index-url {url}/simple nothing-at-all",
    "pip": "var/uv/bin/python -m pip download --no-cache-dir --retries 0 -d {tmp} -i {url}/simple nothing-at-all",
}


@pytest.mark.parametrize("name", INSTALLERS)
def test_installers_trust_whom_the_machine_trusts(
    proxy: tuple[str, Path, list[str]], tmp_path: Path, name: str
) -> None:
    url, certificate, asked = proxy
    command = INSTALLERS[name].format(tmp=tmp_path, url=url)
    clean = {each: os.environ[each] for each in ("PATH", "HOME") if each in os.environ}
    subprocess.run(["sh", "-c", command], cwd=ROOT, env=clean, capture_output=True, check=False)
    assert asked == [], "a stranger's certificate is not trusted"
    both = f". scripts/certificates.sh; {command}"
    done = subprocess.run(
        ["sh", "-c", both], cwd=ROOT, env={**clean, "SSL_CERT_FILE": str(certificate)}, capture_output=True, check=False
    )
    assert any(name in agent for agent in asked), done.stderr


def test_what_was_set_before_is_left_and_the_system_is_trusted_without_a_word() -> None:
    show = ". scripts/certificates.sh; echo $UV_SYSTEM_CERTS $PIP_CERT $NODE_EXTRA_CA_CERTS"
    env = {"PATH": os.environ["PATH"], "UV_SYSTEM_CERTS": "false", "PIP_CERT": "/mine", "NODE_EXTRA_CA_CERTS": "/own"}
    said = subprocess.run(["sh", "-c", show], cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["false", "/mine", "/own"]
    for script in ("environment.sh", "pages.sh", "lock.sh"):
        assert ". scripts/certificates.sh" in (ROOT / "scripts" / script).read_text()
