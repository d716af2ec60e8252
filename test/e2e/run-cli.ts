import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface CliOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own for one test file, removed afterwards. */
export function testFolder(): { readonly path: string; write(name: string, text: string): string } {
  const path = mkdtempSync(join(tmpdir(), "faultline-cli-"));
  afterAll(() => {
    rmSync(path, { recursive: true });
  });
  return {
    path,
    write(name, text) {
      writeFileSync(join(path, name), text);
      return name;
    },
  };
}

/** Runs the built binary as a user does. */
export function faultline(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): CliOutcome {
  if (!existsSync(MAIN)) throw new Error("dist/ is missing: npm run build.");
  const child = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", ...env },
  });
  return { code: child.status, stdout: child.stdout, stderr: child.stderr };
}

/** Runs the binary and sends it a signal once it has written `marker` to stderr. */
export function faultlineUntil(
  folder: string,
  args: readonly string[],
  marker: string,
  signal: NodeJS.Signals,
): Promise<CliOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: { PATH: process.env["PATH"] ?? "" } });
    let stdout = "";
    let stderr = "";
    let isSent = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (isSent || !stderr.includes(marker)) return;
      isSent = true;
      child.kill(signal);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}
