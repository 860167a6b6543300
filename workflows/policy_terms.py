"""What a scenario makes of the rules: other weights, or other terms of the loan products it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matchmaking import FinanceSupply
from vocabulary.policy import FIELD_OF, SETS, PolicyManner, PolicyRule

_R = PolicyRule


@dataclass(frozen=True)
class TermsRule:
    """A change of one term of loan products. `value` is the limit asked for; None is no limit."""

    rule: PolicyRule
    manner: PolicyManner
    value: Any
    bank_id: int | None = None
    supply_id: int | None = None
    purpose: str | None = None

    def concerns(self, product: FinanceSupply) -> bool:
        """Whether the product is among those the change is about."""
        return (
            self.bank_id in (None, product.organization_id)
            and self.supply_id in (None, product.id)
            and (self.purpose is None or not product.purposes or self.purpose in product.purposes)
        )

    def terms(self, product: FinanceSupply) -> dict[str, Any]:
        """Other values by field; empty where the product stays as it is."""
        if not self.concerns(product):
            return {}
        if self.rule is _R.INTEREST:
            return self._cheaper(product)
        field = FIELD_OF[self.rule]
        present = getattr(product, field)
        wanted = self._set(present) if self.rule in SETS else self._limit(present)
        return {} if wanted == present else {field: wanted}

    def _cheaper(self, product: FinanceSupply) -> dict[str, int]:
        """A rate that is lower than the subsidy stays as it is."""
        low, high = product.rate_from_bps, product.rate_to_bps
        if low is None or high is None or low < self.value:
            return {}
        return {"rate_from_bps": low - self.value, "rate_to_bps": high - self.value}

    def _set(self, present: tuple[str, ...]) -> tuple[str, ...]:
        """Any is as loose as it gets; the last code of a set is not taken away, since none left would mean any."""
        if not present:
            return present
        if self.manner is PolicyManner.RELAX:
            return present if self.value in present else (*present, self.value)
        return tuple(code for code in present if code != self.value) or present

    def _limit(self, present: int | None) -> int | None:
        """Least revenue and least age are relaxed downwards, the highest debt ratio upwards."""
        is_least = self.rule is not _R.DEBT_RATIO_BAND
        if self.manner is PolicyManner.RELAX:
            if present is None or self.value is None:
                return None
            return min(present, self.value) if is_least else max(present, self.value)
        if present is None or self.value is None:
            return present if self.value is None else self.value
        return max(present, self.value) if is_least else min(present, self.value)


def changed_terms(rule: TermsRule, products: Iterable[FinanceSupply]) -> dict[int, dict[str, Any]]:
    """Other terms by product id, of the products that change."""
    found = {int(product.id): rule.terms(product) for product in products}
    return {product_id: terms for product_id, terms in found.items() if terms}


def with_terms(products: Sequence[FinanceSupply], terms: dict[int, dict[str, Any]]) -> list[FinanceSupply]:
    """Copies of the products under their other terms."""
    return [replace(product, **terms.get(int(product.id), {})) for product in products]
