import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RaftLog, type LogEntry } from "../../../src/system/components/raft/raft-log.ts";

const entry = (index: number, term: number): LogEntry => ({
  index,
  term,
  type: "noop",
  command: null,
  client: "",
  seq: 0,
});

/** What is done with a log; `share` is of where it may be done. */
const step = fc.record({
  does: fc.constantFrom(
    "append",
    "append",
    "append",
    "slice",
    "slice",
    "slice",
    "slice",
    "truncate",
    "rebase",
    "replace",
  ),
  share: fc.constantFrom(0, 0, 0.2, 0.5, 0.9),
  count: fc.integer({ min: 2, max: 3 }),
});

describe("RaftLog", () => {
  it("gives the entries that it holds, whatever was asked for, cut off and appended before", () => {
    let again = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
        const log = new RaftLog();
        let model: LogEntry[] = [];
        let term = 1;
        const given = new Map<string, readonly LogEntry[]>();
        for (const { does, share, count } of steps) {
          const first = log.base.index + 1;
          const at = first + Math.floor(share * (log.lastIndex - first + 1));
          if (does === "append" || model.length === 0) {
            const next = entry(log.lastIndex + 1, term);
            model.push(next);
            log.append(next, 0);
          } else if (does === "truncate") {
            model = model.filter(({ index }) => index < at);
            log.truncate(at);
            term++;
          } else if (does === "rebase" || does === "replace") {
            // Of this log, or of one that it does not continue.
            const isHeld = does === "rebase" && at <= log.lastIndex;
            const base = { index: at, term: isHeld ? log.termAt(at) : ++term };
            model = isHeld ? model.filter(({ index }) => index > at) : [];
            expect(log.rebase(base)).toBe(isHeld);
          } else {
            const slice = log.slice(at, count);
            expect(slice).toEqual(model.filter(({ index }) => index >= at && index < at + count));
            if (given.get(`${String(at)} ${String(count)}`) === slice) again++;
            given.set(`${String(at)} ${String(count)}`, slice);
          }
          expect(log.after(log.base.index)).toEqual(model);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
    expect(again).toBeGreaterThan(100);
  });
});
