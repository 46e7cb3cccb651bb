"""The checkers of the exercises: what they accept, and what they say to typical mistakes."""

from itertools import pairwise

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as scipy_stats

from lessons_src.data import _data_set
from lessons_src.exercises import NOTHING_YET, check, dataset, dense_design, known
from lessons_src.stats import Interval, mean_interval, paired_difference, prediction_interval


@pytest.fixture(autouse=True)
def small_data(small_wardrobe, monkeypatch):
    """The chapters' data for the checkers: 800 training and 200 validation images."""
    data = _data_set(*small_wardrobe, source="synthetic", origin="", fingerprint="")
    monkeypatch.setattr(dataset, "load", lambda: data)
    return data


# --- Right answers and typical mistakes, exercise by exercise --------------------------------

# The mean, over three seeds, of a gain that is likely worth something but may be not.
OLD = np.array([0.870, 0.874, 0.866])
NEW = OLD + np.array([0.010, 0.004, 0.007])
ACCURACIES = {"new": NEW, "old": OLD}
GAIN = paired_difference(NEW, OLD)


def around(middle, half):
    return Interval(middle, middle - half, middle + half)


def interval_by(factor, spread):
    return around((NEW - OLD).mean(), factor * spread)


SPREAD = (NEW - OLD).std(ddof=1)
WELCH = scipy_stats.ttest_ind(NEW, OLD, equal_var=False).confidence_interval()
NARROW = {"new": OLD + np.array([0.0060, 0.0062, 0.0061]), "old": OLD}
SLIGHT = {"new": OLD + np.array([0.0010, 0.0012, 0.0011]), "old": OLD}
DIFFERENCES = [
    ((paired_difference(OLD, NEW), "undecided"), ACCURACIES, "sign"),
    ((around(100 * GAIN.estimate, 1), "holds"), ACCURACIES, "same unit"),
    ((mean_interval(NEW), "holds"), ACCURACIES, "same unit"),
    ((Interval(NEW.mean() - OLD.mean(), *WELCH), "undecided"), ACCURACIES, "unrelated"),
    ((interval_by(1, SPREAD), "holds"), ACCURACIES, "scatter"),
    ((interval_by(1, (NEW - OLD).std()), "holds"), ACCURACIES, "scatter"),
    ((interval_by(1.96, SPREAD / 3**0.5), "holds"), ACCURACIES, "wider tails"),
    ((interval_by(1.96, (NEW - OLD).std() / 3**0.5), "holds"), ACCURACIES, "wider tails"),
    ((prediction_interval(NEW - OLD), "undecided"), ACCURACIES, "further run"),
    ((interval_by(1, SPREAD / 3**0.5), "holds"), ACCURACIES, "level"),
    ((paired_difference(NEW, OLD, 0.9), "holds"), ACCURACIES, "level"),
    ((GAIN, "holds"), ACCURACIES, "middle alone"),
    ((GAIN, "No difference seen"), ACCURACIES, "zero"),
    ((paired_difference(*SLIGHT.values()), "holds"), SLIGHT, "zero"),
    ((paired_difference(*NARROW.values()), "undecided"), NARROW, "another verdict"),
]


def by_units(per_unit):
    return lambda sizes: sum(per_unit(a, b) for a, b in pairwise(sizes))


def loop_count(sizes):
    total, before = 0, sizes[0]
    for units in sizes[1:]:
        total += before * units + units
        before = units
    return total


def emptied(sizes):
    total = 0
    while len(sizes) > 1:
        units = sizes.pop()
        total += (sizes[-1] + 1) * units
    return total


def three_sizes(sizes):
    inputs, hidden, outputs = sizes
    return (inputs + 1) * hidden + (hidden + 1) * outputs


def never_empty(sizes):
    return loop_count(sizes) if len(sizes) > 1 else sizes[0]


COUNTS = [
    (by_units(lambda a, b: a * b), "weights alone"),
    (by_units(lambda a, b: a * b + a), "too many biases"),
    (by_units(lambda a, b: 2 * a * b), "too many biases"),
    (by_units(lambda a, b: a * b + 1), "whole layer"),
    (sum, "count units"),
    (lambda sizes: sum(sizes[1:]), "count units"),
    (np.prod, "multiply all"),
    (lambda sizes: loop_count(sizes) + sizes[0], "input as well"),
    (lambda sizes: loop_count(sizes[:-1]), "last layer"),
    (three_sizes, "one hidden layer"),
    (lambda sizes: 101_770, "one hidden layer"),
    (never_empty, "only its input"),
    (emptied, "work on a copy"),
    (lambda sizes: [loop_count(sizes)] * 2, "one number is wanted"),
    (lambda sizes: loop_count(sizes) + 3, "draw it"),
]


def exp_rows(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def right_softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_in_place(z):
    z -= z.max(axis=1, keepdims=True)
    return exp_rows(z)


def no_keepdims(z):
    powers = np.exp(z - z.max(axis=1)[:, None])
    return powers / powers.sum(axis=1)


def softmax_loop(z):
    return [right_softmax(row[None])[0].tolist() for row in z]


SOFTMAXES = [
    (lambda z: np.exp(z) / np.exp(z).sum(axis=0), "columns"),
    (lambda z: right_softmax(z.T).T, "columns"),
    (lambda z: np.exp(z) / np.exp(z).sum(), "All your numbers"),
    (lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(), "All your numbers"),
    (lambda z: np.exp(z) / np.exp(z).sum(axis=1), "beside its row"),
    (no_keepdims, "beside its row"),
    (lambda z: exp_rows(z - z.max(axis=1)), "beside its row"),
    (lambda z: (p := np.exp(z - z.max(axis=1))) / p.sum(axis=1), "beside its row"),
    (lambda z: z / z.sum(axis=1, keepdims=True), "negative"),
    (np.exp, "do not sum"),
    (lambda z: np.log(right_softmax(z)), "logarithms"),
    (exp_rows, "overflows"),
    (lambda z: exp_rows(z - z.max()), "another one's row"),
    (softmax_in_place, "work on a copy"),
    (lambda z: right_softmax(np.clip(z, -500, 500)), "two equal logits"),
    (lambda z: right_softmax(z)[0], "array of shape (10,), where"),
    (lambda z: right_softmax(z[:3] + z[4:8]), "stops with ValueError"),
]


def relu(sums):
    return np.maximum(sums, 0)


def right_forward(x, w1, b1, w2, b2):
    return right_softmax(relu(x.reshape(len(x), -1) @ w1 + b1) @ w2 + b2)


def forward_by_dot(x, w1, b1, w2, b2):
    flat = np.stack([image.ravel() for image in x])
    sums = np.dot(flat, w1) + b1
    sums[sums < 0] = 0
    return right_softmax(np.dot(sums, w2) + b2)


def forward_in_place(x, w1, b1, w2, b2):
    sums = x.reshape(len(x), -1) @ w1
    b1 += sums[0] * 0 + 1
    return right_forward(x, w1, b1 - 1, w2, b2)


def forward_with(flatten=lambda x: x.reshape(len(x), -1), hidden=relu, end=right_softmax):
    return lambda x, w1, b1, w2, b2: end(hidden(flatten(x) @ w1 + b1) @ w2 + b2)


FORWARDS = [
    (forward_with(hidden=lambda s: s), "activation is missing"),
    (forward_with(hidden=np.tanh), "another activation"),
    (forward_with(end=lambda s: s), "no probabilities"),
    (forward_with(end=lambda s: s.argmax(axis=1)), "no probabilities"),
    (forward_with(end=lambda s: right_softmax(s.T).T), "wrong numbers"),
    (forward_with(end=lambda s: right_softmax(relu(s))), "at the output as well"),
    (lambda x, w1, b1, w2, b2: right_forward(x, w1, 0, w2, 0), "something is still to be added"),
    (lambda x, w1, b1, w2, b2: right_forward(x, w1, 0, w2, b2), "something is still to be added"),
    (lambda x, w1, b1, w2, b2: right_forward(x, w1, b1, w2, 0), "something is still to be added"),
    (
        lambda x, w1, b1, w2, b2: right_softmax((relu(x.reshape(len(x), -1) @ w1) + b1) @ w2 + b2),
        "too late",
    ),
    (forward_with(lambda x: x.reshape(len(x), -1, order="F")), "another order"),
    (forward_with(lambda x: x.transpose(0, 2, 1).reshape(len(x), -1)), "another order"),
    (forward_with(lambda x: x.reshape(784, -1).T), "another order"),
    (forward_with(lambda x: x), "rows of 784"),
    (forward_with(lambda x: x.ravel()), "rows of 784"),
    (lambda x, w1, *rest: right_forward(x, w1.T, *rest), "turned"),
    (lambda x, w1, b1, w2, b2: right_forward(x, w1, b1, w2.T, b2), "turned"),
    (lambda x, w1, b1, w2, b2: np.dot(x.reshape(len(x), -1), w1.T), "turned"),
    (forward_with(end=exp_rows), "overflow"),
    (forward_in_place, "work on a copy"),
    (lambda x, w1, b1, w2, b2: right_forward(x, w1, b2, w2, b1), "stops with ValueError"),
    (lambda x, w1, b1, w2, b2: right_forward(x, w1, -b1, w2, b2), "order of the steps"),
]


def right_permute(images, order):
    return images.reshape(len(images), -1)[:, order].reshape(images.shape)


def permute_loop(images, order):
    return np.array([image.ravel()[order].reshape(28, 28) for image in images])


def permute_in_place(images, order):
    images[:] = right_permute(images, order)
    return images


RNG = np.random.default_rng(1)
ROWS = RNG.permutation(28)
PERMUTATIONS = [
    (lambda images, order: images.reshape(len(images), -1)[:, order], "lie flat"),
    (lambda images, order: images.copy(), "Nothing has moved"),
    (lambda images, order: images[[1, 2, 0][: len(images)]], "Whole images"),
    (lambda images, order: images[order], "names pixels"),
    (lambda images, order: images[:, order], "axis of 28"),
    (lambda images, order: images[:, :, order], "axis of 28"),
    (lambda images, order: RNG.permutation(images.ravel()).reshape(images.shape), "wander"),
    (lambda images, order: images[:, ROWS], "stay together"),
    (lambda images, order: images[:, :, ROWS], "stay together"),
    (lambda images, order: images[:, order[:28] % 28], "stay together"),
    (
        lambda images, order: np.stack(
            [right_permute(i[None], RNG.permutation(784))[0] for i in images]
        ),
        "of its own",
    ),
    (lambda images, order: right_permute(images, np.argsort(order)), "way back"),
    (lambda images, order: right_permute(images, RNG.permutation(784)), "handed over"),
    (permute_in_place, "work on a copy"),
    (lambda images, order: right_permute(images, order) + 10_000, "not those that went in"),
]


@pytest.fixture
def shapes(small_data):
    """The right answer to the first exercise: three shapes and a name."""
    images, labels = small_data.train_images, small_data.train_labels
    means = [images[labels == c].mean() for c in range(10)]
    return [(800, 14, 28), (800,), (80, 28, 28)], small_data.class_names[np.argmax(means)]


SHAPES = [
    (0, (800, 28, 14), "second, the rows"),
    (0, (14, 28, 28), "colon alone"),
    (0, (800, 14), "axis by axis"),
    (0, (1000, 14, 28), "held out"),
    (1, (28, 28), "axes that go"),
    (1, (), "average over everything"),
    (1, (800, 1, 1), "keepdims"),
    (1, (800, 28), "does the mean leave"),
    (1, 800, "mind the comma"),
    (2, (28, 28), "no single image"),
    (2, (800, 28, 28), "comparison is true"),
    (2, (10, 28, 28), "how many training images"),
    (3, "darkest", "is the darkest"),
    (3, "flash", "brightest single image"),
    (3, "other", "Another class is brighter"),
]


def wrong_shapes(shapes, data, part, value):
    """The right answer with one part of it replaced."""
    answer, name = list(shapes[0]), shapes[1]
    if part < 3:
        answer[part] = value
        return answer, name
    images, labels = data.train_images, data.train_labels
    order = np.argsort([images[labels == c].mean() for c in range(10)])
    flash = labels[images.mean(axis=(1, 2)).argmax()]
    middle = next(c for c in order[1:-1] if c != flash)
    return answer, data.class_names[{"darkest": order[0], "flash": flash, "other": middle}[value]]


@pytest.fixture
def neighbours(small_data):
    """Six distances and nearest images; places 1, 3 and 4 are misled, and 4 is the closest."""
    true = small_data.validation_labels[:6]
    misled = {1, 3, 4}
    nearest = [
        np.flatnonzero(small_data.train_labels == (label + (place in misled)) % 10)[20 + place]
        for place, label in enumerate(true)
    ]
    return {"distance": np.array([1.0, 4, 3, 6, 2, 5]), "nearest": np.array(nearest)}


PLACES = [
    (0, "closest of all"),
    ("training image", "number of the training image"),
    (2, "shorter list"),
    (3, "furthest"),
    (6, "no such place"),
    (-1, "no such place"),
    (5, "neighbour agree"),
    (1, "another one lies closer"),
]


def wrong_place(neighbours, place):
    return neighbours["nearest"][4] if place == "training image" else place


FUNCTIONS = {
    "dense-design-1": COUNTS,
    "dense-design-2": SOFTMAXES,
    "dense-design-3": FORWARDS,
    "dense-design-5": PERMUTATIONS,
}
RIGHT_FUNCTIONS = {
    "dense-design-1": [
        loop_count,
        by_units(lambda a, b: (a + 1) * b),
        lambda sizes: float(np.dot(sizes[:-1], sizes[1:]) + sum(sizes[1:])),
        lambda *sizes: loop_count(*sizes),
    ],
    "dense-design-2": [
        right_softmax,
        softmax_loop,
        lambda z: right_softmax(z.astype("float32")),
        lambda z: np.asarray(keras.ops.softmax(z)),
    ],
    "dense-design-3": [right_forward, forward_by_dot, lambda x, *rest: right_forward(x, *rest)],
    "dense-design-5": [
        right_permute,
        permute_loop,
        lambda images, order: right_permute(images, order).astype(float),
    ],
}


def check_wrong(answer, hint, name, **given):
    feedback = check(name, answer, **given)
    assert not feedback.right
    assert hint in feedback.message, feedback.message
    return feedback.message


# --- What the checkers say -------------------------------------------------------------------


def test_right_shapes_are_accepted(shapes):
    triple, name = shapes
    assert check("dataset-1", shapes).right
    assert check("dataset-1", ([list(shape) for shape in triple], f" {name.upper()} ")).right


@pytest.mark.parametrize(("part", "value", "hint"), SHAPES)
def test_wrong_shapes_and_classes_get_their_hint(shapes, small_data, part, value, hint):
    answer = wrong_shapes(shapes, small_data, part, value)
    message = check_wrong(answer, hint, "dataset-1")
    assert shapes[1] not in message
    assert not any(str(shape) in message for shape in shapes[0])


@pytest.mark.parametrize("form", [int, np.int64, np.array, lambda place: np.array([place])])
def test_right_place_is_accepted(neighbours, form):
    assert check("dataset-2", form(4), **neighbours).right


def test_of_two_images_that_lie_equally_close_either_is_right(neighbours):
    neighbours["distance"][1] = 2
    assert check("dataset-2", 1, **neighbours).right
    assert check("dataset-2", 4, **neighbours).right


@pytest.mark.parametrize(("place", "hint"), PLACES)
def test_wrong_places_get_their_hint(neighbours, place, hint):
    message = check_wrong(wrong_place(neighbours, place), hint, "dataset-2", **neighbours)
    assert "4" not in message


@pytest.mark.parametrize("name", ["dataset-3", "dense-design-4"])
@pytest.mark.parametrize(
    ("accuracies", "word"),
    [(ACCURACIES, "undecided"), (NARROW, "holds"), (SLIGHT, "no difference seen")],
)
def test_right_difference_is_accepted(name, accuracies, word):
    gain = paired_difference(*accuracies.values())
    assert check(name, (gain, word), **accuracies).right
    lists = {side: values.tolist() for side, values in accuracies.items()}
    assert check(name, [gain, f" {word.upper()} "], **lists).right


@pytest.mark.parametrize("name", ["dataset-3", "dense-design-4"])
@pytest.mark.parametrize(("answer", "accuracies", "hint"), DIFFERENCES)
def test_wrong_differences_and_verdicts_get_their_hint(name, answer, accuracies, hint):
    message = check_wrong(answer, hint, name, **accuracies)
    assert not any(word in message for word in ("holds", "does not hold", "undecided", "seen"))
    assert f"{GAIN:.3f}"[:5] not in message


def test_difference_of_runs_that_scatter_less_on_one_side_is_known_as_unpaired():
    """Welch's interval and the pooled one differ here."""
    new, old = np.array([0.90, 0.91, 0.86, 0.88]), np.array([0.870, 0.871, 0.869, 0.872])
    for same in (True, False):
        ends = scipy_stats.ttest_ind(new, old, equal_var=same).confidence_interval()
        answer = Interval(new.mean() - old.mean(), *ends), "undecided"
        check_wrong(answer, "unrelated", "dense-design-4", new=new, old=old)


@pytest.mark.parametrize(
    ("name", "function"),
    [(name, function) for name, functions in RIGHT_FUNCTIONS.items() for function in functions],
)
def test_right_functions_are_accepted(name, function):
    feedback = check(name, function)
    assert feedback.right, feedback.message
    assert feedback.message.startswith("Right. ")


@pytest.mark.parametrize(
    ("name", "function", "hint"),
    [(name, *pair) for name, pairs in FUNCTIONS.items() for pair in pairs],
)
def test_wrong_functions_get_their_hint(name, function, hint):
    check_wrong(function, hint, name)


def test_typical_mistakes_get_hints_that_differ(shapes, small_data, neighbours):
    said = {
        "dataset-1": [
            (hint, check("dataset-1", wrong_shapes(shapes, small_data, *wrong)).message)
            for *wrong, hint in SHAPES
        ],
        "dataset-2": [
            (hint, check("dataset-2", wrong_place(neighbours, place), **neighbours).message)
            for place, hint in PLACES
        ],
    }
    for name in ("dataset-3", "dense-design-4"):
        said[name] = [
            (hint, check(name, answer, **accuracies).message)
            for answer, accuracies, hint in DIFFERENCES
        ]
    for name, pairs in FUNCTIONS.items():
        said[name] = [(hint, check(name, function).message) for function, hint in pairs]
    assert said.keys() == known().keys()
    for name, pairs in said.items():
        hints, messages = ({pair[i] for pair in pairs} for i in (0, 1))
        assert len(hints) == len(messages) >= 3, name


@pytest.mark.parametrize("name", known())
def test_every_hint_is_reached_by_a_typical_mistake(name):
    """So that no hint stands behind another one that always comes first."""
    tested = FUNCTIONS.get(name) or {"dataset-1": SHAPES, "dataset-2": PLACES}.get(
        name, DIFFERENCES
    )
    hints = [hint for _, hint in known()[name].mistakes]
    for hint in hints:
        assert any(part[-1] in hint for part in tested), hint


# --- Answers that are none -------------------------------------------------------------------

GARBAGE = [
    None, True, float("nan"), -1, 3.7, 10**30, 1j, "", "holds", b"x", [], {}, set(), (), ((), ()),
    [[1, 2], [3]], object(), np.array([]), np.array([None]), np.full((2, 2), np.nan), print, len,
    np, int, lambda: 1, lambda a, b, c, d, e, f: 1, (None, None), ([(1,), (2,), "x"], "Bag"),
    (((1.5,), (2,), (3,)), "Bag"), (GAIN, None), (GAIN, "yes"), (None, "holds"), (3, "Bag"),
    (Interval(np.nan, 0, 1), "holds"), (Interval("0", None, 1), "holds"),
]  # fmt: skip


def given_for(name, neighbours):
    """What the exercise is to be checked with."""
    return {"dataset-2": neighbours, "dataset-3": ACCURACIES, "dense-design-4": ACCURACIES}.get(
        name, {}
    )


@pytest.mark.parametrize("name", known())
def test_answers_that_are_none_get_one_clear_sentence(name, neighbours, capfd):
    for answer in GARBAGE:
        feedback = check(name, answer, **given_for(name, neighbours))
        assert not feedback.right, answer
        assert 20 < len(feedback.message) < 300
        assert feedback.message.endswith((".", "?", ")"))
        assert "object at 0x" not in feedback.message
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "is a return missing"),
        (..., NOTHING_YET),
        ("101770", "a str"),
        ([[1, 2], [3]], "a list"),
        (1j, "a complex"),
        ({}, "a dict"),
        (float("nan"), ""),
        (np.inf, ""),
    ],
)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_return_no_numbers_get_one_clear_sentence(name, returned, said):
    feedback = check(name, lambda *_: returned)
    assert not feedback.right
    assert said in feedback.message


def test_interval_without_numbers_is_told():
    for ends in ((np.nan, 0, 1), (0, "0", 1), (0, 0, None)):
        answer = Interval(*ends), "holds"
        check_wrong(answer, "else than finite numbers", "dataset-3", **ACCURACIES)


def test_what_numpy_warns_of_in_an_answer_does_not_reach_the_page(recwarn):
    check_wrong(exp_rows, "overflows", "dense-design-2")
    assert not recwarn.list


def test_nan_is_told():
    def half_nan(z):
        return np.where(z > 0, np.nan, right_softmax(z))

    check_wrong(half_nan, "NaN or infinity", "dense-design-2")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_raise_or_take_other_arguments_are_told_so(name):
    def fails(*_):
        raise RuntimeError("a fault\nin two lines")

    check_wrong(fails, "stops with RuntimeError: a fault in two lines.", name)
    check_wrong(lambda: 0, "it will be called as", name)
    check_wrong(lambda a, b, c, d, e, f: 0, "it will be called as", name)
    check_wrong(101_770, "without calling it", name)


def test_function_where_a_value_is_wanted_is_told_so(neighbours):
    check_wrong(len, "one whole number", "dataset-2", **neighbours)
    check_wrong(len, "Give a pair", "dataset-1")
    check_wrong((GAIN, len), "as text", "dataset-3", **ACCURACIES)
    check_wrong((len, "holds"), "must be an Interval", "dataset-3", **ACCURACIES)


@pytest.mark.parametrize("answer", [..., (..., "Bag"), (((1,), ..., (2,)), "Bag")])
def test_dots_are_no_answer_yet(answer, neighbours):
    for name in known():
        feedback = check(name, answer, **given_for(name, neighbours))
        assert (feedback.right, feedback.message) == (False, NOTHING_YET)
    assert check("dataset-3", (GAIN, "holds"), new=..., old=OLD).message == NOTHING_YET


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("dataset-1", {"data": 1}, 'check("dataset-1", answer).'),
        ("dataset-2", {}, 'check("dataset-2", answer, distance=distance, nearest=nearest)'),
        ("dataset-2", {"distance": [1.0], "nearest": None}, "as the chapter computed them"),
        ("dataset-2", {"distance": [1.0, 2], "nearest": [1]}, "as the chapter computed them"),
        ("dataset-2", {"distance": [np.nan], "nearest": [1]}, "as the chapter computed them"),
        ("dataset-2", {"distance": [1.0], "nearest": [10**6]}, "as the chapter computed them"),
        ("dataset-2", {"distance": [1.0], "nearest": [True]}, "as the chapter computed them"),
        ("dataset-3", {"new": NEW}, "new=new, old=old"),
        ("dataset-3", {"new": NEW, "old": 0.9}, "one for each seed"),
        ("dataset-3", {"new": NEW, "old": OLD[:2]}, "one for each seed"),
        ("dataset-3", {"new": "better", "old": OLD}, "one for each seed"),
        ("dataset-3", {"new": NEW, "old": OLD * 100}, "as shares"),
        ("dataset-3", {"new": [0.9, np.nan, 0.9], "old": OLD}, "as shares"),
        ("dataset-3", {"new": OLD, "old": OLD}, "has anything changed"),
    ],
)
def test_what_else_is_given_is_checked(name, given, said):
    check_wrong(0, said, name, **given)


def test_sample_without_a_misled_image_is_told(small_data):
    nearest = np.flatnonzero(small_data.train_labels == small_data.validation_labels[0])[:1]
    check_wrong(0, "no image is misled", "dataset-2", distance=[1.0], nearest=nearest)


@pytest.mark.parametrize("name", ["dataset-9", "", None, 1, ["dataset-1"]])
def test_unknown_exercise_is_an_error_that_names_the_known_ones(name):
    with pytest.raises(ValueError, match=r"no exercise .*there are dataset-1, dataset-2, .*-5$"):
        check(name, 0)


def test_notebook_shows_the_message_in_lines_that_fit():
    feedback = check("dense-design-1", by_units(lambda a, b: a * b + a))
    lines = repr(feedback).split("\n")
    assert max(map(len, lines)) <= 79
    assert " ".join(lines) == feedback.message


# --- The references --------------------------------------------------------------------------

logits = arrays(float, st.tuples(st.integers(1, 5), st.just(10)), elements=st.floats(-1e4, 1e4))


@given(logits)
def test_softmax_gives_shares_that_a_shift_does_not_change(z):
    shares = dense_design.softmax_rows(z)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert (shares >= 0).all()
    np.testing.assert_allclose(dense_design.softmax_rows(z + 7.5), shares, atol=1e-9)
    np.testing.assert_allclose(shares, right_softmax(z), atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=2, max_size=5))
def test_count_is_keras_own(sizes):
    model = keras.Sequential([keras.Input((sizes[0],)), *map(keras.layers.Dense, sizes[1:])])
    assert dense_design.count(sizes) == model.count_params()


def test_forward_is_keras_own():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(12, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.set_weights(dense_design.WEIGHTS)
    ours = dense_design.forward(dense_design.PICTURES, *dense_design.WEIGHTS)
    np.testing.assert_allclose(ours, model(dense_design.PICTURES), atol=1e-5)


@given(st.permutations(range(784)))
@settings(max_examples=10)
def test_permuted_images_can_be_put_back(order):
    images = dense_design.STACK
    moved = dense_design.permute(images, order)
    np.testing.assert_array_equal(dense_design.permute(moved, np.argsort(order)), images)
    assert moved[0, 0, 0] == images.reshape(3, 784)[0, order[0]]
