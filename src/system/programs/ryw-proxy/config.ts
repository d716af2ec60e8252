import type { ProxyConfig } from "../../components/proxy/proxy-config.ts";
import type { HaNodeConfig } from "../ha-node/config.ts";

/** Configuration of a `ryw-proxy`: that of its `ha-node`, whose replicas always follow, and of the proxy before it. */
export interface RywProxyConfig extends Omit<HaNodeConfig, "durability" | "guard"> {
  readonly proxy?: ProxyConfig;
}
