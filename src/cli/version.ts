/** As in package.json; a test compares. */
export const version = "0.1.0";

/** How the command names itself to scripts. */
export const tool = `tlstrace ${version}`;
