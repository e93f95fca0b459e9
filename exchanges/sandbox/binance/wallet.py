"""The few paths beside /api/v3 that clients ask before they trade.

Binance's wallet documents (developers.binance.com/docs/wallet, read 2026-11): "Get API Key Permission", "All Coins'
Information". Margin has no pairs here, and there are no futures: their lists are empty.
"""

from typing import Any

from exchanges.sandbox.binance.account import AccountReads
from exchanges.sandbox.binance.calls import Call
from exchanges.sandbox.binance.figures import eight
from exchanges.sandbox.binance.limits import Limits
from exchanges.sandbox.clock import Clock

_NAMES = {"BTC": "Bitcoin", "ETH": "Ethereum", "USDT": "TetherUS", "USDC": "USD Coin"}


class Wallet:
    def __init__(self, *, reads: AccountReads, clock: Clock, limits: Limits) -> None:
        self._reads, self._clock, self._limits = reads, clock, limits

    def rights(self, call: Call) -> dict[str, Any]:
        return {**call.account.words["rights"], "createTime": call.account.opened_at}

    def coins(self, call: Call) -> list[dict[str, Any]]:
        purses = call.account.purses.of
        return [self._coin(asset, purses.get(asset)) for asset in self._reads.assets]

    def nothing(self, call: Call) -> list[Any]:
        return []

    def system(self, call: Call) -> dict[str, Any]:
        return {"status": 0, "msg": "normal"}

    def no_futures(self, call: Call) -> dict[str, Any]:
        return {
            "timezone": "UTC",
            "serverTime": self._clock.told(),
            "rateLimits": self._limits.rules(),
            "exchangeFilters": [],
            "assets": [],
            "symbols": [],
        }

    def _coin(self, asset: str, purse: Any) -> dict[str, Any]:
        nought = "0"
        return {
            "coin": asset,
            "depositAllEnable": True,
            "withdrawAllEnable": False,
            "name": _NAMES.get(asset, asset),
            "free": nought if purse is None else eight(purse.free),
            "locked": nought if purse is None else eight(purse.held),
            "freeze": nought,
            "withdrawing": nought,
            "ipoing": nought,
            "ipoable": nought,
            "storage": nought,
            "isLegalMoney": False,
            "trading": True,
            "networkList": [
                {
                    "network": asset,
                    "coin": asset,
                    "withdrawIntegerMultiple": "0.00000001",
                    "isDefault": True,
                    "depositEnable": True,
                    "withdrawEnable": False,
                    "depositDesc": "",
                    "withdrawDesc": "Withdrawal is not part of the sandbox",
                    "specialTips": "",
                    "name": asset,
                    "resetAddressStatus": False,
                    "addressRegex": "",
                    "memoRegex": "",
                    "withdrawFee": nought,
                    "withdrawMin": nought,
                    "withdrawMax": nought,
                    "minConfirm": 1,
                    "unLockConfirm": 0,
                    "sameAddress": False,
                    "estimatedArrivalTime": 5,
                    "busy": False,
                }
            ],
        }
