import type { RecordId } from "../../trace/record.ts";
import type { Trace } from "../../trace/trace.ts";

const HOPS_MAX = 64;

/**
 * The nearest record behind another that the page can show as what it came from: a message (by its sending), a client's call, a
 * fault.
 *
 * @returns −1 where there is none, and where a timer set it going: what armed the timer is another matter.
 */
export function originOf(trace: Trace, id: RecordId): RecordId {
  let cause = trace.cell(id, 4);
  for (let hops = 0; cause >= 0 && hops < HOPS_MAX; hops++) {
    const kind = trace.cell(cause, 2) & 255;
    switch (kind) {
      case 0: // sent
      case 6: // invoke
      case 8: // fault
        return cause;
      case 1: // delivered
      case 2: // dropped
      case 3: // duplicated
      case 7: // complete
        return trace.cell(cause, 7);
      case 9: // timer
        return -1;
      default:
        cause = trace.cell(cause, 4);
    }
  }
  return -1;
}
