import { describeRandom } from "./random.contract.ts";
import { liveWorld } from "./live-world.ts";

describeRandom("live", liveWorld);
