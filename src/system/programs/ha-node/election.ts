import type { RaftNode } from "../../components/raft/raft-node.ts";

/** Who leads, as an `ha-node` asks it; {@link RaftNode} has all of it. */
export type Election = Pick<
  RaftNode,
  | "term"
  | "leader"
  | "isLeader"
  | "hasLease"
  | "isReady"
  | "diskWriteMs"
  | "isDiskFull"
  | "open"
  | "receive"
  | "demote"
  | "holdDown"
  | "flush"
  | "isTransferring"
  | "transferTo"
  | "reconfigure"
>;
