import type { NodeId } from "../../ports/node.ts";
import { changeGroup, countedOf, joinFrom, type GroupChange, type GroupConfig, type Member } from "./group-config.ts";

/** How a change of the group ended. `refused`: nothing was done, and why. `unknown`: leadership was lost first. */
export type ChangeOutcome =
  | { readonly status: "committed"; readonly index: number }
  | { readonly status: "refused"; readonly reason: string }
  | { readonly status: "unknown" };

export interface ReconfigurationHost {
  /** The configuration in force, and where it stands in the log. */
  config(): GroupConfig;
  configIndex(): number;
  commitIndex(): number;
  /** Why no configuration may be appended now; `undefined` when one may. */
  refusal(): string | undefined;
  append(config: GroupConfig): void;
  /** The disk a member answers from; `undefined` while it has not answered. */
  diskOf(id: NodeId): string | undefined;
  /** Grows whenever {@link ReconfigurationHost.diskOf} may give something else than before. */
  diskChanges(): number;
  /** Whether this very member has what is committed, and answers. */
  isCaughtUp(member: Member): boolean;
  /** Whether this node itself counts in the group. */
  isVoter(): boolean;
  stepDown(reason: string): void;
}

/**
 * Changes the group, one committed step at a time (§6, joint consensus).
 *
 * The configuration in force says all there is to do, so that any later leader goes on: a joint one is left once it is committed,
 * a learner that is to vote is made a voter once it has caught up, and a member that answers from another disk than its own
 * promises are on becomes a new learner.
 */
export class Reconfiguration {
  readonly #host: ReconfigurationHost;
  #done: ((outcome: ChangeOutcome) => void) | undefined;
  /** The configuration that wanted nothing when it was looked at last, and the disk changes then. */
  #settled: GroupConfig | undefined;
  #settledAt = -1;

  constructor(host: ReconfigurationHost) {
    this.#host = host;
  }

  /** @param done  Called once; `committed` when the last step of the change is, promotions of learners not awaited. */
  request(change: GroupChange, done: (outcome: ChangeOutcome) => void): void {
    const reason = this.#isPending ? "another change is under way" : this.#host.refusal();
    const next = reason ?? changeGroup(this.#host.config(), change);
    if (typeof next === "string") {
      done({ status: "refused", reason: next });
      return;
    }
    this.#done = done;
    this.#host.append(next);
  }

  /** Takes the next step, if one is due. Called whenever something a step waits for may have come. */
  advance(): void {
    if (this.#host.configIndex() > this.#host.commitIndex()) return;
    const config = this.#host.config();
    // Asked several times for every answer, and nearly never is anything wanted.
    if (config === this.#settled && this.#settledAt === this.#host.diskChanges() && this.#done === undefined) return;
    if (config.old.length > 0) {
      if (this.#host.refusal() === undefined) this.#host.append({ members: config.members, old: [] });
      return;
    }
    const done = this.#done;
    this.#done = undefined;
    done?.({ status: "committed", index: this.#host.configIndex() });
    if (!this.#host.isVoter()) this.#host.stepDown("removed from the group");
    else this.#correct(config);
  }

  /** The leadership ends. */
  close(): void {
    const done = this.#done;
    this.#done = undefined;
    done?.({ status: "unknown" });
  }

  get #isPending(): boolean {
    return this.#host.configIndex() > this.#host.commitIndex() || this.#host.config().old.length > 0;
  }

  /** What a settled configuration still wants: members whose disk was lost, and learners that are to vote. */
  #correct(config: GroupConfig): void {
    if (!this.#isAnythingWanted(config)) {
      this.#settled = config;
      this.#settledAt = this.#host.diskChanges();
      return;
    }
    const strays = config.members.filter((member) => this.#isStray(member));
    const ready = config.members.filter((member) => member.becomes !== "" && this.#host.isCaughtUp(member));
    if ((strays.length === 0 && ready.length === 0) || this.#host.refusal() !== undefined) return;
    const members = config.members.map((member) => {
      // One thing at a time: a stray is made a learner first.
      if (strays.includes(member)) return relearn(member, this.#host.diskOf(member.id) as string);
      return strays.length === 0 && ready.includes(member) ? promote(member) : member;
    });
    const next = joinFrom(config, members);
    // Without anybody left to count, the group has to wait for an operator.
    if (countedOf(next).some(({ kind, weight }) => kind === "voter" && weight > 0)) this.#host.append(next);
  }

  #isAnythingWanted({ members }: GroupConfig): boolean {
    for (const member of members) if (member.becomes !== "" || this.#isStray(member)) return true;
    return false;
  }

  #isStray(member: Member): boolean {
    const disk = this.#host.diskOf(member.id);
    return disk !== undefined && disk !== member.disk;
  }
}

/** A member of the same name with an empty memory: it counts for nothing before it has learned everything again. */
function relearn(member: Member, disk: string): Member {
  const becomes = member.kind === "learner" ? member.becomes : member.kind;
  return { ...member, disk, kind: "learner", becomes };
}

function promote(member: Member): Member {
  return { ...member, kind: member.becomes === "" ? member.kind : member.becomes, becomes: "" };
}
