/** Bytes of the largest file that a browser opens: it is read whole into the memory of a page. */
export const fileSizeMax = 64 * 1024 * 1024;

export const mebibytes = (size: number): string => `${Math.round(size / 1024 / 1024)} MiB`;
