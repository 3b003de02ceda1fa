// A person in headless Chromium at the page of the loopback Discord.
//
// BROWSER is the program, CHART a picture in base64, PACKAGES the folder with playwright-core, and PAGE the page's
// address. With SCREENSHOTS, a folder, pictures are kept there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

const { BROWSER, CHART, PACKAGES, PAGE, SCREENSHOTS } = process.env;
const { chromium } = createRequire(PACKAGES + "/")("playwright-core");

/** How long anything may take, in milliseconds. */
const PATIENCE = 30_000;

export const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

/** Starts the browser, lets `visit` use it, and ends it. */
export async function withBrowser(visit) {
  // Chromium's sandbox does not work for root.
  const browser = await chromium.launch({ executablePath: BROWSER, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
  try {
    await visit(browser);
  } finally {
    await browser.close();
  }
}

/** The stand-in's own chart, 480 pixels wide. */
export const PICTURE = Buffer.from(readFileSync(CHART, "utf8"), "base64");

/** Takes these steps in a window of each size, each in a channel of its own. */
export async function takeSteps(steps) {
  const channels = { desktop: "general", phone: "random" };
  await withBrowser(async (browser) => {
    for (const size of Object.keys(SIZES)) {
      const person = await Person.at(browser, size);
      await person.enter(channels[size]);
      for (const step of steps) {
        console.error(`${size}: ${step.name}`);
        await step(person);
      }
      assert.ifError(person.broken);
    }
  });
}

export class Person {
  constructor(page, size) {
    this.page = page;
    this.size = size;
  }

  /** Opens the page in a window of this size. */
  static async at(browser, size) {
    const context = await browser.newContext({ ...SIZES[size], colorScheme: "dark", reducedMotion: "reduce", locale: "en-US", timezoneId: "UTC" });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const person = new Person(page, size);
    page.on("pageerror", (error) => { person.broken = error; });
    page.on("console", (message) => { if (message.type() === "error") person.broken = new Error(message.text()); });
    await page.goto(PAGE);
    await page.waitForSelector("#connection.on");
    return person;
  }

  /** Goes to a channel, on a phone by the menu. */
  async enter(channel) {
    if (await this.page.isVisible("#menu")) await this.page.click("#menu");
    await this.page.locator("#channels .channel", { hasText: channel }).first().click();
    await this.page.waitForFunction((name) => document.getElementById("channel-name").textContent.endsWith(name), channel);
  }

  /** Sends a message, and waits for it to appear. Returns its node's id. */
  async say(text) {
    const before = await this.ownMessages();
    await this.page.fill("#input", text);
    await this.page.press("#input", "Enter");
    return this.until(`the message ${JSON.stringify(text)}`, async () => (await this.ownMessages()).find((id) => !before.includes(id)));
  }

  ownMessages() {
    return this.page.$$eval("li.message:not(.from-app)", (nodes) => nodes.map((node) => node.id));
  }

  /** The bot's messages after one of the person's. */
  answers(message) {
    return this.page.locator(`#${message} ~ li.from-app`);
  }

  /** What these messages say, without the line of the message that each replies to. */
  said(message) {
    return this.answers(message).locator("> div:not(.context)");
  }

  async answerText(message) {
    return (await this.said(message).allInnerTexts()).join("\n");
  }

  /** Waits for the bot's messages to match. */
  async answered(message, pattern) {
    return this.until(`an answer like ${pattern}`, async () => pattern.exec(await this.answerText(message)));
  }

  /** Waits until `check` returns something, and returns it. */
  async until(what, check) {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      assert.ifError(this.broken);
      const found = await check();
      if (found) return found;
      if (Date.now() > deadline) {
        await this.shot("failure");
        assert.fail(`${this.size}: waited in vain for ${what}; the page shows:\n${await this.page.innerText("#messages")}`);
      }
      await this.page.waitForTimeout(40);
    }
  }

  async press(message, label) {
    await this.answers(message).getByRole("button", { name: label, exact: true }).last().click();
  }

  /** Uses one of the buttons that appear beside a message, whose label begins like this. */
  async use(message, label) {
    const node = this.page.locator("#" + message);
    await node.hover();
    await node.locator(`.actions [aria-label^="${label}"]`).click();
  }

  /** Replies to a message. */
  async reply(message, text) {
    await this.use(message, "Reply");
    return this.say(text);
  }

  /** Has the stand-in say these words. Returns the message, and the answer. */
  async hears(words) {
    const asked = await this.say(`[[say ${words}]]`);
    await this.answered(asked, new RegExp(words));
    const answer = this.said(asked).filter({ hasText: words }).first().locator("..");
    return { asked, answer: await answer.getAttribute("id") };
  }

  /** What the stand-in knows of the conversation here, as a list. */
  async known() {
    const asked = await this.say("[[context]]");
    return (await this.answered(asked, /\[(?:"[^]*?")?\]/))[0];
  }

  /** Whether all pictures in these messages have been loaded. */
  async picturesIn(messages) {
    return messages.locator(".picture img").evaluateAll((pictures) =>
      pictures.map((picture) => ({ alt: picture.alt, width: picture.complete ? picture.naturalWidth : 0 })));
  }

  /** Keeps a picture of the page, or of what is within `clip`. */
  async shot(name, clip) {
    if (!SCREENSHOTS) return;
    await this.page.mouse.move(0, 0);
    await this.page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${this.size}.png`), clip });
  }
}
