import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import type { ReportModel } from "../../../src/lab/report/model.ts";
import { readBlock } from "../../../src/lab/report/read-block.ts";
import { inflateGzip } from "../../../src/lab/report/viewer/inflate.ts";
import { writeReport } from "../../../src/lab/report/write-report.ts";
import { loadSvgRenderer } from "../../../src/lab/report/svg-renderer.ts";
import { all, parse } from "./dom.ts";
import { syntheticRun, type SyntheticOptions } from "./synthetic.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "faultline-report-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function pageOf(options: SyntheticOptions, name = "page"): Promise<string> {
  const { result, trace } = syntheticRun({ seconds: 12, ...options });
  const { html } = await writeReport(join(directory, name), result, trace);
  return readFile(html, "utf8");
}

describe("the written page", () => {
  it("comes with the overview beside it and leaves no drafts", async () => {
    await pageOf({});
    expect((await readdir(join(directory, "page"))).sort()).toEqual(["overview.svg", "timeline.html"]);
  });

  it("shows verdict, why, story, findings, the whole run, timeline, table, search and keys, in this order", async () => {
    const document = parse(await pageOf({}), "text/html");
    expect(document.querySelector("h1")?.textContent).toBe("Every rule held");
    expect(document.querySelector(".lede")?.textContent).toContain("gave up writing 0.428 s before n3 began");
    expect(all(document, "ol.story li")).toHaveLength(5);
    expect(all(document, "section").map((section) => section.id)).toEqual([
      "findings",
      "whole",
      "main",
      "state",
      "search",
    ]);
    expect(all(document, "#state tbody tr")).toHaveLength(5);
    expect(document.querySelector("#whole svg")).not.toBeNull();
    expect(document.querySelector("#replay")?.textContent).toBe(
      "faultline run scenarios/seed/split-2-3.yaml --seed 8841",
    );
  });

  it("lists the rules that judged something, and keeps the others with their reasons behind one line", async () => {
    const { result } = syntheticRun({ seconds: 12 });
    const document = parse(await pageOf({}), "text/html");
    const idle = result.verdicts.filter(({ verdict }) => verdict === "not-exercised");
    expect(idle.length).toBeGreaterThan(0);
    expect(all(document, ".rules > div")).toHaveLength(result.verdicts.length - idle.length);
    expect(document.querySelector("details.idle summary")?.textContent).toMatch(/^\d+ rules? not exercised, and why$/);
    expect(all(document, "details.idle li").map(({ textContent }) => textContent)).toEqual(
      idle.map(({ title, reason }) => `${title}: ${reason ?? ""}`),
    );
    expect(document.querySelector("details.idle")?.getAttributeNames()).toEqual(["class"]);
  });

  it("makes a card of a violation, with what was expected and what was seen", async () => {
    const document = parse(await pageOf({ isFailing: true }), "text/html");
    expect(document.querySelector("h1")?.textContent).toBe("Two nodes could write for 0.338 s");
    const card = document.querySelector(".card")?.textContent ?? "";
    for (const words of ["expected", "its lease ends by 10.225 s", "observed", "Overlap 0.338 s"])
      expect(card).toContain(words);
    expect(all(document, "ol.story .bad")).toHaveLength(1);
  });

  it("tells why, as a list and as a picture with the same numbers, every record linked to its moment", async () => {
    const document = parse(await pageOf({ isFailing: true }), "text/html");
    const { result, trace } = syntheticRun({ seconds: 12, isFailing: true });
    const why = buildModel(result, trace).findings[0]?.why;
    const shown = (why?.steps ?? []).filter((step) => step.isShown);
    expect(shown.length).toBeGreaterThan(3);
    expect(shown.length).toBeLessThanOrEqual(12);
    const listed = all(document, ".whys .whylist tbody tr:not(.gap)");
    expect(listed.map((row) => row.querySelector(".n")?.textContent)).toEqual(
      shown.map((_, index) => String(index + 1)),
    );
    expect(listed[listed.length - 1]?.textContent).toContain("writable yes epoch=2");
    const links = all(document, "svg.why a");
    expect(links.map((link) => link.getAttribute("href"))).toEqual(
      shown.map((step) => `#t=${String(step.time)}&sel=e${String(step.record)}`),
    );
    expect(shown.some((step) => step.role === "fault" && step.text === "cut (partition) starts")).toBe(true);
  });

  it("holds no markup, script or request that a name or a value brought along", async () => {
    const hostile = '</script><img src="http://example.invalid/x" onerror="alert(1)">';
    const document = parse(await pageOf({ fifth: hostile }), "text/html");
    expect(all(document, "img, iframe, link, object, embed")).toHaveLength(0);
    expect(all(document, "script")).toHaveLength(3);
    expect(
      all(document, "*").flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith("on"))),
    ).toEqual([]);
    expect(all(document, "#state tbody td b").map((cell) => cell.textContent)).toContain(hostile);
  });

  it("asks nothing of the network and refuses every script but its own", async () => {
    const page = await pageOf({});
    const document = parse(page, "text/html");
    const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'unsafe-inline'; script-src( 'sha256-[A-Za-z0-9+/=]{44}'){2}; /,
    );
    expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|\/\/[a-z]+\.|@import|url\(/);
    expect(page).not.toMatch(/\bfetch\(|XMLHttpRequest|WebSocket|\beval\(|innerHTML/);
  });

  it("carries the whole model, so that the page's script needs nothing else", async () => {
    const document = parse(await pageOf({}), "text/html");
    const packed = Buffer.from(document.querySelector("#data")?.textContent ?? "", "base64");
    const model = readBlock(gunzipSync(packed)) as ReportModel;
    expect(model.names).toEqual(["n1", "n2", "n3", "n4", "n5", "c1", "c2", "c3"]);
    const { result, trace } = syntheticRun({ seconds: 12 });
    const plain = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (_, item: unknown) =>
          ArrayBuffer.isView(item) ? Array.from(item as unknown as ArrayLike<number>) : item,
        ),
      );
    expect(plain(model)).toEqual(plain(buildModel(result, trace)));
  });

  it("is unpacked the same where the browser cannot", async () => {
    const document = parse(await pageOf({}), "text/html");
    const packed = Buffer.from(document.querySelector("#data")?.textContent ?? "", "base64");
    expect(Buffer.from(inflateGzip(packed)).equals(gunzipSync(packed))).toBe(true);
    const random = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 251));
    for (const level of [0, 1, 9])
      expect(Buffer.from(inflateGzip(gzipSync(random, { level }))).equals(random)).toBe(true);
    expect(() => inflateGzip(packed.subarray(0, packed.length - 200))).toThrow("cut short");
  });

  it("is the same bytes for the same run", async () => {
    expect(await pageOf({}, "one")).toBe(await pageOf({}, "two"));
  });

  it("is written without the picture when d3-node is missing, and says so", async () => {
    const { result, trace } = syntheticRun({ seconds: 12 });
    const load = (): ReturnType<typeof loadSvgRenderer> =>
      loadSvgRenderer(() => Promise.reject(new Error("not installed")));
    const { html } = await writeReport(directory, result, trace, load);
    expect(await readdir(directory)).toEqual(["timeline.html"]);
    expect(await readFile(html, "utf8")).toContain("npm i d3-node");
  });
});
