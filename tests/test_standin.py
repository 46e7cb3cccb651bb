"""The synthetic stand-in: its form, its difficulty, its repeatability and its cache."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from lessons_src import standin

UPPER_GARMENTS = [0, 2, 3, 4, 6]
TROUSER, BAG = 1, 8


@pytest.fixture(scope="module")
def full():
    """The full draw, made once for all tests here."""
    return standin.draw()


@pytest.fixture(scope="module")
def small():
    """A draw that a linear model learns in seconds."""
    return standin.draw(200, 100)


def all_images(wardrobe):
    return np.concatenate([wardrobe.train_images, wardrobe.test_images])


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# What is drawn


def test_official_shapes_types_and_balance(full):
    assert full.train_images.shape == (60_000, 28, 28)
    assert full.test_images.shape == (10_000, 28, 28)
    assert all(array.dtype == np.uint8 for array in full)
    assert np.bincount(full.train_labels).tolist() == [6000] * 10
    assert np.bincount(full.test_labels).tolist() == [1000] * 10


def test_garments_stand_in_the_official_order():
    assert list(standin.GARMENTS) == [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]  # fmt: skip


@pytest.mark.parametrize("split", ["train_labels", "test_labels"])
def test_the_order_is_shuffled(full, split):
    labels = getattr(full, split)
    assert abs((labels[1:] == labels[:-1]).mean() - 0.1) < 0.02
    for tenth in np.array_split(labels, 10):
        assert np.bincount(tenth, minlength=10).min() > 0.06 * len(tenth)


def test_no_image_occurs_twice_within_or_across_the_splits(full):
    images = all_images(full)
    assert len({image.tobytes() for image in images}) == len(images)


def test_no_image_is_another_one_with_fresh_grain(monkeypatch):
    monkeypatch.setattr(standin, "NOISE", 0.0)
    images = all_images(standin.draw(300, 100))
    assert len({image.tobytes() for image in images}) == len(images)


def test_the_background_is_black_and_every_garment_can_be_seen(full):
    for label in range(10):
        images = full.train_images[full.train_labels == label]
        assert 0.3 < (images == 0).mean() < 0.9
        assert images.max(axis=(1, 2)).min() > 40
        assert (images > 20).sum(axis=(1, 2)).min() > 40  # pixels


def test_garments_of_a_kind_vary(full):
    for label in range(10):
        images = full.train_images[full.train_labels == label][:2000]
        area = (images > 0).sum(axis=(1, 2))
        brightness = images.sum(axis=(1, 2)) / area
        assert area.std() > 0.05 * area.mean()
        assert brightness.std() > 20


def test_the_grain_is_at_most_ten_grey_levels(monkeypatch):
    grainy = all_images(standin.draw(100, 20)).astype(int)
    assert standin.NOISE <= 10
    monkeypatch.setattr(standin, "NOISE", 0.0)
    smooth = all_images(standin.draw(100, 20)).astype(int)
    difference = (grainy - smooth)[smooth > 0]
    assert 2 < difference.std() <= 10
    assert abs(difference.mean()) < 1
    assert grainy[smooth == 0].max() <= 1  # where the edge of the cloth just rounds up


def test_garments_lie_within_two_pixels_of_the_middle():
    sheet = standin.Sheet(np.random.default_rng(1), 5000)
    for coordinates in (sheet.x, sheet.y):
        shifts = -13.5 - coordinates.reshape(5000, -1)[:, 0]
        assert np.abs(shifts).max() <= 2.0
        assert shifts.std() > 1.0


@pytest.mark.parametrize("name", standin.GARMENTS)
def test_masks_are_shares_and_everything_is_single_precision(name):
    mask, tone = standin.GARMENTS[name](standin.Sheet(np.random.default_rng(2), 2000))
    assert mask.shape == tone.shape == (2000, 28, 28)
    assert mask.dtype == tone.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1
    assert np.isfinite(tone).all()


# How hard it is


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_a_linear_model_learns_most_but_not_all(small):
    x, x_test = (i.reshape(len(i), -1) / 255 for i in (small.train_images, small.test_images))
    predicted = LogisticRegression(max_iter=40).fit(x, small.train_labels).predict(x_test)
    right = predicted == small.test_labels
    assert 0.70 < right.mean() < 0.86
    for label in (TROUSER, BAG):
        assert right[small.test_labels == label].mean() > 0.9
    upper = np.isin(small.test_labels, UPPER_GARMENTS) & np.isin(predicted, UPPER_GARMENTS)
    assert upper[~right].mean() > 0.6


@pytest.mark.slow
def test_the_dense_network_on_the_full_draw(full):
    import keras

    from lessons_src.training import fit

    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
    model = keras.Sequential([keras.Input((28, 28)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy")
    x, x_test = (i.astype(np.float32) / 255 for i in (full.train_images, full.test_images))
    fit(model, x, full.train_labels, epochs=10, verbose=False)
    predicted = model.predict(x_test, batch_size=1000, verbose=0).argmax(axis=1)
    right = predicted == full.test_labels
    assert 0.83 <= right.mean() <= 0.92
    for label in (TROUSER, BAG):
        assert right[full.test_labels == label].mean() >= 0.95
    upper = np.isin(full.test_labels, UPPER_GARMENTS) & np.isin(predicted, UPPER_GARMENTS)
    assert upper[~right].mean() >= 0.6


# Seeds and arguments


def test_the_same_seed_gives_the_same_wardrobe():
    assert equal(standin.draw(20, 5, seed=3), standin.draw(20, 5, seed=3))


def test_another_seed_gives_other_images_in_another_order():
    one, other = standin.draw(20, 5, seed=3), standin.draw(20, 5, seed=4)
    assert not np.array_equal(one.train_labels, other.train_labels)
    images = np.concatenate([all_images(one), all_images(other)])
    assert len({image.tobytes() for image in images}) == len(images)


def test_the_global_random_state_is_neither_used_nor_changed():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    standin.draw(2, 1)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_the_smallest_wardrobe_and_numpy_integers():
    wardrobe = standin.draw(np.int64(1), np.uint8(1), seed=np.int32(7))
    assert sorted(wardrobe.train_labels) == sorted(wardrobe.test_labels) == list(range(10))


@pytest.mark.parametrize("argument", ["train_per_class", "test_per_class", "seed"])
@pytest.mark.parametrize("value", [-1, 2.0, 1.5, "3", None, True, np.array([1, 2]), float("nan")])
def test_a_bad_argument_is_named(argument, value):
    with pytest.raises(ValueError, match=f"^{argument} must be a whole number"):
        standin.draw(**{"train_per_class": 1, "test_per_class": 1, argument: value})


@pytest.mark.parametrize("argument", ["train_per_class", "test_per_class"])
def test_an_empty_split_is_refused(argument):
    with pytest.raises(ValueError, match=f"^{argument} must be .* at least 1, not 0"):
        standin.draw(**{"train_per_class": 1, "test_per_class": 1, argument: 0})


# The fingerprint


def write_source(path, text, newline):
    with path.open("w", encoding="utf-8", newline=newline) as file:
        file.write(text)


def test_the_fingerprint_follows_the_source_but_not_its_line_ends(tmp_path, monkeypatch):
    with open(standin.__file__, encoding="utf-8") as file:  # noqa: PTH123
        source = file.read()
    original = standin.fingerprint()
    copy = tmp_path / "standin.py"
    monkeypatch.setattr(standin, "__file__", str(copy))
    write_source(copy, source, "\n")
    assert standin.fingerprint() == original
    write_source(copy, source, "\r\n")
    assert standin.fingerprint() == original
    write_source(copy, source.replace("NOISE = 6.0", "NOISE = 6.5"), "\n")
    assert standin.fingerprint() != original


def test_the_fingerprint_follows_numpys_minor_version_only(monkeypatch):
    monkeypatch.setattr(np, "__version__", "2.3.1")
    first = standin.fingerprint()
    monkeypatch.setattr(np, "__version__", "2.3.4")
    assert standin.fingerprint() == first
    monkeypatch.setattr(np, "__version__", "2.4.0")
    assert standin.fingerprint() != first


# The cache


@pytest.fixture
def tiny(monkeypatch):
    """Let `cached` keep a wardrobe of 3 + 2 garments of each kind; returns that wardrobe."""
    monkeypatch.setattr(standin, "TRAIN_PER_CLASS", 3)
    monkeypatch.setattr(standin, "TEST_PER_CLASS", 2)
    return standin.draw(3, 2)


def cache_file(folder):
    return folder / f"standin-{standin.fingerprint()}.npz"


def forbid_drawing(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("drawn although it was in the cache")

    monkeypatch.setattr(standin, "draw", refuse)


def test_the_first_call_draws_and_the_second_reads(tiny, tmp_path, monkeypatch):
    folder = tmp_path / "not" / "yet there"
    assert equal(standin.cached(folder), tiny)
    assert list(folder.iterdir()) == [cache_file(folder)]
    forbid_drawing(monkeypatch)
    again = standin.cached(folder)
    assert equal(again, tiny)
    assert all(array.dtype == np.uint8 for array in again)


def test_the_cache_of_another_generator_is_not_used(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(standin, "fingerprint", lambda: "0123456789abcdef")
    standin.cached(tmp_path)
    monkeypatch.undo()
    assert standin._read(cache_file(tmp_path)) is None


def damage(kind, path, wardrobe):
    """Replace a sound cache file by a damaged one."""
    arrays, content = wardrobe._asdict(), bytearray(path.read_bytes())
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "no archive":
        path.write_bytes(b"not an archive " * 100)
    elif kind == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "one bit":
        content[len(content) // 3] ^= 1
        path.write_bytes(content)
    elif kind == "array missing":
        np.savez(path, **{k: v for k, v in arrays.items() if k != "test_labels"})
    elif kind == "array too many":
        np.savez(path, **arrays, more=np.zeros(3))
    elif kind == "too few images":
        np.savez(path, **(arrays | {"test_images": wardrobe.test_images[1:]}))
    elif kind == "other type":
        np.savez(path, **(arrays | {"train_images": wardrobe.train_images / 255}))
    elif kind == "label 10":
        np.savez(path, **(arrays | {"test_labels": wardrobe.test_labels + np.uint8(1)}))
    elif kind == "pickle":
        np.savez(path, **(arrays | {"test_labels": np.array([None])}), allow_pickle=True)


DAMAGES = [
    "empty", "no archive", "truncated", "one bit", "array missing", "array too many",
    "too few images", "other type", "label 10", "pickle",
]  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_cache_is_drawn_again_and_mended(kind, tiny, tmp_path, monkeypatch, caplog):
    standin.cached(tmp_path)
    sound = cache_file(tmp_path).read_bytes()
    damage(kind, cache_file(tmp_path), tiny)
    assert cache_file(tmp_path).read_bytes() != sound
    assert equal(standin.cached(tmp_path), tiny)
    assert "damaged" in caplog.text
    forbid_drawing(monkeypatch)
    assert equal(standin.cached(tmp_path), tiny)


def test_a_folder_that_cannot_be_made_does_not_matter(tiny, tmp_path, caplog):
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    assert equal(standin.cached(blocker / "cache"), tiny)
    assert "could not be written" in caplog.text
    assert blocker.read_text() == "in the way"


@pytest.mark.skipif(
    os.name == "nt" or getattr(os, "geteuid", lambda: 1)() == 0, reason="permissions do not bind"
)
@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_folder_without_permission_does_not_matter(tiny, tmp_path, mode):
    tmp_path.chmod(mode)
    try:
        assert equal(standin.cached(tmp_path), tiny)
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "no space left"), KeyboardInterrupt()])
def test_a_failing_write_leaves_nothing_behind(error, tiny, tmp_path, monkeypatch):
    def write_half(file, **arrays):
        file.write(b"half")
        raise error

    monkeypatch.setattr(np, "savez", write_half)
    if isinstance(error, OSError):
        assert equal(standin.cached(tmp_path), tiny)
    else:
        with pytest.raises(KeyboardInterrupt):
            standin.cached(tmp_path)
    assert not list(tmp_path.iterdir())


def test_several_may_fill_the_cache_at_once(tiny, tmp_path):
    with ThreadPoolExecutor(4) as pool:
        wardrobes = list(pool.map(standin.cached, [tmp_path] * 8))
    assert all(equal(wardrobe, tiny) for wardrobe in wardrobes)
    assert list(tmp_path.iterdir()) == [cache_file(tmp_path)]
