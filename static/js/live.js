// The page's end of the live socket: counts frames, reads again after a gap, lets ages tick. Loaded after htmx and ws.
(() => {
  "use strict";

  const LABEL = /^<!--live (\S+) (\d+) ((\w+?)-\S+)-->/;
  const ENTRY_ENDED = 4401, CLOSED_BY_US = 1005;
  // Too slow, worn out, failed, unchecked: closed by us, and welcome again. What breaks off, htmx opens again by itself.
  const WELCOME_AGAIN = [4408, 4410, 4500, 4503];
  const POLL_WHILE_CLOSED = 15000, POLL_WHILE_OPEN = 300000;
  // A margin for what was under way when the page was asked for.
  const QUIET_MARGIN = 1000;

  const numbers = new Map();
  const rereads = new Map();
  let wasOpen = false;
  let isOpen = false;
  let attempts = 0;

  // Full jitter: a restarted server is not met by everybody at once.
  const delayOf = (attempt) => Math.random() * Math.min(60000, 2000 * 2 ** Math.min(attempt, 6));
  if (window.htmx) window.htmx.config.wsReconnectDelay = delayOf;

  function showState(state) {
    document.documentElement.dataset.live = state;
    document.dispatchEvent(new CustomEvent("live:state", { detail: { state } }));
  }

  function hears(table, kind) {
    const kinds = table.dataset.liveTable.split(/\s+/).filter(Boolean);
    return kinds.length ? kinds.includes(kind) : table.querySelector(`[id^="${kind}-"]`) !== null;
  }

  // Reads the page's live tables again, soon and once, whoever asks how often. Each carries its own hx-get.
  function readAgain(within, kind) {
    for (const table of document.querySelectorAll("[data-live-table]")) {
      if (kind && !hears(table, kind)) continue;
      if (rereads.has(table)) continue;
      rereads.set(table, setTimeout(() => {
        rereads.delete(table);
        if (table.isConnected) window.htmx.trigger(table, "resync");
      }, Math.random() * within));
    }
  }

  // A reading under way may be older than a row that comes meanwhile: then it is not the last one.
  const reading = new Set();
  let isOvertaken = false;
  const isTable = (event) => event.target instanceof Element && event.target.matches("[data-live-table]");
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isTable(event)) reading.add(event.detail.xhr);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!reading.delete(event.detail.xhr) || reading.size || !isOvertaken) return;
    isOvertaken = false;
    readAgain(300);
  });

  // False when a frame before this one is missing.
  function follows(feed, number) {
    const last = numbers.get(feed);
    numbers.set(feed, number);
    return last === undefined || number <= last + 1;
  }

  function take(frame) {
    if (frame.type === "row") {
      if (!follows(frame.feed, frame.number)) readAgain(300);
      document.dispatchEvent(new CustomEvent(`live:${frame.kind}`, { detail: { id: frame.id, row: frame.row } }));
      return;
    }
    for (const [feed, number] of Object.entries(frame.feeds || {})) numbers.set(feed, number);
    // performance.now() began before the server drew this page: older news is in it already.
    const isNewsToUs = frame.quiet < 0 || frame.quiet < performance.now() + QUIET_MARGIN;
    if (frame.type === "resync" || wasOpen || isNewsToUs) readAgain(wasOpen ? 1000 : 100);
    if (frame.type === "hello") wasOpen = true;
  }

  document.addEventListener("htmx:wsBeforeMessage", (event) => {
    const message = event.detail.message;
    if (message.startsWith("{")) {
      event.preventDefault();
      take(JSON.parse(message));
      return;
    }
    const label = LABEL.exec(message);
    if (!label) return;
    const [, feed, number, element, kind] = label;
    if (!follows(feed, Number(number))) readAgain(300);
    isOvertaken ||= reading.size > 0;
    if (document.getElementById(element)) return;
    // Not on this page yet: a table of its kind knows where it belongs.
    event.preventDefault();
    if (!message.includes('hx-swap-oob="delete"')) readAgain(300, kind);
  });

  // Public things are heard by who asks for them: each element with data-hear names one, as the socket opens.
  const MOST_TOPICS = 100;
  const topics = () => [...new Set([...document.querySelectorAll("[data-hear]")].map((one) => one.dataset.hear))]
    .slice(0, MOST_TOPICS).sort().join(" ");
  let wrapper = null;
  let heard = "";
  let isChanging = false;
  if (window.htmx) {
    window.htmx.createWebSocket = (address) => {
      heard = topics();
      const asked = heard.split(" ").filter(Boolean).map((one) => `hear=${encodeURIComponent(one)}`).join("&");
      return new WebSocket(asked ? `${address}?${asked}` : address, []);
    };
  }

  // What is shown has changed, such as by a search: the socket is opened anew for it, once things are quiet.
  let changing = 0;
  document.addEventListener("htmx:afterSettle", () => {
    if (!isOpen || !wrapper || topics() === heard) return;
    clearTimeout(changing);
    changing = setTimeout(() => {
      if (!isOpen || topics() === heard) return;
      isChanging = true;
      wrapper.reconnect();
    }, 500);
  });

  document.addEventListener("htmx:wsOpen", (event) => {
    isOpen = true;
    isChanging = false;
    wrapper = event.detail.socketWrapper;
    attempts = 0;
    showState("open");
  });

  document.addEventListener("htmx:wsClose", (event) => {
    // The one that was given up for another; that one is open or says so itself.
    if (isChanging || event.detail.event.code === CLOSED_BY_US) return;
    isOpen = false;
    const code = event.detail.event.code;
    if (code === ENTRY_ENDED) {
      showState("ended");
      return;
    }
    showState("reconnecting");
    if (WELCOME_AGAIN.includes(code)) setTimeout(event.detail.socketWrapper.reconnect, delayOf(attempts++));
  });

  let polledAt = Date.now();
  setInterval(() => {
    if (document.hidden) return;
    if (Date.now() - polledAt > (isOpen ? POLL_WHILE_OPEN : POLL_WHILE_CLOSED)) {
      polledAt = Date.now();
      readAgain(1000);
    }
    tick();
  }, 1000);

  function inWords(seconds) {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 86400) {
      const minutes = Math.floor(seconds % 3600 / 60);
      const hours = `${Math.floor(seconds / 3600)} h`;
      return minutes ? `${hours} ${String(minutes).padStart(2, "0")} min` : hours;
    }
    const days = Math.floor(seconds / 86400);
    return days === 1 ? "1 day" : `${days} days`;
  }

  function tick() {
    for (const age of document.querySelectorAll("time[data-age]")) {
      const old = inWords(Math.max(0, Math.floor((Date.now() - Date.parse(age.dateTime)) / 1000)));
      const words = age.dataset.age === "bare" ? old : `${old} ago`;
      if (age.textContent !== words) age.textContent = words;
    }
  }
})();
