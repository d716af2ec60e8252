import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { describeDisk, SMALL_DISK_BYTES } from "./disk.contract.ts";
import { liveWorld } from "./live-world.ts";

const directory = mkdtempSync(join(tmpdir(), "faultline-small-"));

/** A file system of its own in the directory. @returns why there is none; `undefined` when it is there. */
function mountSmall(): string | undefined {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${String(SMALL_DISK_BYTES)}`, "tmpfs", directory], {
      stdio: "pipe",
    });
    return undefined;
  } catch {
    return "this user may not mount a small file system";
  }
}

const missing = mountSmall();
afterAll(() => {
  if (missing === undefined) execFileSync("umount", [directory]);
  rmSync(directory, { recursive: true, force: true });
});

describeDisk("live", liveWorld, { small: missing ?? (() => liveWorld({ directory })) });
