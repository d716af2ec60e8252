import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type CDPSession, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDiff } from "../../src/lab/report/write-diff.ts";
import { writeReport } from "../../src/lab/report/write-report.ts";
import { firstDivergence } from "../../src/lab/run/verify.ts";
import { bigRun } from "../lab/report/big-run.ts";
import { CALIBRATION_PAGE, REFERENCE } from "./browser-calibration.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** A reader's computer is busy too: the best of a few counts. */
const ATTEMPTS = 5;
/** Frames for each of which the window moves. */
const TURNS = 24;

/** What a page took: until it could be used, and for one frame while the window moves; ms. */
interface Taken {
  readonly ready: number;
  readonly frame: number;
}

// Time is judged here, against what a page whose work never changes takes on the same machine just before and just after.
describe.skipIf(!existsSync(CHROMIUM))("the timeline's budgets in a browser", () => {
  let browser: Browser;
  let directory: string;
  let calibration: string;
  const troubles: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "faultline-budgets-"));
    calibration = join(directory, "calibration.html");
    await writeFile(calibration, CALIBRATION_PAGE);
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
    // The first page of a browser also pays for the browser.
    await (await open(calibration)).context().close();
  });
  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(path: string): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, reducedMotion: "reduce" });
    const page = await context.newPage();
    page.on("console", (message) => troubles.push(message.text()));
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) troubles.push(request.url());
    });
    await page.goto(`file://${path}`);
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    return page;
  }

  /** When the page said that it could be used, ms since it was asked for. */
  function readyOf(page: Page): Promise<number> {
    return page.evaluate<number>("performance.now()");
  }

  /**
   * What a frame takes while the window moves, ms: its median, or what the page itself worked for it where others keep the
   * processors busy.
   */
  async function frameOf(page: Page): Promise<number> {
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const before = await workedMs(session);
    const median = await page.evaluate<number>(`(async () => {
      const times = [];
      let last = performance.now();
      for (let turn = 0; turn < ${String(TURNS)}; turn++) {
        dispatchEvent(new KeyboardEvent("keydown", { key: turn % 2 ? "a" : "d" }));
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        times.push(now - last);
        last = now;
      }
      return times.sort((a, b) => a - b)[times.length >> 1];
    })()`);
    const own = ((await workedMs(session)) - before) / TURNS;
    await session.detach();
    return Math.min(median, own);
  }

  async function workedMs(session: CDPSession): Promise<number> {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1_000;
  }

  async function calibrated(): Promise<Taken> {
    const page = await open(calibration);
    const taken = { ready: await readyOf(page), frame: await frameOf(page) };
    await page.context().close();
    return taken;
  }

  async function timelineTook(html: string): Promise<Taken> {
    const page = await open(html);
    const ready = await readyOf(page);
    for (const key of ["f", "w", "w", "w"]) await page.keyboard.press(key);
    const wide = await frameOf(page);
    expect(await page.innerText("#drawn")).toMatch(/messages between nodes in this window: .*(as a shade|not drawn)/);
    await page.keyboard.press("h");
    const frame = Math.max(wide, await frameOf(page));
    await page.context().close();
    return { ready, frame };
  }

  async function twoRunsTook(html: string): Promise<Taken> {
    const page = await open(html);
    const ready = await readyOf(page);
    // Both pictures are in sight, and drawn.
    await page.evaluate(`document.getElementById("stage-b").scrollIntoView({ block: "center" })`);
    for (const key of ["f", "w", "w", "w"]) await page.keyboard.press(key);
    const wide = await frameOf(page);
    expect(await page.innerText("#unmarked")).toMatch(/^Not marked in this window, being too many: [\d,]+ of messages/);
    await page.keyboard.press("h");
    const frame = Math.max(wide, await frameOf(page));
    await page.context().close();
    return { ready, frame };
  }

  /** Of the machine that the budgets are written for, ms. */
  const BUDGETS = [
    { messages: 10_000, bytes: 300_000, readyMs: 1_000 },
    { messages: 100_000, bytes: 2_000_000, readyMs: 1_500 },
    { messages: 1_000_000, bytes: 10_000_000, readyMs: 3_000 },
  ] as const;
  const FRAME_MS = 20;

  /** Opens a page until it keeps its budget, a few times at most. */
  async function expectWithin(budget: Taken, took: () => Promise<Taken>): Promise<void> {
    let ready = Infinity;
    let frame = Infinity;
    let before = await calibrated();
    for (let attempt = 0; attempt < ATTEMPTS && !(ready <= budget.ready && frame <= budget.frame); attempt++) {
      const taken = await took();
      const after = await calibrated();
      ready = Math.min(ready, taken.ready / slowness(before.ready, after.ready, REFERENCE.ready));
      frame = Math.min(frame, taken.frame / slowness(before.frame, after.frame, REFERENCE.frame));
      before = after;
    }
    expect(troubles).toEqual([]);
    expect(ready).toBeLessThanOrEqual(budget.ready);
    expect(frame).toBeLessThanOrEqual(budget.frame);
  }

  it.each(BUDGETS)(
    "opens $messages messages within its budget and pans them smoothly",
    async ({ messages, bytes, readyMs }) => {
      const { result, trace } = bigRun(messages);
      const { html } = await writeReport(join(directory, String(messages)), result, trace);
      expect((await stat(html)).size).toBeLessThanOrEqual(bytes);
      await expectWithin({ ready: readyMs, frame: FRAME_MS }, () => timelineTook(html));
    },
    600_000,
  );

  it("opens two runs of 100,000 messages that part early within their budget, and pans both", async () => {
    const [first, second] = [
      { ...bigRun(100_000), label: "a" },
      { ...bigRun(100_000, 0.1), label: "b" },
    ];
    const record = firstDivergence(first.trace, second.trace)?.record ?? -1;
    const html = await writeDiff(join(directory, "two"), { first, second }, { record, facts: [] });
    expect((await stat(html)).size).toBeLessThanOrEqual(2_000_000);
    // Two pictures a frame.
    await expectWithin({ ready: 2_000, frame: 2 * FRAME_MS }, () => twoRunsTook(html));
  }, 600_000);
});

/** How much slower than the reference machine this one is now; never less than 1: a fast machine has no stricter budget. */
function slowness(before: number, after: number, reference: number): number {
  return Math.max(1, (before + after) / 2 / reference);
}
