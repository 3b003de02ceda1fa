// The page over the real CLI, on a desktop and on a phone. See person.mjs for the environment.

import assert from "node:assert/strict";

import { PICTURE, takeSteps } from "./person.mjs";

/** An answer is there in part before it is whole. */
async function streams(person) {
  const asked = await person.say("[[slow 25]] first words, then **many** others, one after the other, until the very last");
  await person.answered(asked, /first words(?![^]*very last)/);
  await person.shot("real-growing");
  await person.answered(asked, /the very last/);
}

/** A table is aligned. */
async function showsTables(person) {
  const asked = await person.say("here:\n\n| name | size |\n|---|---:|\n| 数学 | 7 |\n| a longer name | 1234 |");
  await person.answered(asked, /1234/);
  await person.until("a table", () => person.answers(asked).locator("pre").count());
  await person.shot("real-table");
}

/** A tool has a card, which is one line in the end and can be expanded. */
async function showsWork(person) {
  const asked = await person.say('[[tool Bash {"command":"sleep 2s; echo hello","description":"Say hello"}]]');
  await person.until("a Stop button", () => person.answers(asked).getByRole("button", { name: "Stop" }).count());
  await person.shot("real-work-running");
  await person.answered(asked, /tool said: hello/);
  await person.answered(asked, /✓ 1 step, /);
  await person.shot("real-work-done");
  await person.press(asked, "Show steps");
  await person.answered(asked, /Ran sleep 2s; echo hello/);
  await person.shot("real-work-steps");
}

/** A tool that no rule allows is shown as refused. */
async function refuses(person) {
  const asked = await person.say('[[tool Bash {"command":"mktemp"}]]');
  await person.answered(asked, /tool said/);
  await person.answered(asked, /Refused, because this bot's rules don't allow it: Bash \(mktemp\)/);
  await person.shot("real-refused");
}

/** Stop ends a tool. */
async function stops(person) {
  const asked = await person.say('[[tool Bash {"command":"sleep 100s"}]]');
  await person.until("a Stop button", () => person.answers(asked).getByRole("button", { name: "Stop" }).count());
  await person.press(asked, "Stop");
  await person.answered(asked, /topped by .*Olivia/);
  await person.shot("real-stopped");
}

/** A picture reaches Claude, and one that Claude sends is shown. */
async function exchangesPictures(person) {
  await person.page.setInputFiles("#files", { name: "chart.png", mimeType: "image/png", buffer: PICTURE });
  const sent = await person.say("What do you see?");
  await person.answered(sent, /What do you see/);
  const asked = await person.say('[[tool mcp__switchboard__send_file {"path":"chart.png","caption":"Here it is."}]] done');
  await person.until("the chart", async () => {
    const pictures = await person.picturesIn(person.answers(asked));
    return pictures.some(({ alt, width }) => alt === "chart.png" && width === 480);
  });
  await person.answered(asked, /tool said/);
  await person.shot("real-file");
}

/** A turn that failed has a notice with a button, which runs it again. */
async function retries(person) {
  const asked = await person.say("[[status 400 not like this]]");
  await person.until("a Retry button", () => person.answers(asked).getByRole("button", { name: "Retry" }).count());
  await person.shot("real-failed");
  await person.press(asked, "Retry");
  await person.answered(asked, /Retried by Olivia/);
}

await takeSteps([streams, showsTables, showsWork, refuses, stops, exchangesPictures, retries]);
