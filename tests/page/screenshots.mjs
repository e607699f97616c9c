// The screenshots in the documentation: `make screenshots`. They are made of the fixtures, so that anyone can make them again.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { lab, launch, page, root, url } from "./browser.mjs";

const target = join(root, "docs/images");
mkdirSync(target, { recursive: true });
const browser = await launch();
const shots = [
  { name: "page-en", lang: "en", width: 1280, height: 860 },
  { name: "page-zh", lang: "zh", width: 1280, height: 860 },
  { name: "session-en", lang: "en", width: 1280, height: 1000, session: 1 },
  { name: "session-zh", lang: "zh", width: 1280, height: 1000, session: 1 },
  { name: "page-dark", lang: "en", width: 1280, height: 860, theme: "dark" },
  { name: "page-narrow", lang: "zh", width: 360, height: 740 },
];
for (const { name, lang, width, height, session, theme } of shots) {
  const tab = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: 1.25 });
  await tab.goto(url(page(lang, lab, "--lang", lang), session ? `#session-${session}` : ""));
  if (theme) await tab.locator(`label[for="theme-${theme}"]`).click();
  if (session) await tab.evaluate((id) => document.querySelector(`#session-${id} h3`).scrollIntoView(), session);
  await tab.waitForTimeout(100);
  await tab.screenshot({ path: join(target, `${name}.png`) });
  await tab.close();
}
await browser.close();
