// The page's state, its updates from the server, and the actions it sends.

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
  /** The message that is being edited. */
  editing: null,
  /** channel -> user -> end of the indicator */
  typing: new Map(),
  unread: new Map(),
  /** Handlers of interactions that wait for an acknowledgement, by id. */
  pending: new Map(),
  /** Acknowledgements that arrived before their interaction's id. */
  early: new Map(),
};

const names = {
  user: (id) => state.users.get(id)?.name ?? "unknown user",
  role: (id) => state.world.guilds.flatMap((guild) => guild.roles).find((role) => role.id === id)?.name ?? "deleted role",
  channel: (id) => state.channels.get(id)?.name ?? "unknown",
  open: (id) => { if (state.channels.has(id)) openChannel(id); },
};

const visible = (message) => !message.ephemeral_to || message.ephemeral_to === state.me;
const bot = () => state.users.get(state.world.bot);

/** The channels that the current user sees, in display order. */
function ownChannels() {
  const all = [...state.channels.values()];
  const members = new Map(state.world.guilds.map((guild) => [guild.id, guild.members]));
  const texts = all.filter((channel) => (channel.kind === "text" || channel.kind === "forum") && members.get(channel.guild)?.includes(state.me));
  const threads = all.filter((channel) => channel.kind === "thread");
  const direct = all.filter((channel) => channel.kind === "direct" && channel.user === state.me);
  return [...texts.flatMap((text) => [text, ...threads.filter((thread) => thread.parent === text.id)]), ...direct];
}

/** Performs an action; its body is a form if it has files. */
async function act(path, body, quiet) {
  const form = body instanceof FormData;
  try {
    const response = await fetch("/loopback/" + path, {
      method: "POST",
      headers: { ...(form ? {} : { "content-type": "application/json" }), "x-loopback-token": TOKEN },
      body: form ? body : JSON.stringify(body),
    });
    if (response.ok) return await response.json();
    if (!quiet) toast(await response.text());
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

/**
 * Sends an interaction, which the app has 3 seconds to acknowledge. `settled` is called with the
 * acknowledgement, or with nothing if there is none.
 */
async function interact(path, body, settled) {
  const made = await act(path, body);
  if (!made) return settled?.();
  const early = state.early.get(made.id);
  if (state.early.delete(made.id)) return settled?.(early);
  const timer = setTimeout(() => {
    state.pending.delete(made.id);
    settled?.();
    toast("The application did not respond.");
  }, 3000);
  state.pending.set(made.id, (event) => { clearTimeout(timer); settled?.(event); });
  return undefined;
}

function connect() {
  const source = new EventSource("/loopback/events?token=" + TOKEN);
  source.onmessage = (event) => receive(JSON.parse(event.data), source);
  source.onerror = () => {
    showConnection("waiting");
    // Refused for good: the server was restarted and the page's token is no longer valid.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 2000);
  };
}

function receive(event, source) {
  switch (event.type) {
    case "world": return start(event);
    case "stale": source.close(); return connect();
    case "created": return messageCreated(event.message);
    case "updated": return messageUpdated(event.message);
    case "deleted": return messageDeleted(event.channel, event.message);
    case "typing": return typingStarted(event.channel, event.user);
    case "commands": state.world.commands = event.commands; return undefined;
    case "connection": state.world.connected = event.connected; showConnection(); return showMembers();
    case "acknowledged": {
      const settle = state.pending.get(event.interaction);
      if (settle) { state.pending.delete(event.interaction); settle(event); } else state.early.set(event.interaction, event);
      if (event.form && event.user === state.me) showForm(event.interaction, event.form);
      return undefined;
    }
    default: return undefined;
  }
}

function start(world) {
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
  if (state.editing?.id === id || state.replyTo?.id === id) cancelContext();
  if (channel === state.channel) showMessages(true);
}

/** Discord shows the indicator for 10 seconds, or until the user sends a message. */
function typingStarted(channel, user) {
  if (user === state.me) return;
  if (!state.typing.has(channel)) state.typing.set(channel, new Map());
  state.typing.get(channel).set(user, Date.now() + 10000);
  showTyping();
  setTimeout(showTyping, 10050);
}
