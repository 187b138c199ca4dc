import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Every port that is listened on or connected to on purpose lies here: the filter of each capture. */
export const ports = {
  web: 24001,
  web12: 24002,
  webProxied: 24003,
  dialogue: 24004,
  openssl: 24014,
  gnutls: 24015,
  postgres: 24005,
  mariadb: 24006,
  ftp: 24007,
  sendProxy: 24008,
  sendProxy2: 24009,
  sendProxySsl: 24010,
  forward: 24011,
  forwardTls: 24012,
  passive: [24020, 24029],
  active: [24030, 24039],
  activeFrom: 24040,
} as const;

const filter = "portrange 24000-24099";

/** How a client ended, and what it wrote to stderr. */
export interface Ended {
  status: number | null;
  errors: string;
}

/** Runs a client to its end with some input; it is ended after a while. */
export async function runClient(
  [command, ...args]: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
): Promise<Ended> {
  const child = spawn(command!, args, {
    env: { ...process.env, ...env },
    stdio: ["pipe", "ignore", "pipe"],
    timeout: 15_000,
  });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += data;
  });
  child.stdin.on("error", () => {}); // It ended without reading.
  // Clients of openssl end with their input: what the server says behind the handshake would be cut.
  const typed = sleep(300).then(() => child.stdin.end(input));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("exit", resolve);
  });
  await typed;
  return { status, errors };
}

const isOpen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

/** Starts a server and waits until its port answers. */
export async function serve(
  command: readonly string[],
  port: number,
  options: SpawnOptions = {},
): Promise<ChildProcess> {
  const child = spawn(command[0]!, command.slice(1), { stdio: ["pipe", "ignore", "inherit"], ...options });
  for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
    if (await isOpen(port)) return child;
    await sleep(100);
  }
  child.kill();
  throw new Error(`${command[0]} does not listen on port ${port}`);
}

/** Ends a process and waits for it. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

/** Captures on the loopback interface while a job runs. */
export async function capturing(file: string, job: () => Promise<void>): Promise<void> {
  const child = spawn(
    "tcpdump",
    ["-i", "lo", "-U", "-B", "65536", "--immediate-mode", "-s", "0", "-w", file, filter],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject).once("exit", () => reject(new Error("tcpdump may not capture here")));
    child.stderr.on("data", (data) => String(data).includes("listening") && resolve());
  });
  try {
    await job();
    await sleep(700); // The last packets reach tcpdump through its buffer.
  } finally {
    await end(child, "SIGINT");
  }
}

/** Makes each session of a program that links OpenSSL write its secrets to the file that SSLKEYLOGFILE names. */
const keyLogShim = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/ssl.h>
static void log_line(const SSL *ssl, const char *line) {
  FILE *file = fopen(getenv("SSLKEYLOGFILE"), "a");
  (void)ssl;
  if (file) fprintf(file, "%s\\n", line), fclose(file);
}
SSL *SSL_new(SSL_CTX *context) {
  SSL *(*real)(SSL_CTX *) = (SSL *(*)(SSL_CTX *))dlsym(RTLD_NEXT, "SSL_new");
  SSL_CTX_set_keylog_callback(context, log_line);
  return real(context);
}
`;

/** Compiles the shim and makes a certificate in a folder. */
export function prepare(folder: string): void {
  const file = (name: string) => path.join(folder, name);
  writeFileSync(file("keylog.c"), keyLogShim);
  execFileSync("gcc", ["-shared", "-fPIC", "-o", file("keylog.so"), file("keylog.c"), "-ldl"]);
  const subject = ["-subj", "/CN=localhost", "-days", "30"];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject];
  execFileSync("openssl", [...request, "-keyout", file("key.pem"), "-out", file("cert.pem")], {
    stdio: "ignore",
  });
}
