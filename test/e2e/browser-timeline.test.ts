import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeReport } from "../../src/lab/report/write-report.ts";
import { syntheticRun, type SyntheticOptions } from "../lab/report/synthetic.ts";
import { drawn } from "./browser-frames.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

describe.skipIf(!existsSync(CHROMIUM))("the timeline in a browser", () => {
  let browser: Browser;
  let directory: string;
  const troubles: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "faultline-timeline-"));
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
  });
  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function written(name: string, options: SyntheticOptions): Promise<string> {
    const { result, trace } = syntheticRun(options);
    return (await writeReport(join(directory, name), result, trace)).html;
  }

  async function open(address: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1400, height: 1000 },
      reducedMotion: "reduce",
      ...options,
    });
    const page = await context.newPage();
    troubles.length = 0;
    page.on("console", (message) => troubles.push(message.text()));
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) troubles.push(request.url());
    });
    await page.goto(`file://${address}`);
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    return page;
  }

  it("is read by keyboard alone: violation, causes, fault, link; and the link shows the same in a fresh browser", async () => {
    const html = await written("path", { isFailing: true, hasDetector: true });
    const page = await open(html);
    await page.keyboard.press("n");
    expect(await page.innerText("#state-title")).toBe("All nodes at 10.642 s");
    const steps: string[] = [];
    for (let press = 0; press < 40 && !steps.some((words) => words.includes("the world cut")); press++) {
      await page.keyboard.press("c");
      steps.push(await page.innerText("#says"));
    }
    expect(steps[0]).toMatch(/^10\.\d{3} s {1,2}n\d never gets .*: .*did not arrive/);
    expect(steps[steps.length - 1]).toMatch(/^10\.000 s {1,2}the world cut \(partition\) starts: /);
    await page.keyboard.press("l");
    const link = page.url();
    expect(await page.innerText("#says")).toBe(`Link to this moment: ${link}`);
    expect(link).toMatch(/#t=10000000&z=\d+-\d+&sel=e\d+$/);
    const fresh = await open(link.slice("file://".length));
    await Promise.all([page, fresh].map(drawn));
    expect(await fresh.innerText("#state-title")).toBe("All nodes at 10.000 s");
    expect(await fresh.innerText("#main-title")).toBe(await page.innerText("#main-title"));
    await fresh.keyboard.press("l");
    expect(fresh.url()).toBe(link);
    expect(troubles).toEqual([]);
  });

  it("finds records, counts them, goes from one to the next, and keeps the search in the link", async () => {
    const page = await open(await written("search", { isFailing: true }));
    await page.keyboard.press("/");
    await page.keyboard.type("type:vote n3->n4");
    // At once: what is found is of all that was typed.
    await page.keyboard.press("Enter");
    expect(await page.innerText("#found-count")).toMatch(/^\d+ found: \d+ messages?\.$/);
    const first = await page.innerText("#found-rows tr:first-child td:nth-child(2)");
    expect(await page.innerText("#state-title")).toBe(`All nodes at ${first} s`);
    await page.keyboard.press("Escape");
    await page.keyboard.press("l");
    expect(page.url()).toContain("&f=type%3Avote%20n3-%3En4");
    const again = await open(page.url().slice("file://".length));
    expect(await again.locator("#found-rows tr").count()).toBeGreaterThan(0);
  });

  it("plays, says what led to the record under the pointer, and has an axis by order of events", async () => {
    const page = await open(await written("hands", {}));
    const before = await page.innerText("#state-title");
    await page.keyboard.press("Space");
    await expect.poll(() => page.innerText("#state-title")).not.toBe(before);
    await page.keyboard.press("Space");
    expect(await page.innerText("#play")).toBe("play");
    await page.keyboard.press("h");
    await page.locator("#stage").scrollIntoViewIfNeeded();
    const box = (await page.locator("#canvas").boundingBox()) as { x: number; y: number; width: number };
    // The new leader's band, which votes led to.
    const lane = await page.evaluate(`(() => {
      const canvas = document.getElementById("canvas");
      return canvas.clientHeight;
    })()`);
    let words = "";
    for (let y = 100; y < Number(lane) && !words.includes("leader, term 2"); y += 8) {
      await page.mouse.move(box.x + box.width * 0.8, box.y + y);
      await drawn(page);
      words = await page.innerText("#says");
    }
    expect(words).toMatch(/n3 {1,2}role: leader, term 2.*2 records led to it/);
    await page.keyboard.press("x");
    await drawn(page);
    expect(await page.innerText("#axis")).toBe("order of events");
    await page.keyboard.press("l");
    expect(page.url()).toMatch(/&x=order$/);
    expect(troubles).toEqual([]);
  });

  it("is readable by everybody: names, roles and contrast, light and dark", async () => {
    const html = await written("axe", { isFailing: true });
    const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open(html, { colorScheme, bypassCSP: true });
      await page.keyboard.press("/");
      await page.keyboard.type("dropped");
      await page.waitForSelector("#found-rows tr");
      await page.evaluate(axe);
      const violations = await page.evaluate(
        `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))`,
      );
      expect(violations).toEqual([]);
      await page.context().close();
    }
  });

  it("prints on four pages at most", async () => {
    const page = await open(await written("print", { isFailing: true, hasDetector: true }));
    const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
    const pages = (pdf.match(/\/Type\s*\/Page\b/g) ?? []).length;
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThanOrEqual(4);
  });

  it("shows the longest and strangest name as text, and opens without the browser's own unpacking", async () => {
    const name = `</script><img src=x onerror="document.title=1">🧨\u202E${"مرحبا".repeat(2_000)}`;
    const html = await written("hostile", { fifth: name, seconds: 12 });
    const page = await open(html);
    expect(await page.title()).toContain("Every rule held");
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("#state td b").allTextContents()).toContain(name);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const context = await browser.newContext();
    await context.addInitScript("delete globalThis.DecompressionStream");
    const old = await context.newPage();
    await old.goto(`file://${html}`);
    await old.waitForSelector("html[data-ready]", { state: "attached" });
    expect(await old.innerText("#main-title")).toBe(await page.innerText("#main-title"));
    expect(troubles).toEqual([]);
  });
});
