import { $, ask, choices, draw, made, plain, time } from "./asking.js";

const POINTS = {
  arrival: "Before a request is done",
  answer: "After it is done",
  order: "To orders",
  read: "To what is read",
  news: "On sockets",
  at_once: "At once",
};

export function fillFaults(about) {
  const select = $("fault");
  if (select.options.length) return;
  for (const [point, words] of Object.entries(POINTS)) {
    const group = made("optgroup", { label: words });
    for (const [name, kind] of Object.entries(about.faults)) {
      if (kind.point === point) group.append(made("option", { value: name, textContent: name.replaceAll("_", " ") }));
    }
    select.append(group);
  }
  for (const venue of Object.keys(about.venues)) $("fault-venue").append(made("option", { value: venue, textContent: venue }));
  select.addEventListener("change", () => tell(about));
  tell(about);
}

function tell(about) {
  const kind = about.faults[$("fault").value];
  $("words").textContent = `${kind.words[0].toUpperCase()}${kind.words.slice(1)}.`;
  $("given").replaceChildren(
    ...Object.entries(kind.given).map(([name, usual]) => {
      const input = made("input", { name, value: usual, autocomplete: "off" });
      input.dataset.isNumber = String(typeof usual === "number");
      return made("label", { textContent: name[0].toUpperCase() + name.slice(1) }, input);
    }),
  );
  $("answer").textContent = "";
}

const number = (input, words) => {
  const value = Number(input.value.replace(",", "."));
  if (input.value.trim() === "" || !Number.isFinite(value)) throw new Error(`${words} is a number.`);
  return value;
};

export function readOrder() {
  const told = { name: $("fault").value };
  for (const input of $("given").querySelectorAll("input")) {
    told[input.name] = input.dataset.isNumber === "true" ? number(input, input.name) : input.value.trim();
  }
  told.times = $("times").value.trim() === "" ? null : number($("times"), "How many times");
  told.chance = number($("chance"), "A chance");
  for (const [field, name] of [["fault-venue", "venue"], ["act", "act"], ["mark", "mark"], ["fault-account", "account"]]) {
    if ($(field).value.trim()) told[name] = $(field).value.trim();
  }
  return told;
}

function meant(fault) {
  const who = [fault.venue, fault.act, fault.mark, fault.account && `account ${fault.account}`].filter(Boolean).join(", ");
  return who ? `: ${who}` : "";
}

function howOften(fault) {
  const left = fault.times === null ? "until taken back" : `${fault.times - fault.fired} to come`;
  const chance = fault.chance < 1 ? `, chance ${plain(fault.chance)}` : "";
  return `${left}, ${fault.fired} fired${chance}`;
}

export function drawFaults(faults, refresh) {
  draw($("ordered"), JSON.stringify(faults.ordered), () => {
    if (!faults.ordered.length) return [made("li", {}, made("span", { textContent: "None waits." }))];
    return faults.ordered.map((fault) => {
      const button = made("button", { className: "small", type: "button", textContent: "Take back" });
      button.setAttribute("aria-label", `Take back ${fault.name}`);
      button.addEventListener("click", async () => {
        await ask(`/faults/${fault.id}`, { method: "DELETE" });
        refresh();
      });
      const words = made("span", {}, made("b", { textContent: fault.name.replaceAll("_", " ") }), `${meant(fault)} (${howOften(fault)})`);
      return made("li", {}, words, button);
    });
  });
  const fired = [...faults.fired].reverse();
  draw($("fired"), fired.length ? `${fired.length}:${fired[0].at}:${fired[0].fault}` : "none", () => {
    if (!fired.length) return [made("li", {}, made("span", { textContent: "None so far." }))];
    return fired.map((one) =>
      made(
        "li",
        {},
        made("time", { textContent: time(one.at) }),
        made("span", {}, made("b", { textContent: one.name.replaceAll("_", " ") }), meant(one)),
      ),
    );
  });
}
