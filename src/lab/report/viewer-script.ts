export const VIEWER_SCRIPT = "";
