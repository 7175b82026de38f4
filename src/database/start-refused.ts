/** The service can't start for a reason a person can mend. The message is one clear line that says how. */
export class StartRefused extends Error {}
