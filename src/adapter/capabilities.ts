import type { DebugProtocol } from "@vscode/debugprotocol";
import { exceptionFilters } from "./filters.ts";

/** What the adapter can do, as it tells the editor. Everything named here is exercised by session.test.ts. */
export const capabilities: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsBreakpointLocationsRequest: true,
  supportsExceptionFilterOptions: true,
  exceptionBreakpointFilters: exceptionFilters,
  supportsExceptionInfoRequest: true,
  supportsStepBack: true,
  supportsSteppingGranularity: true,
  supportsGotoTargetsRequest: true,
  supportsRestartRequest: true,
  supportsRestartFrame: true,
  supportsDelayedStackTraceLoading: true,
  supportsLoadedSourcesRequest: true,
  supportsEvaluateForHovers: true,
  supportsClipboardContext: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ["."],
  supportsReadMemoryRequest: true,
  supportsCancelRequest: true,
};

/** What the editor can do and how it counts, from its initialize request. */
export interface Client {
  /** Number of the first line and column. */
  firstLine: 0 | 1;
  firstColumn: 0 | 1;
  /** Asks for children in pages. */
  pages: boolean;
  /** Shows progress. */
  progress: boolean;
}

export const clientOf = (args: DebugProtocol.InitializeRequestArguments): Client => ({
  firstLine: args.linesStartAt1 === false ? 0 : 1,
  firstColumn: args.columnsStartAt1 === false ? 0 : 1,
  pages: args.supportsVariablePaging === true,
  progress: args.supportsProgressReporting === true,
});
