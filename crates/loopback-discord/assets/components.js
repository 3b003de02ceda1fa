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

/** A file that a component shows. The page loads no pictures, so it is a link. */
function media(message, found, description) {
  const name = /^attachment:\/\/(.*)$/.exec(found.url)?.[1];
  const file = message.files.find((file) => file.name === name);
  if (file) return fileLink(file);
  return link(found.url, [description ?? found.url])?.[0] ?? null;
}

function fileLink(file) {
  return element("a", { class: "file", href: file.url, download: file.name }, icon(SHEET, 26), element("span", {}, file.name, element("small", {}, bytes(file.size))));
}

/** The files that no component shows. */
function unplaced(message) {
  const shown = JSON.stringify(message.components);
  return message.files.filter((file) => !shown.includes(JSON.stringify("attachment://" + file.name)));
}

function forwarded(message) {
  const found = message.forwarded;
  if (!found) return null;
  return element("article", { class: "embed" }, element("small", {}, "Forwarded"), element("div", { class: "body" }, ...markdown(found.content, names)), ...found.files.map(fileLink));
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
    const node = element("button", { type: "button", class: "button " + (STYLES[found.style] ?? ""), disabled: found.disabled, on: { click: () => {
      node.classList.add("waiting");
      node.setAttribute("aria-busy", "true");
      interact("press", { message: message.id, custom_id: found.custom_id, user: state.me }, () => {
        node.classList.remove("waiting");
        node.removeAttribute("aria-busy");
      });
    } } }, label);
    return node;
  }
  if (found.type === 3) {
    const placeholder = element("option", { value: "", disabled: true, selected: !found.options?.some((option) => option.default) }, found.placeholder ?? "Make a selection");
    const options = (found.options ?? []).map((option) => element("option", { value: option.value, selected: option.default }, option.label));
    return element("select", { "aria-label": found.placeholder ?? "Make a selection", disabled: found.disabled, on: { change: (event) =>
      interact("press", { message: message.id, custom_id: found.custom_id, user: state.me, values: [event.target.value] }) } }, placeholder, ...options);
  }
  return null;
}

function bytes(size) {
  if (size < 1024) return size + " bytes";
  return size < 1024 * 1024 ? (size / 1024).toFixed(1) + " KB" : (size / 1024 / 1024).toFixed(1) + " MB";
}
