import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeReport } from "../../src/lab/report/write-report.ts";
import { syntheticRun, type SyntheticOptions } from "../lab/report/synthetic.ts";
import { drawn } from "./browser-frames.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** A reader's browser on a written page, with everything that went wrong in it. */
describe.skipIf(!existsSync(CHROMIUM))("the page in a browser", () => {
  let browser: Browser;
  let directory: string;
  const troubles: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "faultline-browser-"));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(options: SyntheticOptions, hash = ""): Promise<Page> {
    const { result, trace } = syntheticRun(options);
    const { html } = await writeReport(directory, result, trace);
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, reducedMotion: "reduce" });
    troubles.length = 0;
    page.on("console", (message) => troubles.push(message.text()));
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) troubles.push(request.url());
    });
    await page.goto(`file://${html}${hash}`);
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    return page;
  }
  const title = (page: Page): Promise<string> => page.innerText("#main-title");
  const moment = (page: Page): Promise<string> => page.innerText("#state-title");

  /** How many of the canvas's pixels are not the page's own colour. */
  function inkOf(page: Page): Promise<number> {
    return page.evaluate(`(() => {
      const canvas = document.getElementById("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let ink = 0;
      for (let at = 4; at < data.length; at += 4) if (data[at] !== data[0] || data[at + 1] !== data[1]) ink++;
      return ink;
    })()`);
  }

  it("draws the first window from a file, without a request, an error or a refused script", async () => {
    const page = await open({});
    expect(await title(page)).toBe("9.7 to 11.2 s");
    expect(await inkOf(page)).toBeGreaterThan(50_000);
    expect(troubles).toEqual([]);
  });

  it("steps through state changes with the arrow keys and says who may write", async () => {
    const page = await open({});
    expect(await moment(page)).toBe("All nodes at 10.428 s");
    expect(await page.innerText("#state-words")).toBe("Nobody may write.");
    await page.keyboard.press("ArrowRight");
    expect(await moment(page)).toBe("All nodes at 10.520 s");
    for (let steps = 0; steps < 4; steps++) await page.keyboard.press("ArrowRight");
    expect(await page.innerText("#state-words")).toBe("n3 may write.");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    expect(await page.innerText("#state-words")).toBe("Nobody may write.");
  });

  it("pans, zooms and shows the whole run by key", async () => {
    const page = await open({});
    const shows = async (key: string): Promise<string> => {
      await page.keyboard.press(key);
      await drawn(page);
      return title(page);
    };
    expect(await shows("d")).toBe("10 to 11.5 s");
    expect(await shows("a")).toBe("9.7 to 11.2 s");
    expect(await shows("w")).toBe("9.94 to 10.94 s");
    expect(await shows("f")).toBe("0 to 60 s");
    expect(await shows("h")).toBe("9.7 to 11.2 s");
  });

  it("goes to a violation, and to the moment of a story line or a link", async () => {
    const page = await open({ isFailing: true });
    await page.keyboard.press("n");
    expect(await moment(page)).toBe("All nodes at 10.642 s");
    expect(await page.locator("#state td.bad").count()).toBe(2);
    await page.click("ol.story li:last-child a");
    expect(await moment(page)).toBe("All nodes at 40.000 s");
    expect(page.url()).toMatch(/#t=40000000&z=\d+-\d+$/);
    const linked = await open({}, "#t=10214000");
    expect(await moment(linked)).toBe("All nodes at 10.214 s");
  });

  it("says what lies under the pointer", async () => {
    const page = await open({});
    await page.locator("#stage").scrollIntoViewIfNeeded();
    const box = (await page.locator("#canvas").boundingBox()) as { x: number; y: number };
    await page.mouse.move(box.x + 300, box.y + 130);
    await drawn(page);
    expect(await page.innerText("#says")).toMatch(/^n1 {1,2}role: leader, term 1, 0\.000 s to 10\.236 s/);
  });

  it("shows a hostile name as text and runs nothing of it", async () => {
    const page = await open({ fifth: '</script><img src=x onerror="document.title=1">' });
    expect(await page.title()).toContain("Every rule held");
    expect(await page.locator("img").count()).toBe(0);
    expect(troubles).toEqual([]);
  });
});
