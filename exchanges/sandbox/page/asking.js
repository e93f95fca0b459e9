/* Asks the control API, and draws: every text goes in as text, never as HTML. */

export class Refused extends Error {}

export async function ask(path, { method = "GET", told = null } = {}) {
  const given = { method, headers: {}, cache: "no-store" };
  if (told !== null) {
    given.headers["content-type"] = "application/json";
    given.body = JSON.stringify(told);
  } else if (method === "POST") {
    given.headers["content-type"] = "application/json";
    given.body = "{}";
  }
  const reply = await fetch(`/control${path}`, { ...given, signal: AbortSignal.timeout(8000) });
  const content = await reply.json();
  if (!reply.ok) throw new Refused(content.error || `It answered ${reply.status}.`);
  return content;
}

export const $ = (id) => document.getElementById(id);

export function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replaces what is inside only if it is otherwise now, so that what a person has in hand stays. */
export function draw(element, key, children) {
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...children());
}

export function choices(select, options, chosen) {
  const key = JSON.stringify(options);
  draw(select, key, () => options.map(([value, words]) => made("option", { value, textContent: words })));
  if (chosen !== undefined && options.some(([value]) => value === chosen)) select.value = chosen;
}

export function time(at) {
  return new Date(at).toISOString().slice(11, 23);
}

/** Groups the digits before the point, and leaves out noughts that say nothing. */
export function plain(figure) {
  let text = String(figure);
  if (/e/i.test(text)) text = Number(text) === 0 ? "0" : Number(text).toFixed(18);
  if (text.includes(".")) text = text.replace(/0+$/, "").replace(/\.$/, "");
  const [whole, rest] = text.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : "");
}

/** The same, keeping every place of a price, so that a column of them stands straight. */
export function price(figure) {
  const [whole, rest] = String(figure).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : "");
}
