// Chromium as this machine has it, and pages made by mailtap.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const root = resolve(import.meta.dirname ?? ".", "../..");
const mailtap = resolve(process.env.MAILTAP ?? join(root, "target/release/mailtap"));
const executablePath = process.env.CHROMIUM
  ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

export async function launch() {
  if (!executablePath) throw new Error("there is no Chromium: install Debian's package `chromium`, or name one by CHROMIUM=…");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

export const folder = mkdtempSync(join(tmpdir(), "mailtap-page-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/// Makes a page of the capture `file`; returns its path.
export function page(name, file, ...options) {
  const made = join(folder, `${name}.html`);
  execFileSync(mailtap, ["read", file, "--format", "html", "-o", made, ...options], { stdio: ["ignore", "ignore", "inherit"] });
  return made;
}

/// Writes a capture into the folder; returns its path.
export function capture(name, packets) {
  const file = join(folder, name);
  writeFileSync(file, packets);
  return file;
}

export const url = (file, hash = "") => pathToFileURL(file).href + hash;
export const lab = join(root, "fixtures/lab/lab-all/capture.pcapng");
