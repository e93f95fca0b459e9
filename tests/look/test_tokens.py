"""The colours: every pair that carries text or a control is readable, light and dark, and no other exists."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
COLOURS = {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS)}

TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("bg", "surface", "sunk")),
    *((ink, "surface") for ink in ("accent", "gain", "loss", "warn", "live", "sandbox", "paper", "brass")),
    *((ink, "bg") for ink in ("accent", "gain", "loss", "warn", "live", "sandbox", "paper")),
    *((ink, f"{ink}-soft") for ink in ("accent", "gain", "loss", "warn", "sandbox")),
    *(("ink", f"{soft}-soft") for soft in ("accent", "gain", "loss", "warn")),
    *(("ink-2", f"{soft}-soft") for soft in ("accent", "gain", "loss", "warn")),
    ("ink-3", "warn-soft"),
    ("on-accent", "accent"),
    ("on-live", "live"),
    *(("surface", fill) for fill in ("gain", "loss", "warn", "ink")),
]
GRAPHICS = [
    *(("ctl", ground) for ground in ("bg", "surface")),
    *((shape, "surface") for shape in ("brass", "chart", "base", "accent")),
    *((shape, "bg") for shape in ("brass", "accent")),
]


def luminance(colour):
    def linear(channel):
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("ink", "ground"), TEXT, ids=[f"{ink} on {ground}" for ink, ground in TEXT])
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(ink, ground, theme):
    assert ratio(COLOURS[ink][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize(("shape", "ground"), GRAPHICS, ids=[f"{shape} on {ground}" for shape, ground in GRAPHICS])
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_controls_and_graphics_stand_out_from_their_ground(shape, ground, theme):
    assert ratio(COLOURS[shape][theme], COLOURS[ground][theme]) >= 3.0


def test_ratio_is_the_one_of_the_standard():
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


SHEETS = sorted(path for path in CSS.glob("*.css") if path.name != "tokens.css")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_sheet_uses_no_colour_of_its_own_and_no_token_that_is_not_there(sheet):
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    declared = set(re.findall(r"(--[\w-]+):", TOKENS + text))
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= declared
    # The one exception is what dims the page behind a dialog.
    without_backdrop = re.sub(r"::backdrop \{.*?\}", "", text, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;,) ])|\brgba?\(|\bhsla?\(", without_backdrop) == []


@pytest.mark.parametrize("mode", ["live", "sandbox"])
def test_a_modes_colour_is_the_modes_alone(mode):
    """Vermilion and violet mean a mode; an alert or a chart that wore them would lie."""
    for sheet in SHEETS:
        for rule in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet.read_text(encoding="utf-8")):
            if re.search(rf"var\(--(?:on-)?{mode}(?:-soft)?\)", rule[1]):
                assert re.search(rf"\.(?:mode|edge|swatch)\.{mode}\b", rule[0]), (sheet.name, rule[0].strip())
