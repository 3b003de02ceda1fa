// Looks at the dashboard on a desktop and on a phone, follows a transcript, decides an approval, and tries to read it all from
// another site, whose address is ANSWERS. PAGE is the link with both tokens. See person.mjs for the environment.

import assert from "node:assert/strict";
import path from "node:path";
import process from "node:process";

import { SIZES, withBrowser } from "./person.mjs";

const { ANSWERS: OTHER, PAGE, SCREENSHOTS } = process.env;
const DESK = new URL(PAGE).origin;
const PATIENCE = 30_000;

await withBrowser(async (browser) => {
  for (const size of Object.keys(SIZES)) {
    console.error(`a visit: ${size}`);
    const colorScheme = size === "phone" ? "light" : "dark";
    const context = await browser.newContext({ ...SIZES[size], colorScheme, locale: "en-US", timezoneId: "UTC" });
    const page = await open(context);
    const shot = (name) => SCREENSHOTS && page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${size}.png`), fullPage: true });
    await sees(page, "#connection.on");
    // The address keeps no token.
    assert.equal(page.url(), `${DESK}/`);

    // By keyboard: to the channel, and into its transcript.
    const channel = page.locator("#channels button", { hasText: "general" });
    await channel.focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#events")?.textContent.includes("Hello <b>there</b>"));
    assert.equal(await page.locator("#events b").count(), 0, "what Claude writes is no markup");
    await sees(page, "#events .result");

    // Charts with something in them, and the log.
    for (const chart of ["days", "by-channel", "by-person", "by-model"]) {
      const bars = await page.locator(`#${chart} svg .bar`).evaluateAll((all) => all.filter((bar) => bar.getBBox().height > 0).length);
      assert.ok(bars > 0, `${chart} has bars`);
    }
    await page.getByText("Figures by day").click();
    const row = page.locator("#day-figures tbody tr").first();
    assert.match(await row.innerText(), /^\d{4}-\d\d-\d\d\s+\$[\d.]+\s+[1-9]\d*\s/, "the figures of today");
    assert.equal(await page.locator("#day-figures tbody tr").count(), await page.locator("#days svg .bar").count());
    assert.ok((await page.innerText("#log")).includes("connected to Discord"));
    const fits = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
    assert.ok(fits, `the page fits a ${size}`);
    const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(back, colorScheme === "dark" ? "rgb(22, 24, 27)" : "rgb(246, 246, 244)");
    await shot("dashboard");
    if (size === "desktop") {
      await page.emulateMedia({ colorScheme: "light" });
      await shot("dashboard-light");
    }

    await hostile(context, page);
    if (size === "desktop") await arrives(browser);
    if (size === "phone") {
      await others(context);
      await keepsWords(page);
      await decide(page);
    }
    await context.close();
  }
});

async function open(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => assert.ifError(error));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    assert.ok(origin === DESK || protocol === "data:", `asked ${request.url()}`);
  });
  await page.goto(PAGE);
  return page;
}

async function sees(page, selector) {
  await page.locator(selector).first().waitFor();
}

/** A page of another site, in the same browser, which holds the cookie. */
async function hostile(context, own) {
  const page = await context.newPage();
  await page.goto(OTHER);
  const control = await own.evaluate(async () => {
    const now = await (await fetch("/now")).json();
    return { channel: now.approvals[0].channel, control: now.approvals[0].controls[0].id };
  });
  const got = await page.evaluate(async ({ desk, control }) => {
    const read = async (path, options) => {
      try {
        const answer = await fetch(desk + path, { credentials: "include", ...options });
        return answer.type === "opaque" ? "nothing" : await answer.text();
      } catch {
        return "nothing";
      }
    };
    const body = JSON.stringify(control);
    const heard = new Promise((done) => {
      const source = new EventSource(`${desk}/events?channel=${control.channel}`, { withCredentials: true });
      source.onmessage = () => done("something");
      source.addEventListener("session", () => done("something"));
      source.onerror = () => { source.close(); done("nothing"); };
    });
    const script = new Promise((done) => {
      const element = document.createElement("script");
      element.src = `${desk}/page.js`;
      element.onload = () => done("something");
      element.onerror = () => done("nothing");
      document.head.append(element);
    });
    const frame = document.createElement("iframe");
    const framed = new Promise((done) => { frame.onload = done; });
    frame.src = `${desk}/`;
    document.body.append(frame);
    await framed;
    let inFrame = "nothing";
    try { inFrame = frame.contentDocument?.body?.innerText || "nothing"; } catch { /* of another site */ }
    return {
      now: await read("/now"),
      opaque: await read("/now", { mode: "no-cors" }),
      metrics: await read("/metrics"),
      plain: await read("/decide", { method: "POST", mode: "no-cors", body }),
      json: await read("/decide", { method: "POST", headers: { "content-type": "application/json", "x-switchboard-admin": "x" }, body }),
      heard: await heard,
      script: await script,
      inFrame,
    };
  }, { desk: DESK, control });
  for (const [what, result] of Object.entries(got)) assert.equal(result, "nothing", what);
  await page.close();
}

/** Somebody follows the link on another site, and is in. */
async function arrives(browser) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE);
  // Another port is the same site, another name is not.
  await page.goto(OTHER.replace("127.0.0.1", "localhost"));
  await page.evaluate((link) => {
    const anchor = Object.assign(document.createElement("a"), { href: link, textContent: "The dashboard" });
    document.body.append(anchor);
  }, PAGE);
  await page.getByRole("link", { name: "The dashboard" }).click();
  await sees(page, "#connection.on");
  assert.equal(page.url(), `${DESK}/`);
  assert.ok(await page.evaluate(() => sessionStorage.getItem("admin")), "the admin token came along");
  await page.context().close();
}

/** Of many channels, the last bar says how many there are beside the highest ones. */
async function others(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const channels = Array.from({ length: 14 }, (_, index) => ({ name: `c${index}`, cost_usd: 1, turns: 2, tokens: 3, failed: 0 }));
  await page.route("**/usage", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), channels } });
  });
  await page.goto(DESK);
  await sees(page, "#by-channel svg");
  const label = await page.locator("#by-channel svg").getAttribute("aria-label");
  assert.ok(label.endsWith("c9: $1.00, 4 others: $4.00"), label);
  assert.ok((await page.textContent("#by-channel")).includes("4 others$4.00, 8 turns"));
  await page.close();
}

/** What is half written stays while other approvals come and go, and while the bot does not answer. */
async function keepsWords(page) {
  await page.route("**/decide", (route) => route.fulfill({ json: { form: { title: "Why?" } } }));
  await page.getByRole("button", { name: "Allow once", exact: true }).click();
  const words = page.locator("textarea");
  await words.fill("because of");
  await page.route("**/now", async (route) => {
    const response = await route.fetch();
    const now = await response.json();
    const [first] = now.approvals;
    await route.fulfill({ response, json: { ...now, approvals: [{ ...first, text: `${first.text} changed` }, { ...first, key: -1, text: "another" }] } });
  });
  await page.locator(".card", { hasText: "another" }).waitFor();
  assert.equal(await words.inputValue(), "because of");
  assert.ok(await words.evaluate((element) => element === document.activeElement), "its place is kept");
  await page.unroute("**/now");
  await page.unroute("**/decide");
  await page.route("**/decide", (route) => route.abort());
  await page.locator("form button", { hasText: "Allow once" }).click();
  await page.waitForFunction(() => document.getElementById("decided").textContent === "The bot does not answer.");
  assert.equal(await words.inputValue(), "because of");
  await page.unroute("**/decide");
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll(".card").length === 1);
}

async function decide(page) {
  await page.locator(".card").first().waitFor();
  assert.ok((await page.innerText(".card")).includes("touch made"));
  await page.getByRole("button", { name: "Allow once", exact: true }).click();
  await page.waitForFunction(() => document.getElementById("decided").textContent.startsWith("Decided in general"));
  await page.waitForFunction(() => !document.querySelector(".card"));
  // The section goes, too, when what was decided has been shown for a while.
  await page.waitForFunction(() => document.getElementById("approvals").hidden);
}
