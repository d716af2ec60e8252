import { FRAME_BYTES_MAX } from "./frames.ts";

/** Bounds of a {@link TcpTransport}; all times in ms. */
export interface TcpLimits {
  /** Longest message, in bytes of JSON. A longer one is not sent; one that arrives ends its connection. */
  readonly frameBytesMax: number;
  /** Unsent bytes a connection may hold before messages are dropped. */
  readonly bufferBytesMax: number;
  /** Messages kept for a peer while the connection to it is being made; the oldest is dropped first. */
  readonly queueMax: number;
  /** Age at which a message in that queue is dropped. */
  readonly queueMsMax: number;
  /** From the start of a connection to the other side's greeting. */
  readonly handshakeMs: number;
  /** How long the other side may read nothing while bytes wait for it. */
  readonly stallMs: number;
  /** First pause after a failed connection; doubles up to `backoffMsMax`. */
  readonly backoffMsMin: number;
  readonly backoffMsMax: number;
}

export const TCP_LIMITS: TcpLimits = {
  frameBytesMax: FRAME_BYTES_MAX,
  bufferBytesMax: 32 * 1024 * 1024,
  queueMax: 256,
  queueMsMax: 1_000,
  handshakeMs: 2_000,
  stallMs: 10_000,
  backoffMsMin: 20,
  backoffMsMax: 500,
};

/** What happened to messages and connections since the transport was opened. */
export interface TcpCounters {
  /** Messages handed to a connection. */
  sent: number;
  delivered: number;
  /** Dropped because the peer did not answer or the message waited too long for it. */
  droppedAway: number;
  /** Dropped because a queue or a connection's buffer was full. */
  droppedQueueFull: number;
  /** Dropped because nothing is known of the peer: no address and no connection from it. */
  droppedUnknown: number;
  droppedTooLong: number;
  /** Connections ended because of what came over them. */
  refused: number;
}
