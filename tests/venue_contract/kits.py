"""Every kit, by the name of its venue."""

from tests.venue_contract.binance import BINANCE_KIT
from tests.venue_contract.coinbase import COINBASE_KIT
from tests.venue_contract.kraken import KRAKEN_KIT
from tests.venue_contract.zerodha import ZERODHA_KIT

KITS = {kit.name: kit for kit in (BINANCE_KIT, COINBASE_KIT, KRAKEN_KIT, ZERODHA_KIT)}
