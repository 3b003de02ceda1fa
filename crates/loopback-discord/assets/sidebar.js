// Channels, members, and the current user.

function showChannels() {
  by("guild-name").textContent = state.world.guilds[0]?.name ?? "";
  const item = (channel) => {
    const direct = channel.kind === "direct";
    const unread = state.unread.get(channel.id) ?? 0;
    const classes = ["channel", channel.kind, unread && "unread", channel.archived && "archived"].filter(Boolean).join(" ");
    const icon = direct ? avatar(bot(), "mid") : element("span", { class: "hash", "aria-hidden": "true" }, { thread: "⤷", forum: "▤" }[channel.kind] ?? "#");
    const name = direct ? bot().name : channel.name;
    return element("button", { type: "button", class: classes, "data-channel": channel.id, "aria-current": channel.id === state.channel && "page",
      "aria-label": unread ? name + ", " + unread + " unread" : null, on: { click: () => { openChannel(channel.id); closeMenu(); by("input").focus(); } } },
      icon, element("span", { class: "label" }, name), unread > 0 && element("span", { class: "badge" }, String(unread)));
  };
  const own = ownChannels();
  const nodes = state.world.guilds.flatMap((guild, index) => {
    const here = own.filter((channel) => channel.guild === guild.id);
    return here.length ? [element("h3", {}, index ? guild.name : "Text channels"), ...here.map(item)] : [];
  });
  const direct = own.filter((channel) => channel.kind === "direct");
  by("channels").replaceChildren(...nodes, ...(direct.length ? [element("h3", {}, "Direct messages"), ...direct.map(item)] : []));
}

function openChannel(id) {
  if (!id) return;
  if (id !== state.channel) cancelContext();
  state.channel = id;
  state.unread.delete(id);
  history.replaceState(null, "", "#" + id);
  const channel = state.channels.get(id);
  const direct = channel.kind === "direct";
  const name = direct ? bot().name : channel.name;
  by("channel-name").replaceChildren(element("span", { class: "hash", "aria-hidden": "true" }, direct ? "@" : "#"), name);
  by("input").placeholder = channel.kind === "forum" ? "New post in " + name + ": its title, then its text on new lines" : "Message " + (direct ? "@" : "#") + name;
  by("mention").hidden = direct;
  showChannels();
  showMessages(false);
  showTyping();
  showMembers();
}

/** The members of the guild, with the bot's connection. */
function showMembers() {
  const guild = state.world.guilds.find((found) => found.id === state.channels.get(state.channel)?.guild);
  by("members").hidden = !guild;
  if (!guild) return;
  const users = guild.members.map((id) => state.users.get(id)).filter(Boolean);
  const row = (user) => {
    const on = !user.bot || user.id !== state.world.bot || state.world.connected;
    return element("div", { class: on ? "member" : "member away" }, avatar(user, "small", on), element("span", { class: "who" },
      element("span", { class: "name" }, user.name, user.bot && element("span", { class: "tag" }, "APP")), user.note && element("small", {}, user.note)));
  };
  const section = (title, some) => (some.length ? [element("h3", {}, title + " · " + some.length), ...some.map(row)] : []);
  by("members").replaceChildren(...section("Apps", users.filter((user) => user.bot)), ...section("People", users.filter((user) => !user.bot)));
}

function showSpeakers(people) {
  const options = people.map((user) => element("option", { value: user.id, selected: user.id === state.me }, user.name + (user.note ? " (" + user.note + ")" : "")));
  by("speaker").replaceChildren(...options);
  by("speaker-avatar").replaceChildren(avatar(state.users.get(state.me), "small"));
}

function speakAs(id) {
  const direct = state.channels.get(state.channel)?.kind === "direct";
  state.me = id;
  by("speaker-avatar").replaceChildren(avatar(state.users.get(id), "small"));
  const own = ownChannels();
  const same = direct ? own.find((channel) => channel.kind === "direct") : own.find((channel) => channel.id === state.channel);
  openChannel((same ?? own[0])?.id);
}

function showConnection(waiting) {
  const on = state.world?.connected;
  const node = by("connection");
  node.className = waiting ? "connection" : on ? "connection on" : "connection off";
  node.textContent = waiting ? "Reconnecting…" : (bot()?.name ?? "The bot") + (on ? " is online" : " is offline");
}

function closeMenu() {
  by("sidebar").classList.remove("open");
  by("menu").setAttribute("aria-expanded", "false");
}

by("speaker").addEventListener("change", (event) => speakAs(event.target.value));
by("menu").addEventListener("click", () => {
  const open = by("sidebar").classList.toggle("open");
  by("menu").setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".channel[aria-current]")?.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenu();
  // Alt with an arrow key changes the channel.
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  event.preventDefault();
  const own = ownChannels();
  const at = own.findIndex((channel) => channel.id === state.channel);
  openChannel(own[(at + (event.key === "ArrowDown" ? 1 : own.length - 1)) % own.length].id);
});
by("jump").addEventListener("click", toBottom);
by("messages").addEventListener("scroll", () => { if (atBottom()) by("jump").hidden = true; });
by("messages").addEventListener("click", closeMenu);
