// An instrument's chart: its history once, then what changes. The price that moves it is the one the page shows.
(() => {
  "use strict";

  const panel = document.querySelector("[data-chart]");
  if (!panel || !window.LightweightCharts) return;
  const { createChart, createSeriesMarkers, CandlestickSeries, HistogramSeries, LineSeries, LineStyle } = window.LightweightCharts;

  const place = panel.querySelector("[data-canvas]");
  const reading = panel.querySelector("[data-reading]");
  const empty = panel.querySelector("[data-empty]");
  const { zone, interval, listing } = panel.dataset;
  const places = Number(panel.dataset.places);
  const isDaily = /[dw]$/.test(interval);
  const MOST_BARS = 20000, EDGE = 40;
  const LATE = 4000, AGAIN = 15000, SOON = 15;

  // ---- what is known ----

  // By start in seconds, oldest first: {time, open, high, low, close, volume, source}.
  let bars = [];
  let sources = [];
  // {time, kind, manner, words}; the time is that of the bar it stands at.
  let marks = [];
  // The bar that is not over: what was heard of it since the page was opened.
  let forming = null;
  let ends = 0;
  let isAtTheBeginning = false;
  let isReading = false;

  // ---- words ----

  const figure = new Intl.NumberFormat("en", { minimumFractionDigits: places, maximumFractionDigits: places });
  const large = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });
  const clock = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: isDaily ? "UTC" : zone, ...options });
  const moment = clock(isDaily
    ? { weekday: "short", day: "numeric", month: "short", year: "numeric" }
    : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  // By the kind of tick: year, month, day, hour and minute, second.
  const ticks = [{ year: "numeric" }, { month: "short" }, { day: "numeric" }, { hour: "2-digit", minute: "2-digit" },
    { hour: "2-digit", minute: "2-digit", second: "2-digit" }].map(clock);

  function say(bar) {
    reading.replaceChildren();
    if (!bar) return;
    const parts = [[bar === forming ? `${moment.format(bar.time * 1000)}, not over` : moment.format(bar.time * 1000), ""]];
    for (const [letter, name] of [["O", "open"], ["H", "high"], ["L", "low"], ["C", "close"]]) parts.push([letter, figure.format(bar[name])]);
    if (bar.volume !== undefined) parts.push(["Vol", large.format(bar.volume)]);
    if (bar === forming) parts.push(["heard since the page was opened", ""]);
    else if (sources.length > 1) parts.push(["by", sources[bar.source]]);
    for (const mark of marks) if (mark.time === bar.time && isMarked(mark)) parts.push([mark.words, ""]);
    for (const [word, value] of parts) {
      const one = document.createElement("span");
      one.append(`${word} `);
      if (value) one.append(Object.assign(document.createElement("b"), { textContent: value }));
      reading.append(one);
    }
  }

  function tellEmpty(title, words) {
    empty.hidden = !title;
    place.hidden = Boolean(title);
    if (!title) return;
    empty.querySelector("strong").textContent = title;
    empty.querySelector("p").textContent = words;
  }

  // ---- the drawing ----

  const probe = document.createElement("span");
  probe.hidden = true;
  panel.append(probe);
  const colour = (name, share = 1) => {
    probe.style.color = `color-mix(in srgb, var(${name}) ${share * 100}%, transparent)`;
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = getComputedStyle(probe).color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`;
  };

  const price = { type: "price", precision: places, minMove: 1 / 10 ** places };
  const chart = createChart(place, {
    autoSize: true,
    layout: { attributionLogo: false, fontSize: 12 },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.2 } },
    timeScale: {
      borderVisible: false, timeVisible: !isDaily, secondsVisible: false, rightOffset: 4, minBarSpacing: 1,
      tickMarkFormatter: (time, kind) => ticks[kind].format(time * 1000),
    },
    localization: { timeFormatter: (time) => moment.format(time * 1000), priceFormatter: (value) => figure.format(value) },
    handleScale: { axisPressedMouseMove: { time: true, price: true } },
  });
  const candles = chart.addSeries(CandlestickSeries, { priceFormat: price, priceLineStyle: LineStyle.Dotted });
  const overlays = new Map();
  const drawnMarks = createSeriesMarkers(candles, []);

  function paint() {
    const [ink, note, line, surface] = ["--ink", "--ink-3", "--line", "--surface"].map((one) => colour(one));
    const [gain, loss] = [colour("--gain"), colour("--loss")];
    chart.applyOptions({
      layout: { textColor: note, background: { color: "transparent" }, fontFamily: getComputedStyle(panel).fontFamily },
      grid: { vertLines: { visible: false }, horzLines: { color: line } },
      crosshair: {
        vertLine: { color: note, labelBackgroundColor: ink }, horzLine: { color: note, labelBackgroundColor: ink },
      },
    });
    // A bar that rose is hollow, one that fell is filled: they can be told apart without colours.
    candles.applyOptions({
      upColor: surface, borderUpColor: gain, wickUpColor: gain, downColor: loss, borderDownColor: loss, wickDownColor: loss,
      priceLineColor: ink,
    });
    for (const [name, series] of overlays) for (const one of series) one.applyOptions({ color: colour(...OVERLAYS[name].colour) });
    drawMarks();
  }

  // ---- marks: each in its own shape and place, so that none is told by its colour alone ----

  const above = (shape, name) => ({ position: "aboveBar", shape, name });
  const below = (shape, name) => ({ position: "belowBar", shape, name });
  const MARKS = {
    quality: { look: above("circle", "--ink-3"), warning: above("circle", "--brass"), error: above("square", "--loss") },
    news: { good: below("circle", "--gain"), bad: below("circle", "--loss"), neutral: below("circle", "--accent") },
    signal: { buy: below("arrowUp", "--accent"), sell: above("arrowDown", "--accent"), hold: above("circle", "--accent") },
    fill: { buy: below("arrowUp", "--gain"), sell: above("arrowDown", "--loss") },
  };
  const isMarked = ({ kind }) => panel.querySelector(`input[name=overlay][value=${kind}]`)?.checked;

  function drawMarks() {
    drawnMarks.setMarkers(marks.filter(isMarked).map(({ time, kind, manner }) => {
      const { name, ...look } = MARKS[kind][manner];
      return { ...look, time, color: colour(name), size: 0.7 };
    }));
  }

  // A mark of a bar that is missing stands at the one before it.
  function marksOf(told, rows) {
    let at = 0;
    return (rows.length ? told.marks : []).map(([moment, kind, manner, words]) => {
      while (at + 1 < rows.length && rows[at + 1].time * 1000 <= moment) at += 1;
      return { time: rows[at].time, kind, manner, words };
    });
  }

  // ---- overlays: reckoned here, from the bars that are drawn ----

  const mean = (count) => (all) => {
    let sum = 0;
    return all.flatMap((bar, at) => {
      sum += bar.close - (at >= count ? all[at - count].close : 0);
      return at >= count - 1 ? [{ time: bar.time, value: sum / count }] : [];
    });
  };
  const exponential = (count) => (all) => {
    const weight = 2 / (count + 1);
    let value = 0;
    return all.flatMap((bar, at) => {
      // Begun with the plain mean, as such means usually are; what is drawn before would depend on where one begins.
      value = at < count ? value + bar.close / count : value + weight * (bar.close - value);
      return at >= count - 1 ? [{ time: bar.time, value }] : [];
    });
  };
  const band = (count, deviations) => (all) => {
    const middle = mean(count)(all);
    return middle.map(({ time, value }, at) => {
      let squares = 0;
      for (let back = at; back < at + count; back += 1) squares += (all[back].close - value) ** 2;
      return { time, value: value + deviations * Math.sqrt(squares / count) };
    });
  };
  const OVERLAYS = {
    sma20: { lines: [mean(20)], colour: ["--accent"] },
    sma50: { lines: [mean(50)], colour: ["--brass"] },
    ema21: { lines: [exponential(21)], colour: ["--sandbox"] },
    bands: { lines: [band(20, 2), mean(20), band(20, -2)], colour: ["--base"] },
    volume: { isVolume: true, colour: ["--ink", 0.13] },
  };

  function drawOverlay(name) {
    const { lines, isVolume } = OVERLAYS[name];
    const series = overlays.get(name);
    if (!series) return;
    if (isVolume) series[0].setData(bars.map(({ time, volume }) => ({ time, value: volume })));
    else lines.forEach((line, at) => series[at].setData(line(bars)));
  }

  function switchOverlay(name, isOn) {
    if (name in MARKS) return drawMarks();
    if (isOn === overlays.has(name)) return;
    if (!isOn) {
      for (const one of overlays.get(name)) chart.removeSeries(one);
      overlays.delete(name);
      return;
    }
    const { lines, isVolume } = OVERLAYS[name];
    const quiet = { lastValueVisible: false, priceLineVisible: false };
    if (isVolume) {
      const series = chart.addSeries(HistogramSeries, { ...quiet, priceScaleId: "volume", priceFormat: { type: "volume" } });
      series.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
      overlays.set(name, [series]);
    } else {
      overlays.set(name, lines.map(() => chart.addSeries(LineSeries, { ...quiet, lineWidth: 1, crosshairMarkerVisible: false, priceFormat: price })));
    }
    drawOverlay(name);
  }

  const KEPT = "plumbline.drawn";
  const boxes = [...panel.querySelectorAll("input[name=overlay]")];
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    // What is new since then stands as it is offered.
    for (const box of boxes) box.checked = kept?.[box.value] ?? box.checked;
  } catch { /* nothing is kept */ }
  for (const box of boxes) {
    switchOverlay(box.value, box.checked);
    box.addEventListener("change", () => {
      switchOverlay(box.value, box.checked);
      paint();
      try {
        localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(boxes.map((one) => [one.value, one.checked]))));
      } catch { /* then it is chosen again next time */ }
    });
  }

  // ---- reading ----

  function rowsOf(told) {
    for (const name of told.sources) if (!sources.includes(name)) sources.push(name);
    const given = told.sources.map((name) => sources.indexOf(name));
    return told.start.map((start, at) => ({
      time: start / 1000, open: told.open[at], high: told.high[at], low: told.low[at], close: told.close[at],
      volume: told.volume[at], source: given[told.source[at]],
    }));
  }

  async function ask(until) {
    const address = new URL(panel.dataset.chart, location.href);
    address.searchParams.set("interval", interval);
    if (until) address.searchParams.set("until", until * 1000);
    const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail || `the server answered ${answer.status}`);
    return told;
  }

  function drawAll() {
    candles.setData(forming ? [...bars, forming] : bars);
    for (const name of overlays.keys()) drawOverlay(name);
    drawMarks();
    panel.querySelector("[data-sources]").textContent = bars.length
      ? `${bars.length.toLocaleString("en")} bars, the last over at ${moment.format(bars[bars.length - 1].time * 1000 + (isDaily ? 0 : lengthOf()))}, given by ${sources.join(", ")}.${inWordsMissing()}`
      : "No bars.";
    say(forming || bars[bars.length - 1]);
  }

  // Bars stand side by side whatever lies between them: what is missing is said in words.
  const inWordsMissing = () => {
    const within = missing - behind;
    return (behind ? ` ${behind.toLocaleString("en")} since then are missing and asked for; the price now is not drawn beside it.` : "")
      + (within > 0 ? ` ${within.toLocaleString("en")} missing among them.` : "");
  };

  const lengthOf = () => ({ m: 60, h: 3600, d: 86400, w: 604800 })[interval.slice(-1)] * parseInt(interval, 10) * 1000;

  // The newest bars: what is there stays, what is new or corrected takes its place.
  async function read() {
    if (isReading) return;
    isReading = true;
    try {
      const told = await ask();
      const fresh = rowsOf(told);
      if (fresh.length) {
        bars = [...bars.filter((one) => one.time < fresh[0].time), ...fresh];
        marks = [...marks.filter((one) => one.time < fresh[0].time), ...marksOf(told, fresh)];
      }
      const last = bars.length ? bars[bars.length - 1].time : 0;
      const start = told.forming ? told.forming[0] / 1000 : 0;
      ends = told.forming ? told.forming[1] + Date.now() - told.now : 0;
      if (forming && (behind || forming.time <= last || forming.time !== start)) forming = null;
      // A source may have nothing more to give: it is asked ever less often.
      // One bar that was over just now may take a moment to come.
      missing = told.missing;
      behind = told.behind > 1 ? told.behind : 0;
      const isWaiting = told.is_coming || behind > 0;
      waits = isWaiting ? waits + 1 : 0;
      const isComing = isWaiting && waits <= SOON;
      tellEmpty(bars.length ? "" : isComing ? "The bars are being fetched" : "No bars are kept of it yet",
        isComing ? "They appear here as they come." : told.is_coming ? "None came when they were asked for. They are asked for again from time to time." : "No source that is set up here gives them. Prices that are heard while this page is open do not make bars of the past.");
      starting = start;
      drawAll();
      hear();
      // Until there were enough to fill it, it shows the newest.
      if (bars.length > 2 * fitted) chart.timeScale().setVisibleLogicalRange({ from: bars.length - Math.min(bars.length, place.clientWidth < 520 ? 60 : 140), to: bars.length + 3 });
      if (bars.length > 2 * fitted) fitted = bars.length;
      next(isComing ? AGAIN / 5 : isWaiting ? 60000 : told.behind ? AGAIN : 0);
    } catch (error) {
      if (!bars.length) tellEmpty("The bars could not be read", `${error.message}. It is tried again.`);
      next(AGAIN);
    } finally {
      isReading = false;
    }
  }

  let starting = 0, fitted = 0, waits = 0, missing = 0, behind = 0;
  let timer = 0;
  function next(wait) {
    clearTimeout(timer);
    const due = wait || (ends ? Math.max(1000, ends - Date.now()) + LATE * (0.5 + Math.random()) : 60000);
    timer = setTimeout(read, Math.min(due, 2147483647));
  }

  async function readOlder() {
    if (isReading || isAtTheBeginning || !bars.length || bars.length >= MOST_BARS) return;
    isReading = true;
    try {
      const told = await ask(bars[0].time);
      const older = rowsOf(told).filter((one) => one.time < bars[0].time);
      isAtTheBeginning = !older.length;
      if (older.length) {
        bars = [...older, ...bars];
        marks = [...marksOf(told, older), ...marks];
        drawAll();
      }
    } catch { /* what is drawn stays; who moves on asks again */ } finally {
      isReading = false;
    }
  }

  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    if (range && range.from < EDGE) readOlder();
  });

  // ---- hearing: the price on the page is the price on the chart ----

  function hear() {
    const shown = document.getElementById(`last_price-${listing}`);
    if (!shown || !starting || !bars.length || behind) return;
    const value = Number(shown.dataset.price), at = Number(shown.dataset.at) / 1000;
    if (!value || at < starting || (ends && at * 1000 >= ends) || bars[bars.length - 1].time >= starting) return;
    if (!forming) forming = { time: starting, open: value, high: value, low: value, close: value };
    forming.high = Math.max(forming.high, value);
    forming.low = Math.min(forming.low, value);
    forming.close = value;
    candles.update({ ...forming });
    if (!isPointing) say(forming);
  }
  for (const name of ["htmx:oobAfterSwap", "htmx:afterSwap"]) document.addEventListener(name, hear);

  let isPointing = false;
  chart.subscribeCrosshairMove((event) => {
    const at = event.time;
    isPointing = at !== undefined;
    if (!isPointing) return say(forming || bars[bars.length - 1]);
    say(forming && forming.time === at ? forming : bars.find((one) => one.time === at));
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (document.documentElement.dataset.singleKeys === "off") return;
    panel.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) read();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  paint();
  read();
})();
