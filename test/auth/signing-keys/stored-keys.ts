import type { TestDatabase } from '../../harness/database/database.ts';

interface StoredKey {
  readonly kid: string;
  readonly state: string;
  readonly encryptedBytes: number;
}

/** Reads and ages the signing keys of a database. */
export function storedKeys({ pool }: TestDatabase): {
  readonly stored: () => Promise<StoredKey[]>;
  /** The id of the first key in this state, or ''. */
  readonly kidOf: (state: string) => Promise<string>;
  /** Ages the next key until all clients have refreshed the key set. */
  readonly ageNext: () => Promise<void>;
} {
  const stored = async (): Promise<StoredKey[]> => {
    const { rows } = await pool.query<StoredKey>(
      'SELECT kid, state, length(encrypted_private_key) AS "encryptedBytes" FROM signing_keys ORDER BY created_at, kid',
    );
    return rows;
  };
  return {
    stored,
    kidOf: async (state) => (await stored()).find((key) => key.state === state)?.kid ?? '',
    ageNext: async () => {
      await pool.query(`UPDATE signing_keys SET created_at = now() - interval '11 minutes' WHERE state = 'next'`);
    },
  };
}
