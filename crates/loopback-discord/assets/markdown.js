// Converts Discord's Markdown to DOM nodes.

/** A link to an http(s) URL; its host is shown beside it unless its text is the URL. */
function link(url, children) {
  let target;
  try { target = new URL(url); } catch { return null; }
  if (target.protocol !== "http:" && target.protocol !== "https:") return null;
  const node = element("a", { href: target.href, title: target.href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
  if (node.textContent === url) return [node];
  return [node, element("span", { class: "host" }, "(" + target.host + ")")];
}

// Tried in this order at each position. `names` resolves ids to the text of pills.
const INLINE = [
  [/^\\([^\sA-Za-z0-9])/, (m) => [m[1]]],
  [/^(`+)([\s\S]*?[^`])\1(?!`)/, (m) => [element("code", {}, m[2].replace(/^ (.*`.*) $/, "$1"))]],
  [/^<@!?(\d+)>/, (m, names) => [element("span", { class: "pill" }, "@" + names.user(m[1]))]],
  [/^<@&(\d+)>/, (m, names) => [element("span", { class: "pill" }, "@" + names.role(m[1]))]],
  [/^<#(\d+)>/, (m, names) => [element("button", { type: "button", class: "pill", on: { click: () => names.open(m[1]) } }, "#" + names.channel(m[1]))]],
  [/^<a?:(\w+):\d+>/, (m) => [":" + m[1] + ":"]],
  [/^<t:(-?\d{1,12})(?::([tTdDfFR]))?>/, (m) => [element("time", { class: "pill stamp", title: new Date(m[1] * 1000).toLocaleString(), "data-time": m[1], "data-style": m[2] ?? "f" }, stamp(Number(m[1]), m[2] ?? "f"))]],
  [/^<\/([\w -]+):\d+>/, (m) => [element("span", { class: "pill" }, "/" + m[1])]],
  [/^@(everyone|here)\b/, (m) => [element("span", { class: "pill" }, m[0])]],
  [/^<(https?:\/\/[^\s>]+)>/, (m) => link(m[1], [m[1]])],
  [/^\[((?:\\.|[^\[\]\\\n])+)\]\(<?(https?:\/\/[^\s<>]*?)>?(?:\s+"[^"]*")?\)/, (m, names) => link(m[2], inline(m[1], names))],
  [/^https?:\/\/[^\s<]+[^\s<.,:;"'\])*_~|!?]/, (m) => link(m[0], [m[0]])],
  [/^\|\|([\s\S]+?)\|\|/, (m, names) => {
    const node = element("button", { type: "button", class: "spoiler", "aria-label": "Spoiler, hidden", on: { click: () => {
      node.classList.add("shown");
      node.removeAttribute("aria-label");
    } } }, element("span", {}, ...inline(m[1], names)));
    return [node];
  }],
  [/^\*\*([\s\S]+?)\*\*(?!\*)/, (m, names) => [element("strong", {}, ...inline(m[1], names))]],
  [/^__([\s\S]+?)__(?!_)/, (m, names) => [element("u", {}, ...inline(m[1], names))]],
  [/^~~([\s\S]+?)~~/, (m, names) => [element("s", {}, ...inline(m[1], names))]],
  [/^\*(?=\S)((?:\*\*|\\[\s\S]|[^*\\])*?[^\s*])\*(?!\*)/, (m, names) => [element("em", {}, ...inline(m[1], names))]],
  [/^_((?:__|\\[\s\S]|[^_\\])+?)_(?![A-Za-z0-9_])/, (m, names) => [element("em", {}, ...inline(m[1], names))]],
];

function inline(text, names) {
  const nodes = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    // Letters and spaces start nothing but a bare link, so most positions need no test.
    const place = text[at];
    if (/[\s\w]/.test(place) && place !== "_" && !(place === "h" && text.startsWith("http", at))) {
      plain += place;
      at += 1;
      continue;
    }
    const rest = text.slice(at);
    let taken = null;
    for (const [pattern, make] of INLINE) {
      if (place === "_" && /\w$/.test(plain) && !rest.startsWith("__")) break;
      const match = pattern.exec(rest);
      const made = match && make(match, names);
      if (made) { taken = [match[0].length, made]; break; }
    }
    if (!taken) { plain += place; at += 1; continue; }
    if (plain) nodes.push(plain);
    plain = "";
    nodes.push(...taken[1]);
    at += taken[0];
  }
  if (plain) nodes.push(plain);
  return nodes;
}

function list(lines, names) {
  const root = element("div");
  const stack = [];
  for (const line of lines) {
    const [, indent, mark, text] = /^(\s*)([-*]|\d+\.)\s+(.*)$/.exec(line) || [null, line, null, line.trim()];
    if (mark === null) { stack.at(-1).node.lastChild.append("\n", ...inline(text, names)); continue; }
    const ordered = /\d/.test(mark);
    while (stack.length && stack.at(-1).indent > indent.length) stack.pop();
    if (stack.length && stack.at(-1).indent === indent.length && stack.at(-1).ordered !== ordered) stack.pop();
    if (!stack.length || stack.at(-1).indent < indent.length) {
      const node = element(ordered ? "ol" : "ul", ordered ? { start: parseInt(mark, 10) } : {});
      (stack.length ? stack.at(-1).node.lastChild : root).append(node);
      stack.push({ indent: indent.length, node, ordered });
    }
    stack.at(-1).node.append(element("li", {}, ...inline(text, names)));
  }
  return [...root.childNodes];
}

const STAMPS = {
  t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** The text of a timestamp, in the reader's zone. */
function stamp(seconds, style) {
  if (style !== "R") return new Intl.DateTimeFormat([], STAMPS[style]).format(seconds * 1000);
  const left = Math.round(seconds - Date.now() / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(left) >= size) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(left / size), unit);
}
setInterval(() => {
  for (const node of document.querySelectorAll('.stamp[data-style="R"]')) node.textContent = stamp(Number(node.dataset.time), "R");
}, 1000);

// Whichever begins first holds what is in it: a fence, or a quote, which may hold fences.
const PARTS = /(```[\s\S]*?```|^(?:>>> [\s\S]*|> .*(?:\n> .*)*\n?))/m;

/** A whole message, or what a quote holds. */
function markdown(text, names, isQuoted) {
  const nodes = [];
  const parts = text.split(PARTS);
  for (const [index, part] of parts.entries()) {
    const code = index % 2 && /^```(?:([\w+#.-]+)\n)?\n?([\s\S]*?)\n?```$/.exec(part);
    const quote = index % 2 && !code && !isQuoted;
    if (code) nodes.push(fence(code[2], code[1] || ""));
    else if (quote) nodes.push(element("blockquote", {}, ...markdown(part.startsWith(">>> ") ? part.slice(4) : part.replace(/^> /gm, "").replace(/\n$/, ""), names, true)));
    else {
      // The line breaks around a fence end lines; they are none of their own.
      const rest = nodes.at(-1)?.nodeName === "DIV" ? part.replace(/^\n/, "") : part;
      if (rest) nodes.push(...blocks(index < parts.length - 1 ? rest.replace(/\n$/, "") : rest, names));
    }
  }
  return nodes;
}

function blocks(text, names) {
  const lines = text.split("\n");
  const nodes = [];
  let plain = [];
  const flush = () => {
    // The browser does not show a line break at the end.
    if (plain.length) nodes.push(...inline(plain.join("\n") + (plain.at(-1) ? "" : "\n"), names));
    plain = [];
  };
  // A block starts a line of its own, so the line break before it is not shown.
  const block = (...made) => {
    flush();
    nodes.push(...made);
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const heading = /^(#{1,3})\s+(.+)$/.exec(line);
    const small = /^-#\s+(.+)$/.exec(line);
    if (heading) block(element("h" + (heading[1].length + 2), {}, ...inline(heading[2], names)));
    else if (small) block(element("small", {}, ...inline(small[1], names)));
    else if (/^\s*([-*]|\d+\.)\s+\S/.test(line)) {
      const items = [];
      while (at < lines.length && (/^\s*([-*]|\d+\.)\s+\S/.test(lines[at]) || (/^\s{2,}\S/.test(lines[at]) && items.length))) { items.push(lines[at]); at += 1; }
      at -= 1;
      block(...list(items, names));
    } else plain.push(line);
  }
  flush();
  return nodes;
}
