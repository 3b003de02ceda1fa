// A bot over discord.js that talks to the loopback Discord and checks what it sees.
//
// DISCORD_URL is the loopback's base URL and DISCORD_TOKEN the bot's token. Exits with 0 when everything was as
// expected. CLIENTS is the folder with the packages. The test in tests/loopback_clients.rs plays the people.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import process from "node:process";

const load = createRequire(process.env.CLIENTS + "/");
const {
  ActionRowBuilder, AttachmentBuilder, ButtonBuilder, ButtonStyle, ChannelType, Client, ContainerBuilder, Events,
  FileBuilder, GatewayIntentBits, MediaGalleryBuilder, MessageFlags, MessageReferenceType, Partials, Routes,
  SectionBuilder, SeparatorBuilder, TextDisplayBuilder,
} = load("discord.js");

const { DISCORD_URL, DISCORD_TOKEN } = process.env;
const UNKNOWN = "1";

const client = new Client({
  rest: { api: `${DISCORD_URL}/api` },
  partials: [Partials.Message, Partials.Channel, Partials.Poll, Partials.PollAnswer],
  intents: [
    GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.GuildMessageReactions,
    GatewayIntentBits.DirectMessages, GatewayIntentBits.MessageContent, GatewayIntentBits.GuildMessagePolls,
  ],
});

function fail(error) {
  console.error(error);
  process.exit(1);
}

/** The arguments of the next event for which `check` holds. */
async function next(event, check = () => true) {
  for (;;) {
    const found = await once(client, event, { signal: AbortSignal.timeout(30_000) });
    if (check(...found)) return found;
  }
}

async function refused(what, code, call) {
  await assert.rejects(call, (error) => {
    assert.equal(error.code, code, `${what}: ${error}`);
    return true;
  }, what);
}

async function bytes(url) {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return await response.text();
}

const contents = (messages) => [...messages.values()].map((message) => message.content);

async function roles(guild) {
  const role = guild.roles.botRoleFor(client.user);
  assert.equal(role?.tags.botId, client.user.id, "the bot's own role");
  assert.ok(guild.members.me.roles.cache.has(role.id), "the bot has it");
  const application = await client.application.fetch();
  assert.equal(application.owner.id, guild.ownerId, "the owner");
}

async function messages(hello) {
  const { channel } = hello;
  assert.equal(await bytes(hello.attachments.first().url), "a note", "the file of a person");
  await channel.sendTyping();
  const reply = await hello.reply("hello yourself");
  assert.equal(reply.reference.messageId, hello.id, "the reply's reference");
  const edited = await reply.edit("hello again");
  assert.equal(edited.content, "hello again");
  assert.ok(edited.editedTimestamp, "the reply is edited");

  const reaction = await hello.react("👍");
  assert.deepEqual([...(await reaction.users.fetch()).keys()], [client.user.id], "who reacted");
  const again = await channel.messages.fetch({ message: hello.id, force: true });
  assert.equal(again.reactions.cache.get("👍").count, 1, "the reactions");
  await reaction.users.remove(client.user);
  const left = await client.rest.get(Routes.channelMessage(channel.id, hello.id));
  assert.deepEqual(left.reactions ?? [], [], "the reactions left");

  const file = new AttachmentBuilder(Buffer.from("bytes"), { name: "data.bin", description: "Data" });
  const sent = await channel.send({ content: "a file", files: [file] });
  assert.equal(await bytes(sent.attachments.first().url), "bytes", "the file sent");
  const fetched = (await channel.messages.fetch({ message: sent.id, force: true })).attachments.first();
  assert.deepEqual([fetched.name, fetched.description], ["data.bin", "Data"]);
  assert.equal(await bytes(fetched.url), "bytes", "the file once more");
  const refreshed = await client.rest.post("/attachments/refresh-urls", { body: { attachment_urls: [fetched.url] } });
  assert.equal(await bytes(refreshed.refreshed_urls[0].refreshed), "bytes", "the file at its refreshed URL");

  await reply.delete();
  await refused("a deleted message", 10008, channel.messages.fetch({ message: reply.id, force: true }));
}

async function history(channel) {
  const sent = [];
  for (let number = 0; number < 5; number++) sent.push(await channel.send(`${number}`));
  const middle = sent[2].id;
  const ranges = [
    [{ before: middle, limit: 2 }, ["1", "0"]],
    [{ after: middle, limit: 2 }, ["4", "3"]],
    [{ around: middle, limit: 3 }, ["3", "2", "1"]],
    [{ limit: 2 }, ["4", "3"]],
  ];
  for (const [range, wanted] of ranges) {
    assert.deepEqual(contents(await channel.messages.fetch(range)), wanted, JSON.stringify(range));
  }
}

async function threads(hello) {
  const thread = await hello.startThread({ name: "aside", autoArchiveDuration: 60 });
  assert.deepEqual([thread.id, thread.parentId], [hello.id, hello.channelId], "the thread");
  await thread.send("in the thread");
  await thread.setArchived(true);
  assert.ok(thread.archived, "the thread is archived");
  const archived = await hello.channel.threads.fetchArchived();
  assert.deepEqual([...archived.threads.keys()], [thread.id], "the archived threads");
  await thread.setArchived(false);
  const active = await hello.channel.threads.fetchActive();
  assert.deepEqual([...active.threads.keys()], [thread.id], "the active threads");
  await thread.leave();
  await thread.join();
  assert.ok((await thread.members.fetch(client.user.id)).id, "the bot is in the thread");

  const forum = hello.guild.channels.cache.find((found) => found.type === ChannelType.GuildForum);
  const tag = forum.availableTags.find((found) => found.name === "wish");
  const post = await forum.threads.create({ name: "A post", message: { content: "its text" }, appliedTags: [tag.id] });
  assert.deepEqual(post.appliedTags, [tag.id], "the post's tags");
  assert.equal((await post.fetchStarterMessage()).content, "its text", "its first message");
  await refused("a message in a forum", 50008, client.rest.post(Routes.channelMessages(forum.id), { body: { content: "x" } }));
}

async function components(channel) {
  const text = new TextDisplayBuilder().setContent("# A title");
  const button = new ButtonBuilder().setCustomId("section").setLabel("Press").setStyle(ButtonStyle.Primary);
  const section = new SectionBuilder()
    .addTextDisplayComponents(new TextDisplayBuilder().setContent("A section"))
    .setButtonAccessory(button);
  const gallery = new MediaGalleryBuilder().addItems({ media: { url: "attachment://picture.png" }, description: "A picture" });
  const container = new ContainerBuilder()
    .setAccentColor(0x5865f2)
    .addTextDisplayComponents(text)
    .addSectionComponents(section)
    .addSeparatorComponents(new SeparatorBuilder())
    .addMediaGalleryComponents(gallery);
  const sent = await channel.send({
    flags: MessageFlags.IsComponentsV2,
    components: [container, new FileBuilder().setURL("attachment://notes.txt")],
    files: [
      new AttachmentBuilder(Buffer.from("picture"), { name: "picture.png" }),
      new AttachmentBuilder(Buffer.from("notes"), { name: "notes.txt" }),
    ],
  });
  assert.ok(sent.flags.has(MessageFlags.IsComponentsV2), "the flag");
  const [shown, file] = sent.components;
  assert.deepEqual(shown.components.map((component) => component.type), [10, 9, 14, 12], "the components");
  assert.equal(await bytes(shown.components[3].items[0].media.url), "picture", "the picture");
  assert.equal(await bytes(file.file.url), "notes", "the file");
  await refused("content beside components", 50035, sent.edit({ content: "text" }));
}

async function forwardsAndPolls(hello) {
  const random = hello.guild.channels.cache.find((found) => found.name === "random");
  const forwarded = await hello.forward(random);
  const snapshot = forwarded.messageSnapshots.first();
  assert.equal(forwarded.reference.type, MessageReferenceType.Forward);
  assert.deepEqual([forwarded.content, snapshot.content], ["", "hello"], "the forward");
  assert.equal(await bytes(snapshot.attachments.first().url), "a note", "its file");

  const voted = next(Events.MessagePollVoteAdd);
  const sent = await hello.channel.send({
    poll: { question: { text: "Tea?" }, answers: [{ text: "Yes", emoji: "🍵" }, { text: "No" }], duration: 1, allowMultiselect: false },
  });
  const [answer, voter] = await voted;
  assert.deepEqual([answer.id, voter], [1, hello.author.id], "the vote");
  const { poll } = await hello.channel.messages.fetch({ message: sent.id, force: true });
  assert.deepEqual(poll.answers.map((found) => found.voteCount), [1, 0], "the votes");
  assert.deepEqual([...(await poll.answers.first().voters.fetch()).keys()], [hello.author.id], "the voters");
  await poll.end();
  assert.ok(poll.resultsFinalized, "the poll has ended");
}

async function refusals(channel) {
  const named = (name) => channel.guild.channels.cache.find((found) => found.name === name);
  await refused("an unknown channel", 10003, client.channels.fetch(UNKNOWN));
  await refused("an unknown message", 10008, channel.messages.fetch(UNKNOWN));
  await refused("an unknown webhook", 10015, client.fetchWebhook(UNKNOWN));
  await refused("a hidden channel", 50001, client.rest.get(Routes.channelMessages(named("hidden").id)));
  await refused("a channel to be silent in", 50013, named("mute").send("x"));
  await refused("a long message", 50035, channel.send("x".repeat(2001)));
  await refused("an id that is none", 50035, client.rest.get("/channels/general"));
}

/** Answers presses and commands. */
async function answer(interaction) {
  if (interaction.isButton()) {
    const { resource } = await interaction.update({ content: "pressed", components: [], withResponse: true });
    assert.equal(resource.message.content, "pressed", "the message that was pressed");
    client.emit("pressed");
  } else {
    const text = interaction.options.getString("text");
    const { interaction: answered } = await interaction.deferReply({ flags: MessageFlags.Ephemeral, withResponse: true });
    assert.ok(answered.responseMessageLoading && answered.responseMessageEphemeral, "a deferred response");
    assert.equal((await interaction.editReply(`echo ${text}`)).content, `echo ${text}`);
    const more = await interaction.followUp("more");
    assert.equal((await interaction.fetchReply(more.id)).content, "more", "a follow-up");
    assert.equal(interaction.attachmentSizeLimit, 10 * 1024 * 1024, "the size of files in an interaction");
    client.emit("echoed");
  }
}

async function talk() {
  const greeted = next(Events.MessageCreate, (message) => message.content === "hello");
  const text = { type: 3, name: "text", description: "What to say", required: true };
  await client.application.commands.set([{ name: "echo", description: "Say it back", options: [text] }]);
  const [hello] = await greeted;
  await roles(hello.guild);
  await messages(hello);
  await history(hello.channel);
  await threads(hello);
  await components(hello.channel);
  await forwardsAndPolls(hello);
  await refusals(hello.channel);

  const reacted = next(Events.MessageReactionAdd, (_, user) => user.id !== client.user.id);
  const asked = await hello.channel.send("react to me");
  const [reaction, user] = await reacted;
  assert.deepEqual([reaction.message.id, reaction.emoji.name, user.id], [asked.id, "🎉", hello.author.id]);

  const pressed = next("pressed");
  const echoed = next("echoed");
  const go = new ButtonBuilder().setCustomId("go").setLabel("Go").setStyle(ButtonStyle.Primary);
  await hello.channel.send({ content: "press me", components: [new ActionRowBuilder().addComponents(go)] });
  await pressed;
  await hello.channel.send("run /echo");
  await echoed;
}

client.on(Events.Error, fail);
client.on(Events.InteractionCreate, (interaction) => answer(interaction).catch(fail));
client.once(Events.ClientReady, async () => {
  await talk().catch(fail);
  await client.destroy();
});
await client.login(DISCORD_TOKEN).catch(fail);
