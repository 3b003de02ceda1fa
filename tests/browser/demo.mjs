// What a new user does on the demo's page, on a desktop and on a phone. See person.mjs for the environment.

import assert from "node:assert/strict";

import { PICTURE, takeSteps } from "./person.mjs";

/** A message is answered by who is there. */
async function isAnswered(person) {
  const asked = await person.say("hello");
  await person.answered(asked, /I'm a stand-in/);
}

/** A stranger is told once that the bot does not answer them. */
async function ignoresStrangers(person) {
  if (person.size === "phone") return;
  const page = person.page;
  assert.match(await page.innerText("#messages"), /Sasha may not use it/);
  const stranger = await page.locator("#speaker option", { hasText: "Sasha" }).getAttribute("value");
  const owner = await page.inputValue("#speaker");
  await page.selectOption("#speaker", stranger);
  const told = await person.say("a stranger speaks");
  await person.answered(told, /not on this bot's allow list/);
  const unanswered = await person.say("a stranger speaks again");
  await page.selectOption("#speaker", owner);
  const asked = await person.say("what is my name?");
  await person.answered(asked, /told me yet/);
  const between = await page.locator(`#${unanswered} ~ li.from-app`, { hasText: "a stranger speaks again" }).count();
  assert.equal(between, 0, "nothing answers a stranger twice");
}

/** Pictures that are chosen or pasted are shown, and sent with the text. */
async function uploads(person) {
  const page = person.page;
  await page.setInputFiles("#files", { name: "chosen.png", mimeType: "image/png", buffer: PICTURE });
  await page.evaluate((bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
    document.getElementById("input").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, [...PICTURE]);
  assert.equal(await page.locator("#staged figure").count(), 2);
  const sent = await person.say("What do you see?");
  await person.until("both pictures", async () => {
    const pictures = await person.picturesIn(page.locator("#" + sent));
    return pictures.length === 2 && pictures.every(({ width }) => width === 480);
  });
  await person.answered(sent, /I heard you/);
}

/** Discord's Markdown is shown, and HTML is text. */
async function formats(person) {
  const asked = await person.say('[[say # Title\n**bold** and ||hidden|| <img src=x onerror="document.title=1">\n```diff\n-old\n+new\n```]]');
  await person.answered(asked, /Title/);
  const answer = person.answers(asked).first().locator(".body").first();
  assert.equal(await answer.locator("h3").innerText(), "Title");
  assert.equal(await answer.locator("strong").innerText(), "bold");
  assert.equal(await answer.locator(".tok-added").innerText(), "+new");
  assert.match(await answer.innerText(), /<img src=x/);
  await answer.locator(".spoiler").click();
  assert.ok(await answer.locator(".spoiler.shown").isVisible());
}

/** A turn that failed is run again by its button. */
async function retries(person) {
  const asked = await person.say("[[crash-once 1]] try this");
  await person.until("a Retry button", () => person.answers(asked).getByRole("button", { name: "Retry" }).count());
  await person.press(asked, "Retry");
  await person.answered(asked, /echo\(\d+\): try this/);
}

/** A table and code are shown as such. */
async function showsAnswers(person) {
  const table = await person.say("show me a table");
  await person.answered(table, /Edsger talked longest/);
  const cells = await person.answers(table).locator("pre").innerText();
  const widths = cells.trim().split("\n").map((line) => line.indexOf("|"));
  assert.equal(new Set(widths).size, 1, `the columns are aligned:\n${cells}`);
  const code = await person.say("show me a diff");
  await person.answered(code, /greets in a whole sentence/);
  await person.shot("answer");
}

/** The first words of an answer are there before the last. */
async function streams(person) {
  const asked = await person.say("a long answer");
  const begun = async () => (await person.answers(asked).locator(".body").allInnerTexts())[0] ?? "";
  const first = await person.until("the first words", begun);
  assert.ok(!first.includes("connected to which"), "the answer comes word by word");
  const more = await person.until("more words in the same message", async () => {
    const text = await begun();
    return text.length > first.length && text;
  });
  const kept = first.slice(0, 40);
  assert.equal(more.slice(0, kept.length), kept, "the text before them stays");
  await person.answered(asked, /which is connected to which\./);
}

/** A card says what is being done, and then becomes one line that a button expands. */
async function showsWork(person) {
  const asked = await person.say("make a to-do list");
  await person.until("a checklist", async () => /Look at the folder[^]*Check the list/.test(await person.answerText(asked)));
  await person.until("work on it", () => person.answers(asked).getByRole("button", { name: "Stop" }).count());
  await person.answered(asked, /shopping\.md/);
  await person.shot("work-running");
  await person.answered(asked, /All three are done/);
  await person.until("a collapsed card", () => person.answers(asked).getByRole("button", { name: "Show steps" }).count());
  await person.shot("work-done");
  await person.press(asked, "Show steps");
  await person.answered(asked, /shopping\.md/);
  await person.press(asked, "Hide steps");
  await person.until("a collapsed card", () => person.answers(asked).getByRole("button", { name: "Show steps" }).count());
}

/** Who presses Stop is named. */
async function stops(person) {
  const asked = await person.say("use some tools");
  await person.until("a Stop button", () => person.answers(asked).getByRole("button", { name: "Stop" }).count());
  await person.press(asked, "Stop");
  await person.answered(asked, /topped by .*Olivia/);
  assert.doesNotMatch(await person.answerText(asked), /Done, in/);
}

/** What no rule allows is asked for, and a button or a form decides. */
async function approves(person) {
  const request = async () => {
    const asked = await person.say("ask for permission");
    await person.until("a request", () => person.answers(asked).getByRole("button", { name: "Deny with a reason" }).count());
    return asked;
  };
  const allowed = await request();
  await person.shot("approval");
  await person.press(allowed, "Allow once");
  await person.answered(allowed, /Allowed once by Olivia[^]*Thank you/);
  const denied = await request();
  await person.press(denied, "Deny with a reason");
  await person.page.fill("dialog textarea", "keep it here");
  await person.page.getByRole("button", { name: "Submit" }).click();
  await person.answered(denied, /Denied by Olivia: keep it here[^]*I was not allowed to/);
}

/** Claude's question is answered by a button, and another one by the next message. */
async function answersQuestions(person) {
  const ask = async () => {
    const asked = await person.say("ask me a question");
    await person.until("a question", () => person.answers(asked).getByRole("button", { name: "Other…" }).count());
    return asked;
  };
  const pressed = await ask();
  await person.shot("question");
  await person.press(pressed, "Tea");
  await person.answered(pressed, /Tea it is/);
  const written = await ask();
  await person.say("hot chocolate");
  await person.answered(written, /hot chocolate it is/);
}

/** A picture that Claude sends is shown. */
async function receives(person) {
  const asked = await person.say("draw a picture");
  await person.until("the chart", async () => {
    const pictures = await person.picturesIn(person.answers(asked));
    return pictures.some(({ alt, width }) => alt === "chart.png" && width === 480);
  });
  await person.answered(asked, /Here is the chart/);
  await person.shot("file");
}

/** A long answer can be downloaded as a whole. */
async function downloads(person) {
  const asked = await person.say("a report");
  const link = person.answers(asked).locator("a.file");
  await person.until("a file", () => link.count());
  const text = await person.page.evaluate(async (url) => (await fetch(url)).text(), await link.getAttribute("href"));
  assert.match(text, /^# A report[^]*Chapter Four[^]*connected to which\.$/);
}

await takeSteps([
  isAnswered, ignoresStrangers, uploads, formats, showsAnswers, streams, showsWork, stops, approves, answersQuestions, receives, downloads, retries,
]);
