"""What an act costs, also where the cost depends on how old the order is."""

import pytest

from exchanges.domain.limits import Act, Budget, Refill, Scope
from exchanges.domain.venues import venue_named


def test_cancel_at_kraken_is_dear_while_the_order_is_young():
    [budget] = [one for one in venue_named("kraken").budgets if one.scope is Scope.PAIR]
    ages = (0, 4.9, 5, 9.9, 10, 15, 45, 90, 299, 300, 5000)
    assert [budget.cost(Act.CANCEL, order_age=age) for age in ages] == [8, 8, 6, 6, 5, 4, 2, 1, 1, 0, 0]
    assert budget.cost(Act.CANCEL) == 8
    assert budget.cost(Act.PLACE, order_age=1) == 1
    assert budget.cost(Act.BALANCES) == 0


@pytest.mark.parametrize("wrong", [(0, 1, {}), (1, 0, {}), (5, 1, {Act.PLACE: 6}), (5, 1, {Act.PLACE: 0})])
def test_budget_that_nobody_could_keep_to_is_refused(wrong):
    amount, seconds, costs = wrong
    with pytest.raises(ValueError):
        Budget("x", Scope.KEY, amount, seconds, Refill.WINDOW, costs)


def test_orders_are_the_three_acts_that_change_something():
    assert {act for act in Act if act.is_order} == {Act.PLACE, Act.CANCEL, Act.MODIFY}
