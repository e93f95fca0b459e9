// What a script adds to the parts: each of them works without it.
(() => {
  "use strict";

  // A secret may be looked at while it is typed; it is hidden again before it is sent.
  for (const button of document.querySelectorAll("[data-reveal]")) {
    const field = document.getElementById(button.dataset.reveal);
    if (!field) continue;
    button.hidden = false;
    const show = (isShown) => {
      field.type = isShown ? "text" : "password";
      button.setAttribute("aria-pressed", String(isShown));
      button.firstChild.textContent = isShown ? "Hide" : "Show";
    };
    button.addEventListener("click", () => show(field.type === "password"));
    if (field.form) field.form.addEventListener("submit", () => show(false));
  }

  const first = document.querySelector("[data-first-focus]") || document.querySelector("[aria-invalid='true']");
  if (first) first.focus();
})();
