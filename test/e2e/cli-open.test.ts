import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { BULLY, oneProgram } from "./programs.ts";
import { faultline, testFolder } from "./run-cli.ts";

const folder = testFolder();
folder.write("bully.ts", BULLY);
folder.write("good.ts", oneProgram("good", ""));

// A desktop that writes down what it was asked to open.
const desktop = join(folder.path, "desktop");
const opened = join(folder.path, "opened");
mkdirSync(desktop);
for (const command of ["xdg-open", "open"]) {
  writeFileSync(join(desktop, command), `#!/bin/sh\necho "$1" >> "${opened}"\n`);
  chmodSync(join(desktop, command), 0o755);
}

/** The pages that a run had opened, and what it wrote. */
function run(args: readonly string[], env = {}): { pages: string[]; stdout: string; stderr: string } {
  rmSync(opened, { force: true });
  const PATH = `${desktop}${delimiter}${process.env["PATH"] ?? ""}`;
  const { stdout, stderr } = faultline(folder.path, ["run", ...args], { PATH, ...env });
  return { pages: existsSync(opened) ? readFileSync(opened, "utf8").trimEnd().split("\n") : [], stdout, stderr };
}

describe.skipIf(process.platform === "win32")("faultline run --open", () => {
  it("opens the first page, and takes no path for its value", () => {
    expect(run(["--open", "good.ts", "bully.ts"]).pages).toEqual(["reports/good-1/timeline.html"]);
  });

  it("opens the first page of a run that did not pass, which the console links into", () => {
    const { pages, stdout } = run(["good.ts", "bully.ts", "--open=on-failure"]);
    expect(pages).toEqual(["reports/bully-1/timeline.html"]);
    expect(stdout).toMatch(/\n {2}see reports\/bully-1\/timeline\.html#t=\d+&sel=e\d+\n/);
    expect(run(["good.ts"], { FAULTLINE_OPEN: "on-failure" }).pages).toEqual([]);
  });

  it("opens nothing where CI is set, or where no page is written", () => {
    expect(run(["--open", "good.ts"], { CI: "true" }).pages).toEqual([]);
    expect(run(["--open", "good.ts", "--no-report"]).pages).toEqual([]);
    expect(run(["--no-open", "good.ts"], { FAULTLINE_OPEN: "true" }).pages).toEqual([]);
  });

  it("says when nothing could open it, and ends as the run did", () => {
    writeFileSync(join(desktop, "xdg-open"), "#!/bin/sh\nexit 3\n");
    writeFileSync(join(desktop, "open"), "#!/bin/sh\nexit 3\n");
    expect(run(["--open", "good.ts"]).stderr).toMatch(
      /^reports\/good-1\/timeline\.html was not opened: \S*open ended with 3\. Open it in a browser yourself\.$/m,
    );
  });
});
