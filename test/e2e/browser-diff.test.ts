import { existsSync } from "node:fs";
import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDiff } from "../../src/lab/report/write-diff.ts";
import { firstDivergence } from "../../src/lab/run/verify.ts";
import { syntheticRun, type SyntheticOptions } from "../lab/report/synthetic.ts";
import { drawn } from "./browser-frames.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

describe.skipIf(!existsSync(CHROMIUM))("the page of two runs in a browser", () => {
  let browser: Browser;
  let directory: string;
  const troubles: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "faultline-diff-"));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(second: SyntheticOptions, hash = ""): Promise<{ page: Page; time: number }> {
    const [a, b] = [syntheticRun(), syntheticRun(second)];
    const record = firstDivergence(a.trace, b.trace)?.record ?? -1;
    const runs = { first: { ...a, label: "a" }, second: { ...b, label: "b" } };
    const facts = [{ name: "outcome", first: a.result.outcome, second: b.result.outcome }];
    const html = await writeDiff(directory, runs, { record, facts });
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, reducedMotion: "reduce" });
    troubles.length = 0;
    page.on("console", (message) => troubles.push(message.text()));
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) troubles.push(request.url());
    });
    await page.goto(`file://${html}${hash}`);
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    return { page, time: Math.min(a.trace.time(record), b.trace.time(record)) };
  }
  const title = (page: Page): Promise<string> => page.innerText("#main-title");
  const cursor = (page: Page): Promise<string> => page.innerText("#cursor");
  /** A picture of one run's canvas, to tell whether it was drawn anew with something else. */
  const picture = (page: Page, run: "a" | "b"): Promise<string> =>
    page.evaluate(`document.getElementById("canvas-${run}").toDataURL()`);

  it("opens at the first divergence, without a request, an error or a refused script", async () => {
    const { page, time } = await open({ isFailing: true });
    expect(await cursor(page)).toBe(`cursor at ${(time / 1e6).toFixed(3)} s`);
    const [, from, to] = /^Both runs, ([\d.]+) to ([\d.]+) s$/.exec(await title(page)) ?? [];
    expect(Number(from) * 1e6).toBeLessThan(time);
    expect(Number(to) * 1e6).toBeGreaterThan(time);
    expect(await picture(page, "a")).not.toBe(await picture(page, "b"));
    expect(troubles).toEqual([]);
  });

  it("moves both timelines and the cursor when one is dragged, zoomed or clicked", async () => {
    const { page } = await open({ isFailing: true });
    const changes = async (act: () => Promise<void>): Promise<void> => {
      const before = [await picture(page, "a"), await picture(page, "b")];
      await act();
      await drawn(page);
      expect(await picture(page, "a")).not.toBe(before[0]);
      expect(await picture(page, "b")).not.toBe(before[1]);
    };
    const stage = page.locator("#stage-a");
    await stage.scrollIntoViewIfNeeded();
    const box = (await stage.boundingBox()) as { x: number; y: number };
    const first = await title(page);
    await changes(async () => {
      await page.mouse.move(box.x + 700, box.y + 60);
      await page.mouse.down();
      await page.mouse.move(box.x + 500, box.y + 60, { steps: 4 });
      await page.mouse.up();
    });
    expect(await title(page)).not.toBe(first);
    await changes(() => page.keyboard.press("w"));
    const clicked = await cursor(page);
    await changes(() => page.locator("#stage-b").click({ position: { x: 900, y: 70 } }));
    expect(await cursor(page)).not.toBe(clicked);
    expect(troubles).toEqual([]);
  });

  it("steps from difference to difference by key, and a link opens at the same moment and window", async () => {
    const { page, time } = await open({ isFailing: true });
    await page.keyboard.press("ArrowRight");
    const next = await cursor(page);
    expect(next).not.toBe(`cursor at ${(time / 1e6).toFixed(3)} s`);
    await page.keyboard.press("s");
    await drawn(page);
    const window = await title(page);
    await page.keyboard.press("l");
    const { page: again } = await open({ isFailing: true }, new URL(page.url()).hash);
    expect([await cursor(again), await title(again)]).toEqual([next, window]);
  });

  it("lists the differences of one mark and kind", async () => {
    const { page } = await open({ isFailing: true });
    const rows = page.locator("#rows tbody tr:visible");
    const all = await rows.count();
    await page.selectOption("#mark", "moved");
    await page.selectOption("#group", "events");
    const shown = await rows.count();
    expect(shown).toBeGreaterThan(0);
    expect(shown).toBeLessThan(all);
    expect(await page.innerText("#shown")).toBe(`${String(shown)} row${shown === 1 ? "" : "s"}`);
    await rows.first().locator("a").click();
    const time = await rows.first().locator("a").innerText();
    expect(await cursor(page)).toBe(`cursor at ${time} s`);
  });

  it("prints where they part, what differs and the head of the list, on at most four pages", async () => {
    const { page } = await open({ isFailing: true });
    const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
    const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThanOrEqual(4);
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("#rows tbody tr:visible").count()).toBeLessThanOrEqual(40);
    expect(await page.locator("#stage-a").isVisible()).toBe(false);
  });

  it.each(["light", "dark"] as const)("has names, roles and contrast that axe accepts, %s", async (scheme) => {
    const { page } = await open({ isFailing: true });
    await page.emulateMedia({ colorScheme: scheme });
    // Evaluated by the browser's driver, which the page's own policy does not bind.
    await page.evaluate(await readFile(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8"));
    const found: { id: string; nodes: { html: string }[] }[] = await page.evaluate(
      "axe.run(document).then(({ violations }) => violations)",
    );
    expect(found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 90)).join(" | ")}`)).toEqual(
      [],
    );
  });
});
