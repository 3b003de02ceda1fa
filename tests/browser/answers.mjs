// Looks at the answers in each channel of ANSWERS, on a desktop and on a phone. See person.mjs for the environment.

import assert from "node:assert/strict";
import process from "node:process";

import { Person, SIZES, withBrowser } from "./person.mjs";

/** The window's height beside the messages. */
const REST = 220;

await withBrowser(async (browser) => {
  for (const size of Object.keys(SIZES)) {
    const person = await Person.at(browser, size);
    const { width, height } = SIZES[size].viewport;
    for (const channel of process.env.ANSWERS.split(" ")) {
      await person.page.setViewportSize({ width, height });
      await person.enter(channel);
      const answers = person.page.locator("li.from-app");
      assert.ok(await answers.count(), `${channel} has an answer`);
      const fits = await answers.evaluateAll((nodes) => nodes.every((node) => node.scrollWidth <= node.clientWidth && node.clientWidth <= window.innerWidth));
      assert.ok(fits, `${channel} fits a window ${width} pixels wide`);
      // High enough for all of it, without a scroll bar.
      await person.page.setViewportSize({ width, height: 100 });
      const content = await person.page.locator("#messages").evaluate((node) => node.scrollHeight);
      await person.page.setViewportSize({ width, height: content + REST });
      const boxes = await person.page.locator("li.message").evaluateAll((nodes) => nodes.map((node) => node.getBoundingClientRect().toJSON()));
      const [first, last] = [boxes[0], boxes.at(-1)];
      await person.shot(channel, { x: first.x, y: first.y - 8, width: first.width, height: last.bottom - first.y + 16 });
    }
    assert.ifError(person.broken);
  }
});
