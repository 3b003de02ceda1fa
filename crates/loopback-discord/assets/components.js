// What a message shows beside its text: controls, layouts, files, polls, forwards.

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary", 6: "primary" };
const SHEET = "M14 3H6v18h12V7z M14 3v4h4 M9 12h6 M9 16h6";

/** A component, with those in it. */
function component(message, found) {
  const inside = () => (found.components ?? []).map((part) => component(message, part));
  switch (found.type) {
    case 1: return element("div", { class: "row" }, ...(found.components ?? []).map((part) => control(message, part)));
    case 9: return element("div", { class: "section" }, element("div", {}, ...inside()), found.accessory && component(message, found.accessory));
    case 10: return element("div", { class: "body" }, ...markdown(found.content, names));
    case 11: return media(message, found.media, found.description);
    case 12: return element("div", { class: "row" }, ...found.items.map((item) => media(message, item.media, item.description)));
    case 13: return media(message, found.file);
    case 14: return element("hr", {});
    case 17: return element("article", { class: "embed", style: Number.isInteger(found.accent_color) ? "border-left-color:#" + found.accent_color.toString(16).padStart(6, "0") : null }, ...inside());
    default: return control(message, found);
  }
}

/** A file that a component or an embed shows. Of other sites the page loads nothing, so those are links. */
function media(message, found, description) {
  const name = /^attachment:\/\/(.*)$/.exec(found.url)?.[1];
  const file = message.files.find((file) => file.name === name);
  if (file) return fileNode({ ...file, description: description ?? file.description });
  return link(found.url, [description ?? found.url])?.[0] ?? null;
}

/** A file as its reader sees it: a picture, a sound, or something to download. */
function fileNode(file) {
  const kind = (file.kind ?? "").split(";")[0];
  if (/^image\/(png|jpeg|gif|webp)$/.test(kind)) {
    return element("a", { class: "picture", href: file.url, target: "_blank", rel: "noopener", title: file.name },
      element("img", { src: file.url, alt: file.description ?? file.name }));
  }
  if (kind.startsWith("audio/")) return element("audio", { controls: true, src: file.url, title: file.name });
  return element("a", { class: "file", href: file.url, download: file.name }, icon(SHEET, 26), element("span", {}, file.name, element("small", {}, bytes(file.size))));
}

/** The files that no component shows. */
function unplaced(message) {
  const shown = JSON.stringify([message.components, message.embeds]);
  return message.files.filter((file) => !shown.includes(JSON.stringify("attachment://" + file.name)));
}

function forwarded(message) {
  const found = message.forwarded;
  if (!found) return null;
  return element("article", { class: "embed" }, element("small", {}, "Forwarded"), element("div", { class: "body" }, ...markdown(found.content, names)), ...found.files.map(fileNode));
}

function poll(message) {
  const found = message.poll;
  if (!found) return null;
  const answer = ({ text, emoji, voters }, index) => {
    const mine = voters.includes(state.me);
    return element("button", { type: "button", class: mine ? "reaction mine" : "reaction", "aria-pressed": String(mine), disabled: found.over, title: voters.map(names.user).join(", "),
      on: { click: () => act("vote", { message: message.id, user: state.me, answer: index + 1, on: !mine }) } }, [emoji, text, voters.length].filter((part) => part !== null && part !== undefined).join(" "));
  };
  return element("article", { class: "embed" }, element("h4", {}, found.question), element("div", { class: "reactions" }, ...found.answers.map(answer)), found.over && element("footer", {}, "The poll is over"));
}

function control(message, found) {
  const label = [found.emoji?.name, found.label].filter(Boolean).join(" ");
  if (found.type === 2 && found.style === 5) {
    const made = link(found.url, [label + " ↗"]);
    made?.[0].classList.add("button");
    return made?.[0] ?? null;
  }
  if (found.type === 2) {
    const node = element("button", { type: "button", class: "button " + (STYLES[found.style] ?? ""), disabled: found.disabled, "data-id": found.custom_id,
      on: { click: () => press(node, message, found, []) } }, label);
    return node;
  }
  if (found.type >= 3 && found.type <= 8) return (found.max_values ?? 1) > 1 ? choices(message, found) : choice(message, found);
  return null;
}

/** Sends a press or a choice; the control waits for its acknowledgement. */
function press(node, message, found, values) {
  node.classList.add("waiting");
  node.setAttribute("aria-busy", "true");
  interact("press", { message: message.id, custom_id: found.custom_id, user: state.me, values }, () => {
    node.classList.remove("waiting");
    node.removeAttribute("aria-busy");
  });
}

/** The options of a menu: its own, or people, roles and channels. */
function optionsOf(found) {
  if (found.type === 3) return found.options ?? [];
  const people = [...state.users.values()].map((user) => ({ value: user.id, label: "@" + user.name }));
  const roles = state.world.guilds.flatMap((guild) => guild.roles).map((role) => ({ value: role.id, label: "@" + role.name }));
  const channels = ownChannels().map((channel) => ({ value: channel.id, label: "#" + channel.name }));
  return { 5: people, 6: roles, 7: [...people, ...roles], 8: channels }[found.type];
}

const optionText = (option) => [option.emoji?.name, option.label].filter(Boolean).join(" ") + (option.description ? " – " + option.description : "");

/** A menu of which one option is chosen. */
function choice(message, found) {
  const options = optionsOf(found);
  const title = found.placeholder ?? "Make a selection";
  const node = element("select", { "aria-label": title, disabled: found.disabled, "data-id": found.custom_id, on: { change: (event) => press(node, message, found, [event.target.value]) } },
    element("option", { value: "", disabled: true, selected: !options.some((option) => option.default) }, title),
    ...options.map((option) => element("option", { value: option.value, selected: option.default }, optionText(option))));
  return node;
}

/** A menu of which several options are chosen. It is sent when it is closed. */
function choices(message, found) {
  const boxes = optionsOf(found).map((option) => element("input", { type: "checkbox", value: option.value, checked: option.default, "data-label": optionText(option) }));
  const before = boxes.map((box) => box.checked).join();
  const node = element("details", { class: "choices", "data-id": found.custom_id, on: { toggle: () => {
    if (node.open || boxes.map((box) => box.checked).join() === before) return;
    press(node, message, found, boxes.filter((box) => box.checked).map((box) => box.value));
  } } }, element("summary", {}, found.placeholder ?? "Make a selection"), ...boxes.map((box) => element("label", {}, box, " " + box.dataset.label)));
  return node;
}

function bytes(size) {
  if (size < 1024) return size + " bytes";
  return size < 1024 * 1024 ? (size / 1024).toFixed(1) + " KB" : (size / 1024 / 1024).toFixed(1) + " MB";
}
