import type { NodeId } from "./node-id.ts";

/** What a message, an observation and a stored record may hold. `undefined`, functions, dates and class instances may not. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** Flat facts of an observation. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

/**
 * One datagram. `type` names its kind as `<protocol>.<message>` (`"raft.append"`), which is what the timeline shows.
 *
 * A message belongs to everybody once it was handed to `send`: neither sender nor receiver may change it (frozen in strict runs).
 */
export interface Message {
  readonly type: string;
  readonly [key: string]: Plain;
}

export type MessageHandler = (from: NodeId, message: Message) => void;

/** Datagrams between nodes. Delivery may be late, reordered, repeated or never; a delivered message is never altered. */
export interface Transport {
  /** Sends to one node by name; a node may send to itself. Never throws for a peer that is away or unknown. */
  send(to: NodeId, message: Message): void;
  /** Adds a handler for every message that arrives; handlers run in the order in which they subscribed. Returns the way to end it. */
  subscribe(handler: MessageHandler): () => void;
}
