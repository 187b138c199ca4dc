import { type Connection, ErrorCodes, type Message, ResponseError } from "vscode-languageserver";
import { wrongIn } from "./shapes.ts";

/** A request that is not handed on as it is: what it is refused with. */
interface Refusal {
  code: number;
  message: string;
}

const refusedMethod = "tlstrace/refused";

/**
 * Keeps the protocol's order: `initialize` comes first and once, and nothing but `exit` behind `shutdown` (LSP, “Server
 * lifecycle”). What is out of turn, or has not the parameters of its method, is refused if it is a request, else dropped.
 */
export class Turns {
  private state: "new" | "open" | "shut" = "new";

  /** Between the connection and what answers: an option of `createConnection`. */
  readonly messageStrategy = {
    handleMessage: (message: Message, next: (message: Message) => void): void => {
      if (!("method" in message)) return next(message);
      const { method, params } = message as { method: string; params?: unknown };
      const refusal = this.outOfTurn(method) ?? unfit(method, params);
      if (refusal === null) this.turn(method);
      if (refusal === null) next(message);
      else if ("id" in message) next({ ...message, method: refusedMethod, params: refusal } as Message);
    },
  };

  private outOfTurn(method: string): Refusal | null {
    if (method === "exit") return null;
    if (this.state === "new" && method !== "initialize")
      return { code: ErrorCodes.ServerNotInitialized, message: `initialize comes before ${method}` };
    if (this.state === "open" && method === "initialize")
      return { code: ErrorCodes.InvalidRequest, message: "initialize comes once" };
    if (this.state === "shut")
      return { code: ErrorCodes.InvalidRequest, message: "nothing but exit comes behind shutdown" };
    return null;
  }

  private turn(method: string): void {
    if (method === "initialize") this.state = "open";
    if (method === "shutdown") this.state = "shut";
  }
}

function unfit(method: string, params: unknown): Refusal | null {
  const wrong = wrongIn(method, params);
  return wrong === null ? null : { code: ErrorCodes.InvalidParams, message: `${method}: ${wrong}` };
}

/** Answers what is not handed on. */
export function answerRefused(connection: Connection): void {
  connection.onRequest(refusedMethod, ({ code, message }: Refusal) => new ResponseError(code, message));
}
