import { createHook } from "node:async_hooks";
import { running } from "./escapes.ts";

/** Names that Node gives what it begins in the real world, and what that is. Promises, ticks, what users name, and what may also be synchronous (ciphers, compression) are not here. */
const REAL: readonly (readonly [RegExp, string])[] = [
  [/^(Timeout|Immediate)$/, "a real timer"],
  [/^(FS|FILEHANDLE|STATWATCHER|DIRHANDLE|BLOBREADER)/, "a read or write of a real file"],
  [/^(TCP|TLS|UDP|PIPECONNECT|HTTP|JSUDP|STREAMPIPE)/, "a real connection"],
  [/^(DNSCHANNEL|GETADDRINFO|GETNAMEINFO|QUERYWRAP)/, "a real look-up of a name"],
  [/^PROCESSWRAP$/, "another process"],
  [/^(WORKER|MESSAGEPORT)/, "another thread"],
];

/**
 * Sees what node code begins in the real world without one of the trapped names: by a reference taken before the traps stood, or
 * through the runtime (`import()`). Costs too much for every run. @returns ends it.
 */
export function watchResources(): () => void {
  const init = (_id: number, type: string): void => {
    const { node, onEscape } = running;
    if (node === undefined) return;
    const what = REAL.find(([names]) => names.test(type))?.[1];
    if (what === undefined) return;
    running.node = undefined;
    const holder: { stack?: string } = {};
    Error.captureStackTrace(holder, init);
    onEscape?.({ node, api: `${what} (${type})`, kind: "act", stack: holder.stack ?? "" });
    running.node = node;
  };
  const hook = createHook({ init }).enable();
  return () => {
    hook.disable();
  };
}
