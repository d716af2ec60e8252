import { existsSync } from "node:fs";
import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
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

  async function open(
    second: SyntheticOptions,
    hash = "",
    { first = {}, look = {} }: { first?: SyntheticOptions; look?: BrowserContextOptions } = {},
  ): Promise<{ page: Page; time: number }> {
    const [a, b] = [syntheticRun(first), syntheticRun(second)];
    const record = firstDivergence(a.trace, b.trace)?.record ?? -1;
    const runs = { first: { ...a, label: "a" }, second: { ...b, label: "b" } };
    const facts = [{ name: "outcome", first: a.result.outcome, second: b.result.outcome }];
    const html = await writeDiff(directory, runs, { record, facts });
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, reducedMotion: "reduce", ...look });
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

  it("searches both runs at once, lists A and B apart, goes from one found to the next, and keeps the search in the link", async () => {
    const { page } = await open({ isFailing: true });
    await page.keyboard.press("/");
    await page.keyboard.type("only-b kind:violation");
    await expect.poll(() => page.innerText("#found-count-b")).toMatch(/^\d+ found: \d+ violations?\.$/);
    expect(await page.innerText("#found-count-a")).toMatch(/^Nothing\./);
    const row = page.locator("#found-rows-b tr").first();
    expect(await row.locator("td").first().innerText()).toBe("▲ only here");
    await page.keyboard.press("Enter");
    expect(await cursor(page)).toBe(`cursor at ${await row.locator("a").innerText()} s`);
    expect(await row.getAttribute("class")).toBe("at");
    await page.keyboard.press("Escape");
    await page.keyboard.press("l");
    expect(page.url()).toContain("&f=only-b%20kind%3Aviolation&in=b");
    const { page: again } = await open({ isFailing: true }, new URL(page.url()).hash);
    expect(await again.inputValue("#query")).toBe("only-b kind:violation");
    expect(await again.locator("#found-rows-b tr").count()).toBe(await page.locator("#found-rows-b tr").count());
    expect(await cursor(again)).toBe(await cursor(page));
    await again.fill("#query", "type:vote");
    await expect.poll(() => again.innerText("#found-count-a")).toMatch(/^\d+ found: \d+ messages?\./);
    expect(await again.locator("#found-rows-b tr").count()).toBeGreaterThan(0);
    await again.fill("#query", "n1->nobody");
    await again.waitForSelector("#query[aria-invalid=true]");
    expect(await again.innerText("#found-count-a")).toMatch(/nobody/);
    expect(troubles).toEqual([]);
  });

  it("plays both, and puts the events of both on one axis by order", async () => {
    const { page } = await open({ isFailing: true });
    const before = await cursor(page);
    await page.keyboard.press("Space");
    await expect.poll(() => page.textContent("#cursor")).not.toBe(before);
    expect(await page.innerText("#play")).toBe("pause");
    await page.keyboard.press("]");
    expect(await page.innerText("#speed")).toBe("1 s a second");
    await page.keyboard.press("Space");
    expect(await page.innerText("#play")).toBe("play");
    await page.keyboard.press("h");
    await drawn(page);
    const pictures = [await picture(page, "a"), await picture(page, "b")];
    await page.keyboard.press("x");
    await drawn(page);
    expect(await page.innerText("#axis")).toBe("order of events");
    expect(await picture(page, "a")).not.toBe(pictures[0]);
    expect(await picture(page, "b")).not.toBe(pictures[1]);
    await page.keyboard.press("l");
    expect(page.url()).toMatch(/&x=order$/);
    await page.keyboard.press("x");
    await drawn(page);
    expect(await picture(page, "a")).toBe(pictures[0]);
    expect(troubles).toEqual([]);
  });

  it("has every node at the cursor in both runs, one above the other, and marks by sign what differs", async () => {
    const { page } = await open({ isFailing: true });
    const { page: forced } = await open({ isFailing: true }, new URL(page.url()).hash, {
      look: { forcedColors: "active" },
    });
    for (const one of [page, forced]) {
      await one.keyboard.press("/");
      await one.keyboard.type("violation");
      // At once: what is found is of all that was typed.
      await one.keyboard.press("Enter");
      expect(await one.innerText("#state-title")).toMatch(/^All nodes at 1\d\.\d{3} s$/);
      expect(await one.innerText("#state-words")).toMatch(/^\d of 5 nodes differ\. A: .* B: /);
      const marked = await one.locator("#state-rows td.differs").allInnerTexts();
      expect(marked.length).toBeGreaterThan(0);
      expect(marked.every((text) => text.startsWith("≠ "))).toBe(true);
      expect((await one.locator("#state-rows td:not(.differs)").allInnerTexts()).join(" ")).not.toContain("≠");
    }
    expect(troubles).toEqual([]);
  });

  it("stays right when the runs have other nodes and another length", async () => {
    const { page } = await open({ fifth: "n9", seconds: 20 }, "", { first: { isFailing: true } });
    const runs = await page.locator("#state-rows .run-name").allInnerTexts();
    expect(runs.filter((run) => run.startsWith("only"))).toEqual(["only A", "only B"]);
    await page.fill("#goto", "30");
    await page.press("#goto", "Enter");
    expect(await page.innerText("#state-words")).toContain("B had ended at 20.000 s.");
    await page.fill("#query", "node:n9");
    await page.waitForSelector("#found-rows-b tr");
    expect(await page.innerText("#found-count-a")).toMatch(/n9.*known|n9/);
    expect(await page.locator("#found-rows-a tr").count()).toBe(0);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(troubles).toEqual([]);
  });

  it("tells all its keys and marks", async () => {
    const { page } = await open({ isFailing: true });
    await page.keyboard.press("?");
    expect(await page.locator("#help").isVisible()).toBe(true);
    expect(await page.innerText("#help")).toContain("order of the events of both runs instead of time");
    await page.keyboard.press("Escape");
    expect(await page.locator("#help").isVisible()).toBe(false);
  });

  it("lists the differences of one mark and kind", async () => {
    const { page } = await open({ isFailing: true });
    const rows = page.locator("#rows tbody tr:visible");
    await page.selectOption("#group", "");
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
    await page.fill("#query", "only-b");
    await page.waitForSelector("#found-rows-b tr");
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
