import { FaultlineError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Message } from "../../ports/transport.ts";
import type { GroupChange } from "../../components/raft/group-config.ts";
import type { Election } from "./election.ts";

/** An operator's order: hand leadership to a voter, by default to the one that has most. */
export interface TransferOrder extends Message {
  readonly type: "raft.transfer";
  readonly to?: string;
}

/** An operator's order: change who belongs to the group. */
export interface ReconfigureOrder extends Message {
  readonly type: "raft.reconfigure";
  readonly addVoters?: readonly string[];
  readonly addWitnesses?: readonly string[];
  readonly addLearners?: readonly string[];
  readonly remove?: readonly string[];
  readonly weights?: Readonly<Record<string, number>>;
}

/** Carries out what an operator tells a node. A node that may not do it, because it does not lead, does nothing. */
export function takeOrder(order: Message, election: Election): void {
  switch (order.type) {
    case "raft.transfer":
      election.transferTo((order as TransferOrder).to as NodeId | undefined);
      return;
    case "raft.reconfigure": {
      const { addVoters, addWitnesses, addLearners, remove, weights } = order as ReconfigureOrder;
      const change = { addVoters, addWitnesses, addLearners, remove, weights };
      const given = Object.entries(change).filter(([, value]) => value !== undefined);
      const asked: GroupChange = Object.fromEntries(given);
      election.reconfigure(asked);
      return;
    }
    default:
      throw new FaultlineError("HA_NODE_ORDER", `An ha-node takes no order "${order.type}".`, { type: order.type });
  }
}
