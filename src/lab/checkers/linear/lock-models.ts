import type { Model } from "./model.ts";

/** An operation of a lock without owners. */
export interface MutexOp {
  readonly f: "acquire" | "release";
}

/** A mutex that anybody may release: `acquire` is legal while it is free, `release` while it is held. */
export function mutex(): Model<MutexOp, boolean> {
  return {
    name: "mutex",
    initial: false,
    step: (isHeld, op) => (isHeld === (op.f === "release") ? !isHeld : undefined),
    stateKey: (isHeld) => isHeld,
    isObserver: () => false,
    opKey: (op) => op.f,
    describeOp: (op) => op.f,
    describeState: (isHeld) => (isHeld ? "held" : "free"),
  };
}

/** An operation of a lock that knows its holder. */
export type OwnedLockOp =
  | { readonly f: "acquire" | "release"; readonly owner: string }
  /** `isOk` false: it was held, by somebody else; absent: nobody knows. */
  | { readonly f: "try"; readonly owner: string; readonly isOk?: boolean };

/** Who holds a lock, and how many times over; `owner` `""` and `count` 0 when nobody does. */
export interface Holding {
  readonly owner: string;
  readonly count: number;
}

/**
 * A lock that only its holder may release.
 *
 * @param reentrant  Whether the holder may acquire it again; it is free after as many releases. Default false: whoever holds it waits
 *   for itself, and its `try` is refused.
 */
export function ownedLock(options: { readonly reentrant?: boolean } = {}): Model<OwnedLockOp, Holding> {
  const reentrant = options.reentrant === true;
  const step = (state: Holding, op: OwnedLockOp): Holding | undefined => {
    if (op.f === "release") {
      if (state.owner !== op.owner) return undefined;
      return state.count === 1 ? FREE : { owner: op.owner, count: state.count - 1 };
    }
    const isGranted = state.count === 0 || (reentrant && state.owner === op.owner);
    if (op.f === "try" && op.isOk !== undefined && op.isOk !== isGranted) return undefined;
    if (isGranted) return { owner: op.owner, count: state.count + 1 };
    return op.f === "try" ? state : undefined;
  };
  return {
    name: reentrant ? "reentrant-lock" : "owned-lock",
    initial: FREE,
    step,
    stateKey: ({ owner, count }) => `${String(count)} ${owner}`,
    isObserver: (op) => op.f === "try" && op.isOk === false,
    opKey: (op) => `${op.f} ${op.f === "try" ? String(op.isOk) : ""} ${op.owner}`,
    describeOp: (op) =>
      `${op.f} by ${op.owner}${op.f === "try" ? ` → ${op.isOk === undefined ? "?" : op.isOk ? "held" : "refused"}` : ""}`,
    describeState: ({ owner, count }) =>
      count === 0 ? "free" : `held by ${owner}${count > 1 ? ` ×${String(count)}` : ""}`,
  };
}

const FREE: Holding = { owner: "", count: 0 };

/** An operation of a lock whose every grant has a larger number than the one before. */
export type FencedLockOp =
  /** `token` is absent when the answer was lost: the lock may have been granted, with a number that nobody was told. */
  | { readonly f: "acquire"; readonly owner: string; readonly token?: bigint }
  | { readonly f: "release"; readonly owner: string }
  /** The lock's server ends the grant; such an operation is the server's own, so that time is no part of the model. */
  | { readonly f: "expire" };

/** Who holds the lock (`""`: nobody) and the largest number that was surely given out. */
export interface FencedHolding {
  readonly owner: string;
  readonly largest: bigint;
}

/** A lock with fencing numbers: `acquire` is legal while it is free, with a number larger than all before. Grants may expire. */
export function fencedLock(): Model<FencedLockOp, FencedHolding> {
  return {
    name: "fenced-lock",
    initial: { owner: "", largest: 0n },
    step: (state, op) => {
      if (op.f === "expire") return state.owner === "" ? undefined : { owner: "", largest: state.largest };
      if (op.f === "release") return state.owner === op.owner ? { owner: "", largest: state.largest } : undefined;
      if (state.owner !== "") return undefined;
      // A number that nobody was told was at least the next one; assuming just that excludes nothing that is possible.
      const token = op.token ?? state.largest + 1n;
      return token > state.largest ? { owner: op.owner, largest: token } : undefined;
    },
    stateKey: ({ owner, largest }) => `${String(largest)} ${owner}`,
    isObserver: () => false,
    opKey: (op) => (op.f === "expire" ? "expire" : `${op.f} ${op.f === "acquire" ? String(op.token) : ""} ${op.owner}`),
    describeOp: (op) => {
      if (op.f === "expire") return "expire";
      return op.f === "acquire" ? `acquire by ${op.owner} → ${String(op.token ?? "?")}` : `release by ${op.owner}`;
    },
    describeState: ({ owner, largest }) => `${owner === "" ? "free" : `held by ${owner}`}, largest ${String(largest)}`,
  };
}

/** An operation of a resource behind a fencing check. */
export type FencedResourceOp =
  /** `isAccepted` false: refused for its number; absent: nobody knows. */
  | { readonly f: "write"; readonly token: bigint; readonly value: string; readonly isAccepted?: boolean }
  | { readonly f: "read"; readonly value: string };

/** Largest number seen and the value. */
export interface FencedResource {
  readonly largest: bigint;
  readonly value: string;
}

/** A store that accepts a write if its number is at least the largest it has seen, and refuses every other. `""` at first. */
export function fencedResource(): Model<FencedResourceOp, FencedResource> {
  return {
    name: "fenced-resource",
    initial: { largest: 0n, value: "" },
    step: (state, op) => {
      if (op.f === "read") return op.value === state.value ? state : undefined;
      const isAccepted = op.token >= state.largest;
      if (op.isAccepted !== undefined && op.isAccepted !== isAccepted) return undefined;
      return isAccepted ? { largest: op.token, value: op.value } : state;
    },
    stateKey: ({ largest, value }) => `${String(largest)} ${value}`,
    isObserver: (op) => op.f === "read" || op.isAccepted === false,
    opKey: (op) =>
      op.f === "read" ? `read ${op.value}` : `write ${String(op.token)} ${String(op.isAccepted)} ${op.value}`,
    describeOp: (op) =>
      op.f === "read"
        ? `read → "${op.value}"`
        : `write "${op.value}" with ${String(op.token)} → ${op.isAccepted === undefined ? "?" : op.isAccepted ? "accepted" : "refused"}`,
    describeState: ({ largest, value }) => `"${value}", largest ${String(largest)}`,
  };
}

/** Somebody learned who leads a term. */
export interface LeaderOp {
  readonly f: "leader";
  readonly term: number;
  readonly leader: string;
}

/** The leader of a term, which never changes; judged term by term. */
export function leaderRegister(): Model<LeaderOp, string> {
  return {
    name: "leader-register",
    initial: "",
    step: (state, op) => (state === "" || state === op.leader ? op.leader : undefined),
    stateKey: (state) => state,
    isObserver: () => false,
    opKey: (op) => op.leader,
    partitionOf: (op) => String(op.term),
    describeOp: (op) => `term ${String(op.term)} is led by ${op.leader}`,
    describeState: (state) => (state === "" ? "no leader" : state),
  };
}
