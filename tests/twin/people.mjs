// Starts discord-digital-twin, another Discord for tests, and plays its people. Exits with 0 when all went well.
//
// CLIENTS is the folder with the package, DISCORD_TOKEN the bot's token. Prints the port once it listens.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";

const { CLIENTS, DISCORD_TOKEN } = process.env;
const entry = createRequire(CLIENTS + "/").resolve("discord-digital-twin");
const { DigitalDiscord } = await import(pathToFileURL(entry));

/** How long anything may take, in milliseconds. */
const PATIENCE = 60_000;
const TEXT_CHANNEL = 0;

const discord = new DigitalDiscord({
  botToken: DISCORD_TOKEN,
  guild: { name: "Twin" },
  channels: [{ name: "general", type: TEXT_CHANNEL }],
  users: [{ username: "Tester" }],
});
await discord.start();
console.log(discord.port);

const channelId = (await discord.prisma.channel.findMany())[0].id;
const user = await discord.getFirstNonBotUserId();
const channel = discord.channel(channelId);

/** Waits for a message of the bot. */
async function answered(pattern) {
  const message = await channel.waitForMessage({
    timeout: PATIENCE,
    predicate: (message) => message.author.id === discord.botUserId && pattern.test(message.content),
  });
  return message.content;
}

// The commands are registered once the bot is connected.
for (const deadline = Date.now() + PATIENCE; ;) {
  if (await discord.prisma.applicationCommand.count()) break;
  assert.ok(Date.now() < deadline, "the bot registers no commands");
  await new Promise((done) => { setTimeout(done, 50); });
}
await channel.user(user).sendMessage({ content: "[[say Hello, twin.]]" });
assert.equal(await answered(/Hello, twin/), "Hello, twin.");
const { id } = await channel.user(user).runSlashCommand({ name: "status" });
await channel.waitForInteractionAck({ interactionId: id, timeout: PATIENCE });
await answered(/\*\*Session\*\*/);
await channel.user(user).sendMessage({ content: "a long answer" });
await answered(/which is connected to which\./);
process.exit(0);
