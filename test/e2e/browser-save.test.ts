import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeReport } from "../../src/lab/report/write-report.ts";
import { all, parse } from "../lab/report/dom.ts";
import { syntheticRun } from "../lab/report/synthetic.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** What a reader takes away from a page that was opened as a file. */
describe.skipIf(!existsSync(CHROMIUM))("saving from the page", () => {
  let browser: Browser;
  let directory: string;
  const troubles: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "faultline-save-"));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  });
  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(options: { readonly scale?: number; readonly bypassCSP?: boolean } = {}): Promise<Page> {
    const { result, trace } = syntheticRun({ isFailing: true, seconds: 20 });
    const { html } = await writeReport(directory, result, trace);
    const context = await browser.newContext({
      viewport: { width: 1400, height: 1000 },
      reducedMotion: "reduce",
      deviceScaleFactor: options.scale ?? 1,
      bypassCSP: options.bypassCSP ?? false,
    });
    const page = await context.newPage();
    troubles.length = 0;
    page.on("console", (message) => troubles.push(message.text()));
    page.on("pageerror", (error) => troubles.push(error.message));
    await page.goto(`file://${html}`);
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    return page;
  }

  /** The file that a button of the panel gives, opened by key. */
  async function saved(page: Page, what: string): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    if ((await page.locator("#save[open]").count()) === 0) await page.keyboard.press("e");
    const coming = page.waitForEvent("download");
    await page.focus(`[data-save="${what}"]`);
    await page.keyboard.press("Enter");
    const download = await coming;
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  it("gives the timeline as it is seen, at the screen's scale, with scenario, seed and window in letters", async () => {
    const page = await open({ scale: 2 });
    const canvas = await page.evaluate<{ width: number; height: number }>(
      `(({ width, height }) => ({ width, height }))(document.getElementById("canvas"))`,
    );
    const { name, bytes } = await saved(page, "picture");
    expect(name).toBe("split-2-3-8841-9.700-11.200s.png");
    const picture = readPng(bytes);
    expect(picture.width).toBe(canvas.width + 80);
    expect(picture.height).toBeGreaterThan(canvas.height + 100);
    // Caption, lanes and foot: ink in each, and the page's own colour around them.
    const caption = Math.round((picture.height - canvas.height) / 2);
    expect(picture.inkIn(0, caption)).toBeGreaterThan(500);
    expect(picture.inkIn(caption, picture.height - caption)).toBeGreaterThan(50_000);
    expect(picture.inkIn(picture.height - 100, picture.height)).toBeGreaterThan(500);
    expect(picture.inkIn(0, 20)).toBe(0);
    // Another window is another picture.
    await page.keyboard.press("f");
    const whole = await saved(page, "picture");
    expect(whole.name).toBe("split-2-3-8841-0.000-20.000s.png");
    expect(whole.bytes.equals(bytes)).toBe(false);
    expect(troubles).toEqual([]);
  });

  it("gives the whole run as XML, the records of the window as JSON and a timeline of letters", async () => {
    const page = await open();
    const overview = await saved(page, "overview");
    expect(overview.name).toBe("split-2-3-8841-overview.svg");
    const svg = parse(overview.bytes.toString("utf8"), "application/xml");
    expect([svg.tagName, svg.namespaceURI]).toEqual(["svg", "http://www.w3.org/2000/svg"]);
    expect(svg.querySelector("parsererror")).toBeNull();
    expect(all(svg, "text").some(({ textContent }) => textContent === "n3")).toBe(true);

    const records = await saved(page, "records");
    expect(records.name).toBe("split-2-3-8841-9.700-11.200s.ndjson");
    const lines = records.bytes.toString("utf8").trimEnd().split("\n");
    const [head, ...rest] = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(head).toMatchObject({ kind: "window", scenario: "split-2-3", seed: "8841", records: rest.length });
    expect(rest.filter(({ kind }) => kind === "message").length).toBeGreaterThan(100);

    const letters = (await saved(page, "letters")).bytes.toString("utf8");
    expect(letters).toMatch(/^\*\*split-2-3\*\*, seed `8841`/);
    expect(letters).toMatch(/\nn3 +[FCL ]{80}/);
    expect(letters).toContain("▲");
    expect(troubles).toEqual([]);
  });

  it("names the commands for what needs the trace, for the window in sight", async () => {
    const page = await open();
    await page.keyboard.press("e");
    expect(await page.innerText("#for-chrome-trace")).toMatch(
      /^faultline report reports\/split-2-3-8841 --format chrome-trace --from 9\.7s --to 11\.2s$/,
    );
    await page.keyboard.press("f");
    // The window gets there in some frames.
    await expect
      .poll(() => page.innerText("#for-shiviz"))
      .toBe("faultline report reports/split-2-3-8841 --format shiviz --from 0s --to 20s");
    await page.keyboard.press("Escape");
    expect(await page.locator("#save[open]").count()).toBe(0);
  });

  it("is read by everybody and stays off paper", async () => {
    const page = await open({ bypassCSP: true });
    await page.keyboard.press("e");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("save");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.dataset.save")).toBe("picture");
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
    const violations = await page.evaluate(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))`,
    );
    expect(violations).toEqual([]);
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("#save").isVisible()).toBe(false);
  });

  it("finds what nothing came before, tells which word it cannot read, and keeps both in the link", async () => {
    const page = await open();
    const query = "type:raft.append n3->n4 not preceded by kind:state leader within 300ms";
    await page.fill("#query", query);
    await page.waitForSelector("#found-rows tr");
    expect(await page.innerText("#found-count")).toMatch(/^\d+ found: \d+ messages\./);
    await page.focus("#stage");
    await page.keyboard.press("l");
    expect(page.url()).toContain(`&f=${encodeURIComponent(query)}`);
    await page.fill("#query", "dropped preceded by");
    await page.waitForSelector("#query[aria-invalid=true]");
    expect(await page.innerText("#found-count")).toMatch(/^Word 2, "preceded": what comes before was expected/);
    await page.fill("#query", "term:9");
    await page.waitForSelector("#query[aria-invalid=false]");
    expect(await page.innerText("#found-note")).toContain("What messages carry is not in this page");
    expect(troubles).toEqual([]);
  });
});

/** A PNG as Chromium writes it, 8 bits a channel: its size, and how many pixels of some rows differ from the first. */
function readPng(bytes: Buffer): {
  readonly width: number;
  readonly height: number;
  readonly inkIn: (from: number, to: number) => number;
} {
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const [width, height, depth, colour] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]];
  expect(depth).toBe(8);
  const channels = colour === 6 ? 4 : 3;
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12)
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const pixels = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)] as number;
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : (pixels[row * stride + x - channels] as number);
      const up = row === 0 ? 0 : (pixels[(row - 1) * stride + x] as number);
      const corner = row === 0 || x < channels ? 0 : (pixels[(row - 1) * stride + x - channels] as number);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] as number;
      pixels[row * stride + x] = (raw[row * (stride + 1) + 1 + x] as number) + guess;
    }
  }
  const inkIn = (from: number, to: number): number => {
    let ink = 0;
    for (let at = from * stride; at < to * stride; at += channels)
      if (pixels[at] !== pixels[0] || pixels[at + 1] !== pixels[1] || pixels[at + 2] !== pixels[2]) ink++;
    return ink;
  };
  return { width, height, inkIn };
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
