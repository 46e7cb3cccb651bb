"""The synthetic stand-in: its form, its difficulty, its repeatability and its cache."""

import errno
import io
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from lessons_src import standin

UPPER_GARMENTS = [0, 2, 3, 4, 6]
TROUSER, BAG = 1, 8


@pytest.fixture(scope="module")
def wardrobe():
    """A fifth of the full draw, several blocks and a rest; what is drawn does not depend on it."""
    assert standin.BLOCK < 1200
    assert 1200 % standin.BLOCK
    return standin.draw(1200, 200)


def all_images(wardrobe):
    return np.concatenate([wardrobe.train_images, wardrobe.test_images])


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# What is drawn


def test_shapes_types_and_balance(wardrobe):
    assert (standin.TRAIN_PER_CLASS, standin.TEST_PER_CLASS) == (6000, 1000)  # as the official set
    assert wardrobe.train_images.shape == (12_000, 28, 28)
    assert wardrobe.test_images.shape == (2000, 28, 28)
    assert all(array.dtype == np.uint8 for array in wardrobe)
    assert np.bincount(wardrobe.train_labels).tolist() == [1200] * 10
    assert np.bincount(wardrobe.test_labels).tolist() == [200] * 10


def test_garments_stand_in_the_official_order():
    assert list(standin.GARMENTS) == [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]  # fmt: skip


def test_the_order_is_shuffled(wardrobe):
    for labels in (wardrobe.train_labels, wardrobe.test_labels):
        assert abs((labels[1:] == labels[:-1]).mean() - 0.1) < 0.02
        for tenth in np.array_split(labels, 10):
            assert np.bincount(tenth, minlength=10).min() > 0.05 * len(tenth)


def test_no_image_occurs_twice_within_or_across_the_splits(wardrobe):
    images = all_images(wardrobe)
    assert len({image.tobytes() for image in images}) == len(images)


def test_the_background_is_black_and_every_garment_can_be_seen(wardrobe):
    for label in range(10):
        images = wardrobe.train_images[wardrobe.train_labels == label]
        assert 0.3 < (images == 0).mean() < 0.9
        assert images.max(axis=(1, 2)).min() > 40
        assert (images > 20).sum(axis=(1, 2)).min() > 40  # pixels


def test_garments_of_a_kind_vary(wardrobe):
    for label in range(10):
        images = wardrobe.train_images[wardrobe.train_labels == label]
        area = (images > 0).sum(axis=(1, 2))
        brightness = images.sum(axis=(1, 2)) / area
        assert area.std() > 0.05 * area.mean()
        assert brightness.std() > 20


def test_the_grain_is_at_most_ten_grey_levels_and_not_all_that_varies(wardrobe, monkeypatch):
    grainy = standin.draw(100, 50)
    monkeypatch.setattr(standin, "NOISE", 0.0)
    smooth = standin.draw(100, 50)
    images = all_images(smooth)
    assert len({image.tobytes() for image in images}) == len(images)
    grainy, smooth = all_images(grainy).astype(int), images.astype(int)
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


def test_no_number_lies_farther_than_two_deviations_from_its_mean():
    drawn = standin.Sheet(np.random.default_rng(1), 5000).normal(3, 0.5)
    assert (drawn.min(), drawn.max()) == (2.0, 4.0)


@pytest.mark.parametrize("name", standin.GARMENTS)
def test_masks_are_shares_and_everything_is_single_precision(name):
    mask, tone = standin.GARMENTS[name](standin.Sheet(np.random.default_rng(2), 250))
    assert mask.shape == tone.shape == (250, 28, 28)
    assert mask.dtype == tone.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1
    assert np.isfinite(tone).all()


# How hard it is


@pytest.mark.slow
def test_a_linear_model_learns_most_and_a_dense_network_more_but_not_all(wardrobe):
    import keras

    from lessons_src.models import dense
    from lessons_src.training import fit

    keras.utils.set_random_seed(0)
    x, x_test = (i.astype(np.float32) / 255 for i in (wardrobe.train_images, wardrobe.test_images))
    labels, network = wardrobe.test_labels, dense(128)
    fit(network, x, wardrobe.train_labels, epochs=5, verbose=False)
    flat, flat_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    linear = RidgeClassifier(alpha=100).fit(flat, wardrobe.train_labels).predict(flat_test)
    for predicted, low, high in (
        (linear, 0.70, 0.80),
        (network.predict(x_test, batch_size=1000, verbose=0).argmax(axis=1), 0.80, 0.88),
    ):
        right = predicted == labels
        assert low < right.mean() < high
        for label in (TROUSER, BAG):
            assert right[labels == label].mean() > 0.9
        upper = np.isin(labels, UPPER_GARMENTS) & np.isin(predicted, UPPER_GARMENTS)
        assert upper[~right].mean() > 0.6


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


def archive(arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


DAMAGES = {  # of the file's bytes and of its arrays by name
    "empty": lambda content, arrays: b"",
    "no archive": lambda content, arrays: b"not an archive " * 100,
    "truncated": lambda content, arrays: content[: len(content) // 2],
    "a byte": lambda content, arrays: content[:4000] + bytes([content[4000] ^ 1]) + content[4001:],
    "array missing": lambda content, arrays: archive(dict(list(arrays.items())[:-1])),
    "array too many": lambda content, arrays: archive(arrays | {"more": np.zeros(3)}),
    "too few images": lambda content, arrays: archive(
        arrays | {"test_images": arrays["test_images"][1:]}
    ),
    "other type": lambda content, arrays: archive(
        arrays | {"train_images": arrays["train_images"] / 255}
    ),
    "label 10": lambda content, arrays: archive(
        arrays | {"test_labels": arrays["test_labels"] + np.uint8(1)}
    ),
    "pickle": lambda content, arrays: archive(arrays | {"test_labels": np.array([None])}),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_cache_is_drawn_again_and_mended(damage, tiny, tmp_path, monkeypatch, caplog):
    standin.cached(tmp_path)
    path = cache_file(tmp_path)
    path.write_bytes(damage(path.read_bytes(), tiny._asdict()))
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
