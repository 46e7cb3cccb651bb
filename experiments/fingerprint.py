"""Is a record still of today's code? A hash of all the code that an experiment's numbers rest on.

From the experiment's function the names that it uses are followed, within a module and through
imports, into `lessons_src` and this folder; what is reached is hashed without comments, docstrings
and layout. So a changed learning rate or a changed training loop makes a record stale, while a new
plot, another experiment or a new comment does not. Nothing is imported: this takes milliseconds.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("lessons_src", "experiments")
# What is done with the numbers afterwards, and what only declares or shows.
AFTERWARDS = ("lessons_src.stats", "lessons_src.settings", "lessons_src.plotting", "experiments")
# The data are known by the hashes of their files; beyond these, only the split counts.
INSTEAD = {("lessons_src.data", "load"): ("lessons_src.data", "_split")}

Place = tuple[str, str]  # module and top-level name


def functions() -> dict[str, Place]:
    """Where each experiment is declared, by its name."""
    found = {}
    for path in sorted((ROOT / "experiments").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            decorators = getattr(node, "decorator_list", [])
            if any(isinstance(d, ast.Call) and _name(d.func) == "experiment" for d in decorators):
                found[node.name.replace("_", "-")] = f"experiments.{path.stem}", node.name
    return found


def fingerprint(place: Place) -> str:
    """Hash of the code that the function at `place` rests on, 16 hexadecimal digits."""
    parts = [f"{module}.{name}\n{code}" for (module, name), code in sorted(reached(place).items())]
    return hashlib.sha256("\n\n".join(parts).encode()).hexdigest()[:16]


def reached(place: Place) -> dict[Place, str]:
    """The code of every definition that the one at `place` uses, itself included."""
    code, waiting = {}, [place]
    while waiting:
        place = waiting.pop()
        place = INSTEAD.get(place, place)
        if place in code or place[0] in AFTERWARDS:
            continue
        module, name = place
        definitions, imports = _module(module)
        if name in definitions:
            code[place] = "\n".join(repr(_plain(node)) for node in definitions[name])
            for node in definitions[name]:
                waiting += _used(module, node, definitions, imports)
        elif name in imports:
            waiting.append(imports[name])  # a name that the module only passes on
    return code


def _used(module: str, node: ast.AST, definitions: dict, imports: dict) -> Iterator[Place]:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            target = imports.get(part.value.id)
            if target and _file(".".join(target)):  # the name stands for a whole module
                yield ".".join(target), part.attr
        elif isinstance(part, ast.Name):
            if part.id in definitions:
                yield module, part.id
            elif part.id in imports:
                yield imports[part.id]


@functools.cache
def _module(module: str) -> tuple[dict[str, list[ast.AST]], dict[str, Place]]:
    """The top-level definitions of a module by name, and what its imports stand for."""
    definitions: dict[str, list[ast.AST]] = {}
    imports: dict[str, Place] = {}
    path = _file(module)
    for node in ast.parse(path.read_text(encoding="utf-8")).body if path else []:
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in PACKAGES:
            imports |= {a.asname or a.name: (node.module, a.name) for a in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            definitions.setdefault(node.name, []).append(_without_docstrings(node))
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name):
                        definitions.setdefault(part.id, []).append(node)
    return definitions, imports


def _without_docstrings(node: ast.AST) -> ast.AST:
    for part in ast.walk(node):
        body = getattr(part, "body", None)
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part) is not None:
            part.body = body[1:] or [ast.Pass()]
    return node


def _plain(node: object) -> object:
    """The tree without positions and empty fields, and so the same in every version of Python."""
    if isinstance(node, list):
        return [_plain(part) for part in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: _plain(value) for name, value in ast.iter_fields(node) if name != "kind"}
    return [type(node).__name__, {k: v for k, v in fields.items() if v not in (None, [])}]


def _file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if module.split(".")[0] in PACKAGES and candidate.is_file():
            return candidate
    return None


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
