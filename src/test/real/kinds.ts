import { dialogues } from "./dialogue.ts";
import { ports } from "./processes.ts";
import type { ServerName } from "./servers.ts";

/** One capture that real programs make. */
export interface Kind {
  name: string;
  /** Servers that must run, or the dialogue that is spoken before TLS. */
  servers?: readonly ServerName[];
  dialogue?: string;
  /** The client's command line. KEYS stands for the key log that it writes. */
  client: readonly string[];
  /** It knows no SSLKEYLOGFILE: the shim writes it. */
  needsShim?: true;
  input?: string;
  /** Streams that verify must call right, a connection having one each way; 0 = those of one connection are unchecked. */
  streams: number;
}

const place = (port: number) => `127.0.0.1:${port}`;
const openssl = (port: number, ...flags: string[]) =>
  ["openssl", "s_client", "-connect", place(port), "-keylogfile", "KEYS", ...flags] as const;
const curl = (port: number, ...flags: string[]) =>
  [
    "curl",
    "-sk",
    "--max-time",
    "10",
    "-o",
    "/dev/null",
    `https://localhost:${port}/large`,
    "--resolve",
    `localhost:${port}:127.0.0.1`,
    ...flags,
  ] as const;
/** GnuTLS; curl 7.88 leaves a data connection that the server opens without TLS. */
const fetchFile = (...settings: string[]) => {
  const all = [
    "xfer:clobber yes",
    "ssl:verify-certificate no",
    "ftp:ssl-force true",
    "ftp:ssl-copy-sid no",
    "ftp:ssl-allow-anonymous true",
    "ftp:ssl-protect-data true",
    "net:max-retries 1",
    "net:timeout 8",
    ...settings,
  ];
  const commands = [...all.map((setting) => `set ${setting}`), "get large -o /dev/null", "exit"];
  return ["lftp", "-e", commands.join("; "), `ftp://${place(ports.ftp)}`];
};
const actively = ["ftp:passive-mode off", `ftp:port-range ${ports.active.join("-")}`];
const twelve = "ssl:priority NORMAL:-VERS-TLS1.3";

const opened: Kind[] = Object.keys(dialogues).flatMap((dialogue) =>
  (["-tls1_2", "-tls1_3"] as const).map((version) => ({
    name: `starttls-${dialogue}${version}`,
    dialogue,
    client: [...openssl(ports.dialogue, "-starttls", dialogue, version)],
    input: "a line\n",
    streams: 2,
  })),
);

/** Suites by OpenSSL's names, with its own server, which says a page to a request. */
const suites: Kind[] = [
  ["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"],
  ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
  ["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"],
  ["-tls1_2", "-cipher", "AES128-CCM"],
  ["-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"],
].map(([version, flag, suite]) => ({
  name: `suite-${suite!.toLowerCase()}`,
  servers: ["openssl"],
  client: [...openssl(ports.openssl, version!, flag!, suite!)],
  input: "GET / HTTP/1.0\r\n\r\n",
  streams: 2,
}));

/** Suites that kTLS has not: named, not checked. */
const others: Kind[] = [
  ["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256"],
  ["-tls1_2", "-cipher", "AES128-CCM8"],
  ["-tls1_2", "-cipher", "ARIA128-GCM-SHA256"],
  ["-tls1_2", "-cipher", "AES128-SHA256"],
  ["-tls1_2", "-cipher", "CAMELLIA128-SHA"],
].map(([version, flag, suite]) => ({
  name: `other-${suite!.toLowerCase()}`,
  servers: ["openssl"],
  client: [...openssl(ports.openssl, version!, flag!, suite!)],
  input: "GET / HTTP/1.0\r\n\r\n",
  streams: 0,
}));

const sql = "SELECT 1; SELECT repeat('text of a row ', 3000);";
const databases: Kind[] = [
  {
    name: "postgres",
    servers: ["postgres"],
    client: ["psql", `host=127.0.0.1 port=${ports.postgres} user=postgres sslmode=require`, "-c", sql],
    needsShim: true,
    streams: 2,
  },
  {
    name: "postgres-openssl",
    servers: ["postgres"],
    client: openssl(ports.postgres, "-starttls", "postgres"),
    input: "no message of it\n",
    streams: 2,
  },
  {
    name: "mariadb",
    servers: ["mariadb"],
    client: ["mariadb", "--no-defaults", "--ssl", "-h127.0.0.1", `-P${ports.mariadb}`, "-uroot", "-e", sql],
    needsShim: true,
    streams: 2,
  },
  {
    name: "mariadb-openssl",
    servers: ["mariadb"],
    client: openssl(ports.mariadb, "-starttls", "mysql"),
    input: "no message of it\n",
    streams: 2,
  },
];

const web: Kind[] = [
  { name: "nginx-1.3", client: curl(ports.web), streams: 2 },
  { name: "nginx-1.2", client: curl(ports.web12), streams: 2 },
  { name: "nginx-proxy-v1", client: curl(ports.webProxied, "--haproxy-protocol"), streams: 2 },
].map((kind) => ({ ...kind, servers: ["nginx"] }));

const proxies: Kind[] = [
  // The same session twice: before HAProxy, and behind it with a header of the PROXY protocol.
  { name: "haproxy-v1", client: curl(ports.sendProxy), streams: 4 },
  { name: "haproxy-v2", client: curl(ports.sendProxy2), streams: 4 },
  { name: "haproxy-v2-ssl-cn", client: curl(ports.sendProxySsl, "--tls-max", "1.2"), streams: 4 },
  { name: "connect", client: curl(ports.web, "-x", `http://${place(ports.forward)}`), streams: 4 },
  { name: "connect-1.2", client: curl(ports.web12, "-x", `http://${place(ports.forward)}`), streams: 4 },
  {
    // Outside a session to HAProxy; the one inside it shows from there to tinyproxy, and on to nginx.
    name: "connect-in-tls",
    client: curl(ports.web, "-x", `https://${place(ports.forwardTls)}`, "--proxy-insecure"),
    streams: 6,
  },
].map((kind) => ({ ...kind, servers: ["nginx", "haproxy", "tinyproxy"] }));

const files: Kind[] = [
  // One connection of commands, one of data.
  { name: "ftp-passive", client: fetchFile() },
  { name: "ftp-passive-1.2", client: fetchFile(twelve) },
  { name: "ftp-active", client: fetchFile(...actively) },
  { name: "ftp-active-1.2", client: fetchFile(twelve, ...actively) },
].map((kind) => ({ ...kind, servers: ["vsftpd"], streams: 4 }));

const resumed: Kind = {
  name: "gnutls-resumed",
  servers: ["gnutls"],
  client: ["gnutls-cli", "--insecure", "--resume", "-p", `${ports.gnutls}`, "localhost"],
  input: "GET / HTTP/1.0\r\n\r\n",
  streams: 4,
};

export const kinds: readonly Kind[] = [
  ...opened,
  ...suites,
  resumed,
  ...others,
  ...databases,
  ...web,
  ...proxies,
  ...files,
];
