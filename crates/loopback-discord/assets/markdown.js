// Converts Discord's Markdown to DOM nodes. Text becomes text nodes only, never HTML.

const KEYWORDS = new Set(("as async await bool break case catch char class const continue def default do dyn elif else enum " +
  "export extends false fi final finally fn for from func function if impl import in interface is lambda let loop " +
  "match mod move mut new nil none not null or pass pub raise ref return self Self static str string struct super " +
  "switch then this throw trait true try type typeof u8 u16 u32 u64 usize i32 i64 f64 unsafe use var void where " +
  "while with yield and None True False").split(" "));
const TOKENS = /(\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<=^|\s)#[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n]){0,80}'|`(?:\\.|[^`\\])*`)|\b(\d[\w.]*)\b|([A-Za-z_]\w*)(?=(!?\()?)/gm;

function element(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (name === "style") node.style.cssText = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A line icon in the colour of the surrounding text. */
function icon(path, size) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const properties = { viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor",
    "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(properties)) svg.setAttribute(name, value);
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function highlighted(code, language) {
  const node = element("code");
  if (!language || /^(text|txt|plain|md|markdown|diff)$/.test(language) || code.length > 20000) {
    node.append(code);
    return node;
  }
  let last = 0;
  for (const match of code.matchAll(TOKENS)) {
    const [text, comment, string, number, word, call] = match;
    const kind = comment ? "comment" : string ? "string" : number ? "number"
      : KEYWORDS.has(word) ? "keyword" : call ? "call" : null;
    if (!kind) continue;
    node.append(code.slice(last, match.index), element("span", { class: "tok-" + kind }, text));
    last = match.index + text.length;
  }
  node.append(code.slice(last));
  return node;
}

function fence(code, language) {
  const copy = element("button", { type: "button", on: { click: async () => {
    await navigator.clipboard.writeText(code).catch(() => {});
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  } } }, "Copy");
  return element("div", { class: "fence" },
    element("header", {}, element("span", {}, language || "text"), copy),
    element("pre", { tabindex: "0" }, highlighted(code, language.toLowerCase())));
}

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
  [/^<t:(-?\d{1,12})(?::[tTdDfFR])?>/, (m) => [element("span", { class: "pill" }, new Date(m[1] * 1000).toLocaleString())]],
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

/** A whole message. */
function markdown(text, names) {
  const nodes = [];
  for (const part of text.split(/(```[\s\S]*?```)/)) {
    const code = /^```(?:([\w+#.-]+)\n)?\n?([\s\S]*?)\n?```$/.exec(part);
    if (code) nodes.push(fence(code[2], code[1] || ""));
    else nodes.push(...blocks(part, names, nodes.length > 0));
  }
  return nodes;
}

function blocks(text, names, afterFence) {
  const lines = (afterFence ? text.replace(/^\n/, "") : text).split("\n");
  const nodes = [];
  let plain = [];
  const flush = (more) => {
    if (plain.length) nodes.push(...inline(plain.join("\n") + (more ? "\n" : ""), names));
    plain = [];
  };
  // A block starts a line of its own, so the line break before it is not shown.
  const block = (...made) => {
    if (plain.length) flush(false);
    nodes.push(...made);
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const heading = /^(#{1,3})\s+(.+)$/.exec(line);
    const small = /^-#\s+(.+)$/.exec(line);
    if (heading) block(element("h" + (heading[1].length + 2), {}, ...inline(heading[2], names)));
    else if (small) block(element("small", {}, ...inline(small[1], names)));
    else if (/^>>> /.test(line)) {
      const rest = [line.slice(4), ...lines.slice(at + 1)].join("\n");
      block(element("blockquote", {}, ...blocks(rest, names, false)));
      at = lines.length;
    } else if (/^> /.test(line)) {
      const quoted = [];
      while (at < lines.length && /^> ?/.test(lines[at])) { quoted.push(lines[at].replace(/^> ?/, "")); at += 1; }
      at -= 1;
      block(element("blockquote", {}, ...blocks(quoted.join("\n"), names, false)));
    } else if (/^\s*([-*]|\d+\.)\s+\S/.test(line)) {
      const items = [];
      while (at < lines.length && (/^\s*([-*]|\d+\.)\s+\S/.test(lines[at]) || (/^\s{2,}\S/.test(lines[at]) && items.length))) { items.push(lines[at]); at += 1; }
      at -= 1;
      block(...list(items, names));
    } else plain.push(line);
  }
  flush(false);
  return nodes;
}
