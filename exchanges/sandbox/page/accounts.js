import { $, choices, draw, made, plain, price, time } from "./asking.js";

const OWN = new Set(["id", "name", "venue", "balances", "orders"]);
const unfolded = new Set();

export function drawAccountList(list, state) {
  const here = list.filter((one) => one.venue === state.venue);
  $("accounts-count").textContent = list.length ? `${list.length} open` : "";
  choices($("account"), here.map((one) => [one.id, one.name ? `${one.id}: ${one.name}` : one.id]), state.account);
  state.account = $("account").value;
  $("account").closest("label").hidden = !here.length;
  $("close").hidden = !here.length;
  if (here.length) return;
  draw($("account-body"), "none", () => [
    made("p", { className: "nothing", textContent: `Nobody trades at ${state.venue} yet. An account comes with its keys and money to trade with.` }),
  ]);
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Mark it and copy";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

function keys(account) {
  const told = Object.entries(account).filter(([name, word]) => !OWN.has(name) && ["string", "number"].includes(typeof word));
  if (!told.length) return [];
  const list = made("dl", { className: "keys" });
  for (const [name, word] of told) {
    const button = made("button", { className: "small", textContent: "Copy", type: "button" });
    button.addEventListener("click", () => copy(button, String(word)));
    list.append(made("dt", { textContent: name.replaceAll("_", " ") }), made("dd", { textContent: word }), button);
  }
  return [made("h3", { textContent: "Keys" }), list];
}

const heads = (...names) => made("thead", {}, made("tr", {}, ...names.map((name) => made("th", { textContent: name }))));
const cells = (...texts) => texts.map((text) => made("td", { textContent: text }));

function balances(account) {
  const rows = Object.entries(account.balances).map(([asset, had]) => made("tr", {}, ...cells(asset, plain(had.free), plain(had.held))));
  return [
    made("h3", { textContent: "Balances" }),
    made("div", { className: "wrap" }, made("table", { className: "balances" }, heads("Asset", "Free", "Held"), made("tbody", {}, ...rows))),
  ];
}

function orderRows(order, again) {
  const button = made("button", { type: "button", textContent: `#${order.number}` });
  button.setAttribute("aria-expanded", String(unfolded.has(order.number)));
  button.addEventListener("click", () => {
    if (!unfolded.delete(order.number)) unfolded.add(order.number);
    again();
  });
  const at = order.price === null ? "market" : price(order.price);
  const side = made("td", { textContent: order.side, className: order.side });
  const row = made(
    "tr",
    {},
    made("td", {}, button),
    ...cells(order.symbol),
    side,
    ...cells(plain(order.filled) + " of " + plain(order.quantity), order.trigger ? `${at}, from ${price(order.trigger)}` : at, order.is_asleep ? "asleep" : order.state),
  );
  if (!unfolded.has(order.number)) return [row];
  const told = order.timeline.map((one) => made("li", {}, made("time", { textContent: time(one.at) }), made("span", { textContent: one.what })));
  if (order.mark) told.unshift(made("li", {}, made("span", { textContent: `mark ${order.mark}` })));
  if (order.partner) told.unshift(made("li", {}, made("span", { textContent: `one of a pair with #${order.partner}` })));
  const cell = made("td", { className: "told", colSpan: 6 }, made("ul", { className: "timeline" }, ...told));
  return [row, made("tr", {}, cell)];
}

export function drawAccount(account) {
  const orders = [...account.orders].reverse();
  const body = $("account-body");
  const again = () => drawAccount(account);
  draw(body, JSON.stringify([account, [...unfolded]]), () => [
    ...keys(account),
    ...balances(account),
    made("h3", { textContent: "Orders" }),
    orders.length
      ? made(
          "div",
          { className: "wrap" },
          made("table", { className: "orders" }, heads("Order", "Market", "Side", "Filled", "Price", "State"), made("tbody", {}, ...orders.flatMap((order) => orderRows(order, again)))),
        )
      : made("p", { className: "nothing", textContent: "No orders yet. Point a client at this address with the keys above." }),
  ]);
}
