/** The process cannot start for a reason that an operator can fix. The message is one clear line that says how. */
export class StartupError extends Error {}

/** The configuration cannot be used. The message lists every problem by variable, never a value. */
export class InvalidConfigError extends StartupError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(['The configuration is invalid:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
    this.problems = problems;
  }
}
