import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const SCRIPT = "test/poc-5/live/run.mjs";

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the script makes its own folder: what is left there is left behind. */
let folder = "";
beforeEach(() => {
  if (!existsSync("dist/system/live/index.js")) throw new Error("dist/ is missing: npm run build.");
  folder = mkdtempSync(join(tmpdir(), "poc-5-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the script as `npm run poc-5:live` does. `onText` sees all it has printed so far. */
function run(
  options: readonly string[] = [],
  { path = process.env["PATH"] ?? "", onText }: { path?: string; onText?: (text: string, pid: number) => void } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = { PATH: path, TMPDIR: folder };
    const child = spawn(process.execPath, [SCRIPT, ...options], { env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      onText?.(stdout, child.pid ?? 0);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Processes that work in the folder, or were told of it. */
function processesOfFolder(): Process[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      const isOurs = command.includes(folder) || readlinkSync(`/proc/${name}/cwd`).startsWith(folder);
      return isOurs ? [{ pid: Number(name), command }] : [];
    } catch {
      // It has ended meanwhile, or is another user's.
      return [];
    }
  });
}

const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

describe.skipIf(!hasRedis)("POC-5 on this machine", () => {
  it("passes the seed's three scenarios, and leaves nothing behind", async () => {
    const { code, stdout, stderr } = await run();
    expect(stderr).toBe("");
    expect(stdout).not.toContain("✗");
    expect(stdout).toMatch(/Scenario 1: ✓ PASS[^]*Scenario 2: ✓ PASS[^]*Scenario 3: ✓ PASS/);
    expect(stdout.match(/^ {2}Duplicates: 0$/gm)).toHaveLength(3);
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("3/3 scenarios PASS");
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("loses and doubles nothing when redis-server is killed in the middle of a sync and forgets everything", async () => {
    const { code, stdout, stderr } = await run(["--restart-redis"]);
    expect(stderr).toBe("");
    expect(stdout).not.toContain("✗");
    expect(stdout).toContain("Lives of redis-server: 2\n");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("1/1 scenarios PASS");
    expect(code).toBe(0);
  });

  it.skipIf(process.platform !== "linux")("fails with a till that is killed, and ends the others", async () => {
    let killed: Process | undefined;
    const { code, stdout } = await run(["--restart-redis"], {
      onText: (text) => {
        if (killed !== undefined || !text.includes("Step 2:")) return;
        killed = processesOfFolder().find(({ command }) => command.includes('"pos-2"'));
        if (killed !== undefined) process.kill(killed.pid, "SIGKILL");
      },
    });
    expect(killed).toBeDefined();
    expect(stdout).toContain("✗ Error: pos-2");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("0/1 scenarios PASS");
    expect(code).toBe(1);
    await vi.waitFor(() => expect(processesOfFolder()).toEqual([]), 5_000);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(process.platform !== "linux")("leaves no process and no file when it is interrupted", async () => {
    let working: readonly Process[] = [];
    const { code } = await run([], {
      onText: (text, pid) => {
        if (working.length > 0 || !text.includes("Step 3:")) return;
        working = processesOfFolder();
        process.kill(pid, "SIGINT");
      },
    });
    expect(code).toBe(130);
    // Three tills and a redis-server.
    expect(working).toHaveLength(4);
    await vi.waitFor(() => expect(processesOfFolder()).toEqual([]), 5_000);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("without redis-server", () => {
  it("says how to install it, and exits 2", async () => {
    const { code, stdout, stderr } = await run([], { path: folder });
    expect(stdout).toBe("");
    expect(stderr).toContain("apt-get install redis-server");
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });
});
