"""How often news is given the right tone: plain VADER beside ours, over sentences that we wrote and labelled ourselves.

`python -m benchmarks.sentiment` prints both halves: the open one was looked at while the word list was written, the
held one was not. Both are by the hand that wrote the list, and clearer than most of what feeds tell: so the figures say
how it does on such sentences, and are above what it does on a source's.
"""

import csv
import datetime as dt
import json
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS, machine_facts
from instruments.domain.heavy.sentiment import VERSION, plain_vader, score_news
from instruments.domain.news.scores import tone_of

SENTENCES = Path(__file__).with_name("sentiment_sentences.csv")
TONES = ("positive", "neutral", "negative")
SCORERS: dict[str, Callable[[str], float]] = {
    "plain VADER": plain_vader,
    "ours": lambda sentence: score_news(sentence).value,
}


def sentences(half: str) -> list[tuple[str, str]]:
    """Label and sentence."""
    lines = [line for line in SENTENCES.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = csv.reader(lines)
    next(rows)
    return [(label, ",".join(words)) for told, label, *words in rows if told == half]


def interval(right: int, count: int) -> tuple[float, float]:
    """Wilson's, 95 %."""
    z, share = 1.96, right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return middle - half, middle + half


def measured(half: str, score: Callable[[str], float]) -> dict[str, Any]:
    told = sentences(half)
    seen = Counter((label, tone_of(score(sentence))) for label, sentence in told)
    right = sum(count for (label, tone), count in seen.items() if label == tone)
    low, high = interval(right, len(told))
    confusion = {label: {tone: seen[(label, tone)] for tone in TONES} for label in TONES}
    return {
        "sentences": len(told),
        "right": right,
        "accuracy": round(right / len(told), 3),
        "interval": [round(low, 3), round(high, 3)],
        "confusion": confusion,
    }


def main() -> None:
    found: dict[str, Any] = {}
    for half in ("open", "held"):
        for name, score in SCORERS.items():
            told = found.setdefault(half, {})[name] = measured(half, score)
            low, high = told["interval"]
            print(
                f"{half} half, {name}: {told['right']} of {told['sentences']} right, {told['accuracy']:.1%} "
                f"({low:.1%} to {high:.1%})"
            )
            print(f"  {'meant, taken for':18}" + "".join(f"{tone:>10}" for tone in TONES))
            for label in TONES:
                print(f"  {label:18}" + "".join(f"{told['confusion'][label][tone]:>10}" for tone in TONES))
    always = Counter(label for label, _ in sentences("held")).most_common(1)[0]
    share = always[1] / len(sentences("held"))
    print(f"Always saying {always[0]} would have been right in {share:.1%} of the held half.")
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    told = {"benchmark": "sentiment", "at": at, "machine": machine_facts(), "scorer": VERSION}
    told |= {"always_one_answer": round(share, 3), **found}
    (RESULTS / "sentiment.json").write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
