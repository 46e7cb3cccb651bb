"""Is a record still of today's code? A hash of all the code that an experiment's numbers rest on.

From the experiment's function, and from `run` that calls it, the names that are used are followed,
within a module and through imports, into `lessons_src` and this folder; what is reached is hashed
without comments, docstrings, annotations, error messages and layout. What a reached module does
when it is imported counts as well. So a changed learning rate or a changed training loop makes a
record stale, while a new plot, another experiment or a new comment does not. What cannot be
followed is refused. Nothing is imported: this takes milliseconds.
"""

import ast
import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("lessons_src", "experiments")
Place = tuple[str, str]  # module and top-level name

RUNNER = "experiments.running", "run"
# What only declares or shows.
AFTERWARDS = ("lessons_src.plotting", "experiments")
# Names that these modules use only to show progress, or to sum up numbers that are already there.
NOT_FOLLOWED = {
    "lessons_src.training": {"_bars", "shows_progress", "mean_interval", "prediction_interval"}
}
# The data are known by the hashes of their files; beyond these, what is made of the files' arrays.
INSTEAD = {("lessons_src.data", "load"): ("lessons_src.data", "_data_set")}
ON_IMPORT = "<module>"  # stands for the statements that a module runs when it is imported
NOT_COUNTED = ("seeds_per_job",)  # of the decorator
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> dict[str, Place]:
    """Where each experiment is declared, by its name.

    Raises:
        ValueError: a module is not Python; the message names file and line.
    """
    found = {}
    for path in sorted((ROOT / "experiments").glob("*.py")):
        for node in _tree(path).body:
            decorators = getattr(node, "decorator_list", [])
            if any(isinstance(d, ast.Call) and _name(d.func) == "experiment" for d in decorators):
                found[node.name.replace("_", "-")] = f"experiments.{path.stem}", node.name
    return found


def fingerprint(place: Place) -> str:
    """Hash of the code that the function at `place` rests on, 16 hexadecimal digits.

    Raises:
        ValueError: something in that code cannot be followed; the message names file and line.
    """
    parts = [f"{module}.{name}\n{code}" for (module, name), code in sorted(reached(place).items())]
    return hashlib.sha256("\n\n".join(parts).encode()).hexdigest()[:16]


def reached(place: Place) -> dict[Place, str]:
    """The code of every definition that the one at `place` uses, itself and `run` included."""
    code, waiting = {}, [(place, ""), (RUNNER, "")]
    while waiting:
        place, user = waiting.pop()
        module, name = place = INSTEAD.get(place, place)
        if place in code or module in AFTERWARDS:
            continue
        definitions, imports = _module(module)
        if name != ON_IMPORT:
            # Importing a module runs its own statements, and those of the packages around it.
            parts = module.split(".")
            waiting += [((".".join(parts[: i + 1]), ON_IMPORT), "") for i in range(len(parts))]
            if name not in definitions and name not in imports:
                raise ValueError(f"{user}: {module} has no {name!r}")
        nodes = definitions.get(name, [])
        code[place] = "\n".join(repr(_plain(node)) for node in nodes)
        for node in nodes:
            waiting += _used(module, node)
        if name in imports:  # a name that the module only passes on
            waiting.append((_split(imports[name], user), user))
    return code


@functools.cache
def _module(module: str) -> tuple[dict[str, list[ast.AST]], dict[str, str]]:
    """Top-level statements by the names that they bind; dotted names that imports stand for."""
    definitions, imports, foreign = defaultdict(list), {}, set()
    path = _file(module)
    for node in map(_stripped, _tree(path).body if path else []):
        if isinstance(node, FUNCTIONS | ast.ClassDef):
            definitions[node.name].append(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            ours = _imports(module, node)
            imports |= ours
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                if name not in ours:
                    foreign.add(name)
                    fields = {k: v for k, v in ast.iter_fields(node) if k != "names"}
                    definitions[name].append(type(node)(**fields, names=[alias]))
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {p.id for t in targets for p in ast.walk(t) if isinstance(p, ast.Name)}
            if names & (foreign | imports.keys()):  # it changes what is another module's
                names.add(ON_IMPORT)
            for name in names:
                definitions[name].append(node)
        elif not _shown_only(node):
            imports |= (ours := _imports(module, node))
            for name in {ON_IMPORT, *_bound(node)} - ours.keys():
                definitions[name].append(node)
    return dict(definitions), imports


def _shown_only(node: ast.AST) -> bool:
    """A string that stands by itself, or what runs only when the module is the program."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Compare):
        return _name(node.test.left) == "__name__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bound(node: ast.AST) -> set[str]:
    """Names that are given a meaning somewhere in a statement."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, FUNCTIONS | ast.ClassDef):
            found.add(part.name)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        elif isinstance(part, ast.arg):
            found.add(part.arg)
        elif isinstance(part, ast.alias):
            found.add(part.asname or part.name.split(".")[0])
    return found


def _imports(module: str, node: ast.AST) -> dict[str, str]:
    """The dotted names that the imports in a statement stand for, as far as they are ours."""
    found = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            for alias in part.names:
                if alias.name.split(".")[0] in PACKAGES:
                    whole = alias.name if alias.asname else alias.name.split(".")[0]
                    found[alias.asname or whole] = whole
        elif isinstance(part, ast.ImportFrom):
            package = module.split(".")
            keep = len(package) - part.level + (_file(module).stem == "__init__")
            origin = [*(package[:keep] if part.level else []), *filter(None, [part.module])]
            origin = ".".join(origin)
            if origin.split(".")[0] in PACKAGES:
                if part.names[0].name == "*":
                    raise ValueError(f"{_where(module, part)}: import names from {origin}, not *")
                found |= {a.asname or a.name: f"{origin}.{a.name}" for a in part.names}
    return found


def _used(module: str, node: ast.AST) -> Iterator[tuple[Place, str]]:
    """The places that a statement of this module names, each with file and line."""
    definitions, imports = _module(module)
    own = _imports(module, node)
    imports, bound, inner = imports | own, _bound(node) - own.keys(), set()
    for part in ast.walk(node):  # a.b.c comes before a.b, and that before a
        if part in inner:
            continue
        names, root = [], part
        while isinstance(root, ast.Attribute):
            names.insert(0, root.attr)
            root = root.value
            inner.add(root)
        if not isinstance(root, ast.Name) or root.id in NOT_FOLLOWED.get(module, ()):
            continue
        if root.id in definitions:
            yield (module, root.id), _where(module, root)
        if root.id in imports:
            dotted = ".".join([imports[root.id], *names])
            if not (_file(dotted) and root.id in bound):  # else a variable of the same name
                yield _split(dotted, _where(module, root)), _where(module, root)


def _split(dotted: str, user: str) -> Place:
    """Module and name of a dotted name."""
    parts = dotted.split(".")
    for i in range(len(parts) - 1, 0, -1):
        if _file(dotted) is None and _file(".".join(parts[:i])):
            return ".".join(parts[:i]), parts[i]
    raise ValueError(f"{user}: {dotted} is used as a whole: name what is used of it")


def _stripped(node: ast.AST) -> ast.AST:
    """Without docstrings, annotations, messages of errors, and how jobs are cut."""
    for part in ast.walk(node):
        if isinstance(part, FUNCTIONS | ast.ClassDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:] or [ast.Pass()]
        if isinstance(part, FUNCTIONS):
            part.returns = None
        elif isinstance(part, ast.arg | ast.AnnAssign):
            part.annotation = None
        elif isinstance(part, ast.Raise) and isinstance(part.exc, ast.Call):
            part.exc.args = part.exc.keywords = []
        elif isinstance(part, ast.Call) and _name(part.func) == "experiment":
            part.keywords = [k for k in part.keywords if k.arg not in NOT_COUNTED]
    return node


def _plain(node: object) -> object:
    """The tree without positions and empty fields, and so the same in every version of Python."""
    if isinstance(node, list):
        return [_plain(part) for part in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: _plain(value) for name, value in ast.iter_fields(node) if name != "kind"}
    return [type(node).__name__, {k: v for k, v in fields.items() if v not in (None, [])}]


def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ValueError(f"{path}:{error.lineno}: {error.msg}") from None


def _where(module: str, node: ast.AST) -> str:
    return f"{_file(module)}:{getattr(node, 'lineno', 0)}"


@functools.cache
def _file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if module.split(".")[0] in PACKAGES and candidate.is_file():
            return candidate
    return None


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
