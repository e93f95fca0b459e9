"""Why an order is not taken, in Kite's words.

MarginException as in zerodha/kiteconnect-mocks c7a8123 (autoslice_response.json, orders.json); the others as clients
reported them, else the sandbox's own.
"""

from exchanges.sandbox.house import Halted, WouldWake
from exchanges.sandbox.kite.errors import KiteError, bad_input, no_holding, no_margin
from exchanges.sandbox.kite.figures import last_ticks, price
from exchanges.sandbox.kite.money import NotAllowed, NotHeld
from exchanges.sandbox.kite.order_words import Wanted
from exchanges.sandbox.ledger import Short
from exchanges.sandbox.listings import figure
from exchanges.sandbox.orders import Account

#: What the house refuses with.
REFUSALS = (Short, NotHeld, WouldWake, Halted)


def worded(refused: Exception, wanted: Wanted, now: int) -> KiteError:
    match refused:
        case Short():
            return no_margin(float(figure(refused.needed)), max(0.0, float(figure(refused.free))))
        case NotAllowed():
            return no_holding(
                f"Selling {refused.share} needs the holdings to be authorised at the depository today. "
                "Authorise them and place the order again."
            )
        case NotHeld():
            return no_holding(
                f"Insufficient stock holding quantity. Required quantity is {refused.wanted} "
                f"but available quantity is {refused.free}."
            )
        case WouldWake():
            side, how = ("buy", "higher") if wanted.is_buy else ("sell", "lower")
            last = price(wanted.market, last_ticks(wanted.market, now))
            return bad_input(
                f"Trigger price for stoploss {side} orders should be {how} than the last traded price ({last})."
            )
    return bad_input("The instrument you are placing an order for has either expired or does not exist.")


def no_funds(account: Account, wanted: Wanted, now: int) -> KiteError:
    """For want of funds that a fault takes away."""
    market = wanted.market
    needed = float(market.listing.tick * (wanted.price or last_ticks(market, now)) * wanted.quantity)
    return no_margin(needed, min(float(figure(account.purses["INR"].free)), max(0.0, needed - 1)))


def not_found() -> KiteError:
    """As clients report it: GeneralException, not InputException."""
    return KiteError(404, "GeneralException", "Couldn't find that `order_id`.")
