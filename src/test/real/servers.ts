import { type ChildProcess, execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ports, serve } from "./processes.ts";

const place = (port: number) => `127.0.0.1:${port}`;

/** Sends some 200 kB and hundreds of bytes over HTTPS, straight and behind the PROXY protocol, with TLS 1.3 and 1.2. */
function nginx(folder: string): Promise<ChildProcess> {
  const site = (listen: string, protocol: string) => `server { listen 127.0.0.1:${listen} ssl;
    ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem; ssl_protocols ${protocol};
    root ${folder}/www; }`;
  const sites = [
    site(`${ports.web}`, "TLSv1.3"),
    site(`${ports.web12}`, "TLSv1.2"),
    site(`${ports.webProxied} proxy_protocol`, "TLSv1.2 TLSv1.3"),
  ];
  mkdirSync(`${folder}/www`);
  writeFileSync(`${folder}/www/large`, Buffer.alloc(200_000, "what is served "));
  writeFileSync(`${folder}/www/small`, "little");
  writeFileSync(
    `${folder}/nginx.conf`,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; events {}
    http { access_log off; client_body_temp_path ${folder}/www; ${sites.join("\n")} }`,
  );
  return serve(["nginx", "-c", `${folder}/nginx.conf`, "-e", `${folder}/nginx.log`], ports.web);
}

/** Puts PROXY headers before what it passes on to nginx; takes TLS off what goes to the forward proxy. */
function haproxy(folder: string): Promise<ChildProcess> {
  const pass = (port: number, to: number, { bind = "", server = "" }) => `listen on${port}
  bind 127.0.0.1:${port} ${bind}
  server to 127.0.0.1:${to} ${server}\n`;
  const file = `${folder}/haproxy.cfg`;
  execFileSync("sh", ["-c", `cat ${folder}/cert.pem ${folder}/key.pem > ${folder}/both.pem`]);
  writeFileSync(
    file,
    `defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s\n${[
      pass(ports.sendProxy, ports.webProxied, { server: "send-proxy" }),
      pass(ports.sendProxy2, ports.webProxied, { server: "send-proxy-v2" }),
      pass(ports.sendProxySsl, ports.webProxied, { server: "send-proxy-v2-ssl-cn" }),
      pass(ports.forwardTls, ports.forward, { bind: `ssl crt ${folder}/both.pem` }),
    ].join("")}`,
  );
  return serve(["haproxy", "-db", "-f", file], ports.sendProxy);
}

function tinyproxy(folder: string): Promise<ChildProcess> {
  const file = `${folder}/tinyproxy.conf`;
  const connects = [ports.web, ports.web12].map((port) => `ConnectPort ${port}\n`).join("");
  writeFileSync(file, `Port ${ports.forward}\nListen 127.0.0.1\nTimeout 20\n${connects}`);
  return serve(["tinyproxy", "-d", "-c", file], ports.forward);
}

/** The numbers of a user, to run a server as. */
const userNumbers = (name: string) => {
  const number = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  return { uid: number("-u"), gid: number("-g") };
};

function postgres(folder: string): Promise<ChildProcess> {
  const versions = readdirSync("/usr/lib/postgresql");
  const programs = `/usr/lib/postgresql/${versions.at(-1)}/bin`;
  const user = userNumbers("postgres");
  const data = `${folder}/postgres`;
  mkdirSync(data);
  chownSync(data, user.uid, user.gid);
  execFileSync(`${programs}/initdb`, ["-D", data, "-A", "trust"], { ...user, stdio: "ignore", cwd: "/" });
  for (const name of ["key.pem", "cert.pem"]) {
    execFileSync("cp", [`${folder}/${name}`, data]);
    chownSync(path.join(data, name), user.uid, user.gid);
    chmodSync(path.join(data, name), 0o600);
  }
  const settings = [
    "ssl=on",
    "ssl_key_file=key.pem",
    "ssl_cert_file=cert.pem",
    `unix_socket_directories=${data}`,
  ];
  const flags = settings.flatMap((setting) => ["-c", setting]);
  return serve(
    [`${programs}/postgres`, "-D", data, "-h", "127.0.0.1", "-p", `${ports.postgres}`, ...flags],
    ports.postgres,
    { ...user, cwd: "/", stdio: "ignore" },
  );
}

function mariadb(folder: string): Promise<ChildProcess> {
  const data = `${folder}/mariadb`;
  mkdirSync(data);
  execFileSync("mariadb-install-db", ["--no-defaults", `--datadir=${data}`, "--user=root"], {
    stdio: "ignore",
  });
  const pair = [`--ssl-key=${folder}/key.pem`, `--ssl-cert=${folder}/cert.pem`];
  return serve(
    [
      "mariadbd",
      "--no-defaults",
      "--user=root",
      "--skip-grant-tables",
      "--skip-networking=0",
      "--bind-address=127.0.0.1",
      `--datadir=${data}`,
      `--socket=${data}/socket`,
      `--port=${ports.mariadb}`,
      ...pair,
    ],
    ports.mariadb,
    { stdio: "ignore" },
  );
}

function vsftpd(folder: string): Promise<ChildProcess> {
  const file = `${folder}/vsftpd.conf`;
  for (const name of ["ftp", "empty"]) mkdirSync(`${folder}/${name}`);
  writeFileSync(`${folder}/ftp/large`, Buffer.alloc(100_000, "what is fetched "));
  const settings = {
    listen: "YES",
    listen_address: "127.0.0.1",
    listen_port: ports.ftp,
    background: "NO",
    anonymous_enable: "YES",
    no_anon_password: "YES",
    anon_root: `${folder}/ftp`,
    secure_chroot_dir: `${folder}/empty`,
    ssl_enable: "YES",
    allow_anon_ssl: "YES",
    rsa_cert_file: `${folder}/cert.pem`,
    rsa_private_key_file: `${folder}/key.pem`,
    require_ssl_reuse: "NO",
    pasv_min_port: ports.passive[0],
    pasv_max_port: ports.passive[1],
    connect_from_port_20: "YES",
    ftp_data_port: ports.activeFrom,
    seccomp_sandbox: "NO",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(""));
  return serve(["vsftpd", file], ports.ftp);
}

function openssl(folder: string): Promise<ChildProcess> {
  const pair = ["-cert", `${folder}/cert.pem`, "-key", `${folder}/key.pem`];
  const all = [
    "-cipher",
    "ALL:@SECLEVEL=0",
    "-ciphersuites",
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256",
  ];
  return serve(
    ["openssl", "s_server", "-www", "-quiet", "-accept", place(ports.openssl), ...pair, ...all],
    ports.openssl,
  );
}

/** Gives tickets, so that a client resumes the session. */
function gnutls(folder: string): Promise<ChildProcess> {
  const pair = [`--x509keyfile=${folder}/key.pem`, `--x509certfile=${folder}/cert.pem`];
  return serve(
    ["gnutls-serv", "-q", "--http", "-p", `${ports.gnutls}`, "--priority", "NORMAL:-VERS-TLS1.3", ...pair],
    ports.gnutls,
  );
}

/** Starts one of them; its files go into the folder. */
export const servers = { openssl, gnutls, nginx, haproxy, tinyproxy, postgres, mariadb, vsftpd };
export type ServerName = keyof typeof servers;
