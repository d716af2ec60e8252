import { describeRandom } from "./random.contract.ts";
import { simWorld } from "./sim-world.ts";

describeRandom("simulated", simWorld);
