// What the page knows, how it hears of changes, and how it acts.

const TOKEN = document.querySelector('meta[name="loopback-token"]').content;
const by = (id) => document.getElementById(id);

const state = {
  world: null,
  users: new Map(),
  channels: new Map(),
  /** Messages of each channel, oldest first. */
  messages: new Map(),
  channel: null,
  me: null,
  replyTo: null,
  /** channel -> user -> when it ends */
  typing: new Map(),
  unread: new Map(),
  /** Interactions that wait for an acknowledgement, and those that had one before we knew their id. */
  asked: new Map(),
  acknowledged: new Set(),
};

const names = {
  user: (id) => state.users.get(id)?.name ?? "unknown user",
  role: (id) => state.world.guilds.flatMap((guild) => guild.roles).find((role) => role.id === id)?.name ?? "deleted role",
  channel: (id) => state.channels.get(id)?.name ?? "unknown",
  open: (id) => { if (state.channels.has(id)) openChannel(id); },
};

const visible = (message) => !message.ephemeral_to || message.ephemeral_to === state.me;
const bot = () => state.users.get(state.world.bot);

/** The channels that the one who speaks sees, in the order in which they are listed. */
function ownChannels() {
  const all = [...state.channels.values()];
  const members = new Map(state.world.guilds.map((guild) => [guild.id, guild.members]));
  const texts = all.filter((channel) => channel.kind === "text" && members.get(channel.guild)?.includes(state.me));
  const threads = all.filter((channel) => channel.kind === "thread");
  const direct = all.filter((channel) => channel.kind === "direct" && channel.user === state.me);
  return [...texts.flatMap((text) => [text, ...threads.filter((thread) => thread.parent === text.id)]), ...direct];
}

async function act(path, body) {
  try {
    const response = await fetch("/loopback/" + path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-loopback-token": TOKEN },
      body: JSON.stringify(body),
    });
    if (response.ok) return await response.json();
    toast(await response.text());
  } catch {
    toast("The loopback Discord cannot be reached.");
  }
  return null;
}

let toastTimer;
function toast(text) {
  by("toast").textContent = text;
  by("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { by("toast").hidden = true; }, 5000);
}

/** Acts on something that the app has 3 seconds to acknowledge. */
async function ask(path, body, settled) {
  const answer = await act(path, body);
  if (!answer) return settled?.();
  if (state.acknowledged.delete(answer.id)) return settled?.();
  const timer = setTimeout(() => {
    state.asked.delete(answer.id);
    settled?.();
    toast("The application did not respond.");
  }, 3000);
  state.asked.set(answer.id, () => { clearTimeout(timer); settled?.(); });
}

function connect() {
  const source = new EventSource("/loopback/events?token=" + TOKEN);
  source.onmessage = (event) => heard(JSON.parse(event.data), source);
  source.onerror = () => {
    showConnection("waiting");
    // Refused for good: the server was started anew and the page's token is an old one.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 2000);
  };
}

function heard(event, source) {
  switch (event.type) {
    case "world": return begin(event);
    case "stale": source.close(); return connect();
    case "created": return messageCreated(event.message);
    case "updated": return messageUpdated(event.message);
    case "deleted": return messageDeleted(event.channel, event.message);
    case "typing": return typingStarted(event.channel, event.user);
    case "commands": state.world.commands = event.commands; return undefined;
    case "connection": state.world.connected = event.connected; showConnection(); return showMembers();
    case "acknowledged": {
      const settle = state.asked.get(event.interaction);
      if (settle) { state.asked.delete(event.interaction); settle(); } else state.acknowledged.add(event.interaction);
      if (event.form && event.user === state.me) showForm(event.interaction, event.form);
      return undefined;
    }
    default: return undefined;
  }
}

function begin(world) {
  state.world = world;
  state.users = new Map(world.users.map((user) => [user.id, user]));
  state.channels = new Map(world.channels.map((channel) => [channel.id, channel]));
  state.messages = new Map(world.channels.map((channel) => [channel.id, []]));
  for (const message of world.messages) state.messages.get(message.channel)?.push(message);
  state.typing.clear();
  const people = world.users.filter((user) => !user.bot);
  if (!state.users.has(state.me)) state.me = people[0]?.id ?? null;
  const [wanted] = [state.channel, location.hash.slice(1)].filter((id) => ownChannels().some((channel) => channel.id === id));
  by("banner").textContent = world.banner ?? "";
  by("banner").hidden = !world.banner;
  by("mention").textContent = "@" + bot().name;
  by("mention").setAttribute("aria-label", "Mention " + bot().name);
  document.title = bot().name + " · loopback Discord";
  showSpeakers(people);
  showConnection();
  openChannel(wanted ?? ownChannels()[0]?.id);
}

function messageCreated(message) {
  state.messages.get(message.channel)?.push(message);
  state.typing.get(message.channel)?.delete(message.author);
  if (message.channel === state.channel) { showTyping(); return appendMessage(message); }
  if (visible(message) && message.author !== state.me && ownChannels().some((channel) => channel.id === message.channel)) {
    state.unread.set(message.channel, (state.unread.get(message.channel) ?? 0) + 1);
    showChannels();
  }
}

function messageUpdated(message) {
  const messages = state.messages.get(message.channel) ?? [];
  const at = messages.findIndex((other) => other.id === message.id);
  if (at < 0) return;
  messages[at] = message;
  if (message.channel === state.channel) replaceMessage(message);
}

function messageDeleted(channel, id) {
  const messages = state.messages.get(channel) ?? [];
  const at = messages.findIndex((message) => message.id === id);
  if (at >= 0) messages.splice(at, 1);
  if (channel === state.channel) showMessages(true);
}

/** Discord shows typing for 10 seconds after a call, or until a message comes. */
function typingStarted(channel, user) {
  if (user === state.me) return;
  if (!state.typing.has(channel)) state.typing.set(channel, new Map());
  state.typing.get(channel).set(user, Date.now() + 10000);
  showTyping();
  setTimeout(showTyping, 10050);
}
