import { describe, expect, it } from "vitest";
import { reportLine } from "../../../src/integrations/vitest/report-line.ts";

describe("the line of a report", () => {
  it("names its place, or says why there is none, so that the failure is told all the same", async () => {
    expect(await reportLine("report  ", "out", () => Promise.resolve("out/a.html"))).toBe("report  out/a.html");
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      syscall: "write",
    });
    expect(await reportLine("report  ", "out", () => Promise.reject(full))).toBe(
      "report  none: out cannot be written (ENOSPC: no space left on device, write); FAULTLINE_REPORTS names another folder",
    );
  });

  it("hides no error of our own", async () => {
    await expect(reportLine("report  ", "out", () => Promise.reject(new TypeError("no model")))).rejects.toThrow(
      "no model",
    );
  });
});
