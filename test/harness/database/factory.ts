import { hash } from '@node-rs/argon2';
import { v7 as uuidv7 } from 'uuid';
import type { AuthConfig } from '../../../src/platform/config/config.ts';
import type { UserCredentials } from '../http/api.ts';
import type { TestDatabase } from './database.ts';

/** A user as a test made it. */
export interface FactoryUser extends UserCredentials {
  readonly id: string;
}

type HashCost = Pick<AuthConfig, 'argon2MemoryKib' | 'argon2Iterations'>;

export interface UserTraits {
  readonly email?: string;
  readonly displayName?: string | null;
  readonly roles?: readonly string[];
  readonly verified?: boolean;
  readonly disabled?: boolean;
  readonly deleted?: boolean;
  readonly createdAt?: string;
}

const password = 'a password of the tests';
let counter = 0;

/** Inserts complete, unique rows; a test sets the values that it needs. */
export class Factory {
  private passwordHash: Promise<string> | undefined;

  constructor(
    private readonly database: TestDatabase,
    /** The hashes of the passwords of its users: those of processes by default (cheapestHashes). */
    private readonly cost: HashCost = { argon2MemoryKib: 19456, argon2Iterations: 2 },
  ) {}

  async user(traits: UserTraits = {}): Promise<FactoryUser> {
    counter += 1;
    const id = uuidv7();
    const email = traits.email ?? `user${counter}.${process.pid}@example.com`;
    await this.database.pool.query(
      `INSERT INTO users (id, email, email_normalized, email_verified_at, display_name, password_hash, roles,
         disabled_at, deleted_at, created_at, updated_at)
       VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END, $5, $6, $7, CASE WHEN $8 THEN now() END,
         CASE WHEN $9 THEN now() END, coalesce($10::timestamptz, clock_timestamp()), now())`,
      [
        id,
        email,
        email.normalize('NFC').toLowerCase(),
        traits.verified ?? true,
        traits.displayName === undefined ? `User ${counter}` : traits.displayName,
        await this.hashed(),
        traits.roles ?? ['user'],
        traits.disabled ?? false,
        traits.deleted ?? false,
        traits.createdAt ?? null,
      ],
    );
    return { id, email, password };
  }

  async admin(traits: UserTraits = {}): Promise<FactoryUser> {
    return await this.user({ roles: ['user', 'admin'], ...traits });
  }

  /** Audit events of this user or of this kind, oldest first. */
  async auditEvents(where: { subjectId?: string; event?: string }): Promise<Record<string, unknown>[]> {
    const { rows } = await this.database.pool.query<Record<string, unknown>>(
      `SELECT event, outcome, actor_id, subject_id, session_id, reason, ip, user_agent, request_id FROM audit_events
       WHERE ($1::uuid IS NULL OR subject_id = $1) AND ($2::text IS NULL OR event = $2) ORDER BY at, id`,
      [where.subjectId ?? null, where.event ?? null],
    );
    return rows;
  }

  private async hashed(): Promise<string> {
    const { argon2MemoryKib: memoryCost, argon2Iterations: timeCost } = this.cost;
    this.passwordHash ??= hash(password, { memoryCost, timeCost, parallelism: 1, outputLen: 32 });
    return await this.passwordHash;
  }
}
