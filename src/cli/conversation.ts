import type { Readable, Writable } from "node:stream";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { TraceDebugSession } from "../adapter/session.ts";
import type { Environment } from "../study/environment.ts";
import { UserError } from "../trace/platform.ts";
import { MessageReader } from "./message-reader.ts";

/** Sixty thousand breakpoints in one message take some three million bytes. */
const messageSizeMax = 16 * 1024 * 1024;

/** Two streams with an editor at their other ends. */
interface Streams {
  input: Readable;
  output: Writable;
}

/**
 * A session that speaks with an editor over two streams. Resolves when that is over: after `disconnect`, or when the
 * editor is gone. Rejects with a UserError when what came was not the protocol; anything else is a defect of ours.
 */
export function converse(environment: Environment, streams: Streams): Promise<void> {
  const conversation = new Conversation(environment, streams);
  return conversation.over.finally(() => conversation.end());
}

class Conversation {
  readonly over: Promise<void>;
  private readonly session: TraceDebugSession;
  private readonly streams: Streams;
  private readonly reader = new MessageReader(messageSizeMax);
  private finish!: () => void;
  private fail!: (error: unknown) => void;
  private isBegun = false;
  private isOver = false;
  /** The editor does not read: nothing of it is read either until it does, so that what waits for it is bounded. */
  private isFull = false;

  constructor(environment: Environment, streams: Streams) {
    const { input, output } = streams;
    this.session = new TraceDebugSession(environment);
    this.streams = streams;
    this.over = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    this.session.onDidSendMessage((message) => this.write(message as DebugProtocol.ProtocolMessage));
    input.on("data", (chunk: Buffer) => {
      this.reader.push(chunk);
      this.takeMessages();
    });
    input.on("end", () => this.checkEnd());
    for (const stream of [input, output])
      for (const event of ["end", "close", "error"]) stream.on(event, () => this.finish());
    output.on("drain", () => {
      this.isFull = false;
      input.resume();
      this.takeMessages();
    });
  }

  private takeMessages(): void {
    try {
      while (!this.isFull && !this.isOver) {
        const text = this.reader.next();
        if (text === null) return;
        this.take(messageIn(text) as DebugProtocol.Request);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** An editor may go whenever it likes, but not within a word. */
  private checkEnd(): void {
    try {
      if (!this.isFull && !this.isOver) this.reader.end();
    } catch (error) {
      this.fail(error);
    }
  }

  private take(message: DebugProtocol.Request): void {
    if (!this.isBegun && message.command !== "initialize")
      throw new UserError("the first message is the request `initialize`");
    this.isBegun = true;
    this.session.handleMessage(message);
  }

  private write(message: DebugProtocol.ProtocolMessage): void {
    if (this.isOver) return;
    const { input, output } = this.streams;
    const json = JSON.stringify(message);
    this.isFull = !output.write(`Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`);
    if (this.isFull) input.pause();
    const { command, success } = message as DebugProtocol.Response;
    if (message.type === "response" && command === "disconnect" && success) this.finish();
  }

  end(): void {
    this.isOver = true;
    this.session.dispose();
    this.streams.input.pause();
    this.streams.output.end();
  }
}

/** A message of the Debug Adapter Protocol. Throws UserError for text that is none. */
export function messageIn(text: string): object {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new UserError("a message is not JSON");
  }
  const isMessage = typeof message === "object" && message !== null && "type" in message;
  if (!isMessage) throw new UserError("a message is an object with a `type`");
  return message as object;
}
