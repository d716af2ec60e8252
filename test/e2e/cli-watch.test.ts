import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { oneProgram } from "./programs.ts";
import { testFolder } from "./run-cli.ts";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = testFolder();
const WAITING = "Waiting for changes in";

/** A watch that does one thing after another, each when it waits again; then it gets SIGINT. */
function watching(args: readonly string[], steps: (() => void)[]): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, "run", ...args, "--watch", "--no-report"], {
      cwd: folder.path,
      env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let waits = 0;
    const hear = (text: string): void => {
      out += text;
      const now = out.split(WAITING).length - 1;
      if (now === waits) return;
      waits = now;
      const step = steps.shift();
      if (step === undefined) child.kill("SIGINT");
      else step();
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, out });
    });
  });
}

describe("faultline run --watch", () => {
  it("runs again when the scenario or what it imports changes, right or wrong, and ends at once with SIGINT", async () => {
    folder.write("words.ts", 'export const name = "first";\n');
    const scenario = oneProgram("watched", "", { head: 'import { name } from "./words.ts";' });
    folder.write("watched.ts", scenario.replaceAll('name: "watched"', "name"));
    const { code, out } = await watching(
      ["watched.ts", "--reporter", "jsonl"],
      [
        () => folder.write("words.ts", 'export const name = "second";\n'),
        () => folder.write("words.ts", "export const name = ;\n"),
        () => folder.write("watched.ts", oneProgram("third", "")),
      ],
    );
    const told = [...out.matchAll(/"type":"run","scenario":"(\w+)"|(SCENARIO_CODE)/g)].map(
      ([, name, code]) => name ?? code,
    );
    expect(told).toEqual(["first", "second", "SCENARIO_CODE", "third"]);
    expect(out.split("Something has changed.")).toHaveLength(4);
    expect(out).toContain(`${WAITING} 2 files.`);
    expect(code).toBe(130);
  });

  it("refuses to watch what is not there", async () => {
    expect((await watching(["gone.ts"], [])).code).toBe(2);
  });
});
