import { describe, expect, it } from "vitest";
import { RemoteIsolation } from "../../../src/system/programs/isolation-device/client.ts";
import { isolationDevice } from "../../../src/system/programs/isolation-device/isolation-device.ts";
import { nodeId, type NodeEnv } from "../../../src/system/ports/node.ts";
import { TestWorld } from "../../sim/world.ts";

const DEVICE = nodeId("isolation");

/** A device and the hosts n1, n2, n3, each with a way to ask it. */
async function hosts(): Promise<{ world: TestWorld; at: (id: string) => RemoteIsolation; switches: () => string[] }> {
  const clients = new Map<string, RemoteIsolation>();
  const host = (env: NodeEnv): void => {
    const { transport, timers } = env;
    const client = new RemoteIsolation({ device: DEVICE, transport, timers });
    clients.set(env.id, client);
    transport.subscribe((from, message) => {
      client.receive(from, message);
    });
  };
  const world = new TestWorld({
    isolation: (env) => void isolationDevice.start(env, {}),
    ...{ n1: host, n2: host, n3: host },
  });
  await world.run(10);
  return {
    world,
    at: (id) => clients.get(id) as RemoteIsolation,
    switches: () =>
      world.all.flatMap((record) =>
        record.kind === "state" && record.key.startsWith("isolates>") ? [`${record.key.slice(9)}=${record.value}`] : [],
      ),
  };
}

describe("an isolation device", () => {
  it("cuts off whom the newest leader names, and says so", async () => {
    const { world, at, switches } = await hosts();
    const answers: boolean[] = [];
    world.at(
      20,
      () =>
        void at("n2")
          .isolate(nodeId("n1"), 2)
          .then(({ isConfirmed }) => answers.push(isConfirmed)),
    );
    world.at(
      100,
      () =>
        void at("n3")
          .isolate(nodeId("n2"), 3)
          .then(({ isConfirmed }) => answers.push(isConfirmed)),
    );
    await world.run(200);
    expect(answers).toEqual([true, true]);
    expect(switches()).toEqual(["n1=yes", "n2=yes"]);
  });

  it("refuses the late decision of a slow successor, also about a host that no newer leader has named", async () => {
    const { world, at, switches } = await hosts();
    const answers: boolean[] = [];
    world.at(
      20,
      () =>
        void at("n1")
          .isolate(nodeId("n2"), 3)
          .then(({ isConfirmed }) => answers.push(isConfirmed)),
    );
    // Decided in epoch 2, when n1 was the one left behind; by now n1 leads epoch 3.
    world.at(
      100,
      () =>
        void at("n2")
          .isolate(nodeId("n1"), 2)
          .then(({ isConfirmed }) => answers.push(isConfirmed)),
    );
    await world.run(200);
    expect(answers).toEqual([true, false]);
    expect(switches()).toEqual(["n2=yes"]);
  });

  it("lets a host back that asks for itself, and nobody for another", async () => {
    const { world, at, switches } = await hosts();
    world.at(20, () => void at("n2").isolate(nodeId("n1"), 2));
    world.at(50, () => {
      at("n3").release(nodeId("n1"), 9);
    });
    await world.run(90);
    expect(switches()).toEqual(["n1=yes"]);
    world.at(100, () => {
      at("n1").release(nodeId("n1"), 1);
    });
    await world.run(200);
    expect(switches()).toEqual(["n1=yes", "n1=no"]);
  });
});
