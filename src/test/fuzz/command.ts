import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { seeded } from "../simulator/mutate.ts";
import { type Finding, Fuzzer, limits, minimised, peakBytes, type Reader, readOnce } from "./fuzzer.ts";
import { readers } from "./readers.ts";

const names = readers.map(({ name }) => name);
const usage = `npm run fuzz -- [--inputs N] [--reader NAME] [--seed S] [--file FILE]

Gives each reader N inputs (1000 unless given) made of samples and of those inputs that came by branches which none before
took; the same seed makes the same inputs. An input that a reader does not stand is made small and left in src/test/found.
--file reads one such file again. Readers: ${names.join(", ")}.`;

async function fuzz(reader: Reader, inputs: number, seed: number): Promise<boolean> {
  const fuzzer = new Fuzzer(reader, limits);
  const random = seeded(seed);
  let finding = await fuzzer.begin();
  while (finding === null && fuzzer.inputs < inputs) finding = await fuzzer.next(random);
  const { branches, corpus } = fuzzer.reached;
  const share = Math.round((100 * fuzzer.read) / fuzzer.inputs);
  const most = `${Math.round(fuzzer.msMax)} ms and ${peakBytes() >> 20} MiB at most`;
  console.log(
    `${reader.name}: ${fuzzer.inputs} inputs, ${share} % read, ${branches} branches, ${corpus} inputs kept, ${most}`,
  );
  if (finding !== null) await report(reader, finding);
  return finding === null;
}

async function report(reader: Reader, finding: Finding): Promise<void> {
  const folder = path.join("src", "test", "found");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${reader.name}.${Date.now().toString(36)}`);
  writeFileSync(file, finding.input);
  console.log(`${reader.name}: ${finding.says}\n${file}`);
  writeFileSync(file, await minimised(reader, finding, limits));
}

async function again(file: string): Promise<boolean> {
  const [name] = path.basename(file).split(".");
  const reader = readers.find((reader) => reader.name === name);
  if (reader === undefined) throw new Error(`${file}: its name begins with none of ${names.join(", ")}`);
  const { says } = await readOnce(reader, new Uint8Array(readFileSync(file)), limits);
  console.log(`${file}: ${says ?? "right"}`);
  return says === null;
}

/** Exit code: 0 every reader stands all, 1 one does not, 2 bad usage. */
export async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      inputs: { type: "string", default: "1000" },
      seed: { type: "string", default: String(Date.now() % 2 ** 31) },
      reader: { type: "string" },
      file: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
  const asked = readers.filter(({ name }) => values.reader === undefined || name === values.reader);
  const usable = Number.isSafeInteger(inputs) && inputs > 0 && Number.isSafeInteger(seed) && asked.length > 0;
  if (values.help || !usable) {
    console.error(usage);
    return values.help ? 0 : 2;
  }
  if (values.file !== undefined) return (await again(values.file)) ? 0 : 1;
  console.log(`seed ${seed}`);
  let isRight = true;
  for (const reader of asked) isRight = (await fuzz(reader, inputs, seed)) && isRight;
  return isRight ? 0 : 1;
}
