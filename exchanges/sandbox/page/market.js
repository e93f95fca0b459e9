import { $, choices, draw, made, plain, price, time } from "./asking.js";

const LEVELS = 20;

function rows(levels, most, cells) {
  let before = 0;
  return levels.slice(0, LEVELS).map(([at, quantity]) => {
    before += Number(quantity);
    const row = made("tr", {}, ...cells(price(at), plain(quantity)).map((text) => made("td", { textContent: text })));
    row.style.setProperty("--share", `${Math.round((before / most) * 100)}%`);
    return row;
  });
}

const sum = (levels) => levels.slice(0, LEVELS).reduce((count, level) => count + Number(level[1]), 0);

export function drawMarkets(about, state) {
  const venues = Object.keys(about.venues).filter((name) => Object.keys(about.venues[name].markets).length);
  choices($("venue"), venues.map((name) => [name, name]), state.venue);
  const symbols = Object.keys(about.venues[$("venue").value].markets);
  choices($("symbol"), symbols.map((name) => [name, name]), state.symbol);
  state.venue = $("venue").value;
  state.symbol = $("symbol").value;
  $("open-venue").textContent = state.venue;
}

export function drawMarket(market) {
  $("last").textContent = price(market.last);
  $("quote").textContent = market.quote;
  $("origin").textContent = market.origin.replace(/^SYNTHETIC, /, "").replace(/; what moves inside a day is SYNTHETIC$/, "; what moves inside a day is made");
  const standing = market.is_index ? "an index: nobody trades it" : market.is_halted ? "delisted" : market.is_open ? "" : "shut now";
  $("standing").hidden = !standing;
  $("standing").textContent = standing;
  $("standing").className = "tag shut";
  const most = Math.max(sum(market.bids), sum(market.asks), 1e-18);
  draw($("bids"), JSON.stringify(market.bids), () => rows(market.bids, most, (at, quantity) => [quantity, at]));
  draw($("asks"), JSON.stringify(market.asks), () => rows(market.asks, most, (at, quantity) => [at, quantity]));
  const best = market.bids.length && market.asks.length;
  const places = (String(market.last).split(".")[1] || "").length;
  const spread = best ? (Number(market.asks[0][0]) - Number(market.bids[0][0])).toFixed(places) : null;
  $("spread").textContent = best
    ? `Spread ${spread} ${market.quote}. The shade is what stands up to that price. Quantities in ${market.base}.`
    : market.is_index ? "An index has no book." : "Nothing stands in the book.";
  const tape = [...market.tape].reverse();
  draw($("tape"), tape.length ? String(tape[0].number) + market.symbol : "", () =>
    tape.map((one) =>
      made(
        "tr",
        {},
        made("td", { textContent: time(one.at) }),
        made("td", { textContent: price(one.price), className: one.taker_is_buy ? "buy" : "sell" }),
        made("td", { textContent: plain(one.quantity) }),
      ),
    ),
  );
}
