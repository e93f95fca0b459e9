"""Who somebody is, as a session and a profile tell it.

kite.trade/docs/connect/v3/user (read 2026-11-21); keys as in zerodha/kiteconnect-mocks c7a8123.
"""

from typing import Any

from exchanges.sandbox.kite.times import stamp
from exchanges.sandbox.kite.tokens import Session
from exchanges.sandbox.orders import Account

_EXCHANGES = ["NSE", "BSE"]
_PRODUCTS = ["CNC", "MIS"]
_TYPES = ["MARKET", "LIMIT", "SL", "SL-M"]


def profile(account: Account) -> dict[str, Any]:
    return {
        "user_id": account.words["user_id"],
        "user_type": "individual",
        "email": f"{str(account.words['user_id']).lower()}@sandbox.invalid",
        "user_name": account.name.strip() or "Sandbox User",
        "user_shortname": [*account.name.split(), "Sandbox"][0][:20],
        "broker": "ZERODHA",
        "exchanges": list(_EXCHANGES),
        "products": list(_PRODUCTS),
        "order_types": list(_TYPES),
        "avatar_url": None,
        "meta": {"demat_consent": "physical"},
    }


def full_profile(account: Account) -> dict[str, Any]:
    told = profile(account)
    return {
        "user_id": told["user_id"],
        "twofa_type": "totp",
        "user_name": told["user_name"],
        "user_type": told["user_type"],
        "email": told["email"],
        "phone": "*0000",
        "broker": told["broker"],
        "bank_accounts": [{"name": "SANDBOX BANK", "branch": "", "account": "*0000"}],
        "dp_ids": ["0000000000000000"],
        "products": told["products"],
        "order_types": told["order_types"],
        "exchanges": told["exchanges"],
        "pan": "*0000",
        "user_shortname": told["user_shortname"],
        "avatar_url": None,
        "tags": [],
        "password_timestamp": "1970-01-01 00:00:00",
        "twofa_timestamp": "1970-01-01 00:00:00",
        "meta": {"poa": "physical", "silo": "", "account_blocks": []},
    }


def session(found: Session) -> dict[str, Any]:
    return profile(found.account) | {
        "api_key": found.app.key,
        "access_token": found.access_token,
        "public_token": found.public_token,
        "enctoken": found.enctoken,
        "refresh_token": found.refresh_token,
        "silo": "",
        "login_time": stamp(found.began),
    }
