import { KvStateMachine } from "../../src/system/components/replication/kv-state-machine.ts";
import { kv } from "../system/replication/replication-world.ts";
import { describeStateMachine } from "./state-machine.contract.ts";

describeStateMachine("keys and values in memory", (body) =>
  body(async () => {
    const machine = new KvStateMachine();
    return { machine, set: (key, value) => kv(key, value), get: (key) => machine.get(key) };
  }),
);
