import { spawn, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { faultline } from "../e2e/run-cli.ts";
import { readersFolder } from "./readers-folder.ts";
import { commandsOf, missingLine } from "./snippets.ts";

const { folder, snippets, of } = readersFolder();
afterAll(() => rmSync(folder, { recursive: true }));

describe("TypeScript", () => {
  it("runs as a test suite", () => {
    const vitest = resolve("node_modules/vitest/vitest.mjs");
    const { status, stdout } = spawnSync(process.execPath, [vitest, "run", "--root", folder, "one-leader.test.ts"], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
    });
    expect(stdout).toContain("1 passed");
    expect(status).toBe(0);
  });
});

describe("commands", () => {
  // Those of a fleet need a Redis, and run in test/e2e/cli-fleet.test.ts.
  const alone = of("sh").filter(([, { page }]) => page !== "docs/fleet.md");
  it.each(alone)("at %s end as they say, and print what the page shows", (_, snippet) => {
    const next = snippets[snippets.indexOf(snippet) + 1];
    let output = "";
    for (const { args, exit, line } of commandsOf(snippet)) {
      const { code, stdout, stderr } = faultline(folder, args);
      output = `${stdout}\n${stderr}`;
      expect(code, `${line}\n${output}`).toBe(exit);
    }
    if (next?.page === snippet.page && next.language === "text")
      expect(missingLine(output, next.text), output).toBeUndefined();
  });
});

describe("live", () => {
  it.each(of("js"))("at %s runs on this machine, a process a node", async (_, { file, text }) => {
    // The ports of the page may be taken here.
    const free = await Promise.all([freePort(), freePort()]);
    const script = text
      .replace("127.0.0.1:7001", `127.0.0.1:${String(free[0])}`)
      .replace("127.0.0.1:7002", `127.0.0.1:${String(free[1])}`);
    writeFileSync(join(folder, file ?? ""), script);
    const heard = await Promise.all(["n1", "n2"].map((id) => firstLine(file ?? "", id)));
    expect(heard.map((line) => JSON.parse(line) as object)).toMatchObject([
      { node: "n1", incarnation: 1, key: "heard", value: "n2" },
      { node: "n2", incarnation: 1, key: "heard", value: "n1" },
    ]);
    for (const child of children) child.kill();
  });
});

const children: ReturnType<typeof spawn>[] = [];

function firstLine(file: string, id: string): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [file, id], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    let seen = "";
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
      const [line, rest] = seen.split("\n");
      if (rest !== undefined) done(line ?? "");
    });
    child.on("exit", () => fail(new Error(`${id} ended: ${errors}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
