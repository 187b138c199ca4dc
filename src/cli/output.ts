/** Exit statuses: 1 = something in the input is wrong, 2 = bad usage or unreadable input. */
export const exitStatus = { wrong: 1, unusable: 2 } as const;

/** Writes lines to stdout in chunks and waits for a slow reader, so that a pipe neither overflows memory nor loses its end. */
export async function print(lines: Iterable<string>): Promise<void> {
  let chunk = "";
  const flush = async () => {
    if (!process.stdout.write(chunk)) await new Promise((resume) => process.stdout.once("drain", resume));
    chunk = "";
  };
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length > 1 << 16) await flush();
  }
  await flush();
}
