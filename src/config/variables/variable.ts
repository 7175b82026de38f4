import type { z } from 'zod';

/** What is said about one environment variable; `.env.example` and the reference page are made from it. */
export interface Variable {
  section: string;
  about: string;
  schema: z.ZodType;
  /** As it would be written in an `.env` file; without one the variable is optional. */
  default?: string;
  /** Secrets may come from a file named by `<NAME>_FILE`, and are never printed. */
  secret?: true;
}
