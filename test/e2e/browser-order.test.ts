import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeReport } from "../../src/lab/report/write-report.ts";
import { knownNames } from "../../src/lab/run/known-names.ts";
import { runScenario } from "../../src/lab/run/run-scenario.ts";
import { loadScenarioFile } from "../../src/lab/scenario/load.ts";
import type { LoadedScenario } from "../../src/lab/scenario/model.ts";
import type { RunResult } from "../../src/trace/result.ts";
import { TraceWriter } from "../../src/trace/trace-writer.ts";
import type { Trace } from "../../src/trace/trace.ts";
import type { EffectOrder, Verdict } from "../../src/trace/verdict.ts";
import { syntheticRun } from "../lab/report/synthetic.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** What the timeline shows of time and order. */
describe.skipIf(!existsSync(CHROMIUM))("time and order in a browser", () => {
  let browser: Browser;
  let directory: string;
  const troubles: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "faultline-order-"));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  });
  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function write(result: RunResult, trace: Trace): Promise<string> {
    return (await writeReport(directory, result, trace)).html;
  }

  async function open(address: string): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, reducedMotion: "reduce" });
    troubles.length = 0;
    page.on("console", (message) => troubles.push(message.text()));
    page.on("pageerror", (error) => troubles.push(error.message));
    await page.goto(`file://${address}`);
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    return page;
  }

  const frame = (page: Page): Promise<unknown> =>
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");

  interface Area {
    /** px from the top of the canvas. */
    readonly rows: readonly [from: number, to: number];
    /** Parts of its width; all of the plot unless told. */
    readonly columns?: readonly [from: number, to: number];
  }

  /** What the page says under the pointer in an area, at the first place where it says what is looked for. */
  async function pointedAt(page: Page, wanted: RegExp, { rows, columns = [0.1, 1] }: Area): Promise<string> {
    await page.locator("#stage").scrollIntoViewIfNeeded();
    const box = (await page.locator("#canvas").boundingBox()) as {
      x: number;
      y: number;
      width: number;
      height: number;
    };
    for (let y = rows[0]; y <= rows[1]; y += 8) {
      for (let part = columns[0]; part < columns[1]; part += 0.02) {
        await page.mouse.move(box.x + box.width * part, box.y + y);
        await frame(page);
        const words = await page.innerText("#says");
        if (wanted.test(words)) return words;
      }
    }
    return "";
  }

  /** The clients' lanes, which are the lowest. */
  async function clients(page: Page): Promise<Area> {
    const { height } = (await page.locator("#canvas").boundingBox()) as { height: number };
    return { rows: [height - 150, height - 70] };
  }

  it("goes from time to the order of events to the order of stamps, counts what is out of true order, and links to it", async () => {
    const [loaded] = await loadScenarioFile({
      path: "scenarios/poc-5/seed-hlc-skew.yaml",
      known: () => Promise.resolve(knownNames()),
      packageModule: () => Promise.resolve({}),
    });
    const { result, trace } = await runScenario(loaded as LoadedScenario, { seed: "7", keepTrace: true });
    const page = await open(await write(result, trace as Trace));
    const seen: string[] = [];
    await page.keyboard.press("f");
    for (let press = 0; press < 3; press++) {
      await page.keyboard.press("x");
      await frame(page);
      seen.push(
        `${await page.innerText("#axis")}: ${/\d+ of \d+ stamps/.exec(await page.innerText("#drawn"))?.[0] ?? ""}`,
      );
    }
    // One till is five seconds behind, and half of what it stamps before it hears of the other is smaller.
    expect(seen).toEqual([
      "order of events: ",
      expect.stringMatching(/^order of stamps: [1-9]\d* of \d+ stamps$/),
      "virtual time: ",
    ]);
    await page.keyboard.press("x");
    await page.keyboard.press("x");
    await page.keyboard.press("l");
    expect(page.url()).toMatch(/&x=hlc$/);
    const again = await open(page.url().slice("file://".length));
    expect(await again.innerText("#axis")).toBe("order of stamps");
    expect(await again.innerText("#drawn")).toContain("Every stamp is larger than those that led to it.");
    // What lies under the pointer is what is drawn there: the state of a till whose lane is elsewhere than true time.
    expect(await pointedAt(again, /^pos2 {1,2}/, { rows: [240, 240] })).toMatch(/^pos2 {1,2}/);
    expect(troubles).toEqual([]);
  });

  it("leaves out the order of stamps where there are none", async () => {
    const { result, trace } = syntheticRun({ seconds: 2 });
    const html = await write(result, trace);
    const page = await open(html);
    for (const axis of ["order of events", "virtual time"]) {
      await page.keyboard.press("x");
      await frame(page);
      expect(await page.innerText("#axis")).toBe(axis);
    }
    expect(await (await open(`${html}#t=1&x=hlc`)).innerText("#axis")).toBe("virtual time");
  });

  it("says of a call when it can have taken effect, and of the first that fits in no order that it does", async () => {
    const { result, trace } = syntheticRun({ seconds: 2 });
    const done = [...trace].flatMap((record) =>
      record.kind === "complete" && record.outcome === "ok" ? [record.invoke] : [],
    );
    const withOrder = (order: EffectOrder): RunResult => {
      const verdict: Verdict = {
        ...{ checker: "linearizable", invariant: "I12", rule: "", title: "" },
        ...{ verdict: "holds", judged: 1, orders: [order] },
      };
      return { ...result, verdicts: [verdict] };
    };
    const whole = await open(await write(withOrder({ key: "x", calls: done, misfit: -1 }), trace));
    await whole.keyboard.press("f");
    expect(await pointedAt(whole, /^c\d {1,2}x=/, await clients(whole))).toMatch(
      new RegExp(`; number \\d+ in an order of ${String(done.length)} calls on x, at \\d\\.\\d{3} s`),
    );
    const cut = await open(await write(withOrder({ key: "x", calls: [], misfit: done[0] as number }), trace));
    await cut.keyboard.press("f");
    expect(await pointedAt(cut, /fits in no order/, { ...(await clients(cut)), columns: [0.09, 0.2] })).toContain(
      "; the first that fits in no order, the longest legal one has 0 calls on x",
    );
    expect(troubles).toEqual([]);
  });

  it("says of a message that it was overtaken", async () => {
    const writer = new TraceWriter({ keep: true });
    const message = { type: "raft.heartbeat" };
    const sent = [0, 20_000].map((time) => {
      writer.time = time;
      return writer.sent("n1", "n2", message);
    }) as [number, number];
    writer.time = 40_000;
    writer.delivered("n2", "n1", sent[1], message);
    writer.time = 900_000;
    writer.delivered("n2", "n1", sent[0], message);
    const { result } = syntheticRun({ seconds: 1 });
    const run = { ...result, faults: [], story: [], verdicts: [] };
    const page = await open(await write(run, writer.trace as Trace));
    await page.keyboard.press("f");
    expect(await pointedAt(page, /^n1 → n2/, { rows: [119, 119] })).toMatch(
      /delivered after 0\.900 s, overtaken by one sent later/,
    );
    expect(troubles).toEqual([]);
  });
});
