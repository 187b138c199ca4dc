import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** What a server says before TLS: at once, and to each request that is a match; the last answer is "go ahead". */
export interface Dialogue {
  greeting?: string | Uint8Array;
  turns: readonly (readonly [request: RegExp, answer: string | Uint8Array])[];
}

const text = (greeting: string, ...turns: Dialogue["turns"]): Dialogue => ({ greeting, turns });
const xmpp = (kind: string) =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:${kind}' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' id='1' from='localhost'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>`;
const xmppProceeds = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

/** By what `openssl s_client -starttls` calls them. */
export const dialogues: Readonly<Record<string, Dialogue>> = {
  smtp: text(
    "220 here ESMTP\r\n",
    [/^EHLO/m, "250-here\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"],
    [/^STARTTLS/m, "220 go\r\n"],
  ),
  lmtp: text("220 here LMTP\r\n", [/^LHLO/m, "250-here\r\n250 STARTTLS\r\n"], [/^STARTTLS/m, "220 go\r\n"]),
  imap: text(
    "* OK here\r\n",
    [/CAPABILITY/, "* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done\r\n"],
    [/STARTTLS/, ". OK go\r\n"],
  ),
  pop3: text("+OK here\r\n", [/STLS/, "+OK go\r\n"]),
  ftp: text("220 here\r\n", [/AUTH TLS/, "234 go\r\n"]),
  nntp: text(
    "200 here\r\n",
    [/CAPABILITIES/, "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"],
    [/STARTTLS/, "382 go\r\n"],
  ),
  sieve: text('"IMPLEMENTATION" "here"\r\n"STARTTLS"\r\nOK\r\n', [/STARTTLS/i, "OK\r\n"]),
  irc: { turns: [[/STARTTLS/, ":here 670 nick :go\r\n"]] },
  xmpp: {
    turns: [
      [/<stream:stream/, xmpp("client")],
      [/<starttls/, xmppProceeds],
    ],
  },
  "xmpp-server": {
    turns: [
      [/<stream:stream/, xmpp("server")],
      [/<starttls/, xmppProceeds],
    ],
  },
  // ExtendedResponse of message 1, success (RFC 4511, 4.12).
  ldap: {
    turns: [
      [/1\.3\.6\.1\.4\.1\.1466\.20037/, Uint8Array.of(0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0)],
    ],
  },
};

/** What the server sends in TLS, once and to each line. */
const body = "an answer\r\n".repeat(300);

function talk(socket: Socket, { greeting, turns }: Dialogue, secure: (socket: Socket) => void): void {
  if (greeting !== undefined) socket.write(greeting);
  let turn = 0;
  const hear = (data: Buffer) => {
    const [request, answer] = turns[turn]!;
    if (!request.test(data.toString("latin1"))) return;
    socket.write(answer);
    if (++turn < turns.length) return;
    socket.off("data", hear);
    secure(socket);
  };
  socket.on("data", hear);
}

/** A server that speaks a dialogue and then TLS, on a port. */
export async function serveDialogue(
  dialogue: Dialogue,
  port: number,
  pair: { key: Buffer; cert: Buffer },
): Promise<Server> {
  const server = createServer((socket) =>
    talk(socket, dialogue, () => {
      const secured = new TLSSocket(socket, { isServer: true, ...pair });
      secured.on("error", () => {});
      secured.on("data", () => secured.write(body));
      secured.on("end", () => secured.end());
    }),
  );
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}
