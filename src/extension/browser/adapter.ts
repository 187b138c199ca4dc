import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import { fileWordOf } from "../../trace/profile-word.ts";
import type { DebugAsk } from "../../web/messages.ts";
import { type Files, readAhead } from "../../web/read-ahead.ts";
import { files } from "../files.ts";
import { tellOfFall } from "../launch-errors.ts";
import { nameOf } from "../trace-files.ts";
import { buffersOf, owned, type Workers, type Working } from "./workers.ts";

/** Each session in a worker of its own. */
export const adapterWorkers = (workers: Workers): vscode.DebugAdapterDescriptorFactory => ({
  createDebugAdapterDescriptor: (session) =>
    new vscode.DebugAdapterInlineImplementation(new WorkerAdapter(workers, session)),
});

/** What a launch configuration says that files are read by. */
type Launch = Partial<Record<"program" | "keys" | "evidence" | "profile" | "compare", unknown>>;

/** The protocol's messages to and from a worker. It cannot wait for a file, so what it may ask for is read ahead. */
class WorkerAdapter implements vscode.DebugAdapter {
  private readonly sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly onDidSendMessage = this.sent.event;
  private readonly session: vscode.DebugSession;
  private readonly worker: Working;
  private launch: Launch = {};
  /** One message behind the other: what comes while files are read waits. */
  private passed: Promise<void> = Promise.resolve();
  private isOver = false;

  constructor(workers: Workers, session: vscode.DebugSession) {
    this.session = session;
    this.worker = workers.begin({ task: "debug" }, (how) => this.fell(how));
    this.worker.port.onmessage = ({ data }) => this.sent.fire(data as vscode.DebugProtocolMessage);
  }

  handleMessage(message: vscode.DebugProtocolMessage): void {
    const pass = () => this.pass(message as DebugProtocol.Request);
    // Files may need more memory than a page has.
    this.passed = this.passed.then(pass).catch((error) => this.fell(String(error)));
  }

  dispose(): void {
    this.isOver = true;
    this.worker.end();
    this.sent.dispose();
  }

  private async pass(message: DebugProtocol.Request): Promise<void> {
    const { command, arguments: args } = message;
    if (command === "launch") this.launch = args ?? {};
    if (command === "restart") this.launch = args?.arguments ?? this.launch;
    if (command === "launch" || command === "restart") await this.give(this.launch);
    this.post({ message });
  }

  /** What is wrong with the arguments themselves the session says. */
  private async give({ program, ...launch }: Launch): Promise<void> {
    if (typeof program !== "string") return;
    // What a launch names of a workspace that nobody trusts is not there for the session.
    const named = vscode.workspace.isTrusted ? namedIn(launch) : [];
    const read = owned(await readAhead(files, program, named));
    this.post({ files: read }, read);
  }

  private post(ask: DebugAsk, moving: Files = new Map()): void {
    if (!this.isOver) this.worker.port.postMessage(ask, buffersOf(moving));
  }

  private fell(how: string): void {
    if (this.isOver) return;
    this.sent.fire({ type: "event", event: "terminated", seq: 0 } as vscode.DebugProtocolMessage);
    this.isOver = true;
    const name = nameOf(String(this.session.configuration.program));
    void tellOfFall(this.session, vscode.l10n.t("The debugger of {0} ended by itself ({1}).", name, how));
  }
}

/** Paths of files beside the program. */
function namedIn({ keys, evidence, profile, compare }: Launch): string[] {
  const texts = (given: unknown) =>
    [given].flat().flatMap((each) => (typeof each === "string" && each !== "" ? [each] : []));
  const profiles = [...texts(profile), ...texts(compare)].flatMap((word) => fileWordOf(word)?.path ?? []);
  return [...texts(keys), ...texts(evidence), ...profiles];
}
