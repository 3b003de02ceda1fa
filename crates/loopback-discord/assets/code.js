// Code blocks: highlighted, as a diff, or in the colours of a terminal.

const KEYWORDS = new Set(("as async await bool break case catch char class const continue def default do dyn elif else enum " +
  "export extends false fi final finally fn for from func function if impl import in interface is lambda let loop " +
  "match mod move mut new nil none not null or pass pub raise ref return self Self static str string struct super " +
  "switch then this throw trait true try type typeof u8 u16 u32 u64 usize i32 i64 f64 unsafe use var void where " +
  "while with yield and None True False").split(" "));
const HASH_COMMENTS = /^(bash|sh|shell|zsh|console|fish|py|python|rb|ruby|perl|r|toml|yaml|yml|ini|makefile|dockerfile)$/;
const SLASHES = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
const HASHES = String.raw`(?<=^|\s)#[^\n]*`;
/** A comment, a text, a number or a word, each in a group of its own. */
const tokens = (comment) => new RegExp("(" + comment + String.raw`)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n]){0,80}'|\`(?:\\.|[^\`\\])*\`)|\b(\d[\w.]*)\b|([A-Za-z_]\w*)(?=(!?\()?)`, "gm");

const DIFF_LINES = { "+": "tok-added", "-": "tok-removed", "@": "tok-call" };

/** A diff: added and removed lines in their colours. */
function diff(code) {
  const lines = code.split(/(?<=\n)/);
  return element("code", {}, ...lines.map((line) => (DIFF_LINES[line[0]] ? element("span", { class: DIFF_LINES[line[0]] }, line) : line)));
}

/** A terminal's output: the styles 0, 1 and 4 and the colours 30 to 37 and 40 to 47, as Discord shows them. */
function terminal(code) {
  const node = element("code");
  let styles = new Set();
  for (const part of code.split(/(\u001b\[[\d;]*m)/)) {
    const sequence = /^\u001b\[([\d;]*)m$/.exec(part);
    if (!sequence) {
      if (part) node.append(styles.size ? element("span", { class: [...styles].map((style) => "ansi-" + style).join(" ") }, part) : part);
      continue;
    }
    for (const style of sequence[1].split(";").map(Number)) {
      if (style === 0) styles = new Set();
      if (style >= 30 && style < 50) styles = new Set([...styles].filter((other) => other < 30 || Math.floor(other / 10) !== Math.floor(style / 10)));
      if (style === 1 || style === 4 || (style >= 30 && style < 38) || (style >= 40 && style < 48)) styles.add(style);
    }
  }
  return node;
}

function highlighted(code, language) {
  if (language === "diff") return diff(code);
  if (language === "ansi") return terminal(code);
  const node = element("code");
  if (!language || /^(text|txt|plain|md|markdown)$/.test(language) || code.length > 20000) {
    node.append(code);
    return node;
  }
  let last = 0;
  for (const match of code.matchAll(tokens(HASH_COMMENTS.test(language) ? HASHES : SLASHES))) {
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
    await navigator.clipboard.writeText(copy.closest(".fence").querySelector("code").textContent).catch(() => {});
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  } } }, "Copy");
  return element("div", { class: "fence" },
    element("header", {}, element("span", {}, language || "text"), copy),
    element("pre", { tabindex: "0" }, highlighted(code, language.toLowerCase())));
}
