import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process, so that no other one of any time is taken for it. */
export interface ProcessOwner {
  readonly host: string;
  /** The machine's boot; `""` where it is not known. */
  readonly boot: string;
  readonly pid: number;
  /** When the process started, in the kernel's words; `""` where it is not known. */
  readonly started: string;
}

/** For people: `process 4711 on till-1`. */
export function nameOf(owner: ProcessOwner): string {
  return `process ${String(owner.pid)} on ${owner.host}`;
}

/** Whether it is on another machine, where nobody here sees if it lives. */
export function isElsewhere(owner: ProcessOwner): boolean {
  return owner.host !== hostname();
}

/** Whether a process of this machine may be running still. One with this process's own number is an earlier one of that number. */
export function isAlive(owner: ProcessOwner): boolean {
  const self = thisProcess();
  if (owner.boot !== self.boot) return false;
  // Who asks knows what it has taken itself; so it is an earlier process with our number: in a container, every one of them.
  if (owner.pid === self.pid) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
  return owner.started === startOf(owner.pid);
}

export function thisProcess(): ProcessOwner {
  return {
    host: hostname(),
    boot: textOf("/proc/sys/kernel/random/boot_id"),
    pid: process.pid,
    started: startOf(process.pid),
  };
}

/** Field 22 of `/proc/PID/stat`, after the command's name, which may hold anything. */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${String(pid)}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
