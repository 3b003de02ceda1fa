// Branches, files, threads, menus, edits and deletions, on a desktop and on a phone. See person.mjs for the environment.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { takeSteps } from "./person.mjs";

/** The name of the channel that is open. */
async function channelName(person) {
  return (await person.page.innerText("#channel-name")).replace("#", "").trim();
}

/** Goes from the bot's message about a branch, by its number on the page, to the thread and back. */
async function inBranch(person, number, visit) {
  const channel = await channelName(person);
  const link = person.page.locator("li.from-app", { hasText: "Branched off" }).nth(number).getByText("Branch:").first();
  await person.until("a link to the branch", () => link.count());
  await link.click();
  await person.page.waitForFunction(() => document.getElementById("channel-name").textContent.includes("Branch:"));
  await person.until("the beginning of the branch", async () => /This thread has the conversation/.test(await person.page.innerText("#messages")));
  await visit();
  await person.enter(channel);
}

/** A reply with `!fork`, and an entry of the message's menu, open a thread that goes on from that very answer. */
async function branches(person) {
  const one = await person.hears("one");
  const two = await person.hears("two");
  await person.reply(one.answer, "!fork");
  await inBranch(person, 0, async () => {
    assert.equal(await person.known(), '["[[say one]]"]');
  });
  await person.use(two.answer, "Apps");
  await person.page.locator(`#${two.answer} .actions`).getByRole("button", { name: "Branch from here" }).click();
  await inBranch(person, 1, async () => {
    assert.equal(await person.known(), '["[[say one]]","[[say two]]"]');
  });
  assert.equal(await person.known(), '["[[say one]]","[[say two]]"]');
}

/** The conversation can be downloaded and opened, as text and as data. */
async function exports(person) {
  const asked = await person.say("!export");
  const files = person.answers(asked).locator("a.file");
  await person.until("two files", async () => (await files.count()) === 2);
  const texts = {};
  for (const link of await files.all()) {
    const [download] = await Promise.all([person.page.waitForEvent("download"), link.click()]);
    texts[download.suggestedFilename().split(".").at(-1)] = readFileSync(await download.path(), "utf8");
  }
  assert.match(texts.md, /say one[^]*say two/);
  assert.match(JSON.stringify(JSON.parse(texts.json)), /say one.*say two/);
}

/** A thread that a person starts has a conversation of its own. */
async function startsThreads(person) {
  const { asked } = await person.hears("here");
  const channel = await channelName(person);
  person.page.once("dialog", (dialog) => dialog.accept("aside"));
  await person.use(asked, "Start a thread");
  await person.page.locator(`#${asked} .thread-link`).click();
  await person.page.waitForFunction(() => document.getElementById("channel-name").textContent.includes("aside"));
  await person.hears("there");
  assert.equal(await person.known(), '["[[say there]]"]');
  await person.enter(channel);
}

/** Several options of a menu answer a question, and one of another goes back to a session that was left. */
async function choosesInMenus(person) {
  const options = ["Ham", "Corn", "Cheese"].map((label) => ({ label, description: "" }));
  const questions = [{ question: "Which toppings?", header: "Toppings", multiSelect: true, options }];
  const asked = await person.say(`[[tool AskUserQuestion ${JSON.stringify({ questions })}]][[told]]`);
  const menu = person.answers(asked).locator("details.choices");
  await person.until("a menu", () => menu.count());
  await menu.locator("summary").click();
  for (const label of ["Ham", "Cheese"]) await menu.getByLabel(label).check();
  await menu.locator("summary").click();
  await person.answered(asked, /"Which toppings\?"="Ham, Cheese"/);

  const cleared = await person.say("!clear");
  await person.answered(cleared, /Cleared/);
  assert.equal(await person.known(), '[]');
  const resume = await person.say("!resume");
  const earlier = person.answers(resume).locator("select");
  await person.until("the earlier sessions", () => earlier.count());
  await earlier.selectOption({ index: 1 });
  await person.answered(resume, /that began with “\(\(say one\)\)”/);
  assert.ok((await person.known()).includes("[[say two]]"));
}

/** A message that was edited can be run again. */
async function edits(person) {
  const { asked } = await person.hears("pears");
  await person.use(asked, "Edit");
  await person.page.fill("#input", "[[say plums]]");
  await person.page.press("#input", "Enter");
  await person.until("a button", () => person.answers(asked).getByRole("button", { name: "Run again" }).count());
  await person.press(asked, "Run again");
  await person.answered(asked, /plums/);
  const known = await person.known();
  assert.ok(known.includes("[[say plums]]") && !known.includes("[[say pears]]"), known);
}

/** What is deleted while it waits is not run, and what runs is stopped. */
async function deletes(person) {
  const running = await person.say("[[hang]]");
  const waiting = await person.say("[[say never]]");
  await person.until("the sign that it waits", () => person.page.locator(`#${waiting} .reaction`, { hasText: "⏳" }).count());
  await person.use(waiting, "Delete");
  await person.use(running, "Delete");
  const { asked } = await person.hears("at last");
  assert.doesNotMatch(await person.page.innerText("#messages"), /never/);
  await person.until("that answer alone", async () => (await person.answers(asked).count()) === 1);
}

await takeSteps([branches, exports, startsThreads, choosesInMenus, edits, deletes]);
