// `faultline/components/settings`: the seeds' dictionary `LITEFS`, checked, and what a node checks when it starts.
export { getLiteFSSettings } from "./litefs-settings.ts";
export type { LiteFSSettings, RaftSettings } from "./litefs-settings.ts";
export { SETTINGS_DEFAULTS, settingsSchema } from "./settings-schema.ts";
export type { LiteFSSettingsDict } from "./settings-schema.ts";
export { EnvironmentNodeIdResolver } from "./node-id.ts";
export type { Environment } from "./node-id.ts";
export { PrimaryMarker } from "./primary-marker.ts";
export type { MarkerSemantics, MountPort, PrimaryMarkerOptions } from "./primary-marker.ts";
export { checkLiteFSAtStart } from "./start-up-check.ts";
export type { StartUpCheckOptions, StartUpReport } from "./start-up-check.ts";
export { LiteFSConfigError } from "../../ports/errors.ts";
export { silentLog } from "../../ports/log.ts";
export type { Log, LogLevel } from "../../ports/log.ts";
export type { NodeIdResolverPort, PrimaryDetectorPort } from "../../ports/split-brain.ts";
