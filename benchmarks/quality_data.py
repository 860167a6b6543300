"""Public records of who really served whom, as tables of the engine's command line.

Each set gives demands and supplies, the history up to a point and the truth after it. Columns that are known only
after the match (prices of awards, loan status, winners' licences) are left out, as are the supplies' names as facts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

TRAIN_SHARE = 0.8


@dataclass(frozen=True)
class Prepared:
    """One task: tables D (demands to rank), P (past demands), S, H and T, and its market."""

    market: str
    demands: pd.DataFrame
    past: pd.DataFrame
    supplies: pd.DataFrame
    history: pd.DataFrame
    truth: pd.DataFrame
    n_left_out: int = 0
    """Test rows beyond the sample."""

    def write(self, folder: Path) -> None:
        """D.csv, P.csv, S.csv, H.csv and T.csv."""
        folder.mkdir(parents=True, exist_ok=True)
        tables = {"D": self.demands, "P": self.past, "S": self.supplies, "H": self.history, "T": self.truth}
        for name, table in tables.items():
            table.to_csv(folder / f"{name}.csv", index=False)


def ppp_loans(folder: Path) -> pd.DataFrame:
    """Loans under 150,000 USD of 2020: place, trade, legal form and amount of the borrower, and the lender."""
    rows = _read(folder / "us_ppp_loans_2020" / "loans.csv.gz")
    return pd.DataFrame(
        {
            "id": rows["loan_id"], "supply": rows["lender"], "date": rows["approval_date"],
            "region_path": rows["state"] + "/" + _plain(rows["city"]) + "/" + rows["zip"],
            "industry_path": _naics(rows["naics"]), "amount": rows["loan_amount_usd"], "kind": rows["business_type"],
        }
    )  # fmt: skip


def sba_loans(folder: Path) -> pd.DataFrame:
    """Guaranteed loans of 1971 to 2006: place, trade, amount and term, and the lender."""
    rows = _read(folder / "us_sba_7a_slice" / "loans.csv")
    return pd.DataFrame(
        {
            "id": rows["loan_id"], "supply": rows["lender"], "date": rows["approval_date"],
            "region_path": rows["state"] + "/" + _plain(rows["city"]) + "/" + rows["zip"],
            "industry_path": _naics(rows["naics"]), "amount": rows["gross_approval_usd"],
            "term_months": rows["term_months"], "kind": rows["new_business"].map({"1": "new", "0": "existing"}),
        }
    )  # fmt: skip


def yichang_awards(folder: Path) -> pd.DataFrame:
    """Construction and engineering tenders of Yichang: text, county and kind of lot, and the lead firm."""
    rows = _read(folder / "cn_yichang_awards" / "awards.csv")
    code = rows["lot_code"].str.extract(r"^([A-Z]{2})([A-Z]\d\d)(\d\d)").fillna("")
    text = rows["title"].str.cat([rows["lot_name"], rows["scope_text"]], sep="，")
    return pd.DataFrame(
        {
            "id": rows["award_id"], "supply": rows["supplier"], "date": rows["publish_date"], "text": text,
            "region_path": code[0], "kind": code[0] + "/" + code[1] + "/" + code[2],
        }
    )  # fmt: skip


def toronto_awards(folder: Path) -> pd.DataFrame:
    """Awards of the City of Toronto that have a description: text, category and division, and the supplier."""
    rows = _read(folder / "ca_toronto_awards" / "awards.csv")
    rows = rows[(rows["description"] != "") & (rows["names_supplier"] == "0")].reset_index(drop=True)
    parts = [_plain(rows[name]) for name in ("category", "buyer_division", "procurement_type")]
    return pd.DataFrame(
        {
            "id": rows["award_id"], "supply": rows["supplier_key"],
            "date": rows["award_date"].replace("", rows["award_date"].replace("", None).min()),
            "text": rows["description"], "kind": parts[0] + "/" + parts[1] + "/" + parts[2],
        }
    )  # fmt: skip


def by_time(market: str, rows: pd.DataFrame, *, most: int) -> Prepared:
    """History is the first four fifths by date, truth the rest, or a sample of `most` rows of it."""
    ordered = rows.sort_values("date", kind="stable").reset_index(drop=True)
    cut = int(TRAIN_SHARE * len(ordered))
    return _prepared(market, ordered.iloc[:cut], ordered.iloc[cut:], most=most)


def at_random(market: str, rows: pd.DataFrame, *, most: int) -> Prepared:
    """History is four fifths drawn at random, truth the rest, or a sample of it."""
    order = np.random.default_rng(0).permutation(len(rows))
    cut = int(TRAIN_SHARE * len(rows))
    return _prepared(market, rows.iloc[np.sort(order[:cut])], rows.iloc[np.sort(order[cut:])], most=most)


def last_award(market: str, rows: pd.DataFrame) -> Prepared:
    """Truth is the last award of each supplier with three or more; equal texts are taken out of the history."""
    ordered = rows.sort_values("date", kind="stable").reset_index(drop=True)
    n_awards = ordered["supply"].map(ordered["supply"].value_counts())
    test = ordered[n_awards >= 3].groupby("supply").tail(1)
    train = ordered.drop(test.index)
    return _prepared(market, train[~train["text"].isin(set(test["text"]))], test, most=len(test))


def class_names(folder: Path) -> Prepared:
    """Notes of GB/T 4754 classes as demands, names of all classes as supplies, no history."""
    rows = _read(folder / "codes_gbt4754_2017" / "industries.csv")
    classes = rows[rows["level"] == "4"]
    noted = classes[classes["note"] != ""]
    empty = pd.DataFrame(columns=["demand_id", "supply_id", "date"])
    return Prepared(
        "supply",
        demands=pd.DataFrame({"id": "note " + noted["code"], "text": noted["note"]}),
        past=pd.DataFrame(columns=["id", "text"]),
        supplies=pd.DataFrame({"id": classes["code"], "text": classes["name_zh"]}),
        history=empty,
        truth=pd.DataFrame({"demand_id": "note " + noted["code"], "supply_id": noted["code"]}),
    )


def _prepared(market: str, train: pd.DataFrame, test: pd.DataFrame, *, most: int) -> Prepared:
    asked = test.sample(min(most, len(test)), random_state=0).sort_index()
    facts = [name for name in train.columns if name not in ("supply", "date")]
    return Prepared(
        market,
        demands=asked[facts],
        past=train[facts],
        supplies=pd.DataFrame({"id": sorted(train["supply"].unique())}),
        history=train[["id", "supply", "date"]].set_axis(["demand_id", "supply_id", "date"], axis=1),
        truth=asked[["id", "supply"]].set_axis(["demand_id", "supply_id"], axis=1),
        n_left_out=len(test) - len(asked),
    )


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _plain(cells: pd.Series) -> pd.Series:
    """Cells that can stand in a path: their own slashes become blanks, and an empty one does not end the path."""
    return cells.str.replace("/", " ", regex=False).str.strip().replace("", "-")


def _naics(codes: pd.Series) -> pd.Series:
    return codes.map(lambda code: "/".join(code[:n] for n in (2, 3, 4, 6)) if re.fullmatch(r"\d{6}", code) else "")


TASKS: dict[str, Callable[[Path, int], Prepared]] = {
    "PPP loans, time split": lambda folder, most: by_time("finance", ppp_loans(folder), most=most),
    "PPP loans, random split": lambda folder, most: at_random("finance", ppp_loans(folder), most=most),
    "SBA 7(a) loans, time split": lambda folder, most: by_time("finance", sba_loans(folder), most=most),
    "Yichang awards, last": lambda folder, _most: last_award("supply", yichang_awards(folder)),
    "Yichang awards, last, text only": lambda folder, _most: last_award(
        "supply", yichang_awards(folder)[["id", "supply", "date", "text"]]
    ),
    "Toronto awards, last": lambda folder, _most: last_award("supply", toronto_awards(folder)),
    "Toronto awards, last, text only": lambda folder, _most: last_award(
        "supply", toronto_awards(folder)[["id", "supply", "date", "text"]]
    ),
    "GB/T 4754 note to class name": lambda folder, _most: class_names(folder),
}
