import type { AdapterEnvironment } from "../study/environment.ts";
import { findKeys } from "./key-files.ts";
import { nodePlatform, openFile } from "./platform.ts";

/** What node gives the adapter, wherever it runs: in the extension, on stdio, on a port. */
export const nodeEnvironment: AdapterEnvironment = { platform: nodePlatform, openFile, findKeys };
