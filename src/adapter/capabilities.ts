import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Arguments } from "./requests.ts";
import { exceptionFilters } from "./stops/filters.ts";
import { breakpointModes } from "./stops/modes.ts";

/** What the adapter can do, as it tells the editor. Everything named here is exercised by session.test.ts. */
export const capabilities: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsDataBreakpoints: true,
  supportsDataBreakpointBytes: true,
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
  supportsSetVariable: true,
  supportsSetExpression: true,
  supportsEvaluateForHovers: true,
  supportsClipboardContext: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ["."],
  supportsReadMemoryRequest: true,
  supportsCancelRequest: true,
  supportsValueFormattingOptions: true,
  supportsANSIStyling: true,
  supportsStepInTargetsRequest: true,
  supportsDisassembleRequest: true,
  supportsInstructionBreakpoints: true,
  breakpointModes,
  supportsSingleThreadExecutionRequests: true,
};

/** What the editor can do and how it counts, from its initialize request. */
export interface Client {
  /** Number of the first line and column. */
  firstLine: 0 | 1;
  firstColumn: 0 | 1;
  /** Number of a text's first place in the completions that it gets. */
  firstPlace: 0 | 1;
  /** Calls files by URIs, not by paths. */
  uris: boolean;
  /** Asks for children in pages. */
  pages: boolean;
  /** Shows what type a variable has. */
  types: boolean;
  /** Shows memory. */
  memory: boolean;
  /** Shows progress. */
  progress: boolean;
  /** Starts a session when it is asked to. */
  startsDebugging: boolean;
  /** Asks again for what it is told to be out of date. */
  invalidated: boolean;
  /** Asks again for bytes that it is told to have changed. */
  memoryEvents: boolean;
  /** Shows colours in what is written to it. */
  colours: boolean;
}

/**
 * Editors that take a completion's `start` as a place in JavaScript's text, from 0 on, whatever they say of columns:
 * they filter by what stands there, and offer nothing if it is not what was typed.
 */
const countsPlacesFromZero = /^(vscode|theia)/i;

export function clientOf(args: Arguments["initialize"]): Client {
  const firstColumn = args.columnsStartAt1 === false ? 0 : 1;
  return {
    firstLine: args.linesStartAt1 === false ? 0 : 1,
    firstColumn,
    firstPlace: countsPlacesFromZero.test(args.clientID ?? "") ? 0 : firstColumn,
    uris: args.pathFormat === "uri",
    pages: args.supportsVariablePaging === true,
    types: args.supportsVariableType === true,
    memory: args.supportsMemoryReferences === true,
    progress: args.supportsProgressReporting === true,
    startsDebugging: args.supportsStartDebuggingRequest === true,
    invalidated: args.supportsInvalidatedEvent === true,
    memoryEvents: args.supportsMemoryEvent === true,
    colours: args.supportsANSIStyling === true,
  };
}
