import { type Connection, ErrorCodes, type Message, ResponseError } from "vscode-languageserver";

/** A request out of turn, as it is handed on: what it is refused with. */
interface Refusal {
  code: number;
  message: string;
}

const refusedMethod = "tlstrace/outOfTurn";

/**
 * Keeps the protocol's order: `initialize` comes first and once, and nothing but `exit` behind `shutdown` (LSP, “Server
 * lifecycle”). What is out of turn is refused if it is a request, and else dropped.
 */
export class Turns {
  private state: "new" | "open" | "shut" = "new";

  /** Between the connection and what answers: an option of `createConnection`. */
  readonly messageStrategy = {
    handleMessage: (message: Message, next: (message: Message) => void): void => {
      if (!("method" in message)) return next(message);
      const refusal = this.refusalOf(String(message.method));
      if (refusal === null) next(message);
      else if ("id" in message) next({ ...message, method: refusedMethod, params: refusal } as Message);
    },
  };

  private refusalOf(method: string): Refusal | null {
    if (method === "exit") return null;
    if (this.state === "new" && method !== "initialize")
      return { code: ErrorCodes.ServerNotInitialized, message: `initialize comes before ${method}` };
    if (this.state === "open" && method === "initialize")
      return { code: ErrorCodes.InvalidRequest, message: "initialize comes once" };
    if (this.state === "shut")
      return { code: ErrorCodes.InvalidRequest, message: "nothing but exit comes behind shutdown" };
    if (method === "initialize") this.state = "open";
    if (method === "shutdown") this.state = "shut";
    return null;
  }
}

/** Answers what is out of turn. */
export function refuseOutOfTurn(connection: Connection): void {
  connection.onRequest(refusedMethod, ({ code, message }: Refusal) => new ResponseError(code, message));
}
