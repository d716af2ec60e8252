import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeReport } from "../../../src/lab/report/write-report.ts";
import { all, parse } from "./dom.ts";
import { syntheticRun } from "./synthetic.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "faultline-report-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

it("shows the run's figures beneath the story, and the unwished ones as such", async () => {
  const { result, trace } = syntheticRun({ seconds: 12 });
  const summary = [
    { name: "receipts created", value: "10", isGood: true },
    { name: "duplicates", value: "<b>2</b>", isGood: false },
  ];
  const { html } = await writeReport(join(directory, "page"), { ...result, summary }, trace);
  const document = parse(await readFile(html, "utf8"), "text/html");
  expect(all(document, "dl.figures dt").map(({ textContent }) => textContent)).toEqual([
    "receipts created",
    "duplicates",
  ]);
  const values = all(document, "dl.figures dd");
  expect(values.map(({ textContent }) => textContent)).toEqual(["10", "<b>2</b>"]);
  expect(values.map((value) => value.getAttribute("class"))).toEqual([null, "bad"]);
});

it("shows none where a run has none", async () => {
  const { result, trace } = syntheticRun({ seconds: 12 });
  const { html } = await writeReport(join(directory, "page"), result, trace);
  expect(all(parse(await readFile(html, "utf8"), "text/html"), "dl.figures")).toEqual([]);
});

it("shows twelve steps of a long story, and the others when they are asked for", async () => {
  const { result, trace } = syntheticRun({ seconds: 12 });
  const story = Array.from({ length: 20 }, (_, index) => ({
    time: index * 100_000,
    since: -1,
    text: `Step ${String(index + 1)}.`,
    limit: "",
    record: -1,
  }));
  const { html } = await writeReport(join(directory, "page"), { ...result, story }, trace);
  const document = parse(await readFile(html, "utf8"), "text/html");
  expect(all(document, "details.more summary").map(({ textContent }) => textContent)).toEqual([
    "8 more steps, until 1.900 s",
  ]);
  expect(all(document, "details.more li")).toHaveLength(8);
  expect(all(document, "ol.story li")).toHaveLength(20);
});
