import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import type { Band, ReportModel } from "../../../src/lab/report/model.ts";
import { OVERVIEW_MARKS_MAX, renderOverview } from "../../../src/lab/report/svg-overview.ts";
import { loadSvgRenderer } from "../../../src/lab/report/svg-renderer.ts";
import { all, parse } from "./dom.ts";
import { syntheticRun } from "./synthetic.ts";

const renderer = await loadSvgRenderer();

function marks(svg: string): number {
  return all(parse(svg, "application/xml"), "rect, path, text, line, circle").length;
}
function overviewOf(options: Parameters<typeof syntheticRun>[0]): string {
  const { result, trace } = syntheticRun(options);
  return renderOverview(buildModel(result, trace), renderer);
}

describe("the overview", () => {
  it("is XML with its own style and few marks", () => {
    const svg = overviewOf({});
    const root = parse(svg, "application/xml");
    expect(root.tagName).toBe("svg");
    expect(root.namespaceURI).toBe("http://www.w3.org/2000/svg");
    expect(all(root, "style")).toHaveLength(1);
    expect(marks(svg)).toBeLessThan(200);
  });

  it("says who could write, when the network was cut and who was fenced", () => {
    const text = parse(overviewOf({}), "application/xml").textContent;
    for (const words of ["may write", "nobody for 0.428 s", "network cut, 10 s to 40 s", "fenced", "leader, term 2"])
      expect(text).toContain(words);
  });

  it("stays XML with names and values that look like markup", () => {
    const svg = overviewOf({ fifth: '</style><script>"&' });
    expect(parse(svg, "application/xml").querySelector("parsererror, script")).toBeNull();
    expect(parse(svg, "application/xml").textContent).toContain('</style><script>"&');
  });

  it("keeps every violation and stays under the limit when states change all the time", () => {
    const { result, trace } = syntheticRun({ isFailing: true });
    const model = buildModel(result, trace);
    const bands = Array.from({ length: 20_000 }, (_, index): Band => ({
      from: index * 3_000,
      to: (index + 1) * 3_000,
      value: "x",
      words: `term ${String(index)}`,
      letter: "L",
      tone: index % 2 === 0 ? "leader" : "follower",
      isShown: true,
      record: index,
      cause: -1,
    }));
    const finding = model.findings[0] as ReportModel["findings"][number];
    const wild: ReportModel = {
      ...model,
      nodes: model.nodes.map((lane) => ({ ...lane, states: [{ key: "role", bands }] })),
      writers: bands.map(({ from, to }, index) => ({ from, to, writers: index % 3 === 0 ? [] : [index % 2] })),
      findings: Array.from({ length: 50 }, (_, index) => ({ ...finding, time: index * 1_000_000 })),
    };
    const svg = renderOverview(wild, renderer);
    expect(marks(svg)).toBeLessThanOrEqual(OVERVIEW_MARKS_MAX);
    const rules = all(parse(svg, "application/xml"), "path.fo-s-bad").map((path) => path.getAttribute("d") ?? "");
    expect(rules.join("").split("M")).toHaveLength(51);
  });

  it("is the same bytes for the same run", () => {
    expect(overviewOf({ isFailing: true })).toBe(overviewOf({ isFailing: true }));
  });
});

it("a missing d3-node is an error that says what to install", async () => {
  const missing = loadSvgRenderer(() => Promise.reject(new Error("Cannot find package 'd3-node'")));
  await expect(missing).rejects.toThrow(/REPORT_NO_D3_NODE.*npm i d3-node/);
});
