import type { DebugProtocol } from "@vscode/debugprotocol";
import type { DapClient } from "../../adapter/dap-client.ts";
import { session } from "../dap-session.ts";
import { ProtocolTypes } from "./types.ts";

const types = new ProtocolTypes();

/** What the bodies of the protocol's messages have here besides: what an editor of ours looks at, and others pass over. */
const more = new Set(["place", "time", "direction", "event", "fork"]);

const nameOf = (word: string, kind: "Request" | "Response" | "Event"): string =>
  `${word[0]!.toUpperCase()}${word.slice(1)}${kind}`;

/** What is wrong with a message by the protocol's types; requests and events that are ours alone are not looked at. */
function problemsOf(message: DebugProtocol.ProtocolMessage): string[] {
  if (message.type === "event") {
    const { event } = message as DebugProtocol.Event;
    return event.startsWith("tlstrace") ? [] : types.problems(nameOf(event, "Event"), message, more);
  }
  const { command } = message as DebugProtocol.Request | DebugProtocol.Response;
  if (message.type === "request") return types.problems(nameOf(command, "Request"), message);
  const { success } = message as DebugProtocol.Response;
  const name = success ? nameOf(command, "Response") : "ErrorResponse";
  return types.has(name) ? types.problems(name, message, more) : [];
}

/** A session whose every message is held against the protocol's types; what is wrong gathers in `problems`. */
export function checkedSession(): { client: DapClient; problems: string[] } {
  const client = session();
  const problems: string[] = [];
  client.heard = (message) => problems.push(...problemsOf(message));
  return { client, problems };
}
