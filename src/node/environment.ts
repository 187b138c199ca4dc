import type { Environment } from "../study/environment.ts";
import { findKeys } from "./key-files.ts";
import { nodePlatform, openFile } from "./platform.ts";

/** What node gives a study, wherever it is made: in the extension, on stdio, on a port, for a command. */
export const nodeEnvironment: Environment = { platform: nodePlatform, openFile, findKeys };
