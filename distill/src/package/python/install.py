"""Installs packages of Python into /out.

The words: the series of the Python that they are for, such as 3.13, and where each lies: a wheel, or the directory of
a source, which is made a wheel first. With `--check` before them, whatever an installed package needs must be there.
"""

import importlib.metadata
import importlib.util
import os
import pathlib
import py_compile
import subprocess
import sys
import tomllib

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.sources import WheelFile
from installer.utils import parse_metadata_file
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pyproject_hooks import BackendUnavailable, BuildBackendHookCaller

OUT = pathlib.Path("/out")
WHEELS = pathlib.Path("/tmp/wheels")


def made_from(source):
    """The wheel of a source, as the source's own build system makes it."""
    project = source / "pyproject.toml"
    system = tomllib.loads(project.read_text()).get("build-system", {}) if project.exists() else {}
    backend = system.get("build-backend", "setuptools.build_meta:__legacy__")
    WHEELS.mkdir(exist_ok=True)
    hooks = BuildBackendHookCaller(source, backend, system.get("backend-path"))
    try:
        return WHEELS / hooks.build_wheel(WHEELS)
    except BackendUnavailable:
        sys.exit(f"{source}: there is no build system `{backend}`")
    except subprocess.CalledProcessError:
        sys.exit(f"{source}: no wheel came of it")


def install_wheel(path, packages):
    """Installs a wheel as pip would, but for what it compiles."""
    places = {"purelib": packages, "platlib": packages, "scripts": "/usr/bin", "data": "/usr"}
    places["headers"] = "/usr/include"
    destination = SchemeDictionaryDestination(
        places, interpreter="/usr/bin/python3", script_kind="posix", destdir=str(OUT)
    )
    with WheelFile.open(path) as wheel:
        pure = parse_metadata_file(wheel.read_dist_info("WHEEL"))["Root-Is-Purelib"] == "true"
        files = [str(record[0][0]) for record in wheel.get_contents()]
        if not pure or any(file.endswith((".so", ".pyd")) for file in files):
            sys.exit(f"{path.name}: it is not pure, and a static Python loads nothing")
        install(wheel, destination, additional_metadata={"INSTALLER": b"distill\n"})


def compile_all(packages):
    """Compiles what is not compiled yet. Times say nothing here, so the contents count, and only now."""
    for source in sorted(packages.rglob("*.py")):
        compiled = pathlib.Path(importlib.util.cache_from_source(source))
        if not compiled.exists():
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            name = "/" + str(source.relative_to(OUT))
            py_compile.compile(source, compiled, dfile=name, quiet=2, invalidation_mode=mode)


def check(packages):
    """Whatever an installed package needs is there, in a version that it takes."""
    there = {}
    installed = list(importlib.metadata.distributions(path=[str(packages)]))
    for one in installed:
        there[canonicalize_name(one.metadata["Name"])] = one.version
    lacking = []
    for one in installed:
        for requirement in map(Requirement, one.requires or []):
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            version = there.get(canonicalize_name(requirement.name))
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                lacking.append(f"{one.metadata['Name']} needs {requirement}, and there is {version or 'none'}")
    if lacking:
        sys.exit("\n".join(sorted(lacking)))


def main(words):
    checked = words[0] == "--check"
    series, *places = words[checked:]
    site = f"/usr/lib/python{series}/site-packages"
    # The files of a wheel have times since 1980.
    os.environ["SOURCE_DATE_EPOCH"] = "315532800"
    for place in map(pathlib.Path, places):
        wheel = place if place.suffix == ".whl" else made_from(place.absolute())
        install_wheel(wheel, site)
    below = OUT / site.lstrip("/")
    compile_all(below)
    if checked:
        check(below)


main(sys.argv[1:])
