"""Who may import whom. Imports are read from the source with `ast`; nothing is loaded but for the one test that runs `import n2n`."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
BARE_GPU_IMAGE = {"torch", "numpy", "safetensors"}


class Imports(NamedTuple):
    """What a module imports, by full names: as it loads, and in all (inside functions too, and what it uses only where it is installed)."""

    at_load: frozenset[str]
    anywhere: frozenset[str]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(ROOT.glob("n2n/**/*.py"))}


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that one statement imports; `from n2n import kits` imports n2n.kits."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module, f"line {node.lineno}: imports are absolute"
        submodules = [name for alias in node.names if (name := f"{node.module}.{alias.name}") in FILES]
        yield from submodules or [node.module]


def may_not_run_at_load(node: ast.AST) -> bool:
    """True for a function, and for a `try` that lives without the import."""
    if isinstance(node, ast.Try):
        return any(handler.type and "ImportError" in ast.unparse(handler.type) for handler in node.handlers)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def walk(node: ast.AST, *, at_load: bool) -> Iterator[ast.AST]:
    """All that can run below a node; with `at_load`, what surely runs as the module loads. What is for type checkers alone never runs."""
    if at_load and may_not_run_at_load(node):
        return
    yield node
    for_checkers = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    for child in node.orelse if for_checkers else ast.iter_child_nodes(node):
        yield from walk(child, at_load=at_load)


def read_imports(path: Path) -> Imports:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return Imports(*(frozenset(name for node in walk(tree, at_load=at_load) for name in imported(node)) for at_load in (True, False)))


IMPORTS = {name: read_imports(path) for name, path in FILES.items()}


def packages(module: str) -> set[str]:
    """The module and the packages around it, which load before it."""
    parts = module.split(".")
    return {".".join(parts[: i + 1]) for i in range(len(parts))}


def reached(module: str, *, at_load: bool) -> set[str]:
    """All modules that loading `module` leads to, itself included; without `at_load`, also those that its functions may load."""
    seen: set[str] = set()
    waiting = packages(module)
    while waiting:
        name = waiting.pop()
        seen.add(name)
        if name in IMPORTS:
            found = IMPORTS[name].at_load if at_load else IMPORTS[name].anywhere
            waiting |= {package for target in found for package in packages(target)} - seen
    return seen


def others(modules: set[str] | frozenset[str]) -> set[str]:
    """Top-level names that are neither ours nor Python's own."""
    return {module.partition(".")[0] for module in modules} - {"n2n"} - set(sys.stdlib_module_names)


def within(package: str) -> list[str]:
    return [name for name in FILES if name == package or name.startswith(package + ".")]


def importers(library: str) -> set[str]:
    return {name for name, imports in IMPORTS.items() if library in others(imports.anywhere)}


def test_reading_tells_imports_at_load_from_deferred_ones(tmp_path: Path) -> None:
    source = tmp_path / "example.py"
    source.write_text(
        "import a.b\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import c\nelse:\n    import d\n"
        "try:\n    import e\nexcept ImportError:\n    e = None\nclass X:\n    import f\n    def g(self):\n        import h\n"
        "from n2n import drums, __version__\nfrom n2n.notes import Note\n"
    )
    imports = read_imports(source)
    assert imports.at_load == {"a.b", "typing", "d", "f", "n2n.drums", "n2n.notes"}
    assert imports.anywhere == imports.at_load | {"e", "h"}


def test_no_module_imports_itself_in_a_circle() -> None:
    TopologicalSorter({name: imports.at_load & FILES.keys() - {name} for name, imports in IMPORTS.items()}).prepare()


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("drums", set()),
        ("shapes", set()),
        ("audio", {"shapes", "decoders", "mp3"}),
        ("diffusion", {"shapes"}),
        ("features", {"shapes", "audio", "decoders", "mp3"}),
        ("model", {"shapes", "audio", "decoders", "mp3", "features", "drums"}),
    ],
)
def test_the_lowest_modules_know_nothing_of_the_rest(module: str, allowed: set[str]) -> None:
    ours = {name for name in reached(f"n2n.{module}", at_load=False) if name.startswith("n2n.")}
    assert ours - {f"n2n.{module}"} <= {f"n2n.{name}" for name in allowed}


def test_diffusion_knows_tensors_and_nothing_else() -> None:
    assert others(reached("n2n.diffusion", at_load=False)) <= {"torch", "jaxtyping"}


def test_evaluation_never_reaches_torch() -> None:
    assert "torch" not in others(reached("n2n.evaluate", at_load=False))


@pytest.mark.parametrize("module", ["n2n.inference", *within("n2n.studio")])
def test_nothing_that_a_user_runs_reaches_training(module: str) -> None:
    assert not {name for name in reached(module, at_load=False) if name.startswith("n2n.training")}


@pytest.mark.parametrize("module", within("n2n.training"))
def test_training_loads_on_a_bare_gpu_image(module: str) -> None:
    assert others(reached(module, at_load=True)) <= BARE_GPU_IMAGE
    assert others(IMPORTS[module].anywhere) <= BARE_GPU_IMAGE


def test_none_but_the_command_that_starts_it_knows_the_studio() -> None:
    outside = set(FILES) - set(within("n2n.studio"))
    assert {name for name in outside if any(target.startswith("n2n.studio") for target in IMPORTS[name].anywhere)} == {"n2n.cli.app"}


def test_gradio_lives_in_the_studio_alone() -> None:
    assert importers("gradio") <= set(within("n2n.studio"))


def test_the_command_line_library_lives_in_the_command_line_alone() -> None:
    assert importers("tyro") <= set(within("n2n.cli"))


def test_no_module_reads_pickles_but_one_that_takes_tensors_alone() -> None:
    assert not importers("pickle") | importers("dill") | importers("joblib")
    assert not {name for name, imports in IMPORTS.items() if imports.anywhere & {"pickle", "shelve"}}
    loads = {name: path.read_text(encoding="utf-8") for name, path in FILES.items() if "torch.load(" in path.read_text(encoding="utf-8")}
    assert set(loads) == {"n2n.mert"}  # MERT comes as torch wrote it
    assert all(text.count("torch.load(") == text.count("weights_only=True") == 1 for text in loads.values())


def test_annotations_are_never_postponed_since_shapes_are_checked_from_them() -> None:
    assert not {name for name, imports in IMPORTS.items() if "__future__" in imports.anywhere}


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert not {name for name in FILES if name.rpartition(".")[2] in {"utils", "util", "common", "helpers", "misc"}}


def test_import_n2n_loads_nothing_but_the_standard_library() -> None:
    program = "import sys; before = set(sys.modules); import n2n; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "n2n" in loaded
    assert not others(loaded)
