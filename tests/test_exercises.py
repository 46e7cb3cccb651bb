"""The checkers of the exercises: every declared answer and mistake, and what is no answer."""

import copy
import itertools
import json
import re
import sys
from pathlib import Path

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from scipy import stats
from sklearn.utils.class_weight import compute_class_weight

from lessons_src import exercises, scratch
from lessons_src.data import _data_set
from lessons_src.exercises import NOTHING_YET, Feedback, check, dataset, known
from lessons_src.exercises._answers import Choice, Depending, Number, Order, Parts, Shape, Value
from lessons_src.exercises._differences import Difference
from lessons_src.exercises._functions import CHANGES, FunctionExercise, function_exercise
from lessons_src.exercises.trial_and_error import DIAGNOSES
from lessons_src.stats import Interval, mean_interval, paired_difference, prediction_interval

BOOK = Path(__file__).resolve().parents[1] / "book"
KNOWN = known()
FUNCTIONS = {name: e for name, e in KNOWN.items() if isinstance(e, FunctionExercise)}
MAY_FAIL = {"dense-design-3", "dense-design-5"}  # here some mistakes end in an error at once
LAYERED = {"from-scratch-2", "from-scratch-4"}  # what they compare are lists of pairs of arrays
CODE = r"\w[([]|\w=\w| ([-−+*/@<>]|\*\*|//|[<>=]=) "  # no hint may have any
DIFFERENCES = [name for name, e in KNOWN.items() if isinstance(e, Difference)]
DECLARED = [
    *((name, {}) for name, e in KNOWN.items() if isinstance(e, Value)),
    ("dataset-1", {}),
    *(("trial-and-error-1", {"patient": patient}) for patient in DIAGNOSES),
]
OLD = np.array([0.870, 0.874, 0.866])
NEW = OLD + np.array([0.010, 0.004, 0.007])  # likely worth something, but three seeds are few
BOTH = {"new": NEW, "old": OLD}


@pytest.fixture(autouse=True)
def small_data(small_wardrobe, monkeypatch):
    """The chapters' data for the checkers: 800 training and 200 validation images."""
    data = _data_set(*small_wardrobe, source="synthetic", origin="", fingerprint="")
    monkeypatch.setattr(dataset, "load", lambda: data)
    return data


@pytest.fixture
def given(small_data):
    """What `check` needs besides, by name. In dataset-2 1, 3 and 4 are misled, 4 most closely."""
    nearest = [
        np.flatnonzero(small_data.train_labels == (label + (place in {1, 3, 4})) % 10)[20 + place]
        for place, label in enumerate(small_data.validation_labels[:6])
    ]
    neighbours = {"distance": np.array([1.0, 4, 3, 6, 2, 5]), "nearest": np.array(nearest)}
    given = {"dataset-2": neighbours, "trial-and-error-1": {"patient": "A"}}
    return {name: given.get(name, BOTH if name in DIFFERENCES else {}) for name in KNOWN}


def test_every_exercise_has_its_praise_and_is_of_a_kind_that_is_tested_here():
    declared = {name for name, _ in DECLARED}
    assert declared | WRONG.keys() | {*FUNCTIONS, *DIFFERENCES} == set(KNOWN)
    assert all(exercise.praise or isinstance(exercise, Depending) for exercise in KNOWN.values())


# --- Answers that are declared as data -------------------------------------------------------


def rebuilt(data):
    """A declaration from its plain data, which is all that a page has."""
    kinds = {"number": Number, "shape": Shape, "choice": Choice, "order": Order, "parts": Parts}
    more = {"parts": [rebuilt(part) for part in data["parts"]]} if "parts" in data else {}
    return kinds[data["kind"]](**{k: v for k, v in data.items() if k != "kind"} | more)


def right_answer(data):
    return data["answer"] if "answer" in data else [right_answer(part) for part in data["parts"]]


def wrong_answers(data):
    """Wrong answers, each with its hint: what every mistake stands for, and what none does."""
    if "parts" in data:
        for place, part in enumerate(data["parts"]):
            before, (_, *after) = right_answer(data)[:place], right_answer(data)[place:]
            yield from (([*before, wrong, *after], hint) for wrong, hint in wrong_answers(part))
        return
    kind, answer, mistakes = data["kind"], data["answer"], data["mistakes"]
    orders = list(map("".join, itertools.permutations("ABCD"))) if kind == "order" else []
    for hint, mistake in ((hint, one) for hint, some in mistakes.items() for one in some):
        if isinstance(mistake, dict):
            yield from ((mistake["above"] + more, hint) for more in (1, 10**6))
        elif isinstance(mistake, int) and kind == "shape":
            yield [mistake, *answer[1:]], hint
        else:
            yield next((o for o in orders if re.fullmatch(mistake, o)), mistake), hint
    used = [answer, *itertools.chain(*mistakes.values())]
    free = [name for name in data.get("options", ()) if name not in used]
    others = {"number": [1], "order": ["ACDB"], "shape": [[1]], "choice": free}[kind]
    assert bool(others) == bool(data["otherwise"])
    yield from ((other, data["otherwise"]) for other in others)


@pytest.mark.parametrize(("name", "given"), DECLARED)
def test_declared_answers_get_what_is_declared_for_them(name, given):
    exercise = KNOWN[name]
    exercise = exercise.declare(**given) if isinstance(exercise, Depending) else exercise
    data = json.loads(json.dumps(exercise.data()))
    assert rebuilt(data).data() == data
    answer, wrong = right_answer(data), list(wrong_answers(data))
    assert len({hint for _, hint in wrong}) >= 3
    right = Feedback(True, f"Right. {exercise.praise}")
    assert check(name, answer, **given) == rebuilt(data).feedback(answer) == right
    for one, hint in wrong:
        said = Feedback(False, f"Not yet. {hint}")
        assert check(name, one, **given) == rebuilt(data).feedback(one) == said
        assert not any(re.search(rf"\b{w}\b", hint) for w in re.findall(r"\w[\w ]*", str(answer)))


def test_right_answers_may_have_other_forms():
    assert all(check("relu-vs-sigmoid-3", five).right for five in (5.0, np.int64(5), np.array([5])))
    assert check("relu-vs-sigmoid-4", "A, C, B, D").right
    assert check("relu-vs-sigmoid-4", ["a", "c", "b", "d"]).right
    assert check("trial-and-error-1", " UNSCALED", patient="A").right


def test_number_has_a_tolerance_and_ranges():
    ranges = {"low": [{"below": 0}], "near": [{"above": 2, "below": 3}]}
    number = Number(2.5, ranges, "far", tolerance=0.1, request="")
    said = {2.41: "Right. ", 2.59: "Right. ", 2.61: "near", 2.39: "near", -1: "low", 0: "far"}
    assert {n: number.feedback(n).message.removeprefix("Not yet. ") for n in said} == said


@pytest.mark.parametrize("patient", DIAGNOSES)
def test_diagnosis_is_that_of_the_page(patient):
    page = (BOOK / "trial-and-error.md").read_text("utf-8")
    fold = page.partition(f"Diagnosis and cure of patient {patient}\n")[2]
    assert DIAGNOSES[patient] == re.search(r"^\*(.*)\.\*", fold, re.M)[1].lower()


# --- Functions, each against its own declaration ---------------------------------------------


def in_lists(value, factor):
    """Numbers times a factor, in lists where they were in arrays."""
    if isinstance(value, list | tuple) or np.ndim(value):
        return [in_lists(part, factor) for part in value]
    return value * factor


def times(factor, function, exercise):
    """A function that gives what this one does, or leaves it in place, times a factor."""

    def changed(*arguments):
        returned = function(*arguments)
        for values in itertools.chain(*arguments[0]) if exercise.in_place else ():
            values *= factor
        return None if exercise.in_place else in_lists(returned, factor)

    return changed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_declared_mistake_gets_its_own_hint(name, recwarn):
    """Also where it rounds; and what is wrong in no declared way gets the last hint."""
    exercise = FUNCTIONS[name]
    right = Feedback(True, f"Right. {exercise.praise}")
    assert check(name, exercise.right) == right
    assert check(name, times(1 + 1e-6, exercise.right, exercise)) == right
    assert len(exercise.mistakes) >= 3
    assert not re.search(CODE, " ".join([*exercise.mistakes, exercise.otherwise]))
    for hint, mistakes in exercise.mistakes.items():
        rounding = times(1 + 1e-6, mistakes[0], exercise)
        for mistake in (*mistakes, rounding):
            assert check(name, mistake) == Feedback(False, f"Not yet. {hint}")
            outcome = exercise.outcome(mistake, copy.deepcopy(exercise.cases[0]))
            assert name in MAY_FAIL or isinstance(outcome, np.ndarray), outcome
    off = check(name, times(1 + 1e-4, exercise.right, exercise))
    assert not off.right
    assert off.message.startswith(f"Not yet. {exercise.otherwise} (It was called with ")
    assert not recwarn.list  # what numpy warns of in an answer does not reach the page


#: What some hints say of the numbers: those returned, the right ones, and the first argument.
SAID = {
    r"signs? (is|are) turned round|check the sign": lambda n, r, _: np.allclose(n, -r),
    r"changed places|wrong way round|other order\b|begins with the last|second thing": (
        lambda n, r, _: np.allclose(np.sort(n.ravel()), np.sort(r.ravel()))
    ),
    r"in (points|per cent)": lambda n, r, _: np.allclose(n, 100 * r),
    r"count( epochs)? from (0|nought)": lambda n, r, _: np.allclose(n, r - 1, equal_nan=True),
    r"^Right(,| for| as)": lambda n, r, _: np.allclose(n, r),  # at the first call
    r"how many (there are|fit|stop|rows are)|one number for all": lambda n, r, _: n.ndim < r.ndim,
    r"epoch too (long|late|many)": lambda n, r, _: (n >= r).all(),
    r"shares.*, and counts|return a share": lambda n, r, _: n.max() <= 1 < r.max(),
    r"Nothing has": lambda n, _, first: np.array_equal(n, first),
    r"^You (gave|give|return) .*each (image|competition)": lambda n, r, _: n.size > r.size,
}


def test_hints_say_what_is_so_of_the_numbers():
    used = set()
    for name, exercise in FUNCTIONS.items():
        for hint, (mistake, *_) in exercise.mistakes.items():
            for said in (said for said in SAID if re.search(said, hint)):
                functions, case = (mistake, exercise.right), exercise.cases[0]
                outcomes = (exercise.outcome(f, copy.deepcopy(case)) for f in functions)
                assert SAID[said](*outcomes, case[0]), (name, hint)
                used.add(said)
    assert used == set(SAID)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_are_not_to_be_changed(name):
    """But for the first of a function that works in place."""
    exercise, spoilt = FUNCTIONS[name], []

    def spoil(value):
        if isinstance(value, np.ndarray):
            value += 1
        elif isinstance(value, list) and not any(isinstance(part, tuple) for part in value):
            value.append("more")
        elif isinstance(value, list | tuple):
            return [spoil(part) for part in value]
        return spoilt.append(isinstance(value, np.ndarray | list))

    def spoils(*arguments):
        returned = copy.deepcopy(exercise.right(*arguments))
        spoil(arguments[exercise.in_place :])
        return returned

    said = check(name, spoils).message
    assert said == (f"Not yet. {CHANGES}" if any(spoilt) else f"Right. {exercise.praise}")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_give_no_numbers_of_the_right_form_are_told_so(name):
    exercise = FUNCTIONS[name]

    def fails(*_):
        raise RuntimeError("a fault\nin two lines")

    told = f"it will be called as {exercise.form}."
    said = [
        (101_770, "itself, without calling it"),
        (lambda: 0, told),
        (lambda a, b, c, d, e, f: 0, told),
        (fails, "stops with RuntimeError: a fault in two lines."),
        (lambda *_: ..., NOTHING_YET),
    ]
    if name not in LAYERED:
        shape = np.shape(exercise.right(*copy.deepcopy(exercise.cases[0])))
        told = f"where {f'the shape {shape}' if shape else 'one number'} is wanted."
        returned = {None: "is a return missing", "101770": "of type str", 1j: "of type complex"}
        said += [(lambda *_, one=one: one, hint) for one, hint in returned.items()]
        said += [
            (lambda *_: [[1, 2], [3]], "of type list"),
            (lambda *_: np.full(shape, np.nan), "Called with"),
            (lambda *given: [[exercise.right(*given)]], told),
            (lambda *_: np.zeros((2, 1, 1)), told),
        ]
    for function, hint in said:
        assert hint in check(name, function).message


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda *given: [w for w, _ in scratch.backward(*given)], "a pair for each layer"),
        (lambda *given: 3.7, "a pair for each layer"),
        (lambda *given: None, "is a return missing"),
        (lambda p, outputs, y: scratch.backward(p[1:], outputs[1:], y), "what it belongs to"),
        (lambda *given: [("x", None)] * 2, "what it belongs to"),
        (lambda p, outputs, y: outputs[9], "weights have the shapes [(3, 3), (3, 3)], your"),
    ],
)
def test_gradients_of_another_form_are_told_the_form(function, said):
    assert said in check("from-scratch-2", function).message


def test_step_may_return_something_and_put_new_arrays_into_the_list():
    def step(parameters, gradients, rate):
        pairs = zip(parameters, gradients, strict=True)
        parameters[:] = [(w - rate * dw, b - rate * db) for (w, b), (dw, db) in pairs]
        return parameters

    assert check("from-scratch-4", step).right


def test_layer_may_be_given_as_a_pair_or_in_one():
    right = FUNCTIONS["relu-vs-sigmoid-1"].right
    assert check("relu-vs-sigmoid-1", lambda *given: np.split(right(*given), [-1])).right
    assert check("relu-vs-sigmoid-1", lambda *_: (..., ...)).message == NOTHING_YET


def test_mistake_belongs_to_the_hint_before_it():
    calls, wrong = [(1,), (np.array([2, 3]),)], ["as it was", lambda x: x, "more", [dict(by=3)]]
    toy = function_exercise(calls, lambda x, by=2: by * x, *wrong, lambda x: 4 * x, "other")
    said = {
        (lambda x: x + x): "Right. ",
        (lambda x: x * 1.0): "Not yet. as it was",
        (lambda x: x + 2): "Not yet. more",  # as far as it was tried
        (lambda x: 2 * x + 2): "Not yet. more",
        (lambda x: x + 1): "Not yet. other (It was called with an array of shape (2,).)",
        (lambda x: 5 * x): "Not yet. other (It was called with 1.)",
        (lambda x: x * np.inf): "Not yet. Called with 1, your function returns NaN or infinity.",
    }
    assert {function: toy.feedback(function).message for function in said} == said


# --- Exercises that are code ------------------------------------------------------------------

GAIN, SPREAD = paired_difference(NEW, OLD), (NEW - OLD).std(ddof=1)
CLEAR, SLIGHT = (OLD + np.array([0.0, 0.0002, 0.0001]) + gain for gain in (0.006, 0.001))
COMMAND = "python -m lessons_src.search --study autumn --trials 10 --storage "
ADDRESS = "postgresql+psycopg://searcher@db.example.org/searches"
UNPAIRED = stats.ttest_ind(NEW, OLD)
APART = [mean_interval(side) for side in (NEW, OLD)]


def by(half):
    """The right gain with another half width."""
    return Interval(GAIN.estimate, GAIN.estimate - half, GAIN.estimate + half)


#: Wrong answers, each with a part of the hint that it gets.
WRONG = {
    "dataset-2": [
        (0, "closest of all"),
        ("nearest", "number of the training image"),  # of place 4
        (2, "shorter list"),
        (6, "no such place"),
        (-1, "no such place"),
        (5, "neighbour agree"),
        (1, "another one lies closer"),
        (3, "another one lies closer"),
    ],
    "dataset-3": [
        ((paired_difference(OLD, NEW), "undecided"), "sign"),
        ((Interval(0.7, -0.3, 1.7), "holds"), "same unit"),
        ((APART[0], "holds"), "same unit"),
        ((Interval(GAIN.estimate, *UNPAIRED.confidence_interval()), "undecided"), "unrelated"),
        ((by(sum(side.high - side.estimate for side in APART)), "undecided"), "unrelated"),
        ((by(SPREAD), "holds"), "scatter"),
        ((prediction_interval(NEW - OLD), "undecided"), "scatter"),
        ((by(1.96 * SPREAD / 3**0.5), "holds"), "wider tails"),
        ((by(2 * (NEW - OLD).std() / 3**0.5), "holds"), "wider tails"),
        ((by(SPREAD / 3**0.5), "holds"), "level"),
        ((paired_difference(NEW, OLD, 0.9), "holds"), "level"),
        ((GAIN, "holds"), "another verdict"),
    ],
    "searching-5": [
        (COMMAND + ADDRESS.replace("@", ":tulip@"), "better places"),
        ("PGPASSWORD=tulip " + COMMAND + ADDRESS, "better places"),
        (COMMAND + ADDRESS.replace("@", ":rose@"), "better places"),
        (COMMAND.replace("lessons_src.search", "search") + ADDRESS, "own module"),
        (COMMAND.replace("--storage ", ""), "a file of its own"),
        (COMMAND + "searches.journal", "by one machine"),
        (COMMAND + "sqlite:///searches.db", "by one machine"),
        (COMMAND + ADDRESS.replace("db.example.org", "localhost"), "this very machine"),
        (COMMAND + ADDRESS.replace("searcher@", ""), "wrong places"),
        (COMMAND + ADDRESS.replace("postgresql+psycopg", "mysql"), "wrong places"),
        (COMMAND.replace("autumn", "spring") + ADDRESS, "the same study"),
        (COMMAND.replace("10", "50") + ADDRESS, "does itself"),
    ],
}
#: What no hint of these may say.
TOLD = {"dataset-2": "4", "dataset-3": r"holds?|undecided|seen|0\.00\d*"}
TOLD["searching-5"] = "|".join([*COMMAND.split()[1:], ADDRESS.replace("+", ".")])


@pytest.mark.parametrize("name", WRONG)
def test_typical_mistakes_get_their_hints_and_every_hint_is_reached(name, given):
    reached, hints = set(), set()
    for answer, hint in WRONG[name]:
        answer = given[name]["nearest"][4] if answer == "nearest" else answer
        said = check(name, answer, **given[name])
        assert hint in said.message, said
        reached.add(said.message.removeprefix("Not yet. "))
        hints |= KNOWN[name].compare(answer, **given[name])[1].keys()
    assert reached == hints
    assert not re.search(rf"(?<![\w-])({TOLD[name]})(?!\w)", " ".join(hints))


def test_right_place_is_accepted_and_either_of_two_that_lie_equally_close(given):
    distance, nearest = given["dataset-2"].values()
    praise = "Right. A small distance between pixels is no promise of the same label."
    for place in (4, np.int64(4), np.array(4), np.array([4])):
        said = check("dataset-2", place, distance=distance, nearest=nearest)
        assert said == Feedback(True, praise)
    distance[1] = distance[4]
    assert all(check("dataset-2", p, distance=distance, nearest=nearest).right for p in (1, 4))


@pytest.mark.parametrize("name", DIFFERENCES)
def test_right_difference_is_accepted(name):
    for new, word in ((NEW, "undecided"), (CLEAR, "holds"), (SLIGHT, "does not hold")):
        gain = paired_difference(new, OLD)
        said = check(name, (gain, word), new=new, old=OLD)
        assert said == Feedback(True, f"Right. {KNOWN[name].praise}")
        assert check(name, [gain, f" {word.upper()} "], new=new.tolist(), old=OLD.tolist()).right
        for other in {"undecided", "holds", "does not hold"} - {word}:
            assert "another verdict" in check(name, (gain, other), new=new, old=OLD).message


@hypothesis.given(
    st.lists(st.tuples(*[st.floats(0, 1)] * 2), min_size=2, max_size=8), st.floats(0.001, 1)
)
@hypothesis.settings(deadline=None)
def test_interval_is_right_as_computed_and_wrong_when_a_part_of_it_is_moved(pairs, change):
    new, old = (np.array(side) for side in zip(*pairs, strict=True))
    gain = paired_difference(new, old)
    for moved in (np.zeros(3), *np.eye(3) * change):
        answer = Interval(*np.array([gain.estimate, gain.low, gain.high]) + moved)
        words = ["holds", "does not hold", "undecided"]
        right = [check("dataset-3", (answer, word), new=new, old=old).right for word in words]
        assert sum(right) == ((new != old).any() and not moved.any())


def test_right_commands_are_accepted():
    told = ADDRESS.replace("+psycopg", "").replace("org/", "org:5432/")
    spaced = f"OMP_NUM_THREADS=1 {COMMAND.strip()}={ADDRESS} \n"
    for command in (COMMAND + ADDRESS, COMMAND + told, spaced):
        assert check("searching-5", command).right


# --- What is no answer ------------------------------------------------------------------------

GARBAGE = [
    None, True, float("nan"), -1, 3.7, 10**30, 1j, "", "holds", b"x", [], {}, set(), (), ((), ()),
    [[1, 2], [3]], object(), np.array([]), np.array([None]), np.full((2, 2), np.nan), print, len,
    np, int, lambda: 1, lambda a, b, c, d, e, f: 1, (None, None), ([(1,), (2,), "x"], "Bag"),
    (((1.5,), (2,), (3,)), "Bag"), ((800, (2,), (3,)), "Bag"), (GAIN, None), (GAIN, "yes"),
    (None, "holds"), (3, "Bag"), (GAIN, len), (Interval(np.nan, 0, 1), "holds"),
    (Interval("0", None, 1), "holds"),
]  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_answers_that_are_none_get_one_clear_sentence(name, given, capfd, recwarn):
    for answer in GARBAGE:
        feedback = check(name, answer, **given[name])
        assert not feedback.right, answer
        assert 20 < len(feedback.message) < 300
        assert feedback.message.endswith((".", "?", ")"))
        assert "object at 0x" not in feedback.message
    assert capfd.readouterr().err == ""
    assert not recwarn.list
    for answer in (..., (..., "Bag"), (((1,), ..., (2,)), "Bag")):
        assert check(name, answer, **given[name]) == Feedback(False, NOTHING_YET)


@pytest.mark.parametrize(
    ("name", "answer", "given", "said"),
    [
        ("dataset-1", len, {}, "Give a pair"),
        ("dataset-1", ((800, (2,), (3,)), "Bag"), {}, "mind the comma"),
        ("dataset-1", ([(1,), (2,), (3,)], "Purse"), {}, "by its name"),
        ("dataset-1", 0, {"data": 1}, 'check("dataset-1", answer).'),
        ("dataset-2", 0, {}, 'check("dataset-2", answer, distance=distance, nearest=nearest)'),
        ("dataset-2", 0, {"distance": [1.0], "nearest": None}, "as the chapter computed them"),
        ("dataset-2", 0, {"distance": [1.0, 2], "nearest": [1]}, "as the chapter computed them"),
        ("dataset-2", 0, {"distance": [np.nan], "nearest": [1]}, "as the chapter computed them"),
        ("dataset-2", 0, {"distance": [1.0], "nearest": [10**6]}, "as the chapter computed them"),
        ("dataset-3", (GAIN, len), BOTH, "Give a pair"),
        ("dataset-3", (Interval(0, np.nan, 1), "holds"), BOTH, "finite numbers"),
        ("dataset-3", 0, {"new": NEW}, "new=new, old=old"),
        ("dataset-3", 0, BOTH | {"old": ...}, NOTHING_YET),
        ("dataset-3", 0, BOTH | {"old": 0.9}, "one for each seed"),
        ("dataset-3", 0, BOTH | {"old": OLD[:2]}, "one for each seed"),
        ("dataset-3", 0, {"new": "better", "old": OLD}, "one for each seed"),
        ("dataset-3", 0, {"new": [0.9, np.nan, 0.9], "old": OLD}, "one for each seed"),
        ("dataset-3", 0, BOTH | {"old": OLD * 100}, "as shares"),
        ("dataset-3", 0, {"new": OLD, "old": OLD}, "has anything changed"),
        ("relu-vs-sigmoid-3", 4.5, {}, "one whole number"),
        ("relu-vs-sigmoid-4", "ABCC", {}, "the four letters"),
        ("trial-and-error-1", "flu", {"patient": "A"}, "names of faults"),
        ("trial-and-error-1", "leak", {"patient": ["A"]}, "called A to J"),
        ("trial-and-error-1", "leak", {}, "patient=patient)"),
    ],
)
def test_answers_of_another_form_are_told_the_form(name, answer, given, said):
    assert said in check(name, answer, **given).message


def test_sample_without_a_misled_image_is_told(small_data):
    nearest = np.flatnonzero(small_data.train_labels == small_data.validation_labels[0])[:1]
    said = check("dataset-2", 0, distance=[1.0], nearest=nearest).message
    assert "no image is misled" in said


# --- The exercises by name --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dataset-9", "", None, 1, ["dataset-1"]])
def test_unknown_exercise_is_an_error_that_names_the_known_ones(name):
    with pytest.raises(ValueError, match=r"no exercise .*there are .*dataset-1, dataset-2, .*-\d$"):
        check(name, 0)


@pytest.mark.parametrize("second", ["other", "same"])
def test_two_exercises_of_one_name_are_named_with_their_places(monkeypatch, tmp_path, second):
    """In two modules, or twice in one, where a dictionary would keep the last in silence."""
    one = 'EXERCISES = {\n    "one-1": 1,\n'
    twice = one + '    "one-1": 2,\n}\n'
    files = {"other": {"a": one + "}\n", "b": one + "}\n"}, "same": {"a": twice}}[second]
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr(exercises, "__path__", [str(tmp_path)])
    for name in ("a", "b"):
        monkeypatch.delitem(sys.modules, f"lessons_src.exercises.{name}", raising=False)
    places = {"other": (r"b\.py:2", r"a\.py:2"), "same": (r"a\.py:3", r"a\.py:2")}[second]
    with pytest.raises(ValueError, match=".*'one-1' is at .*".join(places)):
        known()


def test_module_without_exercises_is_not_imported(monkeypatch, tmp_path):
    (tmp_path / "slow.py").write_text("1 / 0\n")
    monkeypatch.setattr(exercises, "__path__", [str(tmp_path)])
    assert known() == {}


def test_notebook_shows_the_message_in_lines_that_fit():
    feedback = check("dense-design-1", lambda sizes: 3)
    lines = repr(feedback).split("\n")
    assert len(lines) > 1
    assert max(map(len, lines)) <= 79
    assert " ".join(lines) == feedback.message


# --- Right functions of others ----------------------------------------------------------------


def adamw(w, g, m, s, t, rate, decay):
    optimizer = keras.optimizers.AdamW(rate, weight_decay=decay)
    variable = keras.Variable(np.float32(w))
    optimizer.build([variable])
    optimizer.iterations.assign(t - 1)
    for state, value in zip(optimizer.variables[2:], (m, s), strict=True):
        state.assign(np.float32(value))
    optimizer.apply([tf.constant(np.float32(g))], [variable])
    return np.array(variable, dtype=float)


def costs(z, labels):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, z)


def slope(z, labels):
    variable = tf.Variable(z)
    with tf.GradientTape() as tape:
        mean = tf.reduce_mean(costs(variable, labels))
    return tape.gradient(mean, variable)


def class_weights(labels, classes):
    seen = np.unique(labels)
    found = compute_class_weight("balanced", classes=seen, y=labels)
    return np.bincount(seen, found, classes)


def parameters(sizes):
    layers = [keras.Input(sizes[:1]), *map(keras.layers.Dense, sizes[1:])]
    return keras.Sequential(layers).count_params()


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("crossentropy-1", costs),
        ("crossentropy-2", slope),
        ("crossentropy-3", stats.entropy),
        ("crossentropy-5", class_weights),
        ("dense-design-1", parameters),
        ("dense-design-2", lambda z: keras.ops.softmax(z.astype("float32"))),
        ("from-scratch-1", scratch.loss),
        ("from-scratch-2", scratch.backward),
        ("from-scratch-4", scratch.step),
        ("printed-figures-1", lambda s: [(p := prediction_interval(s)).low, p.high]),
        ("regularised-network-4", adamw),
        ("relu-vs-sigmoid-2", stats.logistic.pdf),
    ],
)
def test_functions_of_libraries_are_right(name, function):
    assert check(name, function).right, check(name, function).message
