"""The built site in `_build/html`, as a reader meets it.

Without a built site, or without a Chromium for the tests in a browser, these tests are skipped and
say so; with `LESSONS_REQUIRE_SITE=1` they fail instead. `LESSONS_SITE` names another site to check.
"""

import functools
import gzip
import http.server
import json
import os
import re
import shutil
import sys
import threading
import tomllib
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import nbclient
import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup, PageElement
from playwright import sync_api

from book._ext import light
from lessons_src.exercises import NOTHING_YET

pytestmark = pytest.mark.site

ROOT = Path(__file__).resolve().parents[1]
SITE = Path(os.environ.get("LESSONS_SITE") or ROOT / "_build" / "html").resolve()
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
OFFLINE = [  # a browser that asks for nothing by itself
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def unavailable(reason: str) -> None:
    """Skip the test, or fail it where the site is required."""
    if os.environ.get("LESSONS_REQUIRE_SITE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def pages() -> dict[str, BeautifulSoup]:
    """Every page of the site by its path, search and index included."""
    if not (SITE / "build-report.json").exists():
        unavailable(f"no site has been built in {SITE}: run `make book`")
    found = [path for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts]
    return {
        path.relative_to(SITE).as_posix(): BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in found
    }


@pytest.fixture(scope="module")
def report(pages: dict[str, BeautifulSoup]) -> dict[str, Any]:
    """What the build says of itself."""
    return json.loads((SITE / "build-report.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium: the system's own, or the one that playwright has installed."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    with sync_api.sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=path, args=OFFLINE)
        except sync_api.Error as error:
            unavailable(f"no Chromium to look at the site with: {str(error).splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(pages: dict[str, BeautifulSoup]) -> Iterator[str]:
    """The address of a server of the site on 127.0.0.1."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Seen(NamedTuple):
    """What a browser met on a walk through all pages."""

    faults: list[str]  # errors, and what was asked of others
    wide: dict[str, int]  # the widths of pages, where it is more than the screen's
    figures: list[tuple[str, int, int, bool]]  # page, images shown, images, caption shown


@pytest.fixture(
    scope="module",
    params=[("http", "light", DESK), ("file", "dark", PHONE)],
    ids=["http, light, desk", "file, dark, phone"],
)
def seen(request: Any, pages: dict[str, BeautifulSoup], browser: Any, address: str) -> Seen:
    """Two walks through all pages, which share between them what there is to choose."""
    scheme, colours, screen = request.param
    base, found, here = address if scheme == "http" else SITE.as_uri() + "/", Seen([], {}, []), ""

    def requested(request: Any) -> None:
        if not request.url.startswith((base, "data:", "blob:")):
            found.faults.append(f"{here} asked for {request.url}")

    def spoke(message: Any) -> None:
        if message.type in ("error", "warning"):
            found.faults.append(f"{here} {message.type}: {message.text}")

    with browser.new_context(viewport=screen, color_scheme=colours) as context:
        tab = context.new_page()
        tab.on("request", requested)
        tab.on("console", spoke)
        tab.on("pageerror", lambda error: found.faults.append(f"{here} {error}"))
        tab.on("requestfailed", lambda r: found.faults.append(f"{here} failed: {r.url}"))
        for here in pages:
            tab.goto(base + here, wait_until="load")
            tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            shown = tab.evaluate(
                "[...document.querySelectorAll('article figure')].map(f => ["
                "[...f.querySelectorAll('img')].filter(i => i.offsetParent).length,"
                "[...f.querySelectorAll('img')].length,"
                "f.querySelector('figcaption')?.offsetHeight > 0])"
            )
            found.figures.extend((here, *figure) for figure in shown)
            # The whole page comes into view, so that images that load late are asked for as well.
            tab.evaluate("window.scrollTo(0, document.body.scrollHeight)")
            tab.wait_for_timeout(150)
            width = tab.evaluate("document.documentElement.scrollWidth")
            if width > screen["width"]:
                found.wide[here] = width
        here = "search.html?q=images"
        tab.goto(base + here)
        tab.wait_for_selector("#search-results li", timeout=10_000)
    return found


def test_pages_ask_nobody_else_and_report_no_error(seen: Seen) -> None:
    assert not seen.faults


def test_no_page_is_wider_than_the_screen(seen: Seen) -> None:
    assert not seen.wide


def test_of_each_pair_of_images_one_is_shown_with_its_caption(seen: Seen) -> None:
    for page, visible, images, caption in seen.figures:
        assert caption, page
        assert visible == max(1, images / 2) or not images, page


def test_images_have_a_written_description(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for image in page.select("article img"):
            alt = image.get("alt", "").strip()
            assert alt, f"{name}: {image}"
            assert not re.search(r"[{}]|[0-9a-f]{16}|\.(png|svg|jpe?g)$|_images/", alt), (name, alt)


def test_figures_have_a_caption(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for figure in page.select("article figure"):
            caption = figure.find("figcaption")
            assert caption, f"{name}: {figure.get('id')}"
            assert caption.text.strip(), f"{name}: {figure.get('id')}"


def test_light_and_dark_images_come_in_pairs(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        light, dark = page.select("article img.only-light"), page.select("article img.only-dark")
        assert [i["alt"] for i in light] == [i["alt"] for i in dark], name
        for image in light + dark:
            assert (SITE / name).parent.joinpath(unquote(image["src"])).is_file(), (name, image)


def test_links_within_the_site_resolve(pages: dict[str, BeautifulSoup]) -> None:
    anchors = {
        name: {tag.get("id") for tag in page.find_all(id=True)}
        | {tag["name"] for tag in page.find_all("a", attrs={"name": True})}
        for name, page in pages.items()
    }
    broken = []
    for name, page in pages.items():
        for link in page.find_all("a", href=True):
            parts = urlsplit(link["href"])
            if parts.scheme or parts.netloc:
                continue
            path = (SITE / name).parent / unquote(parts.path) if parts.path else SITE / name
            target = path.resolve()
            if not target.is_file() or not target.is_relative_to(SITE):
                broken.append(f"{name}: {link['href']}")
                continue
            page_name = target.relative_to(SITE).as_posix()
            fragment = unquote(parts.fragment)
            if fragment and page_name in anchors and fragment not in anchors[page_name]:
                broken.append(f"{name}: {link['href']}")
    assert not broken


def test_ids_are_unique(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert not {i for i in ids if ids.count(i) > 1}, name


def test_nothing_is_loaded_from_third_parties(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for tag in page.select("script[src], img[src], iframe[src], link[rel=stylesheet]"):
            url = tag.get("src") or tag.get("href")
            assert not urlsplit(url).netloc, (name, url)
        assert "mathjax" not in str(page.head).lower(), name


def test_every_chapter_has_its_notebooks(
    pages: dict[str, BeautifulSoup], report: dict[str, Any]
) -> None:
    assert report["chapters"]
    for chapter in report["chapters"]:
        name = f"{chapter['page']}.html"
        links = [link["href"] for link in pages[name].select("a[href$='.ipynb']")]
        for folder in (SITE / "notebooks", SITE / "notebooks" / "teacher"):
            path = folder / f"{chapter['page']}.ipynb"
            assert path in [(SITE / name).parent.joinpath(link).resolve() for link in links], name
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
            assert not any(cell.get("outputs") for cell in notebook.cells), name
            text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
            left = re.findall(r"\{[\w:]+\}`|^(?::::|```)\{\w+.*|^\([\w-]+\)=", text, re.MULTILINE)
            assert not left, name


def test_solutions_are_in_the_teachers_notebook_alone(
    pages: dict[str, BeautifulSoup], report: dict[str, Any]
) -> None:
    def plain(text: str) -> str:
        return "".join(text.split())

    for chapter in report["chapters"]:
        name = chapter["page"]
        folds = pages[f"{name}.html"].select("details.fold-solution")
        solutions = {plain(code.text) for fold in folds for code in fold.select(".cell_input pre")}
        titles = {plain(f"**{fold.summary.text}**") for fold in folds}
        assert solutions, name
        assert titles, name
        left = []  # the code that is in no solution
        for folder, wanted in (("", set()), ("teacher", solutions | titles)):
            path = SITE / "notebooks" / folder / f"{name}.ipynb"
            cells = nbformat.read(path, as_version=4).cells
            found = {
                plain(line) for cell in cells for line in [cell.source, *cell.source.split("\n\n")]
            }
            assert found & (solutions | titles) == wanted, path
            # What a page removes is in the notebooks, perhaps in a solution, and not on the site.
            code = [
                plain(cell.source)
                for cell in cells
                if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", [])
            ]
            left.append([source for source in code if source and source not in solutions])
        assert left[0] == left[1], name


@pytest.mark.slow
def test_a_readers_notebook_runs_with_no_exercise_answered(
    report: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lesson, on the stand-in and quick, in a folder of its own and without the build's kernel.

    Of the others, the build has run the same code, and no cell of theirs needs a solution.
    """
    monkeypatch.setenv("FASHION_MNIST_SOURCE", "synthetic")
    monkeypatch.setenv("LESSONS_QUICK", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    notebook = nbformat.read(SITE / "notebooks" / "relu-vs-sigmoid.ipynb", as_version=4)
    nbclient.execute(
        notebook, cwd=str(tmp_path), kernel_name="python3", timeout=600, startup_timeout=300
    )
    said = [
        " ".join(cell.outputs[-1]["data"]["text/plain"].split())
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.rpartition("\n")[2].startswith("check(")
    ]
    assert said
    assert set(said) == {NOTHING_YET}


def test_checkers_accept_the_books_own_solutions(pages: dict[str, BeautifulSoup]) -> None:
    asked, solved = set(), set()
    for name, page in pages.items():
        for cell in page.select("article div.cell"):
            ids = re.findall(r"""\bcheck\(\s*["']([\w-]+)["']""", cell.text)
            if not ids:
                continue
            (exercise,) = ids  # a cell shows what its last line returns, so one check each
            said = " ".join(cell.select(".cell_output .output")[-1].text.split())
            inside = cell.find_parent("details", class_="fold-solution")
            assert said.startswith("Right. ") if inside else said == NOTHING_YET, (name, said)
            (solved if inside else asked).add((name, exercise))
    assert asked == solved
    assert {exercise for _, exercise in asked} >= {"dataset-1", "dataset-2", "dataset-3"}


def test_stand_in_and_quick_build_are_declared_if_they_are_so(
    pages: dict[str, BeautifulSoup], report: dict[str, Any]
) -> None:
    for name, page in pages.items():
        banner = page.find(class_="build-note")
        text = banner.text if banner else ""
        assert ("stand-in" in text) == (report["source"] != "real"), name
        assert ("quick build" in text) == report["quick"], name


def test_no_output_is_a_warning_or_an_error(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for output in page.select(".cell_output"):
            found = re.search(r"WARNING|Warning:|Traceback", output.text)
            assert not found, f"{name}: {output.text.strip()[:300]}"


def test_chapters_read_the_test_labels_as_often_as_they_declare(report: dict[str, Any]) -> None:
    assert report["chapters"]
    for chapter in report["chapters"]:
        source = (ROOT / "book" / f"{chapter['page']}.md").read_text("utf-8")
        declared = yaml.safe_load(source.split("---")[1]).get("test_label_reads", 0)
        assert len(chapter["test_label_reads"]) == declared, chapter


def test_live_figures_name_their_data(
    pages: dict[str, BeautifulSoup], report: dict[str, Any]
) -> None:
    lines = [line for page in pages.values() for line in page.select("figcaption .data-source")]
    for line in lines:
        assert line.text == report["source_line"] or line.text.startswith("Recorded"), line.text


def test_site_does_not_tell_where_it_was_built(pages: dict[str, BeautifulSoup]) -> None:
    told = []
    private = {str(ROOT), str(SITE), str(Path.home()) + os.sep, sys.prefix}
    for path in SITE.rglob("*"):
        if path.suffix not in (".html", ".js", ".json", ".ipynb", ".svg", ".txt", ".css"):
            continue
        if "_static" in path.relative_to(SITE).parts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        told += [f"{path.relative_to(SITE)}: {place}" for place in private if place in text]
    assert not told


def test_main_line_of_a_chapter_is_read_in_one_sitting(
    pages: dict[str, BeautifulSoup], report: dict[str, Any]
) -> None:
    assert report["chapters"]
    for chapter in report["chapters"]:
        article = pages[f"{chapter['page']}.html"].find("article")
        # What is looked up and not read, or is in the ledger as well.
        aside = article.select(
            "details.fold-further, details.fold-solution, details.fold-recorded, details.fold-also,"
            ".cell_input, .cell_output pre"
        )
        # So are a card's reading, dates and commands; what is claimed and measured is read.
        for term in article.select(".claim-card dt"):
            if term.text not in ("Claimed", "Asked", "Measured"):
                aside += [term, term.find_next_sibling("dd")]

        def read(part: PageElement, aside: Set[int] = frozenset(map(id, aside))) -> bool:
            return aside.isdisjoint(map(id, part.parents))

        words = sum(len(text.split()) for text in filter(read, article.strings))
        figures = [*filter(read, article.select("figure[id]"))]
        assert words <= 4500, f"{chapter['page']}: {words} words"
        assert len(figures) <= 10, f"{chapter['page']}: {len(figures)} figures"


def test_ledger_agrees_with_its_file_and_with_the_cards(pages: dict[str, BeautifulSoup]) -> None:
    claims = json.loads((SITE / "claims.json").read_text("utf-8"))
    known = tomllib.loads((ROOT / "book" / "claims.toml").read_text("utf-8"))["claims"]
    assert [claim["id"] for claim in claims] == list(known)
    rows = pages["reference/claims.html"].select(".ledger > details")
    for claim, row in zip(claims, rows, strict=True):
        page, _, place = claim["page"].partition("#")
        card = pages[page].find(id=place)
        for shown in (row.summary, card.select_one(".claim-verdict")):
            assert shown.select_one(".claim-id").text.split()[-1] == claim["id"]
            assert shown.select_one("strong.verdict").text == claim["verdict"]
            assert ("provisional" in shown.text) == claim["provisional"], claim["id"]
        link = row.select_one("a.claim-link")["href"]
        assert (SITE / "reference" / link).resolve() == SITE / claim["page"]
        for whole in (row, card):
            told = " ".join(whole.get_text(" ").split())
            for part in claim["parts"] + claim["also"]:
                assert " ".join(part["number"].split()) in told.replace("\u2019", "'"), claim["id"]


def test_plots_that_a_source_promises_are_on_the_page(pages: dict[str, BeautifulSoup]) -> None:
    """L6 holds because they are shown."""
    page = pages["case-studies/leaky-relu.html"]
    for name in ("samples", "history", "activations", "classes"):  # the first holds two of them
        assert page.select_one(f"#fig-leaky-{name} img"), name


def test_ledger_is_filtered_and_opened_in_the_page(browser: Any, address: str) -> None:
    tab = browser.new_page(viewport=DESK)
    tab.goto(f"{address}reference/claims.html")
    rows = tab.locator(".ledger > details:visible")
    total = rows.count()
    verdicts = tab.locator(".ledger > details > summary strong.verdict").all_inner_texts()
    wanted = verdicts[0]
    tab.get_by_label("Verdict").select_option(wanted)
    assert rows.count() == verdicts.count(wanted)
    tab.get_by_label("Verdict").select_option("all")
    assert rows.count() == total
    tab.get_by_label("Words").fill("nowhere-to-be-found")
    assert rows.count() == 0
    assert tab.locator(".ledger-controls output").inner_text() == f"0 of {total} claims"
    tab.get_by_label("Words").fill("")
    tab.get_by_role("button", name="Open all").click()
    assert tab.locator(".ledger > details[open]").count() == total
    tab.get_by_role("button", name="Close all").click()
    assert tab.locator(".ledger > details[open]").count() == 0
    tab.goto(f"{address}reference/claims.html#ledger-claim-l7")
    assert tab.locator(".ledger > details[open] .claim-id").first.inner_text() == "L7"
    tab.close()


@pytest.mark.parametrize(
    ("scheme", "claim", "page"),
    [
        ("http", "s3-3", "evidence/relu-vs-sigmoid.html"),
        ("file", "s3-1", "case-studies/printed-figures.html"),
    ],
)
def test_old_address_of_a_card_leads_to_it(
    browser: Any, address: str, scheme: str, claim: str, page: str
) -> None:
    base = address if scheme == "http" else SITE.as_uri() + "/"
    tab = browser.new_page(viewport=DESK)
    tab.goto(f"{base}relu-vs-sigmoid.html#claim-{claim}")
    tab.wait_for_url(f"{base}{page}#claim-{claim}")
    assert tab.locator(f"#claim-{claim}.claim-card").is_visible()
    tab.close()


# --- The front page ---------------------------------------------------------

FIRST_VIEW = 350_000  # bytes, as a server would send them
WARDROBE = 100_000
PACKED = (".png", ".webp", ".woff", ".woff2")  # which a server does not compress again


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_first_view_of_the_front_page_is_light(browser: Any, address: str, screen: Any) -> None:
    asked: dict[str, int] = {}

    def count(response: Any) -> None:
        path = urlsplit(response.url).path
        body = response.body()
        asked[path] = len(body if path.endswith(PACKED) else gzip.compress(body, 6))

    tab = browser.new_page(viewport=screen)
    tab.on("response", count)
    tab.goto(address, wait_until="networkidle")
    wardrobe = tab.locator("img.wardrobe").get_attribute("src")
    tab.close()
    largest = sorted(asked.items(), key=lambda item: -item[1])
    assert sum(asked.values()) <= FIRST_VIEW, largest
    assert asked[f"/{wardrobe}"] <= WARDROBE
    assert not [path for path in asked if "fontawesome" in path]  # neither script nor whole font


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_front_page_begins_with_clothes_a_question_and_a_start(
    browser: Any, address: str, screen: Any
) -> None:
    tab = browser.new_page(viewport=screen)
    tab.goto(address)
    for part in ("img.wardrobe", ".garment-question", ".start a"):
        box = tab.locator(part).bounding_box()
        assert box["y"] + box["height"] <= screen["height"], part
        assert box["x"] + box["width"] <= screen["width"], part
    answer = tab.locator(".garment-answer")
    assert not answer.is_visible()
    tab.locator("fieldset.choices label").first.click()
    assert answer.is_visible()
    tab.close()


def test_icons_of_every_page_are_in_the_fonts(pages: dict[str, BeautifulSoup]) -> None:
    wanted = light.icons(SITE)
    assert wanted
    assert wanted <= set().union(*(light.codes(SITE / "_static" / name) for name in light.FONTS))


def test_icons_are_drawn_from_the_small_font(browser: Any, address: str) -> None:
    tab = browser.new_page(viewport=DESK)
    tab.goto(address, wait_until="networkidle")
    loaded = tab.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    )
    bars = tab.locator(".primary-toggle .fa-bars").first
    content = bars.evaluate("icon => getComputedStyle(icon, '::before').content")
    assert "Font Awesome 6 Free" in " ".join(loaded)
    assert content == '"\uf0c9"'
    assert bars.bounding_box()["width"] > 5
    tab.close()


def test_every_chapter_has_a_card_with_a_picture_a_question_and_minutes(
    pages: dict[str, BeautifulSoup], report: dict[str, Any]
) -> None:
    cards = pages["index.html"].select(".chapter-card")
    linked = {card.select_one("a.sd-stretched-link")["href"] for card in cards}
    chapters = {c["page"] for c in report["chapters"] if not c["page"].startswith("evidence/")}
    assert linked >= {f"{page}.html" for page in chapters}
    for card in cards:
        assert card.svg, card.text
        assert "?" in card.text, card.text
        assert re.search(r"\d+\s+minutes", card.select_one(".card-minutes").text), card.text


def test_front_page_has_an_example_of_each_verdict(pages: dict[str, BeautifulSoup]) -> None:
    front = pages["index.html"]
    examples = [item.strong.text for item in front.select(".ledger-examples li")]
    counted = [" ".join(item.text.split()[1:]) for item in front.select(".ledger-legend li")]
    assert examples == [verdict for verdict in counted if verdict != "not yet measured"]
