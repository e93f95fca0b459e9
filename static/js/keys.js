// The keyboard. Every key presses something that is on the page anyway; none sends an order.
(() => {
  "use strict";

  const root = document.documentElement;
  const SEQUENCE_WITHIN = 1200;
  let begun = "";
  let begunAt = 0;

  const isTyping = (target) => target instanceof Element && target.closest("input, select, textarea, [contenteditable]") !== null;
  const follow = (link) => { if (link) link.click(); return Boolean(link); };

  // ---- search and jump ----
  const jump = document.querySelector("[data-jump]");

  function openJump(words) {
    if (!jump) return false;
    const field = jump.querySelector("input[type=search]");
    if (!jump.open) jump.showModal();
    field.value = words;
    field.focus();
    field.dispatchEvent(new Event("opened"));
    return true;
  }

  for (const field of document.querySelectorAll("[data-search]")) {
    field.addEventListener("input", () => {
      if (!field.closest(".top")) return;
      const words = field.value;
      field.value = "";
      openJump(words);
    });
    field.addEventListener("pointerdown", (event) => {
      if (field.closest(".top") && openJump(field.value)) event.preventDefault();
    });
  }

  if (jump) {
    const field = jump.querySelector("input[type=search]");
    jump.addEventListener("keydown", (event) => {
      const hits = [...jump.querySelectorAll("#jump-hits a")];
      const at = hits.indexOf(document.activeElement);
      if (event.key === "ArrowDown" && hits.length) {
        hits[Math.min(at + 1, hits.length - 1)].focus();
      } else if (event.key === "ArrowUp" && at >= 0) {
        (at === 0 ? field : hits[at - 1]).focus();
      } else {
        return;
      }
      event.preventDefault();
    });
  }

  // ---- rows ----
  function stepRow(by) {
    const rows = [...document.querySelectorAll("main .table tbody tr, main .hits li a")].filter((row) => row.offsetParent !== null);
    if (!rows.length) return false;
    const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
    const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))];
    const link = row.matches("a") ? row : row.querySelector("a.row-link");
    if (!link) row.tabIndex = -1;
    (link || row).focus();
    (link || row).scrollIntoView({ block: "nearest" });
    return true;
  }

  function openRow() {
    const row = document.activeElement && document.activeElement.closest("main .table tbody tr");
    return row !== null && row === document.activeElement && follow(row.querySelector("a"));
  }

  // ---- workspaces ----
  function stepAccount(by) {
    const accounts = [...document.querySelectorAll("[data-account]")];
    const at = accounts.findIndex((account) => account.getAttribute("aria-current") === "true");
    const next = accounts[at + by];
    if (at >= 0 && next) window.location.assign(next.href);
    return Boolean(at >= 0 && next);
  }

  function openKeys() {
    const list = document.querySelector("[data-keys-list]");
    if (!list || list.open) return false;
    list.showModal();
    return true;
  }

  const KEYS = {
    "/": () => openJump(""),
    "?": openKeys,
    "!": () => follow(document.querySelector("[data-stop]")),
    j: () => stepRow(1),
    k: () => stepRow(-1),
    Enter: openRow,
    "[": () => stepAccount(-1),
    "]": () => stepAccount(1),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (root.dataset.singleKeys === "off" || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const now = performance.now();
    if (begun && now - begunAt < SEQUENCE_WITHIN) {
      const keys = `${begun} ${event.key}`;
      begun = "";
      if (follow([...document.querySelectorAll("[data-keys]")].find((link) => link.dataset.keys === keys))) {
        event.preventDefault();
        return;
      }
    }
    begun = event.key === "g" ? "g" : "";
    begunAt = now;
    const press = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
    if (press && press()) event.preventDefault();
  });
})();
