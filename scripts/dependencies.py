"""What this project is made of: `lint` holds the locked packages to pyproject.toml, `sbom` writes them all down,
`online` asks a public database of holes about them.

lint    every import is declared; licences are of those allowed; no version with a known hole
sbom    CycloneDX 1.6 in JSON, the same for the same locks
online  the versions against osv.dev; says so where it cannot be reached
"""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.metadata
import json
import re
import sys
import tomllib
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
OURS = ("bot", "actions", "sandbox", "chaos", "bench", "tests", "scripts")
FOR_DEVELOPERS = ("tests", "bench", "chaos", "scripts")
OPTIONAL = {"tensorflow"}
"""Imported only to see that it is not there."""
OSV = "https://api.osv.dev/v1/querybatch"
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^ \\;]+)(.*?)(?=^\S|\Z)", re.M | re.S)
_LICENCES = {  # classifiers and free texts, by the names of SPDX
    "apache license 2.0": "Apache-2.0", "apache software license": "Apache-2.0", "bsd license": "BSD",
    "3-clause bsd license": "BSD-3-Clause", "isc license (iscl)": "ISC", "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "python software foundation license": "PSF-2.0",
}  # fmt: skip


@dataclass(frozen=True)
class Pin:
    name: str
    version: str
    sha256: tuple[str, ...]


def main() -> int:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "lint":
        problems = [*undeclared(), *audit()]
        print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
        return 1 if problems else 0
    if command == "sbom":
        path = Path(sys.argv[2])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sbom(), indent=1) + "\n", encoding="utf-8")
        print(f"{path}: {len(sbom()['components'])} components")
        return 0
    if command == "online":
        return online()
    print(__doc__, file=sys.stderr)
    return 2


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(*locks: str) -> list[Pin]:
    """Each once; a package may be there in several versions, for different Pythons."""
    found: dict[tuple[str, str], Pin] = {}
    for lock in locks:
        for name, version, rest in _PIN.findall((ROOT / lock).read_text(encoding="utf-8")):
            hashes = tuple(re.findall(r"sha256:([0-9a-f]{64})", rest))
            found[canonical(name), version] = Pin(canonical(name), version, hashes)
    return list(found.values())


LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock", "requirements-uv.lock", "requirements-node.lock")  # fmt: skip  # noqa: E501


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# Imports


def undeclared() -> Iterator[str]:
    """One line for each import of a package that pyproject.toml does not name."""
    declared = project()
    served = {canonical(re.split(r"[^\w.-]", each)[0]) for each in declared["project"]["dependencies"]}
    developers = {canonical(re.split(r"[^\w.-]", each)[0]) for each in declared["dependency-groups"]["dev"]}
    of_module = importlib.metadata.packages_distributions()
    for room in OURS:
        known = served | developers if room in FOR_DEVELOPERS else served
        for module, path in sorted(imports(ROOT / room).items()):
            if module in sys.stdlib_module_names or module in OURS or module in OPTIONAL:
                continue
            packages = {canonical(each) for each in of_module.get(module, [])}
            if packages and not packages & known:
                yield f"{path}: imports {module}, and pyproject.toml does not name {' or '.join(sorted(packages))}"


def imports(folder: Path) -> dict[str, str]:
    """The outermost packages that are imported, each with a place."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                found.setdefault(name.partition(".")[0], f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


# Licences and known holes


def audit() -> Iterator[str]:
    rules = project()["tool"]["audit"]
    allowed, reviewed = set(rules["licences"]), {canonical(name) for name in rules["reviewed"]}
    for pin in pins(*LOCKS):
        unsafe = rules["unsafe"].get(pin.name)
        if unsafe and SpecifierSet(unsafe).contains(pin.version, prereleases=True):
            yield f"{pin.name} {pin.version}: has known holes ({unsafe}); see tool.audit.unsafe in pyproject.toml"
        found = licences(pin.name)
        if found is not None and pin.name not in reviewed and not found & allowed:
            named = " ".join(sorted(found)) or "unknown"
            yield f"{pin.name} {pin.version}: licence {named} is not in tool.audit.licences"
    yield from page_licences(allowed)


def page_licences(allowed: set[str]) -> Iterator[str]:
    for part in page_components():
        named = {each["license"]["name"] for each in part.get("licenses", ())}
        if part["scope"] == "required" and not named & allowed:
            yield f"{part['purl']}: licence {' '.join(named) or 'unknown'} is not in tool.audit.licences"


def licences(name: str) -> set[str] | None:
    """The licences a package names, as SPDX has them; None if it is not installed on this machine."""
    try:
        metadata = importlib.metadata.distribution(name).metadata
    except importlib.metadata.PackageNotFoundError:
        return None
    if expression := metadata.get("License-Expression"):
        return set(re.split(r"\s+(?:AND|OR|WITH)\s+|[()]", expression)) - {""}
    texts = [each.rpartition("::")[2].strip() for each in metadata.get_all("Classifier") or () if "License ::" in each]
    texts += re.split(r"\s+(?:AND|OR)\s+", ((metadata.get("License") or "").splitlines() or [""])[0])
    return {_LICENCES.get(text.strip().lower(), text.strip()) for text in texts} - {"", "OSI Approved"}


# The bill of materials


def sbom() -> dict[str, Any]:
    about, served = project()["project"], set(pins("requirements.lock"))
    root = {"type": "application", "bom-ref": "xiaoer", "name": about["name"], "version": about["version"]}
    parts = [python_component(pin, served) for pin in pins(*LOCKS)] + list(page_components())
    parts.sort(key=lambda part: part["bom-ref"])
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {"component": {**root, "licenses": [{"license": {"id": about["license"]}}]}},
        "components": parts,
        "dependencies": dependencies(parts, about["dependencies"]),
    }


def python_component(pin: Pin, served: set[Pin]) -> dict[str, Any]:
    """`scope` tells what serves from what only builds or tests."""
    purl = f"pkg:pypi/{pin.name}@{pin.version}"
    part: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": pin.name, "version": pin.version, "purl": purl}
    part["scope"] = "required" if pin in served else "excluded"
    part["hashes"] = [{"alg": "SHA-256", "content": each} for each in pin.sha256]
    if named := licences(pin.name):
        part["licenses"] = [{"license": {"name": each}} for each in sorted(named)]
    return part


def page_components() -> Iterator[dict[str, Any]]:
    locked = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    seen: set[str] = set()
    for path, about in locked.items():
        name = path.rpartition("node_modules/")[2]
        purl = f"pkg:npm/{name.replace('@', '%40', 1)}@{about.get('version')}"
        if not path or purl in seen:
            continue
        seen.add(purl)
        part: dict[str, Any] = {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": about["version"],
            "purl": purl,
        }
        part["scope"] = "excluded" if about.get("dev") else "required"
        if about.get("integrity", "").startswith("sha512-"):
            content = base64.b64decode(about["integrity"].removeprefix("sha512-")).hex()
            part["hashes"] = [{"alg": "SHA-512", "content": content}]
        if about.get("license"):
            part["licenses"] = [{"license": {"name": about["license"]}}]
        yield part


def dependencies(parts: list[dict[str, Any]], direct: list[str]) -> list[dict[str, Any]]:
    names = {canonical(re.split(r"[^\w.-]", each)[0]) for each in direct}
    needed = (part["bom-ref"] for part in parts if part["purl"].startswith("pkg:pypi/") and part["name"] in names)
    return [{"ref": "xiaoer", "dependsOn": sorted(needed)}]


# Online


def online() -> int:
    """Exit 1 for holes that the database knows; 0 with a line that says so where it cannot be asked."""
    locked = pins(*LOCKS)
    queries = [{"package": {"name": pin.name, "ecosystem": "PyPI"}, "version": pin.version} for pin in locked]
    request = urllib.request.Request(OSV, json.dumps({"queries": queries}).encode())
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            results = json.load(answer)["results"]
    except (urllib.error.URLError, OSError, ValueError, KeyError) as error:
        print(f"audit: {OSV} cannot be reached ({error}); nothing was checked online", file=sys.stderr)
        return 0
    found = [
        f"{pin.name} {pin.version}: {hole['id']}"
        for pin, result in zip(locked, results, strict=True)
        for hole in result.get("vulns", ())
    ]
    print("\n".join(found) or f"audit: {len(locked)} packages, no known hole")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
