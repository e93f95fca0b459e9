/* Asks each second while the page is looked at, and says how old what it shows is. */

import { $, Refused, ask, draw, made, plain, time } from "./asking.js";
import { drawAccount, drawAccountList } from "./accounts.js";
import { drawFaults, fillFaults, readOrder } from "./faults.js";
import { drawMarket, drawMarkets } from "./market.js";

const EACH = 1000;
const state = { venue: undefined, symbol: undefined, account: undefined, answered: 0, isAsking: false };

function drawAbout(about) {
  $("clock").textContent = `${time(about.told).slice(0, 8)} UTC`;
  $("scale").textContent = about.scale === 1 ? "as they are" : `× ${about.scale}`;
  $("seed").textContent = about.seed;
  if (document.activeElement !== $("skew")) $("skew").value = about.skew / 1000;
  fillFaults(about);
  drawMarkets(about, state);
}

function drawSums(sums) {
  const wrong = Object.entries(sums).filter(([, count]) => Number(count) !== 0);
  $("verdict").className = wrong.length ? "verdict bad" : "verdict good";
  $("verdict").textContent = wrong.length
    ? `Sums differ from nought: ${wrong.map(([asset, count]) => `${asset} ${plain(count)}`).join(", ")}`
    : `All ${Object.keys(sums).length} assets sum to 0: accounts, crowd, fees and what was brought in.`;
  draw($("sums"), JSON.stringify(sums), () =>
    Object.entries(sums).flatMap(([asset, count]) => [made("dt", { textContent: asset }), made("dd", { textContent: plain(count) })]),
  );
}

function complain(words) {
  $("trouble").hidden = !words;
  $("trouble").textContent = words || "";
}

async function refresh() {
  if (state.isAsking) return;
  state.isAsking = true;
  try {
    drawAbout(await ask(""));
    const [market, accounts, faults, sums] = await Promise.all([
      ask(`/markets/${encodeURIComponent(state.venue)}/${encodeURIComponent(state.symbol)}`),
      ask("/accounts"),
      ask("/faults?fired=50"),
      ask("/sums"),
    ]);
    drawMarket(market);
    drawAccountList(accounts, state);
    drawFaults(faults, refresh);
    drawSums(sums);
    if (state.account) drawAccount(await ask(`/accounts/${state.venue}/${encodeURIComponent(state.account)}?orders=30`));
    state.answered = Date.now();
    complain("");
  } catch (error) {
    complain(error instanceof Refused ? error.message : "The sandbox does not answer. What is shown is as old as is told above; it is asked again each second.");
  } finally {
    state.isAsking = false;
    drawAge();
  }
}

function drawAge() {
  const age = (Date.now() - state.answered) / 1000;
  const words = state.answered ? `${age.toFixed(1)} s old` : "not answered yet";
  $("age").textContent = document.hidden ? "stands still while hidden" : words;
  $("age").className = age > 3 ? "age old" : "age";
}

function refused(words) {
  $("answer").textContent = words;
  $("answer").className = "answer refused";
}

async function orderFault(event) {
  event.preventDefault();
  try {
    const fault = await ask("/faults", { method: "POST", told: readOrder() });
    $("answer").className = "answer";
    $("answer").textContent = fault.point === "at_once" ? "It is done." : "It waits for whom it is meant.";
  } catch (error) {
    refused(error.message);
  }
  refresh();
}

async function acting(act) {
  try {
    await act();
    complain("");
  } catch (error) {
    complain(error.message);
  }
  state.isAsking = false;
  await refresh();
}

$("venue").addEventListener("change", () => {
  state.venue = $("venue").value;
  state.symbol = state.account = undefined;
  refresh();
});
$("symbol").addEventListener("change", () => {
  state.symbol = $("symbol").value;
  refresh();
});
$("account").addEventListener("change", () => {
  state.account = $("account").value;
  refresh();
});
$("open").addEventListener("click", () =>
  acting(async () => {
    const account = await ask("/accounts", { method: "POST", told: { venue: state.venue, name: "by hand" } });
    state.account = account.id;
  }),
);
$("close").addEventListener("click", () =>
  acting(async () => {
    if (!window.confirm(`Account ${state.account} and its orders are gone for good. Close it?`)) return;
    await ask(`/accounts/${state.venue}/${encodeURIComponent(state.account)}`, { method: "DELETE" });
    state.account = undefined;
  }),
);
$("skew").addEventListener("change", () =>
  acting(() => ask("/clock", { method: "POST", told: { skew: Number($("skew").value) || 0 } })),
);
$("order").addEventListener("submit", orderFault);
document.addEventListener("visibilitychange", () => (document.hidden ? drawAge() : refresh()));
setInterval(() => (document.hidden ? drawAge() : refresh()), EACH);
setInterval(drawAge, 250);
refresh();
