// A form that must not be sent twice by a double click. The server refuses the second one by itself.
(() => {
  "use strict";

  for (const form of document.querySelectorAll("form[data-once]")) {
    let isSent = false;
    form.addEventListener("submit", (event) => {
      if (isSent) event.preventDefault();
      isSent = true;
    });
    // Back from the next page, or from its cache, it may be sent again.
    window.addEventListener("pageshow", () => { isSent = false; });
  }
})();
