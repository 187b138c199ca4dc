/**
 * The sending side of the kernel's own hardware test of TLS offload as traces: `tools/testing/selftests/drivers/net/hw/`,
 * tls_hw_offload.py (the variants) and tls_hw_offload.c (what the client does), 2026. Of a variant where the device under
 * test receives, the sender is its peer. What is not of the test is the network: segments of at most 45 wire packets, and
 * when they are acknowledged.
 */
export interface Variant {
  /** As the test names it. */
  name: string;
  version: "1.2" | "1.3";
  cipher: "aes-128-gcm" | "aes-256-gcm";
  /** Payload bytes of a wire packet: IPv6 headers are 20 bytes longer. */
  mss: number;
  rekeys: number;
  /** Messages from one KeyUpdate to the next; without any, messages in all. */
  interval: number;
  /** Bytes of a message, or the most that a random one has. */
  size: number;
  isRandom: boolean;
  /** One direction, without a pause: the sender waits for nobody. Else each message comes back before the next one. */
  isBurst: boolean;
}

const base: Omit<Variant, "name"> = {
  version: "1.3",
  cipher: "aes-128-gcm",
  mss: 1448,
  rekeys: 0,
  interval: 100,
  size: 16384,
  isRandom: false,
  isBurst: false,
};

/** A message is echoed a hundred times in all; the keys change at equal distances. */
const echo = (name: string, rekeys: number, more: Partial<Variant> = {}): Variant => ({
  ...base,
  ...{ name, rekeys, interval: Math.floor(100 / (rekeys + 1)) },
  ...more,
});

const burst = (name: string, interval: number, rekeys: number, size: number): Variant => ({
  ...base,
  ...{ name, interval, rekeys, size, isBurst: true },
});

export const variants: readonly Variant[] = [
  echo("tls13_aes128", 0),
  echo("tls13_aes256", 0, { cipher: "aes-256-gcm" }),
  echo("tls12_aes128", 0, { version: "1.2" }),
  echo("tls12_aes256", 0, { version: "1.2", cipher: "aes-256-gcm" }),
  echo("tls13_aes128_ip6", 0, { mss: 1428 }),
  echo("single", 1),
  echo("multiple", 99),
  echo("small_buf", 30, { size: 512 }),
  echo("large_buf", 10, { size: 2 ** 21 }),
  echo("random_buf", 20, { size: 8192, isRandom: true }),
  burst("burst_tx_rekey_every_1", 1, 50, 65536),
  burst("burst_tx_rekey_every_1000", 1000, 3, 65536),
  burst("burst_rx_rekey_every_10", 10, 20, 65536),
  burst("burst_rx_rekey_every_10000", 10_000, 1, 32768),
  burst("burst_rx_zc_rekey_every_100", 100, 10, 65536),
  burst("burst_rx_zc_rekey_every_20000", 20_000, 1, 16384),
];

const recordMax = 16384;
const packetsMax = 45;
/** Iterations of a burst until the first of them is acknowledged. */
const lag = 2;

/** What the sender of a variant does; `atMost` messages from one KeyUpdate to the next. */
export function eventsOf(variant: Variant, atMost = Number.POSITIVE_INFINITY): string[] {
  const sender = new Client(variant);
  const interval = Math.min(variant.interval, variant.rekeys === 0 ? atMost * 2 : atMost);
  const messages = variant.rekeys === 0 ? interval : interval * (variant.rekeys + 1);
  for (let i = 1; i <= messages; i++) {
    sender.message(i);
    if (i % interval === 0 && i < messages) sender.keyUpdate(i / interval);
  }
  sender.end();
  return sender.lines;
}

class Client {
  readonly lines: string[] = [];
  private readonly variant: Variant;
  private readonly overhead: number;
  private pushed = 0;
  private sent = 0;
  /** Ends of the last iterations, which are not acknowledged yet. */
  private readonly unacked: number[] = [];

  constructor(variant: Variant) {
    this.variant = variant;
    this.overhead = variant.version === "1.2" ? 29 : 22;
  }

  message(i: number): void {
    const { isBurst, isRandom, size } = this.variant;
    // As good as rand(): what matters is that they differ.
    this.write(isRandom ? ((i * 2654435761) % size) + 1 : size, "");
    this.unacked.push(this.sent);
    if (!isBurst) this.acknowledge(0);
    else if (this.unacked.length > lag) this.acknowledge(lag);
  }

  /** The KeyUpdate under the old key, and the new one at once: it is not acknowledged yet, so the device has to wait. */
  keyUpdate(generation: number): void {
    this.write(1, " type=handshake");
    this.lines.push("+0 client rekey", `  expect rekey-started epoch=${generation} under next`);
    if (this.variant.isBurst) return;
    // The peer's own KeyUpdate is waited for.
    this.unacked.push(this.sent);
    this.acknowledge(0);
    this.lines.push(`  expect rekey-ready epoch=${generation} under next`);
  }

  end(): void {
    this.acknowledge(0);
    this.lines.push("+0 client close");
  }

  private write(size: number, type: string): void {
    const { mss } = this.variant;
    this.lines.push(`+.001 client send ${size}${type}`);
    this.pushed += size + Math.max(1, Math.ceil(size / recordMax)) * this.overhead;
    for (; this.sent < this.pushed; this.sent = Math.min(this.pushed, this.sent + mss * packetsMax)) {
      const end = Math.min(this.pushed, this.sent + mss * packetsMax);
      this.lines.push(`+0 client > ${this.sent}:${end}(${end - this.sent})`);
    }
  }

  /** All but the last iterations. */
  private acknowledge(left: number): void {
    const done = this.unacked.splice(0, this.unacked.length - left).at(-1);
    if (done !== undefined) this.lines.push(`+.001 client < ack ${done}`);
  }
}

/** Families whose devices take what the variant wants, on the kernel that the test is for. */
const familiesOf = ({ version, cipher }: Variant): string => {
  if (version === "1.3") return "connectx@next,bnxt@next";
  return cipher === "aes-256-gcm" ? "connectx@next,bnxt@next" : "connectx@next,bnxt@next,innova@next";
};

/** The variant as a trace with what the test asks of it. */
export function textOf(variant: Variant, head: readonly string[], atMost?: number): string {
  const { cipher, mss, rekeys, version } = variant;
  const under = ` under ${familiesOf(variant)}`;
  const contexts =
    rekeys > 0 && !variant.isBurst ? [`expect counter client tx_tls_ctx=${rekeys + 1}${under}`] : [];
  return `${[
    ...head.map((line) => `# ${line}`.trimEnd()),
    "device  eth0 profile=connectx kernel=next mtu=1500",
    `connection client device=eth0 version=${version} cipher=${cipher}${mss === 1448 ? "" : ` mss=${mss}`}`,
    "",
    ...eventsOf(variant, atMost),
    "expect wire=match",
    "expect no plaintext",
    "expect no rekey-failed",
    `expect encrypted${under}`,
    ...contexts,
  ].join("\n")}\n`;
}
