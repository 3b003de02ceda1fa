// The composer: messages, replies, edits, mentions, slash commands and modals.

const input = by("input");
const popup = by("popup");
/** The command that is being entered, and the open suggestions. */
let command = null;
let options = [];
let chosen = 0;

function fit() {
  input.style.height = "auto";
  input.style.height = Math.min(input.scrollHeight, 220) + "px";
}

// Replies and edits

function showContext(...text) {
  by("replying").replaceChildren(element("span", {}, ...text),
    element("button", { type: "button", class: "icon-button", "aria-label": "Cancel", on: { click: cancelContext } }, "✕"));
  by("replying").hidden = false;
  input.focus();
}

function replyTo(message) {
  cancelContext();
  state.replyTo = message;
  showContext("Replying to ", element("strong", {}, names.user(message.author)));
}

function editMessage(message) {
  cancelContext();
  state.editing = message;
  input.value = message.content;
  fit();
  showContext("Editing your message");
}

/** Ends a reply or an edit. */
function cancelContext() {
  if (state.editing) { input.value = ""; fit(); }
  state.replyTo = null;
  state.editing = null;
  by("replying").hidden = true;
}

// Suggestions

function suggest(title, found) {
  options = found;
  chosen = 0;
  popup.hidden = found.length === 0;
  if (popup.hidden) return input.removeAttribute("aria-activedescendant");
  const rows = found.map((option, index) => element("div", { class: "option", role: "option", id: "option" + index, on: {
    mousedown: (event) => { event.preventDefault(); option.take(); },
    mousemove: () => choose(index),
  } }, ...option.show()));
  popup.replaceChildren(element("h4", {}, title), ...rows);
  choose(0);
}

function choose(index) {
  chosen = index;
  for (const [at, row] of popup.querySelectorAll(".option").entries()) row.setAttribute("aria-selected", String(at === index));
  input.setAttribute("aria-activedescendant", "option" + index);
  by("option" + index)?.scrollIntoView({ block: "nearest" });
}

const closePopup = () => suggest("", []);

/** The commands that can be used here. */
function commandsHere() {
  const guild = state.channels.get(state.channel)?.guild ?? null;
  return state.world.commands.filter((found) => (found.type ?? 1) === 1 && (!found.guild_id || found.guild_id === guild));
}

/** Suggests commands and mentions for the text before the cursor. */
function updateSuggestions() {
  const before = input.value.slice(0, input.selectionStart);
  const slash = /^\/([\w-]*)$/.exec(before);
  if (slash) {
    return suggest("Commands of " + bot().name, commandsHere().filter((found) => found.name.startsWith(slash[1])).map((found) => ({
      take: () => startCommand(found, ""),
      show: () => [avatar(bot(), "small"), element("span", { class: "about" }, element("strong", {}, "/" + found.name),
        ...(found.options ?? []).map((option) => element("span", { class: "param" }, option.name + (option.required ? "" : "?"))),
        element("br"), found.description), element("span", { class: "from" }, bot().name)],
    })));
  }
  const typed = /^\/([\w-]+) ([^\n]*)$/.exec(input.value);
  const named = typed && commandsHere().find((found) => found.name === typed[1]);
  if (named) return startCommand(named, typed[2]);
  const mention = /(?:^|\s)@([^\s@]*)$/.exec(before);
  if (!mention) return closePopup();
  const guild = state.world.guilds.find((found) => found.id === state.channels.get(state.channel)?.guild);
  const wanted = mention[1].toLowerCase();
  const people = [...state.users.values()].filter((user) => (guild ? guild.members.includes(user.id) : user.bot)
    && (user.name.toLowerCase().startsWith(wanted) || user.handle.startsWith(wanted)));
  people.sort((a, b) => Number(b.bot) - Number(a.bot));
  return suggest("Members", people.slice(0, 8).map((user) => ({
    take: () => insert(before.length - mention[1].length - 1, "@" + user.name + " "),
    show: () => [avatar(user, "mid"), element("strong", {}, user.name), user.bot && element("span", { class: "tag" }, "APP"), element("span", { class: "from" }, user.handle)].filter(Boolean),
  })));
}

function insert(from, text) {
  input.setRangeText(text, from, input.selectionStart, "end");
  input.focus();
  closePopup();
  fit();
}

// Slash commands

function startCommand(found, typed) {
  closePopup();
  command = found;
  const field = (option, index) => {
    const required = option.required ? " *" : "";
    const choices = option.type === 5 ? [{ name: "true", value: true }, { name: "false", value: false }] : option.choices ?? [];
    const control = choices.length
      ? element("select", { "data-option": index }, element("option", { value: "" }, "–"), ...choices.map((choice, at) => element("option", { value: at, selected: choice.name === typed || choice.value === typed }, choice.name)))
      : element("input", { "data-option": index, value: index === 0 ? typed : "", placeholder: option.description, type: option.type === 4 || option.type === 10 ? "number" : "text", step: option.type === 10 ? "any" : null,
        list: option.autocomplete ? "choices" + index : null, on: option.autocomplete ? { input: () => suggestChoices(option, index), focus: () => suggestChoices(option, index) } : {} });
    return element("label", { title: option.description }, element("span", {}, option.name + required), control,
      option.autocomplete && element("datalist", { id: "choices" + index }));
  };
  const declared = found.options ?? [];
  by("command").replaceChildren(element("span", { class: "name" }, "/" + found.name), ...declared.map(field),
    declared.length === 0 && element("span", { class: "hint", tabindex: "0" }, found.description + " · press Enter"));
  for (const node of [...by("command").childNodes]) if (node.nodeType === Node.TEXT_NODE) node.remove();
  by("command").hidden = false;
  input.hidden = true;
  const first = by("command").querySelector("input, select, .hint");
  first.focus();
  first.setSelectionRange?.(9999, 9999);
}

/** Asks the app for choices for an option, once typing pauses. */
let choicesTimer;
function suggestChoices(option, index) {
  clearTimeout(choicesTimer);
  choicesTimer = setTimeout(() => {
    if (!command) return;
    const options = { ...enteredOptions(), [option.name]: by("command").querySelector('[data-option="' + index + '"]').value };
    interact("autocomplete", { channel: state.channel, user: state.me, name: command.name, options, focused: option.name }, (event) => {
      const choices = (event?.choices ?? []).map((choice) => element("option", { value: choice.value, label: choice.name }));
      by("choices" + index)?.replaceChildren(...choices);
    });
  }, 250);
}

function endCommand() {
  command = null;
  by("command").hidden = true;
  input.hidden = false;
  input.value = "";
  fit();
  input.focus();
}

/** The options that have a value, by name. */
function enteredOptions() {
  const values = {};
  for (const [index, option] of (command.options ?? []).entries()) {
    const text = by("command").querySelector('[data-option="' + index + '"]').value;
    const choices = option.type === 5 ? [{ value: true }, { value: false }] : option.choices ?? [];
    if (text === "") continue;
    values[option.name] = choices.length ? choices[Number(text)].value : option.type === 4 || option.type === 10 ? Number(text) : text;
  }
  return values;
}

function runCommand() {
  const values = enteredOptions();
  const missing = (command.options ?? []).findIndex((option) => option.required && values[option.name] === undefined);
  if (missing >= 0) {
    by("command").querySelector('[data-option="' + missing + '"]').focus();
    return toast("“" + command.options[missing].name + "” is required.");
  }
  interact("command", { channel: state.channel, user: state.me, name: command.name, options: values });
  return endCommand();
}

// Sending

/** Replaces names by mentions, outside code. */
function encoded(text) {
  const users = [...state.users.values()].sort((a, b) => b.name.length - a.name.length);
  return text.split(/(```[\s\S]*?```|`[^`]*`)/).map((part, index) => {
    if (index % 2) return part;
    for (const user of users) part = part.replaceAll("@" + user.name, "<@" + user.id + ">");
    return part.replace(/#([\w-]+)/g, (whole, name) => {
      const found = ownChannels().find((channel) => channel.name === name);
      return found ? "<#" + found.id + ">" : whole;
    });
  }).join("");
}

async function send() {
  if (command) return runCommand();
  const text = input.value;
  if (staged.length && !state.editing) return sendFiles(text);
  if (!text.trim()) return undefined;
  if (state.channels.get(state.channel).kind === "forum") return sendPost(text);
  const editing = state.editing;
  const body = editing ? { message: editing.id, user: state.me, content: encoded(text) }
    : { channel: state.channel, user: state.me, content: encoded(text), reply_to: state.replyTo?.id ?? null };
  cancelContext();
  input.value = "";
  closePopup();
  fit();
  if (!await act(editing ? "edit" : "message", body) && !input.value) { input.value = text; fit(); }
  return undefined;
}

/** Starts a post in a forum: the first line is its title, the rest its text. */
async function sendPost(text) {
  const [name, ...rest] = text.trim().split("\n");
  const content = encoded(rest.join("\n").trim() || name);
  if (await act("thread", { channel: state.channel, user: state.me, name, content })) { input.value = ""; fit(); }
}

/** Shows the others that the user is typing, at most every 8 seconds. */
let typingSent = 0;
function sendTyping() {
  if (!input.value || state.editing || input.value.startsWith("/") || Date.now() - typingSent < 8000) return;
  typingSent = Date.now();
  act("typing", { channel: state.channel, user: state.me }, "quiet");
}

// Keyboard

input.addEventListener("input", () => { fit(); updateSuggestions(); sendTyping(); });
input.addEventListener("click", updateSuggestions);
input.addEventListener("blur", closePopup);
by("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
by("mention").addEventListener("click", () => {
  if (command) endCommand();
  insert(input.selectionStart, (input.value && !/\s$/.test(input.value.slice(0, input.selectionStart)) ? " @" : "@") + bot().name + " ");
});
by("command").addEventListener("keydown", (event) => {
  if (event.key === "Escape" || (event.key === "Backspace" && !event.target.value)) { event.preventDefault(); endCommand(); }
  if (event.key === "Enter") { event.preventDefault(); runCommand(); }
});
input.addEventListener("keydown", (event) => {
  if (!popup.hidden) {
    const step = { ArrowDown: 1, ArrowUp: options.length - 1 }[event.key];
    if (step) { event.preventDefault(); return choose((chosen + step) % options.length); }
    if (event.key === "Tab" || event.key === "Enter") { event.preventDefault(); return options[chosen].take(); }
    if (event.key === "Escape") { event.preventDefault(); return closePopup(); }
  }
  if (event.key === "Escape") return cancelContext();
  // The up arrow in an empty composer edits the user's last message.
  if (event.key === "ArrowUp" && !input.value && !event.altKey) {
    const last = shown().filter((message) => message.author === state.me && !message.system).at(-1);
    if (last) { event.preventDefault(); editMessage(last); }
    return undefined;
  }
  // Enter sends, except with Shift or during an input method's composition.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  return undefined;
});
// Keys typed anywhere on the page go to the composer.
document.addEventListener("keydown", (event) => {
  const free = document.activeElement === document.body || document.activeElement === log();
  if (free && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && !input.hidden) input.focus();
});
