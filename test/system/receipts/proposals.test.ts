import { describe, expect, it } from "vitest";
import type { ProposalOutcome } from "../../../src/system/components/raft/leadership.ts";
import type { BufferPropose, BufferResult } from "../../../src/system/components/receipts/buffer-messages.ts";
import { ProposalDesk } from "../../../src/system/components/receipts/proposal-desk.ts";
import {
  insertCommand,
  type ReceiptAnswer,
  type ReceiptCommand,
} from "../../../src/system/components/receipts/receipt-command.ts";
import { ReceiptMachine } from "../../../src/system/components/receipts/receipt-machine.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { silentObserver } from "../../../src/system/ports/observer.ts";
import type { Plain } from "../../../src/system/ports/transport.ts";
import { receiptOf } from "../../contract/receipt-buffer.contract.ts";

/** A machine, and a way to apply the next entry of its log. */
function machineBench(): {
  machine: ReceiptMachine;
  apply: (client: string, seq: number, command: ReceiptCommand) => ReturnType<ReceiptMachine["apply"]>;
} {
  const machine = new ReceiptMachine({ observer: silentObserver });
  let index = 0;
  return {
    machine,
    apply: (client, seq, command) =>
      machine.apply({ index: ++index, term: 1, type: "command", client, seq, command: command as unknown as Plain }),
  };
}

const ID = receiptOf(1).id;
const CLAIM: ReceiptCommand = { op: "claim", claim: "1", limit: 1 };
const GIVE_BACK: ReceiptCommand = { op: "settle", id: ID, claim: "1", how: { status: "pending", isFailure: true } };

describe("the state machine of a replicated buffer", () => {
  it("gives a repeated call its first answer, and no second effect", () => {
    const { machine, apply } = machineBench();
    apply("a", 1, insertCommand(receiptOf(1), 10));
    apply("a", 2, CLAIM);
    const first = apply("b", 1, GIVE_BACK);
    apply("a", 3, CLAIM);
    const again = apply("b", 1, GIVE_BACK);
    expect(first).toMatchObject({ hasEffect: true, result: { is: "settled", isDone: true } });
    expect(again).toMatchObject({ hasEffect: false, result: { is: "settled", isDone: true } });
    expect(machine.table.list()).toMatchObject([{ status: "syncing", retryCount: 1 }]);
    expect(machine.answerTo("b", 1)).toEqual({ is: "settled", isDone: true });
    expect(machine.answerTo("b", 2)).toBeUndefined();
  });

  it("gives a call no effect that comes after a later one of its session", () => {
    const { machine, apply } = machineBench();
    apply("a", 2, insertCommand(receiptOf(2), 10));
    const late = apply("a", 1, insertCommand(receiptOf(1), 10));
    expect(late).toMatchObject({ hasEffect: false, result: { is: "superseded" } });
    expect(machine.table.list().length).toBe(1);
  });

  it("says of a call that changed nothing that it had no effect", () => {
    const { apply } = machineBench();
    expect(apply("a", 1, insertCommand(receiptOf(1), 10)).hasEffect).toBe(true);
    expect(apply("a", 2, insertCommand(receiptOf(1), 10)).hasEffect).toBe(false);
    expect(apply("a", 3, GIVE_BACK).hasEffect).toBe(false);
  });
});

describe("where proposals arrive", () => {
  const from = nodeId("n2");
  const propose = (attempt: number, id = 1): BufferPropose => ({
    type: "buffer.propose",
    session: "s",
    id,
    attempt,
    command: null,
  });

  /** A desk at a node that leads or not, and what it proposed and answered. */
  function deskBench(): {
    desk: ProposalDesk;
    proposed: ((outcome: ProposalOutcome) => void)[];
    replies: BufferResult[];
    state: { leads: boolean; answer: ReceiptAnswer | undefined };
  } {
    const proposed: ((outcome: ProposalOutcome) => void)[] = [];
    const replies: BufferResult[] = [];
    const state: { leads: boolean; answer: ReceiptAnswer | undefined } = { leads: true, answer: undefined };
    const desk = new ProposalDesk({
      raft: () => ({
        propose: (_, done) => {
          if (state.leads) proposed.push(done);
          else done({ status: "refused", leader: "" });
        },
      }),
      answerTo: () => state.answer,
      send: (_, message) => replies.push(message),
    });
    return { desk, proposed, replies, state };
  }

  it("keeps a refused attempt refused when the network brings its copy to a node that leads by now", () => {
    const { desk, proposed, replies, state } = deskBench();
    state.leads = false;
    desk.receive(from, propose(1));
    state.leads = true;
    desk.receive(from, propose(1));
    expect(replies).toMatchObject([{ outcome: "refused", attempt: 1, id: 1, session: "s" }]);
    expect(proposed).toEqual([]);
    desk.receive(from, propose(2));
    expect(proposed.length).toBe(1);
  });

  it("ignores what a session has left behind", () => {
    const { desk, proposed } = deskBench();
    desk.receive(from, propose(1, 2));
    desk.receive(from, propose(3, 1));
    expect(proposed.length).toBe(1);
  });

  it("proposes a call once while it is under way, and again when leadership was lost", () => {
    const { desk, proposed, replies } = deskBench();
    for (const attempt of [1, 2, 3]) desk.receive(from, propose(attempt));
    expect(proposed.length).toBe(1);
    proposed[0]?.({ status: "unknown" });
    desk.receive(from, propose(4));
    expect(proposed.length).toBe(2);
    proposed[1]?.({ status: "committed", index: 1, result: { is: "settled", isDone: true } });
    expect(replies).toMatchObject([
      { outcome: "unknown", value: null },
      { outcome: "ok", value: { is: "settled", isDone: true } },
    ]);
  });

  it("answers a call that has taken effect without proposing it again", () => {
    const { desk, proposed, replies, state } = deskBench();
    state.answer = { is: "epoch", epoch: 3 };
    desk.receive(from, propose(1));
    expect(proposed).toEqual([]);
    expect(replies).toMatchObject([{ outcome: "ok", value: { is: "epoch", epoch: 3 } }]);
  });
});
