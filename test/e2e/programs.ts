/** A scenario file in which every node takes itself for the leader when it has not heard a smaller name for 300 ms. */
export const BULLY = `import { at, defineChecker, defineScenario, partition, type Program } from "faultline";

const bully: Program = {
  name: "bully",
  start({ id, peers, timers, transport, observer }) {
    const lead = timers.create("lead", () => observer.state("role", "leader"));
    const beat = timers.create("beat", () => {
      for (const peer of peers) transport.send(peer, { type: "bully.beat" });
      beat.arm(100);
    });
    transport.subscribe((from) => {
      if (from > id) return;
      observer.state("role", "follower");
      lead.arm(300);
    });
    lead.arm(300);
    beat.arm(0);
    return {};
  },
};

const oneLeader = defineChecker("one-leader", {
  title: "One leader",
  rule: "At most one node is leader at a time.",
  triggers: ["state:role"],
  create(context) {
    const leaders = new Set<string>();
    return {
      on(record) {
        if (record.kind !== "state") return;
        if (record.value !== "leader") leaders.delete(record.node);
        else leaders.add(record.node);
        context.judged();
        if (leaders.size < 2) return;
        const nodes = [...leaders];
        context.violated({ record: record.id, time: record.time, nodes, message: \`\${nodes.join(" and ")} lead at once.\`, expected: "one leader", observed: String(nodes.length) });
      },
    };
  },
});

export default defineScenario({
  name: "bully",
  nodes: [{ program: bully, count: 3 }],
  faults: [at("2s", partition({ id: "cut", shape: "split", groups: [["n1"], ["rest"]], for: "2s" }))],
  checks: [oneLeader],
  duration: "5s",
});
`;

/** A scenario of one program given as the body of its `start`. */
export function oneProgram(
  name: string,
  body: string,
  options: { faults?: string; rest?: string; duration?: string; head?: string } = {},
): string {
  return `${options.head ?? ""}
import { at, crash, defineScenario, partition, type Program } from "faultline";
const program: Program = { name: "${name}", start(env) { ${body} return {}; } };
export default defineScenario({ name: "${name}", nodes: [{ program, count: 2 }], faults: [${options.faults ?? ""}], ${options.rest ?? ""} duration: "${options.duration ?? "2s"}" });
`;
}
