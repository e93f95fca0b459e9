// Asks the browser for a passkey and puts its answer into the form's hidden field. The server checks everything.
(() => {
  "use strict";

  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function readable({ publicKey }) {
    publicKey.challenge = toBytes(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = toBytes(publicKey.user.id);
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      for (const one of publicKey[list] || []) one.id = toBytes(one.id);
    }
    return { publicKey };
  }

  function sendable(credential) {
    const given = credential.response;
    const response = { clientDataJSON: toText(given.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (given[part]) response[part] = toText(given[part]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  }

  const WORDS = {
    NotAllowedError: "The browser was not given a passkey, or it took too long. Nothing was sent.",
    InvalidStateError: "This device already holds a passkey for you here.",
    SecurityError: "Passkeys work only on this site's own address. Look at the address line.",
  };

  async function ask(button, form) {
    const field = form.querySelector("[data-passkey-answer]");
    const trouble = form.querySelector("[data-passkey-trouble]");
    trouble.hidden = true;
    button.disabled = true;
    try {
      if (!window.PublicKeyCredential) throw new Error("This browser knows no passkeys.");
      const answer = await fetch(button.dataset.challenge, {
        method: "POST",
        headers: { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
        credentials: "same-origin",
      });
      if (answer.redirected || !answer.ok) throw new Error("The page is too old. Load it again.");
      const options = readable(await answer.json());
      const credential = await navigator.credentials[button.dataset.passkey](options);
      field.value = sendable(credential);
      field.disabled = false;
      form.submit();
    } catch (error) {
      trouble.textContent = WORDS[error.name] || error.message;
      trouble.hidden = false;
      button.disabled = false;
    }
  }

  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("[data-passkey]");
    if (!button) return;
    event.preventDefault();
    ask(button, event.target);
  });
})();
