/** Bytes of the largest file that a browser opens: it is read whole into the memory of a page. */
export const fileSizeMax = 256 * 1024 * 1024;

export const mebibytes = (size: number): string => `${Math.ceil(size / 1024 / 1024)} MiB`;
