import type { NodeEnv, Program, RunningProgram } from "../../ports/node.ts";
import type { IsolationReply, IsolationRequest } from "./protocol.ts";

/**
 * A switched outlet on the management network: cuts a host off when told to, whatever that host thinks.
 *
 * Its state `isolates>HOST` = `yes` | `no` is the position of its switch; the simulated world cuts the host's links accordingly.
 * A request to isolate of an older epoch than the host's last is ignored, so a slow successor cannot isolate the newer leader. A
 * host that has fenced itself may ask to be let back; nobody may ask for another.
 */
export const isolationDevice: Program<Readonly<Record<string, never>>> = {
  name: "isolation-device",
  start({ transport, observer }: NodeEnv): RunningProgram {
    const lastEpoch = new Map<string, number>();
    transport.subscribe((from, message) => {
      if (message.type !== "isolation.request") return;
      const { id, action, target, epoch } = message as IsolationRequest;
      const last = lastEpoch.get(target) ?? 0;
      const isCurrent = action === "release" ? from === target : epoch >= last;
      if (isCurrent) {
        if (epoch > last) lastEpoch.set(target, epoch);
        observer.state(`isolates>${target}`, action === "isolate" ? "yes" : "no", { epoch });
      }
      const reply: IsolationReply = { type: "isolation.reply", id, isConfirmed: isCurrent };
      transport.send(from, reply);
    });
    return {};
  },
};
