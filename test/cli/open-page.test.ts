import { describe, expect, it } from "vitest";
import { openingOf, openPage, pageToOpen, withOpening } from "../../src/cli/open-page.ts";
import { reportLink } from "../../src/cli/report-link.ts";
import { placeOf } from "../../src/lab/report/viewer/link.ts";

describe("--open", () => {
  it("stands alone before a path, which is not its value", () => {
    expect(withOpening(["run", "--open", "a.yaml", "--open=on-failure", "--no-open"])).toEqual([
      "run",
      "--open=always",
      "a.yaml",
      "--open=on-failure",
      "--open=never",
    ]);
    expect([openingOf("always"), openingOf("on-failure"), openingOf("never"), openingOf(undefined)]).toEqual([
      true,
      "on-failure",
      false,
      undefined,
    ]);
  });

  it("opens one page: the first, or the first of a run that did not pass", () => {
    const pages = [
      { html: "held.html", exitCode: 0 },
      { html: undefined, exitCode: 1 },
      { html: "broken.html", exitCode: 1 },
      { html: "later.html", exitCode: 3 },
    ];
    expect(pageToOpen(true, pages)).toBe("held.html");
    expect(pageToOpen("on-failure", pages)).toBe("broken.html");
    expect(pageToOpen("on-failure", pages.slice(0, 2))).toBeUndefined();
    expect(pageToOpen(false, pages)).toBeUndefined();
  });

  it("says in words that nothing opened the page", async () => {
    const node = process.execPath;
    const ends = (code: number): Promise<string | undefined> =>
      openPage("a.html", { command: node, args: ["-e", `process.exit(${String(code)})`] });
    expect(await ends(0)).toBeUndefined();
    expect(await ends(3)).toBe(`a.html was not opened: ${node} ended with 3. Open it in a browser yourself.`);
    expect(await openPage("a.html", { command: "no-such-opener", args: [] })).toBe(
      "a.html was not opened: no-such-opener is not on this machine. Open it in a browser yourself.",
    );
  });
});

describe("a link into a report", () => {
  it("is read by the page as the moment and the record it was made of", () => {
    const link = reportLink("reports/s-1/timeline.html", { time: 10_642_113, record: 812 });
    expect(link).toBe("reports/s-1/timeline.html#t=10642113&sel=e812");
    expect(placeOf(link.slice(link.indexOf("#")))).toMatchObject({ time: 10_642_113, record: 812 });
  });

  it("names no record where there is none", () => {
    expect(reportLink("timeline.html", { time: 5, record: -1 })).toBe("timeline.html#t=5");
  });
});
