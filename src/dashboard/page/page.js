// The dashboard's page. It asks this address alone, and puts all it gets into text nodes.

const NOW_EVERY = 2_000;
const REST_EVERY = 15_000;
/** How long a message about a decision stays. */
const SAID_FOR = 10_000;
/** How many bars a chart has, the last of which may stand for all others. */
const MOST_BARS = 11;
/** How many events of a transcript stay on the page. */
const MOST_EVENTS = 2_000;
const SVG = "http://www.w3.org/2000/svg";

const $ = (id) => document.getElementById(id);

/** An element with attributes and children. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function draw(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const dollars = (usd) => `$${usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;
const bytes = (count) => (count == null ? "" : `${Math.round(count / 1_048_576)} MB`);
const turns = (count) => `${count} turn${count === 1 ? "" : "s"}`;
const thousands = (count) => (count < 1_000 ? `${count}` : `${Math.round(count / 1_000)}k`);

function span(seconds) {
  if (seconds == null) return "";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

async function ask(path) {
  const response = await fetch(path);
  if (response.status === 401) location.reload();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

// What happens now.

function showNow(now) {
  const connection = $("connection");
  connection.textContent = now.is_connected ? "connected to Discord" : "not connected to Discord";
  connection.classList.toggle("on", now.is_connected);
  const figures = {
    running: span(now.uptime_secs),
    processes: `${now.processes} of ${now.most_processes}`,
    waiting: now.waiting_for_process,
    warnings: now.warnings,
    errors: now.errors,
    version: now.version,
  };
  $("figures").replaceChildren(...Object.entries(figures).map(([name, value]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, `${value}`))));
  showChannels(now);
  showApprovals(now);
}

function showChannels(now) {
  const focused = document.activeElement?.dataset.channel;
  const rows = now.channels.map((it) => {
    const button = make("button", { class: "link", "data-channel": it.channel }, it.name);
    button.addEventListener("click", () => follow(it.channel, it.name, now.shows_text));
    const name = make("td", {}, button, it.guild ? ` ${it.guild}` : "");
    const doing = it.phase === "working" || it.phase === "background" ? (it.doing ?? it.phase) : it.phase;
    const context = it.context_window ? `${Math.round((100 * it.context_tokens) / it.context_window)} %` : thousands(it.context_tokens);
    const cells = [it.person ? `${doing}, for ${it.person}` : doing, span(it.since_secs), it.model].map((text) => make("td", {}, text));
    const numbers = [it.queue, context, dollars(it.cost_usd), bytes(it.memory_bytes)].map((text) => make("td", { class: "number" }, `${text}`));
    return make("tr", followed?.channel === it.channel ? { "aria-current": "true" } : {}, name, ...cells, ...numbers);
  });
  const body = $("channels").tBodies[0];
  body.replaceChildren(...rows);
  if (focused) body.querySelector(`[data-channel="${focused}"]`)?.focus();
  $("no-channels").hidden = rows.length > 0;
}

// Approvals. A card is built again only if it changes and nobody writes in it, so that nothing moves under a finger.

/** The cards by approval, each with what it was built for. */
const cards = new Map();

const nameOf = (approval) => `${approval.channel} ${approval.key}`;

function showApprovals(now) {
  $("admin").hidden = !now.can_decide || Boolean(sessionStorage.getItem("admin"));
  const decides = canDecide(now);
  const open = new Set(now.approvals.map(nameOf));
  for (const [name, { element }] of cards) {
    if (open.has(name)) continue;
    element.remove();
    cards.delete(name);
  }
  for (const approval of now.approvals) {
    const wanted = JSON.stringify([approval, decides]);
    const shown = cards.get(nameOf(approval));
    if (shown?.wanted === wanted || shown?.element.querySelector("textarea")?.value) continue;
    const element = card(approval, decides);
    if (shown) shown.element.replaceWith(element);
    else $("cards").append(element);
    cards.set(nameOf(approval), { element, wanted });
  }
  hideApprovals();
}

function hideApprovals() {
  $("approvals").hidden = cards.size === 0 && $("decided").textContent === "";
}

const canDecide = (now) => now.can_decide && Boolean(sessionStorage.getItem("admin"));

function card(approval, decides) {
  const row = make("div", { class: "row" });
  const shown = make("article", { class: "card", "aria-label": `Approval in ${approval.name}` },
    make("p", { class: "hint" }, approval.name), make("pre", {}, readable(approval.text)), row);
  if (!decides) return shown;
  for (const control of approval.controls) {
    if (!control.options) {
      const button = make("button", { class: control.style }, control.label);
      button.addEventListener("click", () => decide(approval, control, {}, row));
      row.append(button);
      continue;
    }
    const options = control.options.map((option) => make("option", { value: option.value }, option.label));
    const menu = make("select", control.most > 1 ? { multiple: "", "aria-label": control.label } : { "aria-label": control.label }, ...options);
    const button = make("button", {}, control.label);
    button.addEventListener("click", () => {
      const values = [...menu.selectedOptions].map((option) => option.value);
      decide(approval, control, { values }, row);
    });
    row.append(menu, button);
  }
  return shown;
}

/** A card's text without Discord's marks around its first and before its last line. What is to be decided stays as it is. */
function readable(text) {
  const lines = text.split("\n");
  lines[0] = lines[0].replace(/^\*\*(.*)\*\*$/, "$1");
  const last = lines.pop().replace(/^-# /, "");
  const left = (_, at) => `in ${span(Math.max(0, Math.round(at - Date.now() / 1_000)))}`;
  return [...lines, last.replace(/<t:(\d+):R>/, left)].join("\n");
}

async function decide(approval, control, more, row) {
  const headers = { "content-type": "application/json", "x-switchboard-admin": sessionStorage.getItem("admin") ?? "" };
  const body = JSON.stringify({ channel: approval.channel, control: control.id, ...more });
  const response = await fetch("/decide", { method: "POST", headers, body }).catch(() => undefined);
  if (!response) return say("The bot does not answer.");
  if (response.status === 403) {
    sessionStorage.removeItem("admin");
    return say("This admin token is not valid.");
  }
  const reply = await response.json().catch(() => ({ refused: `Failed: ${response.status}` }));
  if (reply.form) return askForText(approval, control, reply.form, row);
  say(reply.refused ?? `Decided in ${approval.name}: ${control.label}.`);
  if (!reply.refused) {
    // What was written has been sent, and the card may go on with another question.
    row.replaceChildren();
    const shown = cards.get(nameOf(approval));
    if (shown) shown.wanted = "";
  }
  await refreshNow();
}

function askForText(approval, control, form, row) {
  const text = make("textarea", { rows: "2", required: "" });
  const before = [...row.childNodes];
  const back = make("button", { type: "button" }, "Back");
  back.addEventListener("click", () => row.replaceChildren(...before));
  const asked = make("form", {}, make("label", {}, `${form.title} `, text), make("button", {}, control.label), back);
  asked.addEventListener("submit", (event) => {
    event.preventDefault();
    decide(approval, control, { entered: text.value }, row);
  });
  row.replaceChildren(asked);
  text.focus();
}

let silence;

function say(text) {
  $("decided").textContent = text;
  hideApprovals();
  clearTimeout(silence);
  silence = setTimeout(() => {
    $("decided").textContent = "";
    hideApprovals();
  }, SAID_FOR);
}

$("admin").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("admin", $("admin-token").value.trim());
  $("admin-token").value = "";
  refreshNow();
});

// A transcript.

let followed;

function follow(channel, name, showsText) {
  followed?.source.close();
  $("transcript").hidden = false;
  $("transcript-title").textContent = `Transcript of ${name}`;
  $("transcript-hint").textContent = showsText ? "" : "Texts are not shown: dashboard.show_text is off.";
  const list = $("events");
  list.replaceChildren();
  const source = new EventSource(`/events?channel=${encodeURIComponent(channel)}`);
  followed = { channel, source };
  for (const kind of ["session", "text", "tool", "result", "error"]) {
    // A lost connection is an `error` without data.
    source.addEventListener(kind, (event) => { if (event.data) showEvent(list, kind, JSON.parse(event.data)); });
  }
  list.focus();
}

function showEvent(list, kind, data) {
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const last = list.lastElementChild;
  if (kind === "text" && last?.className === "text" && data.text != null) {
    last.append(data.text);
  } else if (kind === "text" && last?.className === "text") {
    last.dataset.count = Number(last.dataset.count) + data.characters;
    last.textContent = `writes: ${last.dataset.count} characters`;
  } else {
    const item = make("li", { class: kind }, line(kind, data));
    if (kind === "text") item.dataset.count = data.characters ?? 0;
    list.append(item);
  }
  while (list.childElementCount > MOST_EVENTS) list.firstElementChild.remove();
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function line(kind, data) {
  switch (kind) {
    case "session": return data.state === "working" ? `works with ${data.model}${data.person ? ` for ${data.person}` : ""}` : `the process has ended${data.code ? ` with code ${data.code}` : ""}`;
    case "text": return data.text ?? `writes: ${data.characters} characters`;
    case "tool": return data.state === "running" ? `${data.name}${data.input ? ` ${data.input}` : ""}` : `tool ${data.state}`;
    case "result": return `${data.is_error ? "failed" : "done"} in ${(data.duration_ms / 1_000).toFixed(1)} s, ${data.output_tokens} tokens written`;
    default: return data.kind === "lost" ? `events are missing here${data.count ? `: ${data.count}` : ""}` : `the API failed (${data.kind ?? data.status}), attempt ${data.attempt}`;
  }
}

// Charts.

function showUsage(usage) {
  replaceChart("days", columns, usage.days);
  $("day-figures").tBodies[0].replaceChildren(...[...usage.days].reverse().map(dayRow));
  replaceChart("by-channel", bars, usage.channels);
  replaceChart("by-person", bars, usage.people);
  replaceChart("by-model", bars, usage.models);
}

function dayRow(day) {
  const figures = [dollars(day.cost_usd), day.turns, thousands(day.tokens), day.failed];
  const cells = figures.map((figure) => make("td", { class: "number" }, `${figure}`));
  return make("tr", {}, make("th", { scope: "row" }, day.name), ...cells);
}

/** Draws a chart as wide as there is room. */
function replaceChart(id, chart, sums) {
  const figure = $(id);
  figure.replaceChildren(figure.querySelector("figcaption"), chart(sums, figure.clientWidth));
}

function columns(days, width) {
  const [height, bottom, top] = [150, 18, 16];
  const most = Math.max(...days.map((day) => day.cost_usd), 1e-9);
  const step = width / days.length;
  const total = days.reduce((sum, day) => sum + day.cost_usd, 0);
  const label = `Cost by day: ${dollars(total)} in ${days.length} days`;
  const chart = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  chart.append(draw("line", { class: "axis", x1: 0, x2: width, y1: height - bottom, y2: height - bottom }));
  chart.append(draw("text", { class: "dim", x: 0, y: 11 }, `at most ${dollars(most > 1e-9 ? most : 0)} a day, ${dollars(total)} in all`));
  days.forEach((day, index) => {
    const size = ((height - bottom - top) * day.cost_usd) / most;
    const bar = draw("rect", { class: "bar", x: index * step + 1, width: Math.max(step - 2, 1), y: height - bottom - size, height: size });
    bar.append(draw("title", {}, `${day.name}: ${dollars(day.cost_usd)}, ${turns(day.turns)}, ${thousands(day.tokens)} tokens, ${day.failed} not answered`));
    chart.append(bar);
    if ((days.length - 1 - index) % 7 === 0) {
      const place = index === days.length - 1 ? { x: width, "text-anchor": "end" } : { x: index * step + step / 2, "text-anchor": "middle" };
      chart.append(draw("text", { class: "dim", y: height - 4, ...place }, day.name.slice(5)));
    }
  });
  return chart;
}

/** The highest ones, then the sum of all others. */
function highest(items) {
  if (items.length <= MOST_BARS) return items;
  const others = items.slice(MOST_BARS - 1);
  const sum = (field) => others.reduce((sum, item) => sum + item[field], 0);
  const last = { name: `${others.length} others`, cost_usd: sum("cost_usd"), turns: sum("turns") };
  return [...items.slice(0, MOST_BARS - 1), last];
}

function bars(items, width) {
  const shown = highest(items);
  if (shown.length === 0) return make("p", { class: "hint" }, "nothing yet");
  const row = 34;
  const most = Math.max(...shown.map((item) => item.cost_usd), 1e-9);
  const chart = draw("svg", { viewBox: `0 0 ${width} ${shown.length * row}`, role: "img" });
  chart.setAttribute("aria-label", shown.map((item) => `${item.name}: ${dollars(item.cost_usd)}`).join(", "));
  shown.forEach((item, index) => {
    const name = item.name.length > 32 ? `${item.name.slice(0, 31)}…` : item.name;
    chart.append(draw("text", { x: 0, y: index * row + 12 }, name));
    chart.append(draw("text", { class: "dim", x: width, y: index * row + 12, "text-anchor": "end" }, `${dollars(item.cost_usd)}, ${turns(item.turns)}`));
    chart.append(draw("rect", { class: "bar", x: 0, y: index * row + 17, width: Math.max((width * item.cost_usd) / most, 1), height: 8, rx: 2 }));
  });
  return chart;
}

// The log.

let logLines = [];

function showLog() {
  const list = $("log");
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const wanted = $("problems-only").checked ? logLines.filter((it) => it.level !== "INFO") : logLines;
  list.replaceChildren(...wanted.map((it) => make("li", { class: it.level }, make("time", {}, new Date(it.time).toLocaleTimeString()), ` ${it.level} ${it.text}`)));
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

$("problems-only").addEventListener("change", showLog);

// Both are asked for again and again, but not while nobody looks.

async function refreshNow() {
  try {
    showNow(await ask("/now"));
  } catch {
    $("connection").textContent = "the bot does not answer";
    $("connection").classList.remove("on");
  }
}

async function refreshRest() {
  try {
    showUsage(await ask("/usage"));
    logLines = await ask("/log");
    showLog();
  } catch {
    // `refreshNow` says so.
  }
}

/** Calls it at once, then regularly while the page is seen. */
function repeat(refresh, every) {
  refresh();
  setInterval(() => { if (!document.hidden) refresh(); }, every);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
}

const fragment = new URLSearchParams(location.hash.slice(1));
if (fragment.has("admin")) {
  sessionStorage.setItem("admin", fragment.get("admin"));
  history.replaceState(null, "", "/");
}
repeat(refreshNow, NOW_EVERY);
repeat(refreshRest, REST_EVERY);
