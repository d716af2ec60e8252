import { JournalReceiptBuffer } from "../../src/system/components/receipts/journal-receipt-buffer.ts";
import { MemoryReceiptBuffer } from "../../src/system/components/receipts/memory-receipt-buffer.ts";
import { ReplicatedReceiptBuffer } from "../../src/system/components/receipts/replicated-receipt-buffer.ts";
import { RaftNode } from "../../src/system/components/raft/raft-node.ts";
import type { NodeEnv, NodeId } from "../../src/system/ports/node.ts";
import type { Message } from "../../src/system/ports/transport.ts";
import type { Observer } from "../../src/system/ports/observer.ts";
import { silentObserver } from "../../src/system/ports/observer.ts";
import type { ReceiptBufferSettings } from "../../src/system/components/receipts/receipt-buffer.ts";
import { describeReceiptBuffer, pointsOf, type WithBuffer } from "./receipt-buffer.contract.ts";
import { simWorld } from "./sim-world.ts";
import { until, type Body } from "./world.ts";

describeReceiptBuffer("in memory", async (body, settings) => {
  const { observer, points } = pointsOf();
  return body({ buffer: new MemoryReceiptBuffer({ ...settings, observer }), points });
});

const journalled =
  (compactBytes: number): WithBuffer =>
  (body, settings) =>
    simWorld().run(async ({ disk }) => {
      const open = async (): Promise<{
        buffer: JournalReceiptBuffer;
        points: ReturnType<typeof pointsOf>["points"];
      }> => {
        const { observer, points } = pointsOf();
        return { buffer: await JournalReceiptBuffer.open({ ...settings, disk, observer, compactBytes }), points };
      };
      return body({ ...(await open()), reopen: open });
    });

describeReceiptBuffer("journal on a simulated disk", journalled(1_048_576));
describeReceiptBuffer("journal that is compacted at every turn", journalled(1));

/** A member of the group. */
async function member(
  env: NodeEnv,
  observer: Observer,
  settings: ReceiptBufferSettings = {},
): Promise<{ buffer: ReplicatedReceiptBuffer; raft: RaftNode }> {
  const send = (to: NodeId, message: Message): void => {
    env.transport.send(to, message);
  };
  const quiet = { ...env, observer: silentObserver };
  const buffer: ReplicatedReceiptBuffer = new ReplicatedReceiptBuffer({
    ...env,
    ...settings,
    observer,
    raft: () => raft,
    send,
  });
  const raft: RaftNode = new RaftNode({ ...quiet, send, apply: (entry) => buffer.apply(entry) });
  env.transport.subscribe((from, message) => {
    if (message.type.startsWith("buffer.")) buffer.receive(from, message);
    else raft.receive(from, message);
  });
  await raft.open();
  return { buffer, raft };
}

const other: Body = async (env) => {
  await member(env, silentObserver);
};

/** On the node that leads, or on one that follows: each call of the suite then goes one way or the other. */
const replicated =
  (leads: boolean): WithBuffer =>
  (body, settings) =>
    simWorld().run(
      async (env) => {
        const { observer, points } = pointsOf();
        const { buffer, raft } = await member(env, observer, settings);
        await until(env.timers, () => raft.leader !== "" && (raft.isLeader ? raft.isReady : raft.isCaughtUp));
        while (raft.isLeader !== leads) {
          const { leader } = raft;
          if (raft.isLeader) raft.demote("test");
          else raft.requestElection();
          await until(env.timers, () => raft.leader !== leader || raft.isLeader === leads);
          await until(env.timers, () => raft.leader !== "");
        }
        return body({ buffer, points });
      },
      { n2: other, n3: other },
    );

describeReceiptBuffer("replicated, asked on a follower", replicated(false));
describeReceiptBuffer("replicated, asked on the leader", replicated(true));
