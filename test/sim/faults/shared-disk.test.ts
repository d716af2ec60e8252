import { describe, expect, it } from "vitest";
import { faultSchema, findContradictions } from "../../../src/sim/faults/registry.ts";
import { FailStopError } from "../../../src/system/ports/errors.ts";
import type { NodeEnv } from "../../../src/system/ports/node.ts";
import type { Body } from "../world.ts";
import { FaultWorld, id, nodes } from "./fault-world.ts";

const text = new TextEncoder();
const read = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** At each start tells what is on its disk, and adds its name. */
const writer: Body = async (env) => {
  env.observer.point(`sees "${read(await env.disk.read("d/names"))}"`);
  await env.disk.append("d/names", text.encode(env.id));
  await env.disk.sync("d/names");
  await env.disk.syncDirectory("d");
};

const lives = (world: FaultWorld): string[] =>
  world
    .records("state")
    .filter(({ key, time }) => key === "process" && time > 0)
    .map(({ time, node, value, fields }) => `${String(time / 1_000)} ${node} ${value} ${String(fields["reason"])}`);
const said = (world: FaultWorld): string[] => world.points.map((point) => point.split(" ").slice(1).join(" "));
const shared = { kind: "shared-disk", node: "n2", of: "n1", at: "5s", for: "5s" } as const;

describe("shared-disk", () => {
  it("starts a node on the files of another, and at its end on its own again", async () => {
    const world = new FaultWorld(nodes(2, writer), [shared]);
    world.at(7_000, () => {
      world.cluster.kill(id("n1"));
      world.cluster.restart(id("n1"));
    });
    await world.run(20_000);
    expect(lives(world)).toEqual([
      "5000 n2 down kill",
      "5000 n2 up restart",
      "7000 n1 down kill",
      "7000 n1 up restart",
      "10000 n2 down kill",
      "10000 n2 up restart",
    ]);
    // Each of them sees what the other wrote, while they share.
    expect(said(world)).toEqual(['n1 sees ""', 'n2 sees ""', 'n2 sees "n1"', 'n1 sees "n1n2"', 'n2 sees "n2"']);
    expect(world.outcome).toMatchObject({ touched: 1, stoppedAt: 10_000_000 });
  });

  it("shows what the other has in its page cache, which is lost with the other's power", async () => {
    const keeper: Body = async (env) => {
      env.observer.point(`sees "${read(await env.disk.read("note"))}"`);
      if (env.id === "n1" && env.incarnation === 1) await env.disk.write("note", text.encode("unsynced"));
    };
    const world = new FaultWorld(nodes(2, keeper), [shared]);
    world.at(6_000, () => world.cluster.crash(id("n1")));
    world.at(7_000, () => {
      world.cluster.kill(id("n2"));
      world.cluster.restart(id("n2"));
    });
    await world.run(9_000);
    expect(said(world)).toEqual(['n1 sees ""', 'n2 sees ""', 'n2 sees "unsynced"', 'n2 sees ""']);
  });

  it("lets a power loss of the node alone take nothing from the disk that it shares", async () => {
    const keeper: Body = async (env) => {
      const seen = read(await env.disk.read("note"));
      env.observer.point(`sees "${seen}"`);
      if (seen === "" && env.id === "n1") await env.disk.write("note", text.encode("unsynced"));
    };
    const world = new FaultWorld(nodes(2, keeper), [shared]);
    world.at(6_000, () => world.cluster.crash(id("n2")));
    world.at(7_000, () => world.cluster.restart(id("n2")));
    await world.run(9_000);
    expect(said(world).slice(2)).toEqual(['n2 sees "unsynced"', 'n2 sees "unsynced"']);
  });

  it("starts a node again that refused the disk, and not one that was down before", async () => {
    const careful: Body = async (env: NodeEnv) => {
      const owner = read(await env.disk.read("owner"));
      if (owner !== "" && owner !== env.id) throw new FailStopError(`the disk is ${owner}'s`);
      await env.disk.write("owner", text.encode(env.id));
    };
    const world = new FaultWorld(nodes(3, careful), [{ ...shared, node: undefined, nodes: ["n2", "n3"] }]);
    world.at(1_000, () => world.cluster.kill(id("n3")));
    await world.run(20_000);
    expect(lives(world)).toEqual([
      "1000 n3 down kill",
      "5000 n2 down kill",
      "5000 n2 up restart",
      expect.stringMatching(/^5000\.\d+ n2 down fail-stop$/),
      "10000 n2 up restart",
    ]);
    expect(world.cluster.node("n2").state).toBe("up");
  });

  it("touches nothing when a role means the owner itself", async () => {
    const world = new FaultWorld(nodes(1, writer), [{ ...shared, node: "random(1)", optional: true }]);
    await world.run(12_000);
    expect([world.outcome.touched, lives(world)]).toEqual([0, []]);
  });

  it("is refused when it gives a node its own disk", () => {
    const faults = [faultSchema.parse({ ...shared, node: "n1" })];
    expect(findContradictions(faults).map(({ path, message }) => [path, message])).toEqual([
      [[0, "of"], '"n1" has its own disk already.'],
    ]);
  });
});
