"""Figures of a speed run as a plot: python -m benchmarks.plots speed.json docs/benchmarks-speed.svg"""

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


def bars(title: str, rates: dict[str, float]) -> str:
    """Horizontal bars with their values; a title and a label for each, readable without colour."""
    longest = max(rates.values())
    height = _TOP + _ROW * len(rates) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LABEL + _BAR + 90}" height="{height}" role="img" '
        'font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="12" y="24" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    for place, (label, rate) in enumerate(rates.items()):
        y = _TOP + _ROW * place
        width = max(1.0, _BAR * rate / longest)
        fill = "#1f5fa8" if label.startswith("the engine") else "#9aa9ba"
        lines += [
            f'<text x="{_LABEL - 8}" y="{y + 14}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_ROW - 8}" fill="{fill}"/>',
            f'<text x="{_LABEL + width + 6:.1f}" y="{y + 14}">{rate:,.3g}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def main() -> None:
    source, target = (Path(name) for name in sys.argv[1:])
    dense: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))["dense text"]
    # The limit was measured before and after; its mean is what the ratios are made with.
    dense["GEMM limit, text only"] = (
        dense["GEMM limit, text only"] + dense["GEMM limit, text only, measured again"]
    ) / 2
    rates = {label: dense[name] for name, label in _RATES.items() if isinstance(dense.get(name), float)}
    title = f"Million pairs decided per second, {dense['firms']:,} firms and {dense['supplies']:,} products"
    target.write_text(bars(title, rates), encoding="utf-8")


if __name__ == "__main__":
    main()
