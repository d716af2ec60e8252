import type { Messages, ReportModel } from "./model.ts";

const known = new WeakMap<Messages, Uint8Array>();

/**
 * Whether a message arrived after one that was sent later on the same link.
 *
 * Read off the columns when it is first asked for: the page needs no byte for it. Of a message's copies the first to arrive counts.
 */
export function isOvertaken({ messages, names }: Pick<ReportModel, "messages" | "names">, row: number): boolean {
  let rows = known.get(messages);
  if (rows === undefined) known.set(messages, (rows = overtakenRows(messages, names.length)));
  return rows[row] === 1;
}

/** From the last sending back: on each link, the earliest arrival of what was sent later. */
function overtakenRows({ sent, took, from, to, fate, flags }: Messages, names: number): Uint8Array {
  const rows = new Uint8Array(sent.length);
  const earliest = new Float64Array(names * names).fill(Infinity);
  for (let row = sent.length - 1; row >= 0; row--) {
    if ((fate[row] as number) !== -1 || isSecondCopy(flags[row] as number)) continue;
    const link = (from[row] as number) * names + (to[row] as number);
    const arrival = (sent[row] as number) + (took[row] as number);
    if (arrival > (earliest[link] as number)) rows[row] = 1;
    else earliest[link] = arrival;
  }
  return rows;
}

/** Whether a row's flags say that the network made it one more copy of a message. */
export function isSecondCopy(flags: number): boolean {
  return (flags & 2) !== 0;
}
