"""The package as others get it: exact versions, the wheel, the hosted Space."""

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points, metadata, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SPACE = ROOT / "spaces_config"
NAME = "noise-to-notes"


def read_requirements(path: Path) -> list[Requirement]:
    return [Requirement(line) for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def holds(requirement: Requirement, **environment: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": "", "sys_platform": "linux", **environment})


def pins(python: str) -> dict[str, str]:
    """The exact version of each package that the constraints give one Python."""
    lines = [
        line
        for line in read_requirements(ROOT / "constraints.txt")
        if holds(line, python_version=python, python_full_version=f"{python}.1")
    ]
    versions: dict[str, str] = {canonicalize_name(line.name): str(line.specifier).removeprefix("==") for line in lines}
    assert len(versions) == len(lines), "a package has two versions"
    return versions


def direct_requirements(*extras: str) -> list[Requirement]:
    """What the package itself names, without and with its extras."""
    found = [Requirement(line) for line in requires(NAME) or []]
    return [line for line in found if any(holds(line, extra=extra) for extra in ("", *extras)) and line.name != NAME]


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12"])
def test_every_direct_requirement_has_one_exact_version_within_its_range(python: str) -> None:
    versions = pins(python)
    for requirement in direct_requirements("app", "foundation", "mcp", "synth", "test"):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement.name
    assert versions["torch"] == versions["torchaudio"]


@pytest.mark.parametrize("path", [ROOT / "constraints.txt", SPACE / "requirements.txt"])
def test_exact_versions_name_no_address_and_no_folder(path: Path) -> None:
    for requirement in read_requirements(path):
        assert requirement.url is None and str(requirement.specifier).startswith("==")
    assert "://" not in path.read_text(encoding="utf-8")


def test_the_console_script_starts_the_command_line() -> None:
    (script,) = entry_points(group="console_scripts", name="n2n")
    assert script.value == "n2n.cli:main"
    assert callable(script.load())


def test_the_declared_pythons_are_3_10_to_3_12() -> None:
    allowed = Requirement(f"python{metadata(NAME)['Requires-Python']}").specifier
    assert [minor for minor in range(8, 16) if allowed.contains(f"3.{minor}.4")] == [10, 11, 12]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_carries_the_assets_and_nothing_of_the_checkout(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assets = {f"n2n/_assets/{path.relative_to(ROOT / 'assets').as_posix()}" for path in ROOT.glob("assets/**/*") if path.is_file()}
    assert assets <= set(names)
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"n2n"}


def test_a_module_from_the_wheel_finds_its_own_assets(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from n2n.assets import find_asset; print(find_asset('CREDITS.md'))"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert Path(done.stdout.strip()) == (tmp_path / "n2n" / "_assets" / "CREDITS.md").resolve()


def space_settings() -> dict[str, str]:
    return yaml.safe_load((SPACE / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def test_the_space_runs_the_versions_that_are_tested_here() -> None:
    settings = space_settings()
    python = settings["python_version"].rpartition(".")[0]
    assert python in {"3.10", "3.12"}  # what ZeroGPU offers
    assert settings["sdk"] == "gradio" and settings["sdk_version"] == pins(python)["gradio"]
    assert {line.name: str(line.specifier).removeprefix("==") for line in read_requirements(SPACE / "requirements.txt")}.items() <= pins(
        python
    ).items()


def test_the_space_installs_what_the_package_needs_but_not_what_the_host_brings() -> None:
    named = {canonicalize_name(line.name) for line in read_requirements(SPACE / "requirements.txt")}
    assert named >= {canonicalize_name(line.name) for line in direct_requirements("synth")}
    assert not named & {"gradio", "spaces"}


def test_the_space_has_the_file_that_it_starts() -> None:
    assert (SPACE / space_settings()["app_file"]).is_file()
