// The list of messages.

const GROUP_MS = 7 * 60 * 1000;
const COLOURS = ["#c4545f", "#b9762f", "#4f9a5b", "#2f8f93", "#4a7dc9", "#7d62c9", "#b0559a", "#6b7a3d"];
const EYE = "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12z M12 9a3 3 0 1 0 .01 0z";
const EDIT = "M4 20h4L19 9l-4-4L4 16z M13 7l4 4";
const TRASH = "M4 7h16 M9 7V4h6v3 M6 7l1 13h10l1-13";
const SMILE = "M12 3a9 9 0 1 0 .01 0z M8.5 14a4 4 0 0 0 7 0 M9 9.5h.01 M15 9.5h.01";
const EMOJI = ["👍", "❤️", "😂", "🎉", "👀", "❌"];
const FORWARD = "M15 6l6 6-6 6 M21 12H10c-4 0-7 3-7 7";
const MENU = "M5 12h.01 M12 12h.01 M19 12h.01";
const THREAD = "M4 6h16 M4 11h10 M14 16h6 M17 13v6";
const REPLY = "M9 6l-6 6 6 6 M3 12h11c4 0 7 3 7 7";

function initials(name) {
  const words = name.trim().split(/\s+/);
  return (words.length > 1 ? words[0][0] + words[1][0] : name.slice(0, words[0].length > 1 ? 2 : 1)).toUpperCase();
}

function avatar(user, size, presence) {
  const hash = [...(user?.handle ?? "?")].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) >>> 0, 7);
  const colour = user?.bot ? "linear-gradient(140deg, #6f7bff, #8a4fd8)" : COLOURS[hash % COLOURS.length];
  const mark = presence === undefined ? null : element("span", { class: presence ? "presence on" : "presence" });
  return element("span", { class: "avatar " + (size ?? ""), style: "background:" + colour, "aria-hidden": "true" }, initials(user?.name ?? "?"), mark);
}

const clock = (time) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const dayOf = (time) => new Date(time).toLocaleDateString([], { year: "numeric", month: "long", day: "numeric" });
function when(time) {
  const day = dayOf(time);
  if (day === dayOf(Date.now())) return "Today at " + clock(time);
  if (day === dayOf(Date.now() - 86400000)) return "Yesterday at " + clock(time);
  return new Date(time).toLocaleDateString() + " " + clock(time);
}

/** Whether a message starts a group, and so shows its author and time. */
function isHead(message, before) {
  return !before || before.author !== message.author || message.reply_to || message.command || message.ephemeral_to || message.system
    || before.ephemeral_to || message.time - before.time > GROUP_MS || dayOf(before.time) !== dayOf(message.time);
}

function dots() { return element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i")); }

function context(message) {
  if (message.command) {
    return element("div", { class: "context" }, avatar(state.users.get(message.command.user), "tiny"),
      element("strong", {}, names.user(message.command.user)), " used ", element("span", { class: "pill" }, "/" + message.command.name));
  }
  if (!message.reply_to) return null;
  const original = (state.messages.get(message.channel) ?? []).find((other) => other.id === message.reply_to);
  if (!original) return element("div", { class: "context" }, element("em", {}, "Original message was deleted"));
  const ping = message.mentions.includes(original.author) ? "@" : "";
  const text = preview(original);
  return element("div", { class: "context" }, avatar(state.users.get(original.author), "tiny"),
    element("strong", {}, ping + names.user(original.author)),
    element("button", { type: "button", on: { click: () => reveal(original.id) } }, text));
}

/** A message as a line of plain text. */
function preview(message) {
  if (message.loading) return "is thinking…";
  const text = element("div", {}, ...markdown(message.content.slice(0, 300), names));
  for (const control of text.querySelectorAll(".fence header")) control.remove();
  return text.textContent.replace(/\s+/g, " ").trim() || message.poll?.question || "Click to see attachment";
}

function reveal(id) {
  const node = document.getElementById("m" + id);
  node?.scrollIntoView({ block: "center" });
  node?.classList.remove("target");
  requestAnimationFrame(() => node?.classList.add("target"));
}

function embed(message, found) {
  const colour = Number.isInteger(found.color) ? "border-left-color:#" + found.color.toString(16).padStart(6, "0") : null;
  const title = found.title && element("h4", {}, ...((found.url && link(found.url, inline(found.title, names))?.slice(0, 1)) || inline(found.title, names)));
  const footer = [found.footer?.text, found.timestamp && when(Date.parse(found.timestamp))].filter(Boolean).join(" • ");
  const fields = (found.fields ?? []).map((field) => element("div", { class: field.inline ? "inline" : null },
    element("dt", {}, ...inline(field.name, names)), element("dd", { class: "body" }, ...markdown(field.value, names))));
  return element("article", { class: "embed", style: colour },
    found.author?.name && element("small", {}, found.author.name),
    title,
    found.description && element("div", { class: "body" }, ...markdown(found.description, names)),
    fields.length > 0 && element("dl", {}, ...fields),
    ...[found.image, found.thumbnail].filter(Boolean).map((picture) => media(message, picture)),
    footer && element("footer", {}, footer));
}

function content(message) {
  if (message.loading) return element("div", { class: "thinking" }, dots(), names.user(message.author) + " is thinking…");
  if (message.system) {
    const { text, thread } = message.system;
    const name = thread ? element("button", { type: "button", class: "pill", on: { click: () => names.open(thread) } }, message.content) : element("strong", {}, message.content);
    return element("div", { class: "thinking" }, names.user(message.author) + " " + text, message.content && name);
  }
  const body = element("div", { class: "body" }, ...markdown(message.content, names));
  if (message.content) body.append(...edited(message));
  return body;
}

function edited(message) {
  return message.edited ? [element("span", { class: "edited", title: when(message.edited) }, "(edited)")] : [];
}

/** The buttons that appear beside a message. */
function actions(message) {
  if (message.ephemeral_to || message.loading) return null;
  const author = state.users.get(message.author)?.name ?? "?";
  const button = (path, title, label, click) => element("button", { type: "button", class: "icon-button", "aria-label": label, title, on: { click } }, icon(path, 17));
  const own = message.author === state.me && !message.system;
  return element("div", { class: "actions" },
    button(SMILE, "React", "React to " + author, (event) => pickEmoji(message, event.currentTarget)),
    button(REPLY, "Reply", "Reply to " + author, () => replyTo(message)),
    !message.system && button(FORWARD, "Forward", "Forward the message of " + author, (event) => pickChannel(message, event.currentTarget)),
    canHaveThread(message) && button(THREAD, "Start thread", "Start a thread from the message of " + author, () => startThread(message)),
    messageCommands().length > 0 && button(MENU, "Apps", "Apps for the message of " + author, (event) => pickCommand(message, event.currentTarget)),
    own && button(EDIT, "Edit", "Edit your message", () => editMessage(current(message))),
    own && button(TRASH, "Delete", "Delete your message", () => act("delete", { message: message.id, user: state.me })));
}

/** Replaces the React button by a few emoji. */
function pickEmoji(message, button) {
  const pick = (emoji) => element("button", { type: "button", class: "icon-button emoji", "aria-label": "React with " + emoji, on: { click: () => toggleReaction(message, emoji) } }, emoji);
  const row = element("span", {}, ...EMOJI.map(pick));
  button.replaceWith(row);
  row.firstChild.focus();
}

/** The commands in the context menu of a message. */
function messageCommands() {
  const guild = state.channels.get(state.channel)?.guild;
  return state.world.commands.filter((found) => found.type === 3 && (!found.guild_id || found.guild_id === guild));
}

/** Replaces the Apps button by the commands of apps. */
function pickCommand(message, button) {
  const pick = (found) => element("button", { type: "button", class: "pill", on: { click: () => {
    interact("message-command", { message: message.id, user: state.me, name: found.name });
    replaceMessage(current(message));
  } } }, found.name);
  const row = element("span", {}, ...messageCommands().map(pick));
  button.replaceWith(row);
  row.firstChild.focus();
}

/** Replaces the Forward button by a choice of channels. */
function pickChannel(message, button) {
  const options = ownChannels().filter((channel) => channel.kind !== "forum").map((channel) => element("option", { value: channel.id }, channel.kind === "direct" ? "@" + bot().name : channel.name));
  const select = element("select", { "aria-label": "Forward to", on: { change: (event) => {
    act("forward", { message: message.id, user: state.me, channel: event.target.value });
    replaceMessage(current(message));
  } } }, element("option", { value: "", disabled: true, selected: true }, "Forward to"), ...options);
  button.replaceWith(select);
  select.focus();
}

const canHaveThread = (message) => !message.system && state.channels.get(message.channel)?.kind === "text" && !state.channels.has(message.id);

function startThread(message) {
  const name = window.prompt("Name of the thread", preview(message).slice(0, 40));
  if (name) act("thread", { channel: message.channel, user: state.me, name, message: message.id });
}

/** The newest version of a message, whose node may be older. */
const current = (message) => state.messages.get(message.channel)?.find((other) => other.id === message.id) ?? message;

/** Removes a private answer from this page. */
function dismiss(message) {
  state.messages.set(message.channel, state.messages.get(message.channel).filter((other) => other.id !== message.id));
  showMessages(true);
}

function toggleReaction(message, emoji) {
  const users = current(message).reactions.find((found) => found.emoji === emoji)?.users ?? [];
  act("react", { message: message.id, user: state.me, emoji, on: !users.includes(state.me) });
}

function messageNode(message, before) {
  const head = isHead(message, before);
  const author = state.users.get(message.author);
  const pinged = message.author !== state.me && (message.everyone || message.mentions.includes(state.me));
  const classes = ["message", author?.bot && "from-app", head && "head", pinged && "pinged", message.ephemeral_to && "ephemeral"].filter(Boolean).join(" ");
  return element("li", { class: classes, id: "m" + message.id },
    head && context(message),
    head ? avatar(author) : element("time", { class: "gutter" }, clock(message.time)),
    element("div", {},
      head && element("div", { class: "byline" }, element("span", { class: "author" }, author?.name ?? "?"),
        author?.bot && element("span", { class: "tag" }, "APP"), element("time", { class: "when", datetime: new Date(message.time).toISOString() }, when(message.time))),
      content(message),
      ...message.embeds.map((found) => embed(message, found)),
      ...(message.content ? [] : edited(message)),
      forwarded(message),
      poll(message),
      ...message.stickers.map((name) => element("span", { class: "pill" }, "sticker: " + name)),
      ...unplaced(message).map(fileNode),
      ...message.components.map((found) => component(message, found)),
      message.reactions.length > 0 && element("div", { class: "reactions" }, ...message.reactions.map((found) =>
        element("button", { type: "button", class: found.users.includes(state.me) ? "reaction mine" : "reaction", "aria-pressed": String(found.users.includes(state.me)), title: found.users.map(names.user).join(", "), on: { click: () => toggleReaction(message, found.emoji) } }, found.emoji + " " + found.users.length))),
      state.channels.get(message.id)?.kind === "thread" && element("button", { type: "button", class: "pill thread-link", on: { click: () => names.open(message.id) } }, "⤷ " + state.channels.get(message.id).name),
      message.ephemeral_to && element("p", { class: "only-you" }, icon(EYE, 14), "Only you can see this",
        element("button", { type: "button", on: { click: () => dismiss(message) } }, "Dismiss message"))),
    actions(message));
}

const shown = () => (state.messages.get(state.channel) ?? []).filter(visible);
const log = () => by("messages");
const atBottom = () => log().scrollHeight - log().scrollTop - log().clientHeight < 60;
function toBottom() { log().scrollTop = log().scrollHeight; by("jump").hidden = true; }

/** Changes the list, and keeps its end in view if it was. */
function keepEnd(change) {
  const end = atBottom();
  change();
  if (end) toBottom(); else by("jump").hidden = false;
}


// A composer that grows, or a picture that arrives late, leaves the end in view as well.
let wasAtEnd = true;
log().addEventListener("scroll", () => { wasAtEnd = atBottom(); });
new ResizeObserver(() => { if (wasAtEnd) toBottom(); }).observe(log());
log().addEventListener("load", () => { if (wasAtEnd) toBottom(); }, true);

function day(time) { return element("li", { class: "day", role: "separator" }, dayOf(time)); }

function showMessages(keep) {
  const at = log().scrollTop;
  const end = atBottom();
  const channel = state.channels.get(state.channel);
  const direct = channel.kind === "direct";
  const nodes = [element("li", { class: "start" }, element("span", { class: "hash", "aria-hidden": "true" }, direct ? "@" : "#"),
    element("h3", {}, direct ? bot().name : "Welcome to #" + channel.name),
    element("p", {}, direct ? "Your direct messages with " + bot().name + "." : state.world.welcome ?? "This is the start of the #" + channel.name + " channel."))];
  let before = null;
  for (const message of shown()) {
    if (!before || dayOf(before.time) !== dayOf(message.time)) nodes.push(day(message.time));
    nodes.push(messageNode(message, before));
    before = message;
  }
  log().replaceChildren(...nodes);
  if (!keep || end) toBottom(); else log().scrollTop = at;
}

function appendMessage(message) {
  if (!visible(message)) return;
  const before = shown().at(-2);
  keepEnd(() => {
    if (!before || dayOf(before.time) !== dayOf(message.time)) log().append(day(message.time));
    log().append(messageNode(message, before));
  });
  if (message.author === state.me) toBottom();
}

function replaceMessage(message) {
  const node = document.getElementById("m" + message.id);
  if (!node || !visible(message)) return;
  const messages = shown();
  const before = messages[messages.findIndex((other) => other.id === message.id) - 1];
  keepEnd(() => morph(node, messageNode(message, before)));
}

function showTyping() {
  const now = Date.now();
  const who = [...(state.typing.get(state.channel) ?? [])].filter(([, until]) => until > now).map(([user]) => names.user(user));
  const verb = who.length > 1 ? " are typing…" : " is typing…";
  by("typing").replaceChildren(...(who.length ? [dots(), element("span", {}, element("strong", {}, who.join(", ")), verb)] : []));
}
