import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { BULLY, oneProgram } from "./programs.ts";
import { testFolder, type CliOutcome } from "./run-cli.ts";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = testFolder();
folder.write("bully.ts", BULLY);
chmodSync(folder.path, 0o755);

/** Runs the command line by way of a shell, or as another user. */
function hampered(args: readonly string[], how: { readonly limit?: string; readonly uid?: number } = {}): CliOutcome {
  const { limit = "true", uid } = how;
  const command = `${limit} && exec "$0" "$@"`;
  const child = spawnSync("sh", ["-c", command, process.execPath, MAIN, ...args], {
    cwd: folder.path,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return { code: child.status, stdout: child.stdout, stderr: child.stderr };
}

/** Files of a folder that are not whole: half of something, or what should have become one. */
function halves(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => file.endsWith(".tmp") || !isWhole(file));
}

function isWhole(file: string): boolean {
  const text = readFileSync(file, "utf8");
  if (file.endsWith(".html")) return text.trimEnd().endsWith("</html>");
  if (!file.endsWith(".json")) return text.length > 0;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** No file may be longer than this many blocks: what a quota does, and a disk as it fills. */
const LIMIT = "ulimit -f 8";

describe("a disk that takes no more", () => {
  it.each([
    ["run", ["run", "bully.ts", "--reports", "quota-run"], "quota-run"],
    ["sweep", ["sweep", "bully.ts", "--seeds", "1..2", "--workers", "1", "--reports", "quota-sweep"], "quota-sweep"],
    ["replay", ["replay", "bully.ts", "--seed", "1", "--reports", "quota-replay"], "quota-replay"],
  ])("is told by %s in one line, and nothing is left half-written", (_, args, reports) => {
    const { code, stderr } = hampered(args, { limit: LIMIT });
    expect(stderr).toMatch(/^REPORTS_WRITE: quota-\S+ cannot be written \(EFBIG\)\. No file is left half-written\.$/m);
    expect(stderr).not.toContain("Internal error");
    expect(code).toBe(70);
    expect(halves(join(folder.path, reports))).toEqual([]);
  });

  it("is told by a reporter that has a file", () => {
    const args = ["run", "bully.ts", "--no-report", "--output-file.json=big/out.json"];
    const { code, stderr } = hampered(args, { limit: "ulimit -f 1" });
    expect(stderr).toMatch(/^REPORTS_WRITE: big\/out\.json cannot be written \(EFBIG\)/m);
    expect(code).toBe(70);
    expect(readdirSync(join(folder.path, "big"))).toEqual([]);
  });

  const small = join(folder.path, "small");
  mkdirSync(small);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=32k", "tmpfs", small]).status === 0;
  afterAll(() => {
    if (mounted) spawnSync("umount", [small]);
  });

  it("is told when it is really full, and the result of the sweep stands", ({ skip }) => {
    skip(!mounted, "a small disk: only root can mount one");
    const { code, stderr } = hampered(["sweep", "bully.ts", "--seeds", "1..2", "--workers", "1", "--reports", small]);
    expect(stderr).toMatch(/^REPORTS_WRITE: .* cannot be written \(ENOSPC\)/m);
    expect(code).toBe(70);
    expect(halves(small)).toEqual([]);
    const sweep = JSON.parse(readFileSync(join(small, "sweep-bully/sweep.json"), "utf8")) as { failures: unknown[] };
    expect(sweep.failures).toHaveLength(2);
  });
});

describe("a folder for reports that cannot be written", () => {
  // Root may write everywhere; so it is nobody who tries.
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  const isReadable = uid === undefined || spawnSync("cat", [MAIN], { uid, gid: uid }).status === 0;

  it.for([
    ["run", ["run", "bully.ts"]] as const,
    ["sweep", ["sweep", "bully.ts", "--seeds", "1..2"]] as const,
    ["shrink", ["shrink", "bully.ts", "--seed", "1"]] as const,
    ["replay", ["replay", "bully.ts", "--seed", "1"]] as const,
  ])("is told by %s before anything runs", ([name, args], { skip }) => {
    skip(!isReadable, "nobody may not read this build");
    const reports = join(folder.path, `closed-${name}`);
    mkdirSync(reports);
    chmodSync(reports, 0o555);
    const { code, stdout, stderr } = hampered(
      [...args, "--reports", `closed-${name}/inner`],
      uid === undefined ? {} : { uid },
    );
    expect(stderr).toMatch(/^--\S+ REPORTS: Reports cannot be written there \(EACCES\)\.\n {2}Expected a folder/m);
    expect(stdout).toBe("");
    expect(code).toBe(2);
    expect(readdirSync(reports)).toEqual([]);
    rmSync(reports, { recursive: true });
  });
});

/** Runs a sweep whose workers the machine kills, each at the moment at which it says the word. */
function killing(args: readonly string[], word: string): Promise<CliOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder.path,
      env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
    });
    let stdout = "";
    let stderr = "";
    let killed = 0;
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (stderr.split(word).length - 1 === killed) return;
      killed++;
      const workers = execFileSync("ps", ["-o", "pid=", "--ppid", String(child.pid)], { encoding: "utf8" });
      process.kill(Number(workers.trim().split("\n")[0]), "SIGKILL");
    });
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

describe("a worker that is killed whenever it runs a seed", () => {
  it("ends the sweep with what is done, and the name of the run", async () => {
    const body = `
      if (env.id !== "n1" || env.random.integer(1, 6) > 1) return {};
      process.stderr.write("doomed\\n");
      const t = env.timers.create("t", () => { t.arm(1); }); t.arm(1);`;
    folder.write("deadly.ts", oneProgram("deadly", body, { duration: "60s" }));
    const args = ["sweep", "deadly.ts", "--seeds", "1..40", "--workers", "1", "--reports", "lost"];
    const { code, stdout, stderr } = await killing(args, "doomed\n");
    expect(stderr).toMatch(/A worker ended in deadly seed \d+ \(SIGKILL\); its runs begin again in another\./);
    expect(stderr).toMatch(
      /^WORKER_LOST: A worker ended in deadly seed \d+ \(SIGKILL\), twice\. What was done until then is written\.$/m,
    );
    expect(code).toBe(70);
    const seed = Number(/in deadly seed (\d+) \(SIGKILL\), twice/.exec(stderr)?.[1]);
    const sweep = JSON.parse(readFileSync(join(folder.path, "lost/sweep-deadly/sweep.json"), "utf8")) as {
      tallies: { runs: number }[];
    };
    expect(sweep.tallies[0]?.runs ?? 0).toBeLessThan(seed);
    expect(stdout).toMatch(/\d+ of 40 did not run/);
    expect(halves(join(folder.path, "lost"))).toEqual([]);
    expect(existsSync(join(folder.path, "lost/sweep-deadly/journal.jsonl"))).toBe(true);
  });
});
