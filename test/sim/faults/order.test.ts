import { describe, expect, it } from "vitest";
import { idle } from "../world.ts";
import { FaultWorld, nodes } from "./fault-world.ts";

describe("order", () => {
  it("touches nothing where the program takes no orders", async () => {
    const world = await new FaultWorld(nodes(2, idle), [
      { kind: "order", node: "n1", order: { type: "test.order" }, at: "1s" },
    ]).run(2_000);
    expect(world.outcome).toMatchObject({ startedAt: 1_000_000, stoppedAt: 1_000_000, touched: 0 });
  });
});
