"""Figures of runs as plots: python -m benchmarks.plots speed|quality FIGURES.json docs/benchmarks-speed.svg"""

import json
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_ROW, _LABEL, _BAR, _TOP = 26, 300, 420, 44
_RATES = {
    "GEMM limit, text only": "machine's limit: the product alone",
    "engine": "the engine: rules, five parts, ten best",
    "sklearn NearestNeighbors brute, text only": "scikit-learn NearestNeighbors, text only",
    "faiss Flat, text only": "faiss Flat, text only",
    "cosine_similarity + argsort, text only": "cosine_similarity + argsort, text only",
    "numpy vectorised": "numpy, vectorised blocks",
    "pandas by firm": "pandas, firm by firm",
}


def bars(title: str, rates: list[tuple[str, float]]) -> str:
    """Horizontal bars with their values; a title and a label for each, readable without colour."""
    longest = max(rate for _, rate in rates)
    height = _TOP + _ROW * len(rates) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LABEL + _BAR + 90}" height="{height}" role="img" '
        'font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="12" y="24" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    for place, (label, rate) in enumerate(rates):
        y = _TOP + _ROW * place
        width = max(1.0, _BAR * rate / longest)
        fill = "#1f5fa8" if label.startswith("the engine") else "#9aa9ba"
        lines += [
            f'<text x="{_LABEL - 8}" y="{y + 14}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_ROW - 8}" fill="{fill}"/>',
            f'<text x="{_LABEL + width + 6:.1f}" y="{y + 14}">{rate:,.3g}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def speed(figures: dict[str, Any]) -> str:
    """Rates of the dense part. The limit was measured before and after; its mean is what the ratios are made with."""
    dense = figures["dense text"]
    limits = [dense["GEMM limit, text only"], dense["GEMM limit, text only, measured again"]]
    dense["GEMM limit, text only"] = sum(limits) / len(limits)
    rates = [(label, dense[name]) for name, label in _RATES.items() if isinstance(dense.get(name), float)]
    return bars(f"Million pairs decided per second, {dense['firms']:,} firms and {dense['supplies']:,} products", rates)


def quality(figures: dict[str, Any]) -> str:
    """Mean reciprocal rank of the engine and of the best other way, task by task."""
    ranks: list[tuple[str, float]] = []
    for task, ways in figures.items():
        others = {way: found["MRR"]["value"] for way, found in ways.items() if way != "engine"}
        best = max(others, key=lambda way: others[way])
        ranks += [(f"the engine: {task}", ways["engine"]["MRR"]["value"]), (best, others[best])]
    return bars("Mean reciprocal rank of who really served whom, beside the best other way", ranks)


def main() -> None:
    kind, source, target = sys.argv[1:]
    figures = json.loads(Path(source).read_text(encoding="utf-8"))
    Path(target).write_text({"speed": speed, "quality": quality}[kind](figures), encoding="utf-8")


if __name__ == "__main__":
    main()
