// What a script adds to the parts. Each of them works without it: links lead to pages, forms post.
(() => {
  "use strict";

  const TOAST_SECONDS = 6;
  const STRICTNESS = { ACTIVE: 0, REDUCING: 1, HALTED: 2 };

  // ---- fields ----

  // A secret may be looked at while it is typed; it is hidden again before it is sent.
  function dressReveal(button) {
    const field = document.getElementById(button.dataset.reveal);
    if (!field) return;
    button.hidden = false;
    const show = (isShown) => {
      field.type = isShown ? "text" : "password";
      button.setAttribute("aria-pressed", String(isShown));
      button.firstChild.textContent = isShown ? "Hide" : "Show";
    };
    button.addEventListener("click", () => show(field.type === "password"));
    if (field.form) field.form.addEventListener("submit", () => show(false));
  }

  function dressCopy(button) {
    const field = document.getElementById(button.dataset.copy);
    if (!field || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const word = button.querySelector("[data-copy-word]");
      try {
        await navigator.clipboard.writeText(field.value);
        word.textContent = "Copied";
      } catch {
        field.select();
        word.textContent = "Press Ctrl+C";
      }
      setTimeout(() => { word.textContent = "Copy"; }, 2000);
    });
  }

  function focusFirstError(within) {
    const first = within.querySelector("[data-first-focus]") || within.querySelector("[aria-invalid='true']");
    if (first) first.focus();
    return Boolean(first);
  }

  // ---- toasts ----

  function dressToast(toast) {
    const close = toast.querySelector("[data-close]");
    const leave = () => {
      toast.classList.add("is-leaving");
      setTimeout(() => toast.remove(), 200);
    };
    close.hidden = false;
    close.addEventListener("click", leave);
    // What went wrong or is not known stays until it is read.
    if (/error|warning|unknown|bad/.test(toast.className)) return;
    let timer = 0;
    const wait = () => { clearTimeout(timer); timer = setTimeout(leave, TOAST_SECONDS * 1000); };
    const hold = () => clearTimeout(timer);
    toast.addEventListener("pointerenter", hold);
    toast.addEventListener("pointerleave", wait);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("focusout", wait);
    wait();
  }

  function icon(name) {
    const sample = document.querySelector("svg.icon use");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${sample ? sample.getAttribute("href").split("#")[0] : "/static/icons.svg"}#${name}`);
    svg.append(use);
    return svg;
  }

  function closeButton() {
    const close = document.createElement("button");
    const hidden = document.createElement("span");
    close.type = "button";
    close.className = "close";
    close.dataset.close = "";
    hidden.className = "hidden-words";
    hidden.textContent = "Close";
    close.append(icon("cross"), hidden);
    return close;
  }

  // News from the socket, in the same shape as parts/toast.html. Words only, never HTML.
  function tell({ kind = "info", title = "", words = "", href = "", link = "" }) {
    const region = document.querySelector("[data-toasts]");
    if (!region) return;
    const toast = document.createElement("div");
    const text = document.createElement("p");
    toast.className = `toast ${kind}`;
    if (kind === "error") toast.setAttribute("role", "alert");
    if (title) {
      const strong = document.createElement("strong");
      strong.textContent = title;
      text.append(strong, " ");
    }
    text.append(words);
    if (href) {
      const more = document.createElement("a");
      more.href = href;
      more.textContent = link;
      text.append(" ", more);
    }
    toast.append(icon({ success: "check", error: "cross", warning: "warning", unknown: "question" }[kind] || "info"), text, closeButton());
    region.append(toast);
    dressToast(toast);
  }

  document.addEventListener("plumb:toast", (event) => tell(event.detail));

  // ---- menus ----

  const openMenus = () => [...document.querySelectorAll("details[data-menu][open]")];
  document.addEventListener("pointerdown", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      const hadFocus = menu.contains(document.activeElement);
      menu.open = false;
      if (hadFocus) menu.querySelector("summary").focus();
    }
  });

  // ---- dialogs: a link with data-dialog shows its page's confirmation over this page ----

  function dressDialog(dialog) {
    dialog.addEventListener("click", (event) => {
      const close = event.target instanceof Element && event.target.closest("[data-close]");
      if (close || event.target === dialog) {
        event.preventDefault();
        dialog.close();
      }
    });
  }

  let isFetching = false;
  async function openOver(link) {
    if (isFetching) return;
    isFetching = true;
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const confirm = answer.ok && page.querySelector("[data-confirm]");
      if (!confirm) {
        window.location.assign(link.href);
        return;
      }
      const dialog = document.createElement("dialog");
      dialog.className = "dialog";
      const body = document.importNode(confirm, true);
      const form = body.matches("form") ? body : body.querySelector("form");
      if (form && !form.getAttribute("action")) form.action = answer.url;
      const title = body.querySelector("h1, h2, h3");
      if (title) {
        title.id = "dialog-title";
        dialog.setAttribute("aria-labelledby", title.id);
      }
      if (!body.querySelector("[data-close]")) dialog.append(closeButton());
      dialog.append(body);
      document.body.append(dialog);
      dialog.addEventListener("close", () => {
        dialog.remove();
        link.focus();
      });
      dressDialog(dialog);
      dress(dialog);
      dialog.showModal();
    } catch {
      window.location.assign(link.href);
    } finally {
      isFetching = false;
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-dialog]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openOver(link);
  });

  // ---- the kill switch, wherever it stands ----

  document.addEventListener("live:kill_switch", (event) => {
    const { level, state, reason } = event.detail.row || {};
    if (!(state in STRICTNESS)) return;
    if (level !== "platform" && level !== "workspace") return;
    let isLooser = false;
    for (const control of document.querySelectorAll("[data-trading]")) {
      const shown = control.dataset.state || "ACTIVE";
      // A wider level may still bind when one level lets go: then the server is asked.
      if (STRICTNESS[state] < STRICTNESS[shown]) {
        if (control.dataset.level && control.dataset.level !== level) continue;
        isLooser = true;
      }
      control.dataset.state = state;
      control.dataset.level = state === "ACTIVE" ? "" : level;
      const why = control.querySelector("[data-trading-reason]");
      if (why) why.textContent = reason ? `: ${reason}` : "";
    }
    for (const word of document.querySelectorAll("[data-trading-word]")) {
      const control = word.closest("[data-trading]") || document.querySelector("[data-trading]");
      word.textContent = control ? control.dataset.state : state;
    }
    if (isLooser && window.htmx && document.getElementById("trading-state")) {
      window.htmx.ajax("GET", window.location.href, { target: "#trading-state", select: "#trading-state", swap: "outerHTML" });
    }
    const where = level === "platform" ? "everywhere" : "in this workspace";
    tell({
      kind: state === "HALTED" ? "error" : state === "REDUCING" ? "warning" : "success",
      title: `Trading is ${state} ${where}.`,
      words: reason || "",
    });
  });

  // ---- the reader's own clock: it is shown, and figures grow old on it ----

  const clock = document.querySelector("[data-clock]");
  const hours = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  let writing = null;
  if (clock) {
    try {
      writing = new Intl.DateTimeFormat("en", { ...hours, timeZone: clock.dataset.zone });
    } catch {
      writing = new Intl.DateTimeFormat("en", { ...hours, timeZone: "UTC" });
    }
    clock.hidden = false;
    clock.textContent = writing.format(new Date());
  }

  setInterval(() => {
    if (writing) clock.textContent = writing.format(new Date());
    for (const figure of document.querySelectorAll(".figure-age.fresh[data-old-after]")) {
      const at = figure.querySelector("time");
      if (at && Date.now() - Date.parse(at.dateTime) > Number(figure.dataset.oldAfter) * 1000) {
        figure.classList.replace("fresh", "old");
      }
    }
  }, 1000);

  // ---- whatever arrives ----

  function dress(within) {
    for (const button of within.querySelectorAll("[data-reveal]")) dressReveal(button);
    for (const button of within.querySelectorAll("[data-copy]")) dressCopy(button);
    for (const toast of within.querySelectorAll("[data-toast]")) dressToast(toast);
  }

  dress(document);
  for (const dialog of document.querySelectorAll("dialog")) dressDialog(dialog);
  focusFirstError(document);
  document.addEventListener("htmx:load", (event) => {
    if (event.target === document.body) return;
    dress(event.target);
    focusFirstError(event.target);
  });
})();
