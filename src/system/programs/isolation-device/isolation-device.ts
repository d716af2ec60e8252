import type { NodeEnv, Program, RunningProgram } from "../../ports/node.ts";
import type { IsolationReply, IsolationRequest } from "./protocol.ts";

/**
 * A switched outlet on the management network: cuts a host off when told to, whatever that host thinks.
 *
 * Its state `isolates>HOST` = `yes` | `no` is the position of its switch; the simulated world cuts the host's links accordingly.
 * A request to isolate of an older epoch than any that the device has heard of, for whichever host, is refused: so the late decision
 * of a slow successor cannot isolate the newer leader. A host that has fenced itself may ask to be let back; nobody may ask for another.
 */
export const isolationDevice: Program<Readonly<Record<string, never>>> = {
  name: "isolation-device",
  start({ transport, observer }: NodeEnv): RunningProgram {
    let lastEpoch = 0;
    transport.subscribe((from, message) => {
      if (message.type !== "isolation.request") return;
      const { id, action, target, epoch } = message as IsolationRequest;
      const isCurrent = action === "release" ? from === target : epoch >= lastEpoch;
      if (isCurrent) {
        if (epoch > lastEpoch) lastEpoch = epoch;
        observer.state(`isolates>${target}`, action === "isolate" ? "yes" : "no", { epoch });
      }
      const reply: IsolationReply = { type: "isolation.reply", id, isConfirmed: isCurrent };
      transport.send(from, reply);
    });
    return {};
  },
};
