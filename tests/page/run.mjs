// The page in a real browser: `make test-page`. Each test gets pages of its own; what goes wrong is said, and the exit status is 1.

import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import assert from "node:assert/strict";
import { capture, folder, lab, launch, page, url } from "./browser.mjs";
import { HOSTILE, hostile, many, pcap } from "./capture.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await launch();
const tests = [];
const test = (name, run) => tests.push({ name, run });

/// Opens a page of its own context. Requests for anything but the file, errors, and what the policy refuses are noted.
async function opened(file, { hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const tab = await context.newPage();
  const wrong = [];
  tab.on("request", (request) => {
    if (request.url().split("#")[0] !== url(file)) wrong.push(`request: ${request.url()}`);
  });
  tab.on("console", (said) => ["error", "warning"].includes(said.type()) && wrong.push(`console: ${said.text()}`));
  tab.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  tab.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  tab.on("popup", () => wrong.push("a window was opened"));
  await tab.goto(url(file, hash), { waitUntil: "load" });
  return { tab, wrong, close: () => context.close() };
}

/// How many sessions are listed, once what was chosen has been drawn.
async function shown(tab) {
  await tab.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  return tab.locator("tbody.s:visible").count();
}
/// Opens a session of the list as a reader does.
const unfold = (tab, id) => tab.locator(`#session-${id} a.open`).click();
/// Chooses a language or a theme by its label: the buttons themselves are not seen.
const choose = (tab, what) => tab.locator(`label[for="${what}"]`).click();
/// Opens everything that can be opened.
const unfoldAll = (tab) => tab.evaluate(() => {
  document.querySelector("#open-all").click();
  for (const details of [...document.querySelectorAll("details")].slice(0, 200)) details.open = true;
});
const labPage = page("lab", lab, "--lang", "en");
const hostileCapture = capture("hostile.pcap", pcap(hostile()));
const hostilePage = page("hostile", hostileCapture, "--lang", "en");

test("the page asks for nothing and reports no error", async () => {
  for (const file of [labPage, hostilePage]) {
    const { tab, wrong, close } = await opened(file);
    await unfold(tab, 1);
    await tab.waitForTimeout(100);
    assert.deepEqual(wrong, []);
    await close();
  }
});

test("sessions are filtered by text, protocol, address, outcome and severity", async () => {
  const { tab, close } = await opened(labPage);
  const all = await shown(tab);
  assert.ok(all >= 3, `${all} sessions`);
  await tab.fill("#filter-text", "pop3");
  assert.equal(await shown(tab), 1);
  assert.match(await tab.locator("#counted").innerText(), /1/);
  await tab.fill("#filter-text", "");
  await tab.selectOption("#filter-protocol", "IMAP");
  assert.equal(await shown(tab), 1);
  await tab.selectOption("#filter-protocol", "");
  await tab.fill("#filter-address", "253:143");
  assert.equal(await shown(tab), 1);
  await tab.fill("#filter-address", "");
  await tab.selectOption("#filter-outcome", "accepted");
  assert.equal(await shown(tab), 1);
  await tab.selectOption("#filter-outcome", "");
  await tab.selectOption("#filter-severity", "4");
  assert.equal(await shown(tab), 2, "sessions with a finding of high severity");
  await tab.selectOption("#filter-severity", "");
  assert.equal(await shown(tab), all);
  await close();
});

test("a session opens by click, by keyboard and by link", async () => {
  const { tab, close } = await opened(labPage);
  const first = tab.locator("#session-1");
  await unfold(tab, 1);
  assert.ok(await first.locator("table.steps").first().isVisible());
  assert.ok(await first.locator("svg").first().isVisible(), "the sequence diagram");
  const second = tab.locator("#session-2");
  await second.locator("a.open").focus();
  await tab.keyboard.press("Enter");
  assert.ok(await second.locator("table.steps").first().isVisible());
  assert.equal(await second.locator("a.open").getAttribute("aria-expanded"), "true");
  await tab.keyboard.press("Enter");
  assert.equal(await second.locator("table.steps").count() && await second.locator("table.steps").first().isVisible(), false);
  await tab.locator('.groups a[href^="#session-2"]').first().click();
  assert.ok(await second.locator("table.steps").first().isVisible(), "by its link in a finding");
  await close();
  const linked = await opened(labPage, { hash: "#session-3" });
  assert.ok(await linked.tab.locator("#session-3 table.steps").first().isVisible());
  await linked.close();
});

test("arrows of the sequence diagram can be reached by keyboard", async () => {
  const { tab, close } = await opened(labPage, { hash: "#session-1" });
  await tab.locator("#session-1 .drawing-scroll").focus();
  await tab.keyboard.press("Tab");
  const inside = await tab.evaluate(() => document.activeElement.closest("svg") !== null);
  assert.ok(inside, "the focus is within the drawing");
  await close();
});

test("the language is switched, with and without script", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const { tab, close } = await opened(labPage, { javaScriptEnabled });
    const heading = tab.locator("h1");
    const english = await heading.innerText();
    assert.match(english, /^[\x20-\x7e–]+$/);
    await choose(tab, "lang-zh");
    assert.match(await heading.innerText(), /\p{Script=Han}/u);
    if (javaScriptEnabled) assert.equal(await tab.evaluate(() => document.documentElement.lang), "zh-CN");
    await choose(tab, "lang-en");
    assert.equal(await heading.innerText(), english);
    await close();
  }
});

test("without script sessions still open", async () => {
  const { tab, close } = await opened(labPage, { javaScriptEnabled: false });
  await unfold(tab, 1);
  assert.ok(await tab.locator("#session-1 table.steps").first().isVisible());
  await close();
});

test("passwords are hidden until asked for, and gone with --redact", async () => {
  const { tab, close } = await opened(labPage, { hash: "#session-2" });
  const seen = async () => /(?<!\/)PASS\s+(hide\s+)?group7_3(?!@)/.test(await tab.locator("body").innerText());
  assert.equal(await seen(), false);
  await tab.locator("#session-2 .steps details.secret summary").first().click();
  assert.equal(await seen(), true, await tab.locator("#session-2 .steps tr.secret").first().innerText());
  await close();
  const other = capture("login.pcap", pcap(many(3)));
  assert.ok(readFileSync(page("clear", other), "utf8").includes("secret-2"));
  assert.ok(!readFileSync(page("masked", other, "--redact"), "utf8").includes("secret-2"));
});

test("axe finds nothing wrong in both languages and both themes", async () => {
  for (const file of [labPage, hostilePage]) {
    for (const language of ["en", "zh"]) {
      for (const theme of ["light", "dark"]) {
        const { tab, close } = await opened(file);
        await choose(tab, `lang-${language}`);
        await choose(tab, `theme-${theme}`);
        await unfoldAll(tab);
        await tab.evaluate(axe);
        const { violations } = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`);
        assert.deepEqual(told, [], `${language}, ${theme}`);
        await close();
      }
    }
  }
});

test("nothing is wider than a telephone of 360 pixels", async () => {
  const { tab, close } = await opened(labPage, { viewport: { width: 360, height: 740 }, hash: "#session-1" });
  const [wide, there] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= there, `${wide} of ${there} pixels`);
  await tab.selectOption("#filter-protocol", "IMAP");
  assert.equal(await shown(tab), 1, "filters hold there too");
  await close();
});

test("it prints as a lab report on A4", async () => {
  const { tab, close } = await opened(labPage);
  const file = join(folder, "lab.pdf");
  await tab.pdf({ path: file, format: "A4", preferCSSPageSize: true });
  await close();
  let text;
  try {
    text = execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    console.log("  (pdftotext is not there: what the pages say was not looked at)");
    assert.ok(statSync(file).size > 10_000);
    return;
  }
  for (const said of ["SMTP connection establishment", "Mail transfer", "Source IP", "Destination IP", "Purpose", "MAIL FROM", "QUIT"]) {
    assert.ok(text.includes(said), said);
  }
  assert.ok(!/Open those shown|show all|English/i.test(text), "controls are not printed");
  const pages = Number(/Pages:\s+(\d+)/.exec(execFileSync("pdfinfo", [file], { encoding: "utf8" }))[1]);
  assert.ok(pages <= 11, `${pages} pages for three sessions`);
  const [first] = text.split("\f");
  for (const said of ["Verdict", "Findings"]) assert.ok(first.includes(said), `${said} is on the first page`);
});

test("what is pasted into Wireshark is marked as a whole, and says what selects the session", async () => {
  const { tab, close } = await opened(labPage, { hash: "#session-1" });
  const filter = tab.locator("#session-1 .facts code.filter");
  assert.match(await filter.innerText(), /^ip\.addr == 172\.16\.0\.73 && .* && tcp\.port == 25 && frame\.time_epoch >= \d+\.\d{9}/);
  await filter.click();
  assert.equal(await tab.evaluate(() => getSelection().toString().trim()), await filter.innerText());
  assert.match(await tab.locator(".groups .finding code.filter").first().innerText(), /^frame\.number (in \{|== )/);
  assert.match(await tab.locator("#session-1 .again").innerText(), /session 2, message 1/, "what was fetched later");
  await tab.locator("#session-1 .again a").first().click();
  // The page opens the session when the browser has told it of the new address.
  await tab.locator("#session-2 table.steps").first().waitFor({ state: "visible" });
  await close();
});

test("hostile text has no effect", async () => {
  const { tab, wrong, close } = await opened(hostilePage);
  await unfoldAll(tab);
  await tab.waitForTimeout(300);
  assert.equal(await tab.evaluate(() => globalThis.harmed), undefined);
  assert.deepEqual(wrong, []);
  const odd = await tab.evaluate(() => ({
    scripts: document.querySelectorAll("script:not([type]), script[src]").length,
    images: document.querySelectorAll("img, iframe, object, embed, link[href], form[action], base").length,
    handlers: [...document.querySelectorAll("*")].filter((node) => node.getAttributeNames().some((name) => /^on|^style$/.test(name))).length,
    links: [...document.querySelectorAll("[href]")].filter((node) => !node.getAttribute("href").startsWith("#")).length,
  }));
  assert.deepEqual(odd, { scripts: 1, images: 0, handlers: 0, links: 0 });
  const text = await tab.locator("body").innerText();
  assert.ok(text.includes("<script>"), "it is shown as what it is");
  assert.ok(!/[\u202a-\u202e\u2066-\u2069\u001b\u0007]/.test(readFileSync(hostilePage, "utf8")), "control and bidi characters");
  assert.ok(HOSTILE.length > 10);
  await close();
});

test("the data in the page is JSON, a line for each session", async () => {
  for (const [file, least] of [[labPage, 4], [hostilePage, 2 * HOSTILE.length + 1]]) {
    const records = readFileSync(file, "utf8").split("\n").flatMap((line) => {
      try { return [JSON.parse(line)].filter((value) => value && typeof value === "object" && !Array.isArray(value)); } catch { return []; }
    });
    assert.ok(records.length >= least, `${records.length} records`);
    assert.equal(records.at(-1).type, "summary");
  }
});

/// A page of 2,000 sessions, made once.
let large;
const largePage = () => large ??= page("many", capture("many.pcap", pcap(many(2_000))));

test("who a message is from and to can be read at any width", async () => {
  const { tab, close } = await opened(largePage());
  for (const width of [961, 1_000, 1_100, 1_153, 1_280]) {
    await tab.setViewportSize({ width, height: 800 });
    const room = await tab.locator("#session-2 .c-way").evaluate((cell) => cell.clientWidth);
    assert.ok(room >= 110, `${width}: ${room}`);
  }
  await close();
});

test("further sessions of 2,000 are listed by scrolling, by a button, by filters and by links", async () => {
  const { tab, wrong, close } = await opened(largePage());
  assert.equal(await shown(tab), 100);
  const counted = () => tab.locator("#counted").innerText();
  assert.equal(await counted(), "the first 100 of 2000 sessions shown");
  // By keyboard, which goes on with the first new one.
  await tab.evaluate(() => document.querySelector("#show-more").click());
  assert.equal(await shown(tab), 200);
  assert.equal(await tab.evaluate(() => document.activeElement.getAttribute("href")), "#session-101");
  await tab.keyboard.press("Enter");
  assert.ok(await tab.locator("#session-101 table.steps").first().isVisible());
  // By scrolling, to the last of those that are chosen.
  await tab.selectOption("#filter-protocol", "POP3");
  assert.equal(await shown(tab), 100);
  assert.equal(await counted(), "the first 100 of 666 sessions shown, 2000 in all");
  for (let nth = 0; nth < 30 && await tab.locator("#show-more").isVisible(); nth += 1) {
    await tab.evaluate(() => document.querySelector("#list").scrollIntoView({ block: "end" }));
    await shown(tab);
  }
  assert.equal(await shown(tab), 666);
  assert.equal(await counted(), "666 of 2000 sessions shown");
  // They stand in their order.
  const ids = await tab.evaluate(() => [...document.querySelectorAll("tbody.s")].map(({ id }) => Number(id.slice(8))));
  assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
  // By filters.
  await tab.selectOption("#filter-protocol", "");
  assert.equal(await shown(tab), 101, "session 101 is open, and matches again");
  await tab.emulateMedia({ media: "print" });
  assert.equal(await tab.locator("#on-paper").innerText(), "… the first 100 of 2000 sessions shown", "paper says what it leaves out");
  await tab.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await shown(tab), 2000, "a row of each on paper");
  assert.equal(await tab.locator("#on-paper").innerText(), "");
  await tab.evaluate(() => dispatchEvent(new Event("afterprint")));
  await tab.emulateMedia({ media: "screen" });
  // Its end may be in sight, which lists some more.
  assert.ok(await shown(tab) < 500, "on the screen as before");
  await tab.fill("#filter-text", "letter 1996");
  assert.equal(await shown(tab), 1);
  await tab.fill("#filter-text", "");
  await tab.fill("#filter-address", "10.0.7.249");
  assert.equal(await shown(tab), 1);
  await tab.fill("#filter-address", "");
  assert.equal(await shown(tab), 101);
  // By a link, in their place, though the filter leaves them out.
  await tab.fill("#filter-text", "letter 1996");
  assert.equal(await shown(tab), 1);
  await tab.evaluate(() => { location.hash = "#session-1500-step-2"; });
  await tab.locator("#session-1500-step-2").waitFor({ timeout: 5_000 });
  assert.equal(await shown(tab), 2);
  assert.ok(await tab.locator("#session-1500-step-2").isVisible());
  await choose(tab, "lang-zh");
  assert.match(await counted(), /^显示 1 个，共 2000 个会话$/);
  // Rows alone, on paper: the head is on each page, and no row is on two.
  await tab.click("#close-all");
  await tab.emulateMedia({ media: "print" });
  await tab.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const laid = await tab.evaluate(() => {
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    return [style("#list > thead").display, style("#list tr.row").breakBefore, style("#list tr.row").breakInside];
  });
  assert.deepEqual(laid, ["table-header-group", "auto", "avoid"]);
  assert.deepEqual(wrong, []);
  await close();
  const linked = await opened(largePage(), { hash: "#session-1999" });
  assert.ok(await linked.tab.locator("#session-1999 table.steps").first().isVisible());
  assert.equal(await shown(linked.tab), 101);
  // Those that lie between are counted, in their place.
  const between = linked.tab.locator("#list .between");
  assert.equal(await between.textContent(), "… 1898 sessions between");
  assert.ok(await between.evaluate((row) => row.nextElementSibling.id === "session-1999" && row.previousElementSibling.id === "session-100"));
  await choose(linked.tab, "lang-zh");
  assert.equal(await between.textContent(), "… 其间 1898 个会话");
  await linked.tab.locator("#show-more").evaluate((button) => button.click());
  assert.match(await between.textContent(), /^… 其间 1[0-8]98 个会话$/);
  await linked.close();
});

test("without script all of 2,000 sessions are listed, and more than the first ones open", async () => {
  const { tab, close } = await opened(largePage(), { javaScriptEnabled: false });
  const [rows, seen] = await Promise.all([tab.locator("tbody.s > tr.row").count(), tab.locator("tbody.s > tr.row >> visible=true").count()]);
  assert.deepEqual([rows, seen], [2_000, 2_000]);
  for (const id of [2, 90, 300]) {
    await unfold(tab, id);
    assert.ok(await tab.locator(`#session-${id} table.steps`).first().isVisible(), `${id}`);
  }
  await close();
});

// Under two seconds where nothing else runs. The bound is wider, and counts the best of three: other programs take their time too.
test("2,000 sessions open in under two and a half seconds, and stay usable", async () => {
  const file = largePage();
  const best = { opened: Infinity, filtered: Infinity, unfolded: Infinity };
  for (let nth = 0; nth < 3; nth += 1) {
    const began = performance.now();
    const { tab, wrong, close } = await opened(file);
    const took = { opened: performance.now() - began };
    // From the letter to the frame after the one that shows it.
    took.filtered = await tab.evaluate(() => new Promise((done) => {
      const box = document.querySelector("#filter-text");
      const since = performance.now();
      box.value = "to1234@";
      box.dispatchEvent(new InputEvent("input", { bubbles: true }));
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - since)));
    }));
    assert.equal(await shown(tab), 1);
    took.unfolded = await tab.evaluate(() => new Promise((done) => {
      const since = performance.now();
      document.querySelector("tbody.s:not([hidden]) a.open").click();
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - since)));
    }));
    await tab.locator("tbody.s:visible table.steps").first().waitFor({ timeout: 2_000 });
    for (const what of Object.keys(best)) best[what] = Math.min(best[what], took[what]);
    assert.deepEqual(wrong, []);
    await close();
  }
  const told = Object.entries(best).map(([what, took]) => `${what} in ${Math.round(took)} ms`).join(", ");
  console.log(`  ${told}, ${(statSync(file).size / 1e6).toFixed(1)} MB`);
  assert.ok(best.opened < 2_500, told);
  assert.ok(best.filtered < 100, told);
  assert.ok(best.unfolded < 300, told);
});

let failed = 0;
const only = process.argv[2];
for (const { name, run } of tests.filter(({ name }) => !only || name.includes(only))) {
  try {
    await run();
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n${String(error.stack ?? error).split("\n").slice(0, 12).join("\n")}`);
  }
}
await browser.close();
console.log(`${tests.length - failed} passed, ${failed} failed`);
writeFileSync(join(folder, "done"), "");
process.exit(failed ? 1 : 0);
