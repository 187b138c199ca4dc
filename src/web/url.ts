/** What stands for node's `url` in a browser, which has its own. */
export const URL = globalThis.URL;
